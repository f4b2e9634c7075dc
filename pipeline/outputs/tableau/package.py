"""A ``.tdsx`` or ``.twbx``: the extract with the data source, or the workbook, that reads it, in one file."""

import re
import shutil
import zipfile
from pathlib import Path

from pipeline.errors import UserError
from pipeline.outputs.options import PackageKind
from pipeline.outputs.tableau.datasource import datasource, manifest
from pipeline.outputs.tableau.markup import written
from pipeline.outputs.tableau.model import Model
from pipeline.outputs.tableau.workbook import workbook

EXTRACTS = "Data/Extracts"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same input gives the same bytes
READABLE = 0o644 << 16


def check_name(path: Path, kind: PackageKind) -> None:
    """Raise UserError where the ending of a file's name is not that of its kind: Tableau goes by it."""
    if path.suffix.lower() != f".{kind}":
        raise UserError(f"{path.name} must end in .{kind}: Tableau opens files by their ending.")


def pack(path: Path, hyper: Path, model: Model, kind: PackageKind, stem: str) -> None:
    """Write a package to ``path``; what is inside is called ``stem``."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", stem).strip("-") or "wattscape"
    inside = f"{EXTRACTS}/{plain}.hyper"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        package.writestr(_entry(f"{plain}.{kind.removesuffix('x')}"), document(model, inside, kind))
        with hyper.open("rb") as source, package.open(_entry(inside), "w", force_zip64=True) as target:
            shutil.copyfileobj(source, target, 1 << 20)


def document(model: Model, hyper_path: str, kind: PackageKind) -> bytes:
    """Write the data source or workbook on the extract that lies at ``hyper_path`` inside the package."""
    if kind == "twbx":
        return written(workbook(model, hyper_path))
    root = datasource(model, hyper_path, {"formatted-name": model.name, "source-platform": "win"})
    root.insert(0, manifest())
    return written(root)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = READABLE
    return entry
