// What the buttons of a chart card do: save the picture, fill the screen. One listener serves all cards.
(function () {
  "use strict";

  function plotOf(card) {
    return card.querySelector(".js-plotly-plot");
  }

  function titleOf(card) {
    return card.querySelector(".card-title").textContent.trim();
  }

  function subtitleOf(card) {
    return card.querySelector(".card-subtitle").textContent.trim();
  }

  // Pictures are for documents: always light, on white, with the title that the card shows on the page.
  function savePicture(card) {
    const plot = plotOf(card);
    if (!plot) {
      return;
    }
    const heading = document.createElement("span");
    heading.textContent = titleOf(card);
    const lead = document.createElement("span");
    lead.textContent = subtitleOf(card);
    const templates = (window.wattscape || {}).templates || {};
    const margin = { ...(plot.layout.margin || {}), t: 92, b: 24, l: 24, r: 24 };
    const layout = {
      ...plot.layout,
      template: templates.light || plot.layout.template,
      paper_bgcolor: "#ffffff",
      width: undefined,
      height: undefined,
      autosize: false,
      margin,
      title: {
        text: `<b>${heading.innerHTML}</b><br><span style="font-size:12px">${lead.innerHTML}</span>`,
        font: { size: 16, color: "#16262b" },
        x: 0.02,
        xanchor: "left",
        yref: "container",
        y: 1,
        yanchor: "top",
        pad: { t: 30 },
      },
    };
    const size = { width: Math.max(plot.clientWidth, 720), height: Math.max(plot.clientHeight + 84, 420) };
    const filename = titleOf(card).toLowerCase().replace(/[^a-z0-9]+/g, "-");
    window.Plotly.downloadImage(
      { data: plot.data, layout: { ...layout, ...size }, config: plot._context },
      { format: "png", scale: 2, filename, ...size },
    );
  }

  function toggleFullScreen(card, button) {
    const isFull = card.classList.toggle("is-full");
    button.setAttribute("aria-pressed", String(isFull));
    window.dispatchEvent(new Event("resize"));
    button.focus();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-chart-action]");
    if (!button) {
      return;
    }
    const card = button.closest(".chart-card");
    if (button.dataset.chartAction === "png") {
      savePicture(card);
    } else {
      toggleFullScreen(card, button);
    }
  });

  document.addEventListener("keydown", (event) => {
    const card = event.key === "Escape" && document.querySelector(".chart-card.is-full");
    if (card) {
      toggleFullScreen(card, card.querySelector('[data-chart-action="full"]'));
    }
  });
})();
