"""What an extract holds: rows and energy by table, asked of the file itself."""

import shutil
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import isclose
from pathlib import Path

from tableauhyperapi import Connection, escape_name

from pipeline.outputs.aside import PART
from pipeline.outputs.hyper import ExtractError, open_extract
from pipeline.outputs.tally import COUNTED, Tally

# Of sums of the same numbers in another order.
RELATIVE, ABSOLUTE = 1e-9, 1e-6


@dataclass(frozen=True)
class Totals:
    """Rows by table, and the energy that counts of each table that has it."""

    rows: dict[str, int]
    energy_kwh: dict[str, float]


def totals_of(connection: Connection, tables: Collection[str], with_energy: Collection[str]) -> Totals:
    """Count the rows of ``tables`` and add up the energy of those that have it. Raises HyperException."""
    count, add_up = "count(*)", f"coalesce(sum({COUNTED}), 0)"
    return Totals(
        {name: int(_answer(connection, count, name)) for name in tables},
        {name: _answer(connection, add_up, name) for name in with_energy},
    )


def settle(part: Path, tables: Collection[str], tally: Tally, kept: Mapping[str, int] | None = None) -> None:
    """Compare what an extract holds with what was written; ``kept`` counts the rows of tables that were only added to.

    Pantab does not notice when Hyper cannot keep its rows, as on a full disk. Raises ExtractError where some are
    missing; else the tally knows all rows of the file.
    """
    with open_extract(part) as connection:
        found = totals_of(connection, tables, [name for name in tables if name in tally.energy_kwh])
    known = kept or {}
    complete = all(found.rows[name] == rows + known.get(name, 0) for name, rows in tally.rows.items())
    if not complete or not all(
        same(found.energy_kwh[name], kwh) for name, kwh in tally.energy_kwh.items() if name not in known
    ):
        name = part.name.removeprefix(".").removesuffix(PART)
        raise ExtractError(f"Not all rows reached {name}, most likely as the disk is full: make room and try again.")
    for name in known:
        tally.correct(name, found.rows[name], found.energy_kwh[name])


@contextmanager
def open_copy(path: Path) -> Iterator[Connection]:
    """Open a copy of an extract, also of one in a package; the copy is gone afterwards.

    Hyper writes to each file that it opens, if only a counter. Raises BadZipFile for a package that is none.
    """
    with tempfile.TemporaryDirectory(prefix=".check-", dir=path.parent) as folder:
        copy = Path(folder) / "copy.hyper"
        if zipfile.is_zipfile(path):
            _unpack(path, copy)
        else:
            shutil.copyfile(path, copy)
        with open_extract(copy) as connection:
            yield connection


def _unpack(package: Path, copy: Path) -> None:
    with zipfile.ZipFile(package) as opened:
        inside = next((name for name in opened.namelist() if name.endswith(".hyper")), None)
        if inside is None:
            raise zipfile.BadZipFile("there is no extract in the package")
        with opened.open(inside) as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)


def same(then: float | None, now: float | None) -> bool:
    """Say whether two figures are the same but for rounding."""
    if then is None or now is None:
        return then is now
    return isclose(then, now, rel_tol=RELATIVE, abs_tol=ABSOLUTE)


def _answer(connection: Connection, what: str, name: str) -> float:
    query = f"select {what} from {escape_name(name)}"  # noqa: S608 - escaped
    return float(str(connection.execute_scalar_query(query)))
