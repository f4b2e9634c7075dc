"""A stand-in for Tableau Server on this machine: strict about what it is asked, and failing as told.

It answers in the shapes recorded in ``../shared/tableau_rest``. It is no Tableau: it stores and checks files.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from urllib.parse import parse_qs, urlsplit

import tableau_content as content
import tableau_places as places
from defusedxml.ElementTree import fromstring
from tableau_answers import Answer, RefusalError, refused
from tableau_held import Fault, TableauServer
from tableau_signin import authorise, server_info, sign_in


@contextmanager
def tableau_server() -> Iterator[TableauServer]:
    """Serve on a free port of this machine until the end of the block."""
    held = TableauServer()
    handler = type("Bound", (Handler,), {"held": held})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        held.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield held
        finally:
            server.shutdown()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    held: TableauServer

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def do_PUT(self) -> None:
        self.answer()

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""

    def answer(self) -> None:
        fault = self.next_fault()
        if fault is not None and fault.how in {"drop unread", "drop midway"}:
            self.rfile.read(self.length() // 2 if fault.how == "drop midway" else 0)
            self.drop()
            return
        body = self.rfile.read(self.length())
        if fault is not None and fault.how == "slow":
            sleep(1.5)
        with self.held.lock:
            self.held.asked.append(f"{self.command} {self.path}")
            given = self.failure(fault) if fault is not None else None
            given = given or self.judged(body)
        if fault is not None and fault.how == "done by another":
            given = refused(RefusalError(fault.code, "Resource Conflict", "Somebody else was faster"))
        if fault is not None and fault.how == "drop answer":
            self.drop()
            return
        self.write(given)

    def length(self) -> int:
        return int(self.headers.get("Content-Length") or 0)

    def next_fault(self) -> Fault | None:
        with self.held.lock:
            for fault in self.held.faults:
                if fault.method == self.command and re.search(fault.path, self.path) and fault.times:
                    if fault.after:
                        fault.after -= 1
                        return None
                    fault.times -= 1
                    return fault
        return None

    def failure(self, fault: Fault) -> Answer | None:
        if fault.how == "refuse":
            return refused(RefusalError(fault.code, "Refused", "Because the test says so"))
        if fault.how == "html":
            return Answer(int(fault.code[:3]), b"<html><body>proxy<p></body></html>")
        return None

    def judged(self, body: bytes) -> Answer:
        try:
            return self.route(body)
        except RefusalError as refusal:
            return refused(refusal)

    def drop(self) -> None:
        self.close_connection = True
        self.connection.close()

    def write(self, given: Answer) -> None:
        try:
            self.send_response(given.status)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(given.body)))
            self.end_headers()
            self.wfile.write(given.body)
        except (BrokenPipeError, ConnectionResetError):
            return  # the client did not want to wait

    def route(self, body: bytes) -> Answer:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        match self.command, address.path.strip("/").split("/"):
            case "GET", ["api", _, "serverInfo"]:
                return server_info(self.held)
            case "POST", ["api", _, "auth", "signin"]:
                return sign_in(self.held, body)
            case "POST", ["api", _, "auth", "signout"]:
                self.authorise("signout")
                del self.held.tokens[self.headers["X-Tableau-Auth"]]
                return Answer(204)
            case _, ["api", version, "sites", site, *rest]:
                if version != self.held.version or site != self.held.site:
                    raise RefusalError("404000", "Not Found", "Site or version")
                self.authorise(rest[-1] if rest[-1] == "permissions" else rest[0])
                return self.on_site(rest, query, body)
        raise RefusalError("404003", "Not Found", f"{self.command} {address.path}")

    def authorise(self, what: str) -> None:
        authorise(self.held, self.headers.get("X-Tableau-Auth", ""), self.command, what)

    def on_site(self, rest: list[str], query: dict[str, str], body: bytes) -> Answer:
        return self.read(rest, query) if self.command == "GET" else self.change(rest, query, body)

    def read(self, rest: list[str], query: dict[str, str]) -> Answer:
        match rest:
            case ["projects"]:
                return places.projects(self.held, query)
            case ["datasources" | "workbooks" as what]:
                return content.contents(self.held, what, query)
            case ["users"]:
                return places.users(self.held, query)
            case ["jobs", number]:
                return places.job(self.held, number)
        raise RefusalError("404003", "Not Found", "/".join(rest))

    def change(self, rest: list[str], query: dict[str, str], body: bytes) -> Answer:
        kind = self.headers.get("Content-Type", "")
        match self.command, rest:
            case "POST", ["projects"]:
                return places.make_project(self.held, fromstring(body).find("project"))
            case "POST", ["datasources" | "workbooks" as what]:
                return content.publish(self.held, what, query, kind, body)
            case "POST", ["fileUploads"]:
                return content.begin_upload(self.held)
            case "PUT", ["fileUploads", session]:
                return content.append(self.held, session, kind, body)
            case "PUT", ["datasources" | "workbooks" as what, number, "permissions"]:
                return content.permit(self.held, what, number, fromstring(body))
        raise RefusalError("404003", "Not Found", "/".join(rest))
