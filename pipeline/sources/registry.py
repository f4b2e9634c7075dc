"""Every format there is, in the order in which content is tried."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from pipeline.errors import FileError, UserError
from pipeline.sources import detect
from pipeline.sources.columnar import open_parquet
from pipeline.sources.frame import Source
from pipeline.sources.json_list import is_json_list
from pipeline.sources.jsonlines import open_json_lines
from pipeline.sources.layout import open_delimited
from pipeline.sources.spreadsheet import open_spreadsheet
from pipeline.sources.tables import TableSource

HEAD_BYTES = 1 << 16


def _adapter(name: str) -> dict[str, Source]:
    found = find_spec(f"pipeline.sources.{name}") is not None
    return {name: cast("Source", import_module(f"pipeline.sources.{name}"))} if found else {}


SOURCES: dict[str, Source] = {
    "parquet": TableSource("parquet", detect.is_parquet, open_parquet),
    "excel": TableSource("excel", detect.is_workbook, open_spreadsheet),
    **_adapter("green_button"),
    **_adapter("nem"),
    "jsonl": TableSource("jsonl", lambda head: detect.is_json_lines(head) or is_json_list(head), open_json_lines),
    "csv": TableSource("csv", detect.is_text, open_delimited),
}
ALIASES = {
    "tsv": "csv", "text": "csv", "txt": "csv", "xlsx": "excel", "xls": "excel", "ods": "excel", "json": "jsonl",
    "ndjson": "jsonl",
    "greenbutton": "green_button", "espi": "green_button", "xml": "green_button", "nem12": "nem", "nem13": "nem",
}  # fmt: skip


def source_named(name: str) -> Source:
    """Return the source of a format given by hand. Raises UserError."""
    plain = name.strip().lower().replace("-", "_")
    found = SOURCES.get(ALIASES.get(plain, plain))
    if found is None:
        raise UserError(f"There is no format {name!r}; use one of {', '.join(SOURCES)}.")
    return found


def source_of(path: Path, name: str) -> Source:
    """Return the source that recognises the plain file at ``path``, called ``name`` by the user. Raises FileError."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise FileError(f"{name} is empty; export it again.")
    found = next((source for source in SOURCES.values() if source.recognises(path, head)), None)
    if found is None:
        raise FileError(f"{name} is neither text nor a format that is known ({', '.join(SOURCES)}).")
    return found
