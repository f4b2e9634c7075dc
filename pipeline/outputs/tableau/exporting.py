"""A selection into a package for Tableau: the extract, and what reads it, made in one go."""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

from pipeline.outputs.aside import written_aside
from pipeline.outputs.export import export, room_for
from pipeline.outputs.manifest import Manifest, sha256_of
from pipeline.outputs.options import HyperOptions, PackageKind
from pipeline.outputs.tableau.model import Model, model_of
from pipeline.outputs.tableau.package import check_name, pack
from pipeline.outputs.tally import Progress, no_progress
from pipeline.warehouse.filters import Filters

EXTRACTED = 0.9  # share of the work that is done when the extract is


def export_package(
    path: Path,
    filters: Filters,
    kind: PackageKind,
    options: HyperOptions | None = None,
    progress: Progress = no_progress,
) -> Manifest:
    """Write what ``filters`` select as a package, with a manifest beside it, and return the manifest.

    The manifest is that of the extract inside, with name, size and digest of the package. Until all is written there
    is no file at ``path``, or the one that was there before. Raises what ``export`` raises, and UserError for a name
    that Tableau would not open.
    """
    check_name(path, kind)
    started = time.perf_counter()
    path.parent.mkdir(parents=True, exist_ok=True)
    with room_for(path), tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        hyper = Path(folder) / f"{path.stem}.hyper"
        extract = export(hyper, filters, "hyper", options, lambda share, what: progress(share * EXTRACTED, what))
        progress(EXTRACTED, "packing")
        with written_aside(path) as part:
            pack(part, hyper, model_for(extract), kind, path.stem)
            digest, size = sha256_of(part), part.stat().st_size
    seconds = round(time.perf_counter() - started, 3)
    manifest = replace(extract, file_name=path.name, kind=kind, bytes=size, sha256=digest, seconds=seconds)
    manifest.write_beside(path)
    return manifest


def model_for(extract: Manifest) -> Model:
    """Describe the data source on an extract; it keeps to the entitlements where there are some."""
    return model_of(
        f"{extract.origin.site} (Wattscape)", extract.rows, user_filter=bool(extract.rows.get("entitlements"))
    )
