// Figures before charts: compiling Plotly holds the browser for about a second, so it waits until the figures of a page
// that has some (marked aria-busy until they are there) have been painted. Its file is fetched meanwhile.
//
// Dash loads Plotly as `Promise.resolve(window.Plotly || <its script>)`, so what stands here first and can be awaited
// decides when that happens. The script itself then puts the real Plotly in its place.
(function () {
  "use strict";
  const LONGEST_WAIT = 3000;
  let loading = null;

  const areFiguresAwaited = () => document.querySelector(".kpi-row[aria-busy]") !== null;

  function fetchAhead() {
    const link = document.createElement("link");
    Object.assign(link, { rel: "preload", as: "script", href: window._dashPlotlyJSURL });
    document.head.appendChild(link);
  }

  function whenPainted(then) {
    requestAnimationFrame(() => setTimeout(then, 0));
  }

  function figuresStand() {
    return new Promise((resolve) => {
      const end = () => {
        observer.disconnect();
        clearTimeout(timer);
        whenPainted(resolve);
      };
      const observer = new MutationObserver(() => areFiguresAwaited() || end());
      const timer = setTimeout(end, LONGEST_WAIT);
      observer.observe(document.body, { subtree: true, childList: true });
    });
  }

  function run() {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      Object.assign(script, { src: window._dashPlotlyJSURL, onload: () => resolve(), onerror: reject });
      document.body.appendChild(script);
    });
  }

  async function load() {
    if (areFiguresAwaited()) {
      fetchAhead();
      await figuresStand();
    }
    await run();
  }

  window.Plotly = {
    then(resolve, reject) {
      loading = loading || load();
      loading.then(resolve, reject);
    },
  };
})();
