/* What a page keeps in the address beyond the selection: its own choices, and the one thing that is open on it.

   The address is written over, so that Back leaves the page as a whole, and a link opens the same view. */
(function () {
  "use strict";

  function keep(values) {
    const given = new URLSearchParams(window.location.search);
    Object.entries(values).forEach(([key, value]) => {
      if (value === null || value === undefined || value === "") given.delete(key);
      else given.set(key, value);
    });
    const text = given.toString();
    window.history.replaceState(window.history.state, "", window.location.pathname + (text ? "?" + text : ""));
  }

  const pageState = {
    keepAnomalies(kind, status, cost, confidence, lanes, anomaly) {
      const usual = { kind: "all", status: "open", confidence: "0", lanes: "site" };
      const values = { kind, status, cost, confidence, lanes, anomaly };
      Object.keys(usual).forEach((key) => values[key] === usual[key] && (values[key] = ""));
      keep(values);
    },

    keepWeather(method, base) {
      keep({ method: method === "mean" ? "" : method, base: base === "15.5" ? "" : base });
    },

    keepTableau(view, device) {
      keep({ view, device: device === "default" ? "" : device });
    },

    keepRecommendations(state, shown, indicator, recommendation) {
      const usual = { state: "open", shown: "best", indicator: "base_share" };
      const values = { state, shown, indicator, recommendation };
      Object.keys(usual).forEach((key) => values[key] === usual[key] && (values[key] = ""));
      keep(values);
    },

    keepForecast(horizon, model, whatif, growth) {
      const usual = { horizon: "hours", model: "best", whatif: "base", growth: 0 };
      const values = { horizon, model, whatif, growth };
      Object.keys(usual).forEach((key) => values[key] === usual[key] && (values[key] = ""));
      keep(values);
    },

    /* Bring what a click has opened into view, once it is there. */
    reveal(clicks, place) {
      if (!clicks) return;
      const opened = document.getElementById(place);
      if (opened) setTimeout(() => opened.scrollIntoView({ behavior: "smooth", block: "start" }), 150);
    },
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside, { pageState: pageState });
})();
