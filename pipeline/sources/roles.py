"""Which columns are times, meters and values: decided from names and contents, each with its reason in words."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pipeline.errors import FileError
from pipeline.sources import units, words
from pipeline.sources.across import Across, dates_across, mixed_dates, times_across
from pipeline.sources.columns import Column
from pipeline.sources.known import KnownFile, known_file
from pipeline.sources.values import leave_out_sums, ranked

MOST_PERIODS = 300
FEWEST_PERIODS = 12
ENTITIES_TRIED = 6
MOST_NUMBERS = 2
MANY_DOUBLED, FEW_DOUBLED = 0.03, 0.01
NAMES_SHOWN = 12


@dataclass(frozen=True)
class Roles:
    """The columns that are used, and why."""

    time_columns: tuple[str, ...]
    value_columns: tuple[str, ...]
    entity_columns: tuple[str, ...] = ()
    period_column: str | None = None
    across: Across | None = None
    estimated_column: str | None = None
    unit_column: str | None = None
    known: KnownFile | None = None
    reasons: dict[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """The columns that the user named; none leaves the choice."""

    times: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()


def roles_of(file: str, columns: list[Column], chosen: Chosen) -> Roles:
    """Decide on the role of each column that the user has not ``chosen``. Raises FileError."""
    header = tuple(column.name for column in columns)
    by_name = {column.name: column for column in columns}
    known = known_file(header)
    times, entities = _named(file, chosen.times, header), _named(file, chosen.entities, header)
    open_to_times = [by_name[name] for name in times] or [column for column in columns if column.name not in entities]
    time_columns, period, across = _times(file, open_to_times)
    used = {*times, *time_columns, *((period,) if period else ()), *(across.names if across else ())}
    rest = [column for column in columns if column.name not in used]
    why_entities: object = "chosen by hand"
    if not entities:
        entities, why_entities = _entities(rest, [by_name[name] for name in time_columns], by_name.get(period or ""))
    rest = [column for column in rest if column.name not in entities]
    reasons: dict[str, object] = {"time": _why_time(time_columns, period, across), "meters": why_entities}
    warnings: list[str] = []
    if across is not None:
        values: tuple[str, ...] = ()
        reasons["values"] = across.reason
    elif chosen.columns:
        values, reasons["values"] = _named(file, chosen.columns, header), "chosen by hand"
    else:
        values, reasons["values"], warnings = _values(file, rest, known)
    return Roles(
        time_columns,
        values,
        entities,
        period,
        across,
        _first(rest, lambda column: column.content == "boolean" and bool(words.ESTIMATED.search(column.words))),
        _first(columns, lambda column: column.content == "text" and _holds_units(column)),
        known,
        reasons,
        tuple(warnings),
    )


def _first(columns: Sequence[Column], test: Callable[[Column], bool]) -> str | None:
    return next((column.name for column in columns if test(column)), None)


def _holds_units(column: Column) -> bool:
    return bool(words.UNIT.search(column.words)) and column.distinct == 1 and units.named(column.texts[0]) is not None


def _times(file: str, columns: list[Column]) -> tuple[tuple[str, ...], str | None, Across | None]:
    """Return the date column (and the time column beside it), the period column and the times across."""
    header = tuple(column.name for column in columns)
    dated = [column for column in columns if column.content == "date"]
    if not dated:
        across, mixed = dates_across(header), mixed_dates(header)
        if mixed:
            raise FileError(f"{file} mixes {mixed}; write them all one way, best as 2020-12-31.")
        if across is None:
            raise FileError(
                f"{file} has no column with dates or times that is understood; add one such as 2020-12-31 23:00."
            )
        return (), None, across
    date = max(dated, key=_likely_date)
    if not date.date_only:
        return (date.name,), None, None
    clock = _first(columns, lambda column: column.content == "time")
    if clock is not None:
        return (date.name, clock), None, None
    period = _first(columns, _counts_periods)
    if period is not None:
        return (date.name,), period, None
    others = tuple(
        column.name for column in columns if column.name != date.name and column.content in ("number", "nothing")
    )
    return (date.name,), None, times_across(others)


def _likely_date(column: Column) -> tuple[float, ...]:
    return (
        float(not column.date_only),
        float(bool(words.UTC.search(column.words))),
        float(bool(words.START_OF_INTERVAL.search(column.words))),
        float(bool(words.TIME.search(column.words))),
        float(column.distinct > 1),
        float(column.time_code == "text"),
    )


def _counts_periods(column: Column) -> bool:
    """Say whether a column counts hours or settlement periods within the day."""
    if column.content != "number" or not words.PERIOD.search(column.words) or not column.whole:
        return False
    known = column.values[~np.isnan(column.values)]  # noqa: PD011  # ours, not a frame
    return bool(known.min() in (0, 1) and FEWEST_PERIODS <= known.max() <= MOST_PERIODS)


def _why_time(time_columns: tuple[str, ...], period: str | None, across: Across | None) -> str:
    named = " and ".join(f"“{name}”" for name in (*time_columns, *((period,) if period else ())))
    if across is None:
        return f"{named} holds dates and times" if not period else f"{named}: a date and the number of its period"
    return f"{named}: dates; {across.reason}" if named else across.reason


def _entities(rest: list[Column], times: list[Column], period: Column | None) -> tuple[tuple[str, ...], str]:
    """Choose the columns that name the meter: named so, or needed to tell rows of the same time apart."""
    named = [column for column in rest if _may_name(column) and words.ENTITY.search(column.words)]
    if sum(column.content == "number" for column in named) > MOST_NUMBERS:
        named = [column for column in named if column.content == "text"]
    spare = [column for column in rest if _may_name(column) and column not in named and column.content == "text"]
    spare.sort(key=lambda column: bool(words.NOT_ENTITY.search(column.words)))
    keys = [column.cells.to_pandas() for column in (*times, *((period,) if period else ()))]
    chosen: list[Column] = []
    doubled = _doubled(keys, chosen)
    for candidates, wanted in ((named, True), (spare, doubled > MANY_DOUBLED)):
        while candidates and (wanted if not chosen else doubled > FEW_DOUBLED):
            best = min(
                candidates[:ENTITIES_TRIED],
                key=lambda column: (_doubled(keys, [*chosen, column]), -column.distinct, *_rank(column)),
            )
            after = _doubled(keys, [*chosen, best])
            if chosen and after > doubled / 2:
                break
            if not chosen and candidates is spare and after > doubled / 2:
                break
            chosen, doubled = [*chosen, best], after
            candidates.remove(best)
    if not chosen:
        return (), "no column names meters; the whole file is of one place"
    positions = {column.name: position for position, column in enumerate(rest)}
    chosen.sort(key=lambda column: positions[column.name])
    return tuple(
        column.name for column in chosen
    ), f"“{'” and “'.join(column.name for column in chosen)}” tells the meters apart"


def _may_name(column: Column) -> bool:
    if units.in_header(column.name):
        return False
    if words.NOT_ENTITY.search(column.words) and not words.ENTITY.search(column.words):
        return column.content == "text"
    if column.content == "text":
        return True
    if column.content == "boolean":  # meters called Y and N
        return bool(words.ENTITY.search(column.words))
    return (
        column.content == "number"
        and bool(words.ENTITY.search(column.words))
        and column.whole
        and column.distinct * 2 <= len(column.values)
    )


def _rank(column: Column) -> tuple[bool, bool]:
    return not re.search(r"meter|nmi|mpan|trace|customer|channel", column.words), bool(
        words.NOT_ENTITY.search(column.words)
    )


def _doubled(keys: list["pd.Series[str]"], entities: list[Column]) -> float:
    """Return the share of rows whose time (and meter) another row has too."""
    frame = pd.DataFrame(dict(enumerate([*keys, *(column.cells.to_pandas() for column in entities)])))
    return float(frame.duplicated().mean()) if len(frame.columns) else 0.0


def _named(file: str, chosen: tuple[str, ...], header: tuple[str, ...]) -> tuple[str, ...]:
    """Find the columns that the user named, whatever their case. Raises FileError."""
    by_folded = {name.casefold(): name for name in header}
    missing = [name for name in chosen if name.casefold() not in by_folded]
    if missing:
        shown = ", ".join(header[:NAMES_SHOWN]) + (" …" if len(header) > NAMES_SHOWN else "")
        raise FileError(f"{file} has no column {missing[0]!r}; it has {shown}.")
    return tuple(by_folded[name.casefold()] for name in chosen)


def _values(file: str, rest: list[Column], known: KnownFile | None) -> tuple[tuple[str, ...], str, list[str]]:
    """Choose the columns that measure electricity. Raises FileError where none does."""
    if known is not None and known.values:  # noqa: PD011  # ours, not a frame
        return known.values, f"known from the columns: {known.maker}", []  # noqa: PD011  # ours, not a frame
    if known is not None and known.pattern:
        found = tuple(column.name for column in rest if re.fullmatch(known.pattern, column.name))
        if found:
            return found, f"known from the columns: {known.maker}", []
    candidates, reason = ranked([column for column in rest if column.content in ("number", "nothing")])
    if not candidates:
        raise FileError(f"{file} has no column that looks like electricity; name the value column if there is one.")
    kept, left_out = leave_out_sums(candidates)
    warnings = [
        f"“{name}” is the sum of {parts} and is left out; name it as value column to load it."
        for name, parts in left_out
    ]
    return tuple(column.name for column in kept), reason, warnings
