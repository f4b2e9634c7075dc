"""Answers of the stand-in for Tableau Server, in the shapes of its REST API."""

from dataclasses import dataclass
from xml.etree import ElementTree as ET

NAMESPACE = "http://tableau.com/api"
ET.register_namespace("", NAMESPACE)
CREATED = "2026-01-01T00:00:00Z"


class RefusalError(Exception):
    def __init__(self, code: str, summary: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.summary, self.detail = code, summary, detail


@dataclass
class Answer:
    status: int
    body: bytes = b""


def refused(refusal: RefusalError) -> Answer:
    root = response()
    error = child(root, "error", {"code": refusal.code})
    child(error, "summary").text = refusal.summary
    child(error, "detail").text = refusal.detail
    return Answer(int(refusal.code[:3]), written(root))


def paged(name: str, items: list[ET.Element], query: dict[str, str], most: int) -> Answer:
    """Answer with one page of a list: of the length asked for, but never more than ``most``."""
    number, size = int(query["pageNumber"]), min(int(query["pageSize"]), most)
    first = (number - 1) * size
    if first and first >= len(items):
        raise RefusalError("400006", "Invalid page number", str(number))
    root = response()
    total = {"pageNumber": str(number), "pageSize": str(size), "totalAvailable": str(len(items))}
    child(root, "pagination", total)
    child(root, name).extend(items[first : first + size])
    return Answer(200, written(root))


def response() -> ET.Element:
    return element("tsResponse", {})


def element(name: str, attributes: dict[str, str]) -> ET.Element:
    return ET.Element(f"{{{NAMESPACE}}}{name}", attributes)


def child(parent: ET.Element, name: str, attributes: dict[str, str] | None = None) -> ET.Element:
    return ET.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes or {})


def written(root: ET.Element) -> bytes:
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)
