/* The reader's selection lives in the store "filters" and in the address, and nowhere else.

   Every change is one step of the browser's history, so that Back takes it back and a link opens the same view. Dash's
   own location is not written to: that would build the page anew. */
(function () {
  "use strict";

  const KEYS = ["site", "meter", "sector", "start", "end", "period", "compare", "measure"];
  const DAY = 86400000;
  const LONGEST_BY_HOUR = 14;
  const LONGEST_BY_DAY = 400;
  let current = {};
  let backwards = false;
  let inBar = null;

  const setFilters = (filters) => window.dash_clientside.set_props("filters", { data: filters });

  function parse(search) {
    const given = new URLSearchParams(search);
    return Object.fromEntries(KEYS.filter((key) => given.get(key)).map((key) => [key, given.get(key)]));
  }

  /* Write the selection over the address, leaving what else a page keeps there. */
  function search(filters) {
    const kept = new URLSearchParams(window.location.search);
    KEYS.forEach((key) => kept.delete(key));
    KEYS.filter((key) => filters[key]).forEach((key) => kept.set(key, filters[key]));
    const text = kept.toString();
    return text ? "?" + text : "";
  }

  const same = (one, other) => KEYS.every((key) => (one[key] || "") === (other[key] || ""));
  const address = (filters) => window.location.pathname + search(filters) + window.location.hash;

  function change(changes) {
    const next = Object.assign({}, current, changes);
    Object.keys(next).forEach((key) => next[key] || delete next[key]);
    if (!same(next, current)) setFilters(next);
  }

  /* Links that open in another tab carry the selection as well; a plain click is kept by `arrive`. */
  function markLinks() {
    document.querySelectorAll("nav a[href^='/']").forEach((link) => {
      link.href = new URL(link.href).pathname + "?" + new URLSearchParams(current).toString();
    });
  }

  window.addEventListener("popstate", () => {
    backwards = true;
    const filters = parse(window.location.search);
    if (!same(filters, current)) setFilters(filters);
  });

  /* What Dash's links announce themselves with. */
  window.addEventListener("_dashprivate_pushstate", () => {
    backwards = false;
  });

  /* Anything marked data-select='{"site": "3"}' changes the selection when it is clicked. */
  document.addEventListener("click", (event) => {
    const marked = event.target instanceof Element && event.target.closest("[data-select]");
    if (marked) change(JSON.parse(marked.dataset.select));
  });

  const isoDay = (milliseconds) => new Date(milliseconds).toISOString().slice(0, 10);
  const dayOf = (text) => Date.parse(String(text).slice(0, 10) + "T00:00:00Z");

  /* Local times are written without a zone; reading them as UTC keeps the calendar intact. */
  function ceilingDay(text) {
    const time = String(text).replace(" ", "T");
    const midnight = dayOf(time);
    return /T(00:00(:00(\.0+)?)?)?$/.test(time) || time.length <= 10 ? midnight : midnight + DAY;
  }

  function choosePeriod(start, end) {
    change({ start: isoDay(start), end: isoDay(Math.max(end, start + DAY)), period: "" });
  }

  function chooseSite(site) {
    change({ site: String(site), meter: "", sector: "" });
  }

  const point = (clickData) => (clickData && clickData.points && clickData.points[0]) || null;

  const selection = {
    /* A page was opened by its address or through a link. A link without a selection keeps the present one. */
    arrive() {
      const found = parse(window.location.search);
      if (!Object.keys(found).length && !backwards) {
        window.history.replaceState(window.history.state, "", address(current));
        return window.dash_clientside.no_update;
      }
      return same(found, current) ? window.dash_clientside.no_update : found;
    },

    changed(filters) {
      current = filters || {};
      if (!same(parse(window.location.search), current)) {
        window.history.pushState(null, "", address(current));
      }
      markLinks();
      return window.dash_clientside.no_update;
    },

    /* One of the controls of the bar was used; they also change when the bar is told what is selected. */
    controls(site, period, start, end, compare, measure, shown) {
      if (!shown) return;
      const changes = {};
      if (site && String(site) !== shown.site) Object.assign(changes, { site: String(site), meter: "", sector: "" });
      if (compare && compare !== shown.compare) changes.compare = compare;
      if (measure && measure !== shown.measure) changes.measure = measure;
      if (period && period !== "custom" && period !== shown.preset) {
        Object.assign(changes, { period: period, start: "", end: "" });
      } else if (start && end && (start.slice(0, 10) !== shown.start || isoDay(dayOf(end) + DAY) !== shown.end)) {
        Object.assign(changes, { start: start.slice(0, 10), end: isoDay(dayOf(end) + DAY), period: "" });
      }
      change(changes);
    },

    /* Set the controls to what is selected, however it came about: a link, Back, a click on a chart. One that the
       reader has changed again meanwhile is left as it is; `controls` is told of it next. */
    showInBar(selected, ...now) {
      const unchanged = window.dash_clientside.no_update;
      if (!selected) return now.map(() => unchanged);
      const lastDay = isoDay(dayOf(selected.end) - DAY);
      const { site, preset, start, compare, measure } = selected;
      const next = [Number(site), preset, start, lastDay, compare, measure];
      const before = inBar;
      inBar = next;
      return next.map((value, at) => (before && now[at] !== before[at] && now[at] !== value ? unchanged : value));
    },

    removeChip() {
      const context = window.dash_clientside.callback_context;
      const clicked = context.triggered.find((one) => one.value);
      if (!clicked) return;
      const key = JSON.parse(clicked.prop_id.slice(0, clicked.prop_id.lastIndexOf("."))).key;
      if (key === "all") setFilters({});
      else change({ [key]: "" });
    },

    clickSite(clickData) {
      const clicked = point(clickData);
      if (clicked && clicked.customdata && clicked.customdata[0]) chooseSite(clicked.customdata[0]);
    },

    clickPart(clickData) {
      const clicked = point(clickData);
      if (!clicked || !clicked.customdata) return;
      const [site, sector] = clicked.customdata;
      if (site) chooseSite(site);
      else if (sector) change({ sector: sector, meter: "" });
    },

    clickRank(clickData) {
      const clicked = point(clickData);
      if (!clicked || !clicked.customdata) return;
      const [kind, id] = clicked.customdata;
      if (kind === "meter") change({ meter: String(id) });
      else chooseSite(id);
    },

    clickTime(clickData, shown) {
      const clicked = point(clickData);
      if (!clicked || !shown) return;
      const start = dayOf(clicked.customdata ? clicked.customdata[0] : clicked.x);
      const days = (dayOf(shown.end) - dayOf(shown.start)) / DAY;
      const next = new Date(start);
      next.setUTCMonth(next.getUTCMonth() + 1, 1);
      choosePeriod(start, days > LONGEST_BY_DAY ? next.getTime() : start + DAY);
    },

    brush(relayoutData) {
      const start = relayoutData && relayoutData["xaxis.range[0]"];
      if (start) choosePeriod(dayOf(start), ceilingDay(relayoutData["xaxis.range[1]"]));
    },

    /* What a chart tells when the reader zooms in it; sizes and other changes are nothing to ask the server for. */
    zoom(relayoutData) {
      if (relayoutData && relayoutData["xaxis.range[0]"]) {
        return { zoom_start: relayoutData["xaxis.range[0]"], zoom_end: relayoutData["xaxis.range[1]"] };
      }
      return relayoutData && relayoutData["xaxis.autorange"] ? {} : window.dash_clientside.no_update;
    },

    /* Each chart's CSV is asked for with the selection that is shown and the chart's own options. */
    csv(shown, options, optionIds, links) {
      return links.map((link) => {
        const own = optionIds.findIndex((id) => id.name === link.name);
        const query = Object.assign({ chart: link.name }, shown, own >= 0 ? options[own] : {});
        return shown ? "/chart.csv?" + new URLSearchParams(query).toString() : "";
      });
    },
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside, { selection: selection });
})();
