"""Servers on this machine that take alerts, and fail as told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Hook:
    """What a webhook's server got, and the statuses it answers with, the last one for ever."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    bodies: list[dict[str, object]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def webhook_server() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.headers.append(dict(self.headers.items()))
            hook.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            status = hook.statuses.pop(0) if len(hook.statuses) > 1 else hook.statuses[0]
            self.send_response(status)
            if status in {301, 302, 307, 308}:
                self.send_header("Location", "http://169.254.169.254/latest/meta-data")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        hook.url = f"http://127.0.0.1:{server.server_address[1]}/hook?key=1"
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join()
