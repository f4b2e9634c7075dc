// A notice stays for a while from its last words on, and as long as one points at it.
(function () {
  "use strict";
  const SHOWN_MS = 8000;
  let timer = null;

  function hideLater() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (document.querySelector("#toast:hover")) hideLater();
      else window.dash_clientside.set_props("toast", { is_open: false });
    }, SHOWN_MS);
  }

  const notices = {
    told(isOpen) {
      if (isOpen) hideLater();
      return window.dash_clientside.no_update;
    },
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside, { notices: notices });
})();
