"""A stand-in for Tableau Server on this machine: strict about what it is asked, and failing as told.

It answers in the shapes recorded in ``../shared/tableau_rest``. It is no Tableau: it stores and checks files.
"""

import io
import re
import threading
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Literal
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import jwt
from defusedxml.ElementTree import fromstring

NAMESPACE = "http://tableau.com/api"
ET.register_namespace("", NAMESPACE)
MB = 1024 * 1024
MOST_BYTES = 64 * MB
CREATED = "2026-01-01T00:00:00Z"
TOKEN_NAME, TOKEN_SECRET = "wattscape", "s3cr3t-of-the-token"
CLIENT_ID, SECRET_ID, SECRET_VALUE = "client-1", "secret-1", "s3cr3t-value-of-the-connected-app"
SCOPE_OF = {
    ("GET", "projects"): "tableau:content:read",
    ("POST", "projects"): "tableau:projects:create",
    ("GET", "datasources"): "tableau:content:read",
    ("POST", "datasources"): "tableau:datasources:create",
    ("POST", "fileUploads"): "tableau:file_uploads:create",
    ("PUT", "fileUploads"): "tableau:file_uploads:create",
    ("GET", "jobs"): "tableau:jobs:read",
    ("GET", "users"): "tableau:users:read",
    ("PUT", "permissions"): "tableau:permissions:update",
}
How = Literal["refuse", "done by another", "html", "drop unread", "drop midway", "drop answer", "slow"]


@dataclass
class Fault:
    """The next ``times`` requests of this kind fail: an error of Tableau, one of a proxy, or a lost connection."""

    method: str
    path: str
    how: How
    code: str = "500000"
    times: int = 1
    after: int = 0


@dataclass
class Datasource:
    id: str
    name: str
    project: str
    content: bytes
    description: str
    appended: list[bytes] = field(default_factory=list)
    permissions: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass
class Job:
    id: str
    looks: int
    failure: str | None


@dataclass
class TableauServer:
    """What the stand-in holds, and what it was asked."""

    url: str = ""
    site: str = "energy"
    version: str = "3.15"
    projects: dict[str, tuple[str, str | None]] = field(default_factory=lambda: {str(uuid.uuid4()): ("default", None)})
    datasources: dict[str, Datasource] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    tokens: dict[str, set[str] | None] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    looks_a_job: int = 2
    job_failure: str | None = None
    page: int = 2  # more pages than a real server makes
    lock: threading.Lock = field(default_factory=threading.Lock)

    def named(self, name: str) -> Datasource:
        (found,) = [one for one in self.datasources.values() if one.name == name]
        return found


