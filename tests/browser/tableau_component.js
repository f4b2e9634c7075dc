/* A stand-in of Tableau's own script, served by the stand-in of its server: the same element, attributes, events and
   ways to sign in, none of its views. */
class TableauViz extends HTMLElement {
  static get observedAttributes() {
    return ["token", "iframe-auth"];
  }

  constructor() {
    super();
    this.attachShadow({ mode: "open" });
  }

  get iframeAuth() {
    return this.hasAttribute("iframe-auth");
  }

  set iframeAuth(on) {
    if (on) this.setAttribute("iframe-auth", "");
    else this.removeAttribute("iframe-auth");
  }

  connectedCallback() {
    this.frame = document.createElement("iframe");
    this.frame.title = "Data Visualisation";
    this.frame.style.cssText = "border: none;";
    this.frame.style.width = this.getAttribute("width");
    this.frame.style.height = this.getAttribute("height");
    this.style.display = "flex";
    this.shadowRoot.append(this.frame);
    this.render();
  }

  attributeChangedCallback() {
    if (this.frame) this.render();
  }

  async render() {
    const source = new URL(this.getAttribute("src"));
    source.search = new URLSearchParams({ ":embed": "y", ":device": this.getAttribute("device") });
    if (this.iframeAuth) {
      const target = new URL("/vizportal/api/web/v1/auth/embed/target", source);
      target.search = new URLSearchParams({ token: this.getAttribute("token"), target: source.pathname });
      this.frame.src = target;
      return;
    }
    const parts = source.pathname.split("/").filter(Boolean);
    const answer = await fetch(new URL("/vizportal/api/web/v1/auth/embed/signin", source), {
      method: "POST",
      credentials: "include",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ siteName: parts[0] === "t" ? parts[1] : "", jwt: this.getAttribute("token") }),
    });
    if (answer.status === 404) {
      this.iframeAuth = true;
      return;
    }
    if (!answer.ok) {
      const error = JSON.stringify({ statusCode: answer.status, errorMessage: await answer.text() });
      const detail = { errorCode: "auth-failed", message: error };
      this.dispatchEvent(new CustomEvent("vizloaderror", { detail }));
      return;
    }
    this.frame.addEventListener("load", () => this.dispatchEvent(new CustomEvent("firstinteractive")), { once: true });
    this.frame.src = source;
  }
}

customElements.define("tableau-viz", TableauViz);
