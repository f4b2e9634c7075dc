"""Sources: any file of readings becomes the standard frame (see ``frame.py``)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd

from pipeline.errors import FileError, UserError
from pipeline.sources.container import members, unpacked
from pipeline.sources.frame import STANDARD_COLUMNS, Chunk, Overrides, Plan
from pipeline.sources.plans import (
    mapping_from_json,
    mapping_to_json,
    overrides_from_json,
    overrides_to_json,
    plan_from_json,
    plan_to_json,
)
from pipeline.sources.plausible import plausible
from pipeline.sources.registry import source_named, source_of
from pipeline.sources.tables import TableSource

__all__ = [
    "inspect_file",
    "mapping_from_json",
    "mapping_to_json",
    "overrides_from_json",
    "overrides_to_json",
    "plan_from_json",
    "plan_to_json",
    "preview",
    "read_plan",
]


def inspect_file(path: Path, overrides: Overrides | None = None) -> list[Plan]:
    """Say how a file will be read: one plan, or one for each usable file of an archive. Raises FileError."""
    found = members(path)
    plans, refused = [], []
    for member in found:
        try:
            plans.append(_inspect_member(path, member, overrides or Overrides()))
        except FileError as error:
            refused.append(error)
    if not plans:
        raise refused[0]
    skipped = tuple(f"Left out: {error}" for error in refused)
    return [replace(plans[0], warnings=plans[0].warnings + skipped), *plans[1:]]


def read_plan(plan: Plan) -> Iterator[Chunk]:
    """Yield the content of a source by its plan, in chunks of bounded size. Raises FileError."""
    with unpacked(plan.path, plan.member) as plain, _as_given(plain, _name(plan.path, plan.member)):
        yield from map(plausible, source_named(plan.format).read(replace(plan, path=plain)))


def preview(plan: Plan, rows: int = 20) -> pd.DataFrame:
    """Return the first readings of a source in the standard frame."""
    parts, count = [], 0
    for chunk in read_plan(plan):
        parts.append(chunk.readings)
        count += len(chunk.readings)
        if count >= rows:
            break
    if not parts:
        return pd.DataFrame(columns=list(STANDARD_COLUMNS))
    whole = pd.concat([part.astype({"meter": "str"}) for part in parts], ignore_index=True).head(rows)
    return whole.astype({"meter": "category"})


def _inspect_member(path: Path, member: str | None, overrides: Overrides) -> Plan:
    name = _name(path, member)
    with unpacked(path, member) as plain, _as_given(plain, name):
        source = source_named(overrides.format) if overrides.format else source_of(plain, name)
        try:
            if not isinstance(source, TableSource):
                _refuse_changes(name, overrides)
            plan = source.inspect(plain, overrides)
        except UnicodeError as error:
            raise FileError(f"{name} holds text that cannot be read ({error}).") from error
    return replace(plan, path=path, member=member)


def _refuse_changes(name: str, overrides: Overrides) -> None:
    """Raise UserError for options that say how a table is read, given for a format that says all that itself."""
    if overrides.times or overrides.entities or overrides.changes or overrides.register is not None:
        raise UserError(f"{name} is no table: its format says how it is read; leave the options for tables out.")


def _name(path: Path, member: str | None) -> str:
    return path.name if member is None else f"{path.name}/{member}"


@contextmanager
def _as_given(plain: Path, name: str) -> Iterator[None]:
    """Call the file in refusals as the user knows it, not as it was called when it was unpacked."""
    try:
        yield
    except FileError as error:
        sentence = str(error)
        if plain.name == name or not sentence.startswith(plain.name):
            raise
        raise FileError(name + sentence.removeprefix(plain.name)) from error
