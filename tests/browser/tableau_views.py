"""A stand-in of a Tableau server that shows views: its script, the sign-in by token, and a page for each view."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import jwt

SITE = "energy"
CLIENT, SECRET_ID, SECRET = "client-1", "secret-1", "a-secret-of-more-than-thirty-two-characters"
PUBLISHER, VIEWER = "publisher@example.org", "viewer@example.org"
SCRIPT = "/javascripts/api/tableau.embedding.3.latest.min.js"
SIGN_IN = "/vizportal/api/web/v1/auth/embed/signin"
VIEW = """<!doctype html><html lang="en"><title>View</title>
<style>body {{ margin: 0; font: 16px sans-serif; color: #333 }} svg {{ width: 100%; height: 300px }}</style>
<h1 style="font-size: 18px; margin: 16px">{path}</h1>
<svg viewBox="0 0 100 50" preserveAspectRatio="none" role="img" aria-label="Bars">
<path fill="#0e8a8c" d="M5 50V20h12v30zM25 50V10h12v40zM45 50V28h12v22zM65 50V15h12v35zM85 50V5h10v45z"/></svg>"""


@dataclass
class Views:
    """What the server was asked; ``sign_in`` is the status it answers a token with that is in order."""

    origin: str = ""
    sign_in: HTTPStatus = HTTPStatus.OK
    asked: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    real_script: bool = "TABLEAU_EMBEDDING_JS" in os.environ

    @property
    def script(self) -> bytes:
        """Return Tableau's own script where TABLEAU_EMBEDDING_JS names it, else ours."""
        ours = Path(__file__).with_name("tableau_component.js")
        return Path(os.environ.get("TABLEAU_EMBEDDING_JS", ours)).read_bytes()

    def accept(self, body: bytes) -> HTTPStatus:
        """Take a token as a server does: signed, for this purpose alone, not used before."""
        given = json.loads(body)
        header = jwt.get_unverified_header(given["jwt"])
        claims = jwt.decode(given["jwt"], SECRET, algorithms=["HS256"], audience="tableau", issuer=CLIENT)
        used = claims["jti"] in {one["jti"] for one in self.claims}
        in_order = given["siteName"] == SITE and header["kid"] == SECRET_ID and header["iss"] == CLIENT and not used
        self.tokens.append(given["jwt"])
        self.claims.append(claims)
        return self.sign_in if in_order else HTTPStatus.UNAUTHORIZED


@contextmanager
def tableau_views() -> Iterator[Views]:
    """Serve until the block ends."""
    views = Views()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_arguments: object) -> None:
            """Keep the output of the tests clean."""

        def do_OPTIONS(self) -> None:
            self.answer(HTTPStatus.NO_CONTENT, b"", "text/plain")

        def do_GET(self) -> None:
            views.asked.append(self.path)
            path = urlsplit(self.path).path
            if path == SCRIPT:
                self.answer(HTTPStatus.OK, views.script, "text/javascript")
            elif path.startswith(f"/t/{SITE}/views/"):
                views.shown.append(self.path)
                self.answer(HTTPStatus.OK, VIEW.format(path=path).encode(), "text/html; charset=utf-8")
            else:
                self.answer(HTTPStatus.NOT_FOUND, b"", "text/plain")

        def do_POST(self) -> None:
            views.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = views.accept(body) if self.path == SIGN_IN else HTTPStatus.NOT_FOUND
            self.answer(status, b"The user is not known here." if status != HTTPStatus.OK else b"{}", "text/plain")

        def answer(self, status: HTTPStatus, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Access-Control-Allow-Origin", self.headers.get("Origin", "*"))
            self.send_header("Access-Control-Allow-Credentials", "true")
            self.send_header("Access-Control-Allow-Headers", "content-type")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    views.origin = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield views
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
