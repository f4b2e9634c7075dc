// On phones the filter bar is folded behind one button.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fold]");
  if (button) {
    const isOpen = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!isOpen));
  }
});
