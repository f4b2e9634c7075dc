// On phones the pages do not all fit into the bar: the one that is open is brought into view.
(function () {
  "use strict";

  function reveal() {
    const active = document.querySelector(".side-nav .active");
    const bar = active && active.closest(".side-nav");
    if (bar && bar.scrollWidth > bar.clientWidth) {
      bar.scrollTo({ left: active.offsetLeft - (bar.clientWidth - active.offsetWidth) / 2 });
    }
  }

  new MutationObserver((changes) => {
    if (changes.some(({ target }) => target instanceof Element && target.closest(".side-nav"))) {
      requestAnimationFrame(reveal);
    }
  }).observe(document.documentElement, { subtree: true, attributes: true, attributeFilter: ["class"] });
  window.addEventListener("resize", reveal);
})();
