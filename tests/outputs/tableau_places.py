"""Projects, users and jobs of the stand-in for Tableau Server."""

import uuid
from xml.etree import ElementTree as ET

from tableau_answers import CREATED, Answer, RefusalError, child, element, paged, response, written
from tableau_held import TableauServer


def projects(held: TableauServer, query: dict[str, str]) -> Answer:
    return paged("projects", [project_element(*one) for one in held.projects.items()], query, held.page)


def users(held: TableauServer, query: dict[str, str]) -> Answer:
    found = [element("user", {"id": key, "name": name, "siteRole": "Viewer"}) for key, name in held.users.items()]
    return paged("users", found, query, held.page)


def make_project(held: TableauServer, wanted: ET.Element) -> Answer:
    name, parent = wanted.get("name", ""), wanted.get("parentProjectId")
    if (name, parent) in held.projects.values():
        raise RefusalError("409006", "Resource Conflict", f"A project with the name {name} already exists")
    if parent is not None and parent not in held.projects:
        raise RefusalError("404005", "Not Found", "Project")
    number = str(uuid.uuid4())
    held.projects[number] = (name, parent)
    root = response()
    root.append(project_element(number, (name, parent)))
    return Answer(201, written(root))


def job(held: TableauServer, number: str) -> Answer:
    found = held.jobs.get(number)
    if found is None:
        raise RefusalError("404009", "Not Found", "Job")
    found.looks -= 1
    attributes = {"id": number, "mode": "Asynchronous", "type": "PublishDatasource", "createdAt": CREATED}
    root = response()
    if found.looks > 0:
        child(root, "job", attributes | {"progress": "50", "updatedAt": CREATED, "finishCode": "1"})
    else:
        code = "1" if found.failure else "0"
        over = {"progress": "100", "updatedAt": CREATED, "completedAt": CREATED, "finishCode": code}
        notes = child(child(root, "job", attributes | over), "extractRefreshJob")
        child(notes, "notes").text = found.failure or "Published"
    return Answer(200, written(root))


def project_element(number: str, project: tuple[str, str | None]) -> ET.Element:
    name, parent = project
    attributes = {"id": number, "name": name, "description": "", "contentPermissions": "ManagedByOwner"}
    found = element("project", attributes | ({"parentProjectId": parent} if parent else {}))
    child(found, "owner", {"id": "user-1"})
    return found
