// Set the theme before the first paint: the reader's own choice, else what the system prefers. The cookie tells the
// server, so that the first figures arrive in the right theme. Loaded in the head; running twice does no harm.
(function () {
  "use strict";
  let chosen = null;
  try {
    chosen = window.localStorage.getItem("wattscape-theme");
  } catch {
    // Storage may be forbidden; then the system decides.
  }
  const preferred = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const theme = chosen === "dark" || chosen === "light" ? chosen : preferred;
  document.documentElement.dataset.bsTheme = theme;
  document.documentElement.dataset.agThemeMode = theme;
  document.cookie = `wattscape-theme=${theme}; path=/; SameSite=Lax`;
})();
