"""Data sources and workbooks of the stand-in for Tableau Server: listed, uploaded, published, opened to users."""

import io
import uuid
import zipfile
from email.parser import BytesParser
from email.policy import HTTP
from xml.etree import ElementTree as ET

from defusedxml.ElementTree import fromstring
from tableau_answers import CREATED, Answer, RefusalError, child, element, paged, response, written
from tableau_held import MB, MOST_BYTES, Content, Job, TableauServer

# What an element is called, what its packages end in, and what is published of it.
NAMES = {"datasources": ("datasource", "tdsx"), "workbooks": ("workbook", "twbx")}
OWN = {"datasources": {"type": "dataengine", "hasExtracts": "true"}, "workbooks": {"showTabs": "true", "size": "1"}}


def contents(held: TableauServer, what: str, query: dict[str, str]) -> Answer:
    return paged(what, [described(held, what, one) for one in held.contents(what).values()], query, held.page)


def described(held: TableauServer, what: str, one: Content) -> ET.Element:
    attributes = {
        "id": one.id,
        "name": one.name,
        "contentUrl": one.name.replace(" ", ""),
        "description": one.description,
        "createdAt": CREATED,
        "updatedAt": CREATED,
        "webpageUrl": f"{held.url}/#/site/{held.site}/{what}/{one.id}",
    }
    found = element(NAMES[what][0], attributes | OWN[what])
    child(found, "project", {"id": one.project, "name": held.projects[one.project][0]})
    child(found, "owner", {"id": "user-1"})
    child(found, "tags")
    return found


def publish(held: TableauServer, what: str, query: dict[str, str], kind: str, body: bytes) -> Answer:
    tag, ending = NAMES[what]
    if query.get(f"{tag}Type") != ending or query.get("asJob") != "true":
        raise RefusalError("400011", "Bad Request", f"{tag}Type and asJob")
    given = parts(kind, body, ["request_payload", f"tableau_{tag}"][: 1 if "uploadSessionId" in query else 2])
    wanted = fromstring(given[0][1]).find(tag)
    name, project = wanted.get("name", ""), wanted.find("project").get("id", "")
    if project not in held.projects:
        raise RefusalError("404005", "Not Found", "Project")
    content = bytes(held.uploads.pop(query["uploadSessionId"])) if len(given) == 1 else given[1][1]
    check_package(content, ending, given[1][0] if len(given) > 1 else None)
    keep(held, what, query, Content(str(uuid.uuid4()), name, project, content, wanted.get("description", "")))
    job = Job(str(uuid.uuid4()), held.looks_a_job, held.job_failure)
    held.jobs[job.id] = job
    root = response()
    child(root, "job", {"id": job.id, "mode": "Asynchronous", "type": f"Publish{tag.capitalize()}", "progress": "0",
                        "createdAt": CREATED, "finishCode": "1"})  # fmt: skip
    return Answer(202, written(root))


def keep(held: TableauServer, what: str, query: dict[str, str], given: Content) -> None:
    if held.job_failure:
        return
    known = held.contents(what)
    there = [one for one in known.values() if (one.name, one.project) == (given.name, given.project)]
    if query.get("append") == "true":
        if not there or what == "workbooks":
            raise RefusalError("404004", "Not Found", "Nothing to append to")
        there[0].appended.append(given.content)
    elif not there:
        known[given.id] = given
    elif query.get("overwrite") == "true":
        there[0].content, there[0].description, there[0].appended = given.content, given.description, []
    else:
        raise RefusalError("409004", "Resource Conflict", f"{given.name} exists")


def begin_upload(held: TableauServer) -> Answer:
    session = f"{len(held.uploads)}:{uuid.uuid4().hex}-1:0"
    held.uploads[session] = bytearray()
    return uploaded(held, session, 201)


def append(held: TableauServer, session: str, kind: str, body: bytes) -> Answer:
    if session not in held.uploads:
        raise RefusalError("404007", "Not Found", "Upload session")
    (_, payload), (_, part) = parts(kind, body, ["request_payload", "tableau_file"])
    if payload or not part:
        raise RefusalError("400000", "Bad Request", "An empty payload and a part of the file are expected")
    held.uploads[session] += part
    return uploaded(held, session, 200)


def uploaded(held: TableauServer, session: str, status: int) -> Answer:
    size = len(held.uploads[session]) // MB
    root = response()
    child(root, "fileUpload", {"uploadSessionId": session, "fileSize": str(size)})
    return Answer(status, written(root))


def parts(kind: str, body: bytes, names: list[str]) -> list[tuple[str | None, bytes]]:
    """Take a multipart body apart: exactly these parts, in this order, of these types."""
    if len(body) > MOST_BYTES + MB:
        raise RefusalError("413000", "Payload Too Large", "64 MB at most")
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


def permit(held: TableauServer, what: str, number: str, wanted: ET.Element) -> Answer:
    content = held.contents(what).get(number)
    if content is None:
        raise RefusalError("404004", "Not Found", what)
    root = response()
    granted = child(root, "permissions")
    for one in wanted.iter("granteeCapabilities"):
        user = one.find("user").get("id", "")
        if user not in held.users:
            raise RefusalError("404002", "Not Found", "User")
        capabilities = {each.get("name", ""): each.get("mode", "") for each in one.iter("capability")}
        content.permissions[user] = content.permissions.get(user, {}) | capabilities
        rule = child(granted, "granteeCapabilities")
        child(rule, "user", {"id": user})
        listed = child(rule, "capabilities")
        for name, mode in capabilities.items():
            child(listed, "capability", {"name": name, "mode": mode})
    return Answer(200, written(root))


def check_package(content: bytes, ending: str, file_name: str | None) -> None:
    if file_name is not None and not file_name.endswith(f".{ending}"):
        raise RefusalError("400011", "Bad Request", f"File {file_name}")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            broken = package.testzip()
            sources = [name for name in package.namelist() if name.endswith(f".{ending[:3]}")]
    except zipfile.BadZipFile as error:
        raise RefusalError("400011", "Bad Request", "The file is no package") from error
    if broken or len(sources) != 1:
        raise RefusalError("400011", "Bad Request", "The package is broken")
