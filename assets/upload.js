/* Sends a chosen or dropped file to /uploads as a stream and tells Dash what became of it.

   Marked up as: <label data-upload-to="STORE"> … <input type="file"> … </label>. Dash has no plain file input, so the
   input is added here. The store receives {token, name, bytes}, or {error}; progress is written to a <progress> inside. */
(function () {
  "use strict";

  function prepare(zone) {
    if (zone.querySelector("input[type=file]")) return;
    const input = document.createElement("input");
    input.type = "file";
    input.id = zone.dataset.uploadTo + "-file";
    input.className = "visually-hidden";
    input.setAttribute("aria-label", "Choose a file to upload");
    input.addEventListener("change", () => {
      if (input.files.length) send(zone, input.files[0]);
      input.value = "";
    });
    zone.appendChild(input);
  }

  function send(zone, file) {
    const store = zone.dataset.uploadTo;
    const limit = Number(zone.dataset.uploadLimitMb);
    if (limit && file.size > limit * 1e6) {
      tell(store, { error: file.name + " is larger than " + limit + " MB. Pack it (.gz, .zip) or load it from the command line." });
      return;
    }
    const request = new XMLHttpRequest();
    request.open("POST", "uploads?name=" + encodeURIComponent(file.name));
    request.responseType = "text";
    request.upload.addEventListener("progress", (event) => show(zone, file, event.loaded / Math.max(event.total, 1)));
    request.addEventListener("loadend", () => {
      show(zone, file, null);
      tell(store, request.status === 201 ? JSON.parse(request.responseText) : { error: reason(request) });
    });
    show(zone, file, 0);
    request.send(file);
  }

  function reason(request) {
    if (request.status === 0) return "The connection broke before the file was complete. Try again.";
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const text = page.querySelector("p") || page.body;
    return text.textContent.trim() || "The server refused the file.";
  }

  function show(zone, file, share) {
    const busy = share !== null;
    zone.toggleAttribute("data-busy", busy);
    zone.setAttribute("aria-busy", String(busy));
    const status = zone.querySelector("[data-upload-status]");
    if (status) status.textContent = busy ? file.name + " — " + Math.round(share * 100) + " %" : "";
  }

  function tell(store, answer) {
    window.dash_clientside.set_props(store, { data: answer });
  }

  function zoneOf(event) {
    return event.target instanceof Element ? event.target.closest("[data-upload-to]") : null;
  }

  document.addEventListener("dragover", (event) => {
    const zone = zoneOf(event);
    if (!zone) return;
    event.preventDefault();
    zone.setAttribute("data-over", "");
  });
  document.addEventListener("dragleave", (event) => {
    const zone = zoneOf(event);
    if (zone) zone.removeAttribute("data-over");
  });
  document.addEventListener("drop", (event) => {
    const zone = zoneOf(event);
    if (!zone) return;
    event.preventDefault();
    zone.removeAttribute("data-over");
    if (event.dataTransfer.files.length) send(zone, event.dataTransfer.files[0]);
  });

  function prepareAll() {
    document.querySelectorAll("[data-upload-to]").forEach(prepare);
  }
  new MutationObserver(prepareAll).observe(document.documentElement, { childList: true, subtree: true });
  prepareAll();
})();
