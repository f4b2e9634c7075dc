"""What commands that write a selection share: how it is chosen, and what is said of the file."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.printing import show

if TYPE_CHECKING:
    from pipeline.outputs.manifest import Manifest

Out = Annotated[Path, typer.Option("--out", metavar="PATH", help="file to write")]
Site = Annotated[
    str | None,
    typer.Option(metavar="S", help="site by name, with all below it; default: the whole tree, where there is one"),
]
FirstDay = Annotated[datetime | None, typer.Option("--from", metavar="D", formats=["%Y-%m-%d"], help="first day")]
LastDay = Annotated[datetime | None, typer.Option("--to", metavar="D", formats=["%Y-%m-%d"], help="last day")]


def show_written(path: Path, manifest: "Manifest", *, as_json: bool) -> None:
    """Print where a file lies and what is in it."""
    result = {
        "path": str(path),
        "rows": manifest.rows_of_use,
        "energy_kwh": manifest.energy_kwh,
        "peak_kw": manifest.peak_kw,
        "sha256": manifest.sha256,
        "seconds": manifest.seconds,
    }
    show(result, as_json=as_json)