class RefusalError(Exception):
    def __init__(self, code: str, summary: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.summary, self.detail = code, summary, detail


@dataclass
class Answer:
    status: int
    body: bytes = b""


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
                return self.server_info()
            case "POST", ["api", _, "auth", "signin"]:
                return self.sign_in(body)
            case "POST", ["api", _, "auth", "signout"]:
                self.authorised("signout")
                del self.held.tokens[self.headers["X-Tableau-Auth"]]
                return Answer(204)
            case _, ["api", version, "sites", site, *rest]:
                if version != self.held.version or site != self.held.site:
                    raise RefusalError("404000", "Not Found", "Site or version")
                self.authorised(rest[-1] if rest[-1] == "permissions" else rest[0])
                return self.on_site(rest, query, body)
        raise RefusalError("404003", "Not Found", f"{self.command} {address.path}")

    def authorised(self, what: str) -> None:
        token = self.headers.get("X-Tableau-Auth", "")
        if token not in self.held.tokens:
            raise RefusalError("401002", "Unauthorized Access", "Invalid authentication credentials were provided.")
        scopes = self.held.tokens[token]
        if scopes is not None and what != "signout" and SCOPE_OF[self.command, what] not in scopes:
            raise RefusalError("401004", "Unauthorized Access", f"The scope {SCOPE_OF[self.command, what]} is missing.")

    def server_info(self) -> Answer:
        root = response()
        info = child(root, "serverInfo")
        child(info, "productVersion", {"build": "20213.21.1017.1200"}).text = "2021.4.0"
        child(info, "restApiVersion").text = self.held.version
        return Answer(200, written(root))

    def sign_in(self, body: bytes) -> Answer:
        credentials = fromstring(body).find("credentials")
        site = credentials.find("site").get("contentUrl")
        scopes = checked_scopes(credentials)
        if site != self.held.site:
            raise RefusalError("401001", "Signin Error", "Error signing in to Tableau Server")
        token = uuid.uuid4().hex
        self.held.tokens[token] = scopes
        root = response()
        given = child(root, "credentials", {"token": token})
        child(given, "site", {"id": self.held.site, "contentUrl": self.held.site})
        child(given, "user", {"id": "user-1"})
        return Answer(200, written(root))

    def on_site(self, rest: list[str], query: dict[str, str], body: bytes) -> Answer:
        return self.read(rest, query) if self.command == "GET" else self.change(rest, query, body)

    def read(self, rest: list[str], query: dict[str, str]) -> Answer:
        match rest:
            case ["projects"]:
                return self.paged("projects", [project_attributes(*one) for one in self.held.projects.items()], query)
            case ["datasources"]:
                return self.paged("datasources", [self.described(one) for one in self.held.datasources.values()], query)
            case ["users"]:
                users = [
                    element("user", {"id": key, "name": name, "siteRole": "Viewer"})
                    for key, name in self.held.users.items()
                ]
                return self.paged("users", users, query)
            case ["jobs", number]:
                return self.job(number)
        raise RefusalError("404003", "Not Found", "/".join(rest))

    def change(self, rest: list[str], query: dict[str, str], body: bytes) -> Answer:
        match self.command, rest:
            case "POST", ["projects"]:
                return self.make_project(fromstring(body).find("project"))
            case "POST", ["datasources"]:
                return self.publish(query, body)
            case "POST", ["fileUploads"]:
                session = f"{len(self.held.uploads)}:{uuid.uuid4().hex}-1:0"
                self.held.uploads[session] = bytearray()
                return self.uploaded(session, 201)
            case "PUT", ["fileUploads", session]:
                return self.append(session, body)
            case "PUT", ["datasources", number, "permissions"]:
                return self.permit(number, fromstring(body))
        raise RefusalError("404003", "Not Found", "/".join(rest))

    def paged(self, name: str, items: list[ET.Element], query: dict[str, str]) -> Answer:
        number, size = int(query["pageNumber"]), min(int(query["pageSize"]), self.held.page)
        first = (number - 1) * size
        if first and first >= len(items):
            raise RefusalError("400006", "Invalid page number", str(number))
        root = response()
        total = {"pageNumber": str(number), "pageSize": str(size), "totalAvailable": str(len(items))}
        child(root, "pagination", total)
        child(root, name).extend(items[first : first + size])
        return Answer(200, written(root))

    def make_project(self, wanted: ET.Element) -> Answer:
        name, parent = wanted.get("name", ""), wanted.get("parentProjectId")
        if (name, parent) in self.held.projects.values():
            raise RefusalError("409006", "Resource Conflict", f"A project with the name {name} already exists")
        if parent is not None and parent not in self.held.projects:
            raise RefusalError("404005", "Not Found", "Project")
        number = str(uuid.uuid4())
        self.held.projects[number] = (name, parent)
        root = response()
        root.append(project_attributes(number, (name, parent)))
        return Answer(201, written(root))

    def described(self, one: Datasource) -> ET.Element:
        found = element(
            "datasource",
            {
                "id": one.id,
                "name": one.name,
                "contentUrl": one.name.replace(" ", ""),
                "description": one.description,
                "type": "dataengine",
                "createdAt": CREATED,
                "updatedAt": CREATED,
                "hasExtracts": "true",
                "webpageUrl": f"{self.held.url}/#/site/{self.held.site}/datasources/{one.id}",
            },
        )
        child(found, "project", {"id": one.project, "name": self.held.projects[one.project][0]})
        child(found, "owner", {"id": "user-1"})
        child(found, "tags")
        return found

    def publish(self, query: dict[str, str], body: bytes) -> Answer:
        if query.get("datasourceType") != "tdsx" or query.get("asJob") != "true":
            raise RefusalError("400011", "Bad Request", "datasourceType and asJob")
        parts = self.parts(body, ["request_payload", "tableau_datasource"][: 1 if "uploadSessionId" in query else 2])
        wanted = fromstring(parts[0][1]).find("datasource")
        name, project = wanted.get("name", ""), wanted.find("project").get("id", "")
        if project not in self.held.projects:
            raise RefusalError("404005", "Not Found", "Project")
        content = bytes(self.held.uploads.pop(query["uploadSessionId"])) if len(parts) == 1 else parts[1][1]
        check_package(content, parts[1][0] if len(parts) > 1 else None)
        there = [one for one in self.held.datasources.values() if (one.name, one.project) == (name, project)]
        self.keep(query, there, Datasource(str(uuid.uuid4()), name, project, content, wanted.get("description", "")))
        job = Job(str(uuid.uuid4()), self.held.looks_a_job, self.held.job_failure)
        self.held.jobs[job.id] = job
        root = response()
        child(root, "job", {"id": job.id, "mode": "Asynchronous", "type": "PublishDatasource", "progress": "0",
                            "createdAt": CREATED, "finishCode": "1"})  # fmt: skip
        return Answer(202, written(root))

    def keep(self, query: dict[str, str], there: list[Datasource], given: Datasource) -> None:
        if self.held.job_failure:
            return
        if query.get("append") == "true":
            if not there:
                raise RefusalError("404004", "Not Found", "Nothing to append to")
            there[0].appended.append(given.content)
        elif not there:
            self.held.datasources[given.id] = given
        elif query.get("overwrite") == "true":
            there[0].content, there[0].description, there[0].appended = given.content, given.description, []
        else:
            raise RefusalError("409004", "Resource Conflict", f"{given.name} exists")

    def append(self, session: str, body: bytes) -> Answer:
        if session not in self.held.uploads:
            raise RefusalError("404007", "Not Found", "Upload session")
        (_, payload), (_, part) = self.parts(body, ["request_payload", "tableau_file"])
        if payload or not part:
            raise RefusalError("400000", "Bad Request", "An empty payload and a part of the file are expected")
        self.held.uploads[session] += part
        return self.uploaded(session, 200)

    def uploaded(self, session: str, status: int) -> Answer:
        size = len(self.held.uploads[session]) // MB
        root = response()
        child(root, "fileUpload", {"uploadSessionId": session, "fileSize": str(size)})
        return Answer(status, written(root))

    def parts(self, body: bytes, names: list[str]) -> list[tuple[str | None, bytes]]:
        """Take a multipart body apart: exactly these parts, in this order, of these types."""
        if len(body) > MOST_BYTES + MB:
            raise RefusalError("413000", "Payload Too Large", "64 MB at most")
        kind = self.headers.get("Content-Type", "")
        if not kind.startswith("multipart/mixed; boundary="):
            raise RefusalError("400000", "Bad Request", f"Content type {kind}")
        message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
        found = list(message.iter_parts())
        given = [one.get_param("name", header="content-disposition") for one in found]
        if given != names:
            raise RefusalError("400000", "Bad Request", f"The parts are {given}, not {names}")
        types = [one.get_content_type() for one in found]
        if types != ["text/xml", "application/octet-stream"][: len(names)]:
            raise RefusalError("400000", "Bad Request", f"The parts are of {types}")
        return [(one.get_filename(), one.get_payload(decode=True) or b"") for one in found]

    def job(self, number: str) -> Answer:
        job = self.held.jobs.get(number)
        if job is None:
            raise RefusalError("404009", "Not Found", "Job")
        job.looks -= 1
        attributes = {"id": number, "mode": "Asynchronous", "type": "PublishDatasource", "createdAt": CREATED}
        root = response()
        if job.looks > 0:
            child(root, "job", attributes | {"progress": "50", "updatedAt": CREATED, "finishCode": "1"})
        else:
            code = "1" if job.failure else "0"
            over = {"progress": "100", "updatedAt": CREATED, "completedAt": CREATED, "finishCode": code}
            notes = child(child(root, "job", attributes | over), "extractRefreshJob")
            child(notes, "notes").text = job.failure or "Published"
        return Answer(200, written(root))

    def permit(self, number: str, wanted: ET.Element) -> Answer:
        datasource = self.held.datasources.get(number)
        if datasource is None:
            raise RefusalError("404004", "Not Found", "Datasource")
        root = response()
        granted = child(root, "permissions")
        for one in wanted.iter("granteeCapabilities"):
            user = one.find("user").get("id", "")
            if user not in self.held.users:
                raise RefusalError("404002", "Not Found", "User")
            capabilities = {each.get("name", ""): each.get("mode", "") for each in one.iter("capability")}
            datasource.permissions[user] = datasource.permissions.get(user, {}) | capabilities
            rule = child(granted, "granteeCapabilities")
            child(rule, "user", {"id": user})
            listed = child(rule, "capabilities")
            for name, mode in capabilities.items():
                child(listed, "capability", {"name": name, "mode": mode})
        return Answer(200, written(root))


def checked_scopes(credentials: ET.Element) -> set[str] | None:
    """Judge a sign-in; returns the scopes of a connected app, None for a personal access token."""
    if credentials.get("personalAccessTokenName") == TOKEN_NAME:
        if credentials.get("personalAccessTokenSecret") == TOKEN_SECRET:
            return None
    elif given := credentials.get("jwt"):
        try:
            claims = jwt.decode(given, SECRET_VALUE, algorithms=["HS256"], audience="tableau", issuer=CLIENT_ID,
                                options={"require": ["exp", "sub", "jti", "scp"]})  # fmt: skip
        except jwt.InvalidTokenError as error:
            raise RefusalError("401001", "Signin Error", "Error signing in to Tableau Server") from error
        if jwt.get_unverified_header(given).get("kid") == SECRET_ID and claims["exp"] - claims["iat"] <= 600:
            return set(claims["scp"])
    raise RefusalError("401001", "Signin Error", "Error signing in to Tableau Server")


def check_package(content: bytes, file_name: str | None) -> None:
    if file_name is not None and not file_name.endswith(".tdsx"):
        raise RefusalError("400011", "Bad Request", f"File {file_name}")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            broken = package.testzip()
            sources = [name for name in package.namelist() if name.endswith(".tds")]
    except zipfile.BadZipFile as error:
        raise RefusalError("400011", "Bad Request", "The file is no package") from error
    if broken or len(sources) != 1:
        raise RefusalError("400011", "Bad Request", "The package is broken")


def project_attributes(number: str, project: tuple[str, str | None]) -> ET.Element:
    name, parent = project
    attributes = {"id": number, "name": name, "description": "", "contentPermissions": "ManagedByOwner"}
    found = element("project", attributes | ({"parentProjectId": parent} if parent else {}))
    child(found, "owner", {"id": "user-1"})
    return found


def refused(refusal: RefusalError) -> Answer:
    root = response()
    error = child(root, "error", {"code": refusal.code})
    child(error, "summary").text = refusal.summary
    child(error, "detail").text = refusal.detail
    return Answer(int(refusal.code[:3]), written(root))


def response() -> ET.Element:
    return element("tsResponse", {})


def element(name: str, attributes: dict[str, str]) -> ET.Element:
    return ET.Element(f"{{{NAMESPACE}}}{name}", attributes)


def child(parent: ET.Element, name: str, attributes: dict[str, str] | None = None) -> ET.Element:
    return ET.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes or {})


def written(root: ET.Element) -> bytes:
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)
