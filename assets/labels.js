// What Dash's own components leave unsaid, or say wrongly, to screen readers (axe-core: label, aria-allowed-attr).
(function () {
  "use strict";

  function mend() {
    document.querySelectorAll('.upload-zone input[type="file"]:not([aria-label])').forEach((input) => {
      input.setAttribute("aria-label", "Choose files");
    });
    document.querySelectorAll(".dash-datepicker-input-wrapper[aria-expanded]").forEach((wrapper) => {
      wrapper.removeAttribute("aria-expanded");
    });
  }

  new MutationObserver(mend).observe(document.documentElement, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ["aria-expanded"],
  });
})();
