// The switch between light and dark: one attribute for the stylesheets, one template for all charts, no request.
(function () {
  "use strict";
  window.wattscape = window.wattscape || {};

  function remember(theme) {
    document.documentElement.dataset.bsTheme = theme;
    document.documentElement.dataset.agThemeMode = theme;
    document.cookie = `wattscape-theme=${theme}; path=/; SameSite=Lax`;
    try {
      window.localStorage.setItem("wattscape-theme", theme);
    } catch {
      // Without storage the choice holds until the page is left.
    }
  }

  function choose(clicks, templates, ids, figures) {
    window.wattscape.templates = templates;
    const current = document.documentElement.dataset.bsTheme === "dark" ? "dark" : "light";
    if (!clicks) {
      return current;
    }
    const next = current === "dark" ? "light" : "dark";
    remember(next);
    ids.forEach((id, place) => {
      const figure = figures[place];
      if (figure && figure.layout) {
        const layout = { ...figure.layout, template: templates[next] };
        window.dash_clientside.set_props(id, { figure: { ...figure, layout } });
      }
    });
    return next;
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.theme = { choose };
})();
