"""Headers: security, how long files are kept, and the refusal of requests made from another web site."""

from http import HTTPStatus
from urllib.parse import urlsplit

from dash import Dash
from flask import Response, abort, request
from flask_talisman import Talisman

SELF = "'self'"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CALLBACKS = "/_dash-update-component"
MOST_BYTES = 32_000_000
A_YEAR_S, AN_HOUR_S = 31_536_000, 3_600


def protect(app: Dash, tableau: str | None = None) -> None:
    """Send a content security policy without inline or eval scripts, and take changes only from our own pages.

    ``tableau`` is the origin of the server whose views are shown, and the only other one that pages may use.

    Dash writes some inline scripts itself; their hashes are known only after the first request has set up the pages,
    so the list of allowed sources is completed then. HSTS is sent over https alone.
    """
    sources = [SELF] if tableau is None else [SELF, tableau]
    fixed = len(sources)

    def allow_own_scripts(response: Response) -> Response:
        if len(sources) == fixed:
            sources.extend(app.csp_hashes())
        return response

    def refuse_unknown_callbacks() -> None:
        if request.path == CALLBACKS and request.method == "POST" and not _is_callback(request.get_json(), app):
            abort(400, "This request asks for nothing that there is.")

    app.server.config["MAX_CONTENT_LENGTH"] = MOST_BYTES  # what is held in memory; uploads are streamed
    app.server.before_request(refuse_other_sites)
    app.server.before_request(refuse_unknown_callbacks)
    Talisman(
        app.server, force_https=False, session_cookie_secure=False, content_security_policy=policy(sources, tableau)
    )
    app.server.after_request(keep_assets)
    app.server.after_request(allow_own_scripts)  # registered later, so it runs before Talisman writes the header


def policy(script_sources: list[str], tableau: str | None) -> dict[str, str | list[str]]:
    """Say what a page may load and from where; views are Tableau's own pages, in a frame, signed in by one request."""
    rules: dict[str, str | list[str]] = {
        "default-src": SELF,
        "script-src": script_sources,
        "style-src": [SELF, "'unsafe-inline'"],  # Plotly and AG Grid position with style attributes
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF, "data:"],
        "worker-src": [SELF, "blob:"],
        "object-src": "'none'",
        "base-uri": SELF,
        "form-action": SELF,
        "frame-ancestors": SELF,
    }
    if tableau is None:
        return rules
    return rules | {"connect-src": [SELF, tableau], "frame-src": [SELF, tableau]}


def refuse_other_sites() -> None:
    """Answer 403 to a changing request that a browser sends for another origin."""
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("Origin")
    foreign = request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}
    if foreign or (origin and urlsplit(origin).netloc != request.host):
        abort(403, "This request came from another site.")


def keep_assets(response: Response) -> Response:
    """Let the browser keep our own files: for good under an address that names their version, else for an hour."""
    if request.path.startswith("/assets/") and response.status_code == HTTPStatus.OK:
        response.cache_control.no_cache = None
        response.cache_control.max_age = A_YEAR_S if "m" in request.args else AN_HOUR_S
    return response


def _is_callback(body: object, app: Dash) -> bool:
    if not isinstance(body, dict):
        return False
    parts = [body.get(name, []) for name in ("inputs", "state", "changedPropIds")]
    known = isinstance(body.get("output"), str) and body["output"] in app.callback_map
    return known and all(isinstance(part, list) for part in parts) and bool(parts[0])
