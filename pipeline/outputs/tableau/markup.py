"""Elements of Tableau's files. Written anew from the same input they are the same, byte by byte."""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

Attributes = Mapping[str, str]

USER = "http://www.tableausoftware.com/xml/user"
ET.register_namespace("user", USER)

# Tableau 2020.2 to 2022 marks what older ones do not know by such names; later ones read them as if unmarked.
RELATIONS, TABLE_FIELDS, FOLDERS, CLEAN_SORTS = (
    "ObjectModelEncapsulateLegacy",
    "ObjectModelTableType",
    "SchemaViewerObjectModel",
    "SortTagCleanup",
)


def since(feature: str, name: str, *, known: bool = True) -> str:
    """Name an element (or attribute) that counts where Tableau knows a feature, or where it does not."""
    return f"_.fcp.{feature}.{'true' if known else 'false'}...{name}"


def element(
    name: str, attributes: Attributes | None = None, *children: ET.Element, text: str | None = None
) -> ET.Element:
    """Make an element; attributes are sorted by name, as Tableau does."""
    made = ET.Element(name, {key: clean(value) for key, value in sorted((attributes or {}).items())})
    made.extend(children)
    made.text = None if text is None else clean(text)
    return made


def written(root: ET.Element) -> bytes:
    """Write a document in UTF-8, indented."""
    ET.indent(root, "  ")
    text: str = ET.tostring(root, encoding="unicode")
    return f"<?xml version='1.0' encoding='utf-8' ?>\n\n{text}\n".encode()


def formatted(text: str) -> ET.Element:
    """Make a text of one run."""
    return element("formatted-text", None, element("run", text=text))


def clean(text: str) -> str:
    """Drop the characters that XML cannot hold."""
    return "".join(letter for letter in text if letter.isprintable() or letter in "\t\n\r")
