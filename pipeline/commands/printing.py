"""How every command prints: results to standard output, all else to standard error."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from pipeline.warehouse.load import Progress

BAD_INPUT = 2
FAILED = 1

Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="files of readings, packed ones too")]
AsJson = Annotated[bool, typer.Option("--json", help="print one JSON object a result")]

out = Console(highlight=False, markup=False)  # names of files and columns may look like markup
err = Console(stderr=True, highlight=False, markup=False)


def say(sentence: str) -> None:
    """Print an error as one line."""
    sys.stderr.write(" ".join(sentence.split()) + "\n")


@contextmanager
def bar(*, hidden: bool = False) -> Iterator[Callable[[str], Progress]]:
    """Show a bar for each thing that is named, on a terminal only."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Bars(*columns, console=err, disable=hidden or not err.is_terminal) as bars:

        def named(name: str) -> Progress:
            task = bars.add_task(name, total=1.0)
            return lambda share, what: bars.update(task, completed=share, description=f"{name}: {what}")

        yield named


def show(result: dict[str, object], *, as_json: bool) -> None:
    """Print one result: a JSON object on a line, or a small table."""
    if as_json:
        sys.stdout.write(json.dumps(result, default=_as_text) + "\n")
        sys.stdout.flush()
        return
    table = Table(show_header=False, box=None)
    for key, value in result.items():
        table.add_row(key.replace("_", " "), _as_text(value))
    out.print(table)


def _as_text(value: object) -> str:
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case tuple():
            return "\n".join(map(str, value)) or "none"
        case float():
            return f"{value:,.3f}"
        case None:
            return "-"
    return str(value)
