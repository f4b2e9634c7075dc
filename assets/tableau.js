/* Shows a view of the customer's own Tableau by Tableau's web component, signed in anew for each viewing.

   The token goes to Tableau in the body of one request. Tableau's script would fall back to putting it into an address
   where that request is not known (404); here it may not, so that it is in no log and no history. */
(function () {
  "use strict";

  const PATIENCE_MS = 30000;
  const LEAST_PX = 480;
  const MOST_FRAMES = 300;
  const OLD =
    "This Tableau server signs embedded views in by an address with the token in it, which is not safe. " +
    "A newer version of it is needed.";
  const SILENT =
    "Tableau has not answered yet. If the frame stays empty, its administrator has to allow " +
    window.location.origin +
    " in the domains of the connected app.";
  let latest = 0;

  const place = () => document.getElementById("tableau-place");

  /* A page's callbacks may run before the page itself is drawn. */
  async function drawn() {
    for (let frames = 0; !place() && frames < MOST_FRAMES; frames += 1) {
      await new Promise(window.requestAnimationFrame);
    }
    return Boolean(place());
  }

  function say(text) {
    const status = document.getElementById("tableau-status");
    if (status) status.textContent = text;
  }

  async function letIn(view) {
    const request = {
      method: "POST",
      cache: "no-store",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ view }),
    };
    const response = await fetch("/tableau/viewing", request);
    if (!response.ok) throw new Error((await response.text()).trim());
    return response.json();
  }

  async function component(script) {
    try {
      await import(script);
    } catch {
      throw new Error(`${new URL(script).host} does not give the script that shows views. Is the server up?`);
    }
    const found = window.customElements.get("tableau-viz");
    if (!found || !("iframeAuth" in found.prototype)) throw new Error(OLD);
  }

  function reason(detail) {
    const code = (detail && detail.errorCode) || "unknown";
    let said = (detail && detail.message) || "";
    try {
      said = JSON.parse(said).errorMessage || "";
    } catch {
      // It is a sentence already.
    }
    return `Tableau does not show this view (${code}). ${said}`.trim();
  }

  function element(viewing, device, isCurrent) {
    const made = document.createElement("tableau-viz");
    const tell = (text) => isCurrent() && say(text);
    const waiting = setTimeout(() => tell(SILENT), PATIENCE_MS);
    const over = (text) => {
      clearTimeout(waiting);
      tell(text);
    };
    Object.defineProperty(made, "iframeAuth", { get: () => false, set: () => over(OLD) });
    made.addEventListener("firstinteractive", () => over(""));
    made.addEventListener("vizloaderror", (event) => over(reason(event.detail)));
    const height = Math.max(LEAST_PX, window.innerHeight - 240);
    const given = { id: "tableau-viz", src: viewing.src, token: viewing.token, device, toolbar: "bottom" };
    Object.entries({ ...given, width: "100%", height: `${height}px` }).forEach(([name, value]) =>
      made.setAttribute(name, value),
    );
    return made;
  }

  async function show(view, device) {
    latest += 1;
    const mine = latest;
    if (!(await drawn()) || mine !== latest) return;
    const isCurrent = () => mine === latest && Boolean(place());
    place().replaceChildren();
    if (!view) {
      say("Name a view to see it here.");
      return;
    }
    say("Asking Tableau…");
    try {
      const viewing = await letIn(view);
      await component(viewing.script);
      if (isCurrent()) place().replaceChildren(element(viewing, device || "default", isCurrent));
    } catch (error) {
      if (isCurrent()) say(error.message);
    }
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.tableau = {
    show(view, device) {
      window.dash_clientside.pageState.keepTableau(view, device);
      show((view || "").trim(), device);
      return view || "";
    },
  };
})();
