"""Tables of any format as a source: look through the whole, decide how to read it, read it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.errors import FileError
from pipeline.sources import convert, dates, decide, numbers, units, words
from pipeline.sources.columns import Column, sample_of
from pipeline.sources.dates import DAY
from pipeline.sources.frame import Chunk, Direction, Layout, Mapping, MeterInfo, Overrides, Plan
from pipeline.sources.roles import Chosen, Roles, roles_of
from pipeline.sources.survey import Survey, survey_of
from pipeline.sources.table import Kind, Table

PASSES = 3
FEW_NEGATIVE = 0.02
PERIOD_STEPS = ((25, 3600), (50, 1800), (100, 900), (150, 600), (300, 300))


@dataclass(frozen=True)
class TableSource:
    """A format that holds tables: how to know it, and how to open it (with the layout found before, or by looking)."""

    name: str
    knows: Callable[[bytes], bool]
    open: Callable[[Path, Layout | None], Table]

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002  # the content tells
        """Say whether the content is of this format."""
        return self.knows(head)

    def inspect(self, path: Path, overrides: Overrides) -> Plan:
        """Look through the whole table and say how it will be read. Raises FileError."""
        table = self.open(path, None)
        columns = sample_of(table, table.layout.delimiter)
        if not columns:
            raise FileError(f"{path.name} has no row below its header.")
        roles = _roles(path.name, columns, overrides)
        guess = _first_mapping(columns, roles, overrides, table.layout.delimiter)
        decision = decide.Decision(
            replace(guess, **overrides.changes),  # type: ignore[arg-type]  # names of fields, checked by replace
            dict(roles.reasons),
            list(roles.warnings),
            frozenset(overrides.changes),
        )
        survey = _surveyed(table, decision, path)
        _decide(decision, survey, roles, overrides, columns)
        return Plan(
            path,
            self.name,
            decision.mapping,
            _meters(decision.mapping, survey),
            tuple(decision.warnings),
            decision.reasons,
            layout=table.layout,
        )

    def read(self, plan: Plan) -> Iterator[Chunk]:
        """Yield the table in the standard frame, in chunks of bounded size."""
        table = self.open(plan.path, plan.layout)
        mapping = plan.mapping or Mapping()
        yield from convert.chunks(table, mapping, _stamps(table, mapping), plan.meters, plan.path.stem)


def _roles(file: str, columns: list[Column], overrides: Overrides) -> Roles:
    """Take the roles from the mapping given by hand, or find them."""
    given = overrides.mapping
    if given is None or not (given.value_columns or given.across):
        return roles_of(file, columns, Chosen(overrides.times, overrides.columns, overrides.entities))
    header = {column.name for column in columns}
    used = (
        *given.time_columns,
        *given.value_columns,
        *given.entity_columns,
        *given.across,
        *filter(None, (given.period_column,)),
    )
    missing = [name for name in used if name not in header]
    if missing:
        raise FileError(f"{file} has no column {missing[0]!r}, which the mapping names.")
    return Roles(
        given.time_columns,
        given.value_columns,
        given.entity_columns,
        given.period_column,
        estimated_column=given.estimated_column,
    )


def _first_mapping(columns: list[Column], roles: Roles, overrides: Overrides, delimiter: str) -> Mapping:
    """Return what the sample suggests; the whole of the source confirms or corrects it."""
    by_name = {column.name: column for column in columns}
    time = by_name[roles.time_columns[0]] if roles.time_columns else None
    names = roles.value_columns or (roles.across.names if roles.across else ())
    texts = [text for name in names[:50] for text in by_name[name].texts]
    decimal, thousands, _ = numbers.separators_of(texts, delimiter)
    period = by_name.get(roles.period_column or "")
    return Mapping(
        time_columns=roles.time_columns,
        value_columns=roles.value_columns,
        entity_columns=roles.entity_columns,
        timezone=overrides.timezone or (overrides.mapping.timezone if overrides.mapping else "UTC"),
        day_first=_likely_day_first(time) if time else None,
        period_column=roles.period_column,
        period_first=int(np.nanmin(period.values)) if period else 1,
        step_s=_period_step(period) if period else None,
        decimal=decimal,
        thousands=thousands,
        time_code=time.time_code if time else "text",
        across=roles.across.names if roles.across else (),
        estimated_column=roles.estimated_column,
        meter=overrides.meter,
    )


def _likely_day_first(time: Column) -> bool | None:
    """Return the order that the sample shows or, where no date is clear, the one that makes steps even."""
    texts = pa.array(time.texts)
    order = dates.parse(texts).order
    if order.first_above or order.second_above:
        return order.first_above >= order.second_above
    if not order.either:
        return None
    day, month = (dates.even_steps(dates.parse(texts, day_first=first).seconds // DAY) for first in (True, False))
    return day <= month


def _period_step(period: Column) -> int:
    count = np.nanmax(period.values) - np.nanmin(period.values) + 1
    return next((step for most, step in PERIOD_STEPS if count <= most), 300)


def _stamps(table: Table, mapping: Mapping) -> Kind:
    """See whether times are ISO 8601, which the reader types by itself, with or without an offset from UTC."""
    if len(mapping.time_columns) != 1 or mapping.time_code != "text":
        return "text"
    block = next(table.blocks(dict.fromkeys(mapping.time_columns, "text"), size=1 << 16), None)
    if block is None or not len(block.columns):
        return "text"
    texts = block.columns[mapping.time_columns[0]].cast(pa.string())
    for kind, kind_type in (("stamp", pa.timestamp("us")), ("instant", pa.timestamp("us", "UTC"))):
        try:
            texts.cast(kind_type)
        except pa.ArrowInvalid:
            continue
        return kind  # type: ignore[return-value]  # one of the two kinds above
    return "text"


def _surveyed(table: Table, decision: decide.Decision, path: Path) -> Survey:
    """Look through the whole; again where the whole shows another order of day and month than the sample did."""
    for _ in range(PASSES):
        survey = survey_of(table, decision.mapping, _stamps(table, decision.mapping), path.stem)
        if not survey.readings:
            first = f" ({survey.reasons[0]})" if survey.reasons else ""
            raise FileError(f"{path.name} has no line that can be read as a reading{first}.")
        before = decision.mapping
        decide.decide_day_order(decision, survey, path.name)
        decide.decide_swapped(decision, survey)
        if (decision.mapping.day_first, decision.mapping.swapped_dates) == (before.day_first, before.swapped_dates):
            break
    return survey


def _decide(
    decision: decide.Decision, survey: Survey, roles: Roles, overrides: Overrides, columns: list[Column]
) -> None:
    """Decide on all that the whole of the source shows; what was given by hand comes last and wins."""
    aware = survey.aware * 2 > survey.readings
    if aware:
        decision.set("timezone", "times carry their own offset from UTC", aware=True)
    elif overrides.timezone or (overrides.mapping and overrides.mapping.timezone != "UTC"):
        decision.reasons["timezone"] = "given by hand"
    else:
        decision.set("timezone", "none is given", timezone="UTC")
        if not any(words.UTC.search(words.plain(name)) for name in decision.mapping.time_columns):
            decision.warnings.append("No time zone is given: times are read as UTC. Give it if they are local.")
    named = next((column.texts[0] for column in columns if column.name == roles.unit_column), None)
    decide.decide_order(decision, survey)
    decide.decide_step(decision, survey, roles)
    decide.decide_midnight(decision, survey)
    decide.decide_clock(decision, survey)
    decide.decide_stamp(decision, survey, roles)
    decide.decide_unit(decision, roles, overrides.unit, named)
    decide.decide_register(decision, survey, given=overrides.register)
    if overrides.mapping is not None:
        _take_by_hand(decision, overrides)


def _take_by_hand(decision: decide.Decision, overrides: Overrides) -> None:
    given = overrides.mapping or Mapping()
    unit = units.unit_of(overrides.unit or given.unit)
    quantity = given.quantity if given.quantity == "register" else unit.quantity
    meter = overrides.meter or given.meter
    decision.mapping = replace(
        given, unit=unit.name, quantity=quantity, meter=meter, timezone=overrides.timezone or given.timezone
    )
    decision.reasons["mapping"] = "given by hand"


def _meters(mapping: Mapping, survey: Survey) -> tuple[MeterInfo, ...]:
    """List the meters with what is known of each."""
    names = survey.names.names()
    steps = survey.meters.step_of_each()
    return tuple(
        MeterInfo(
            name,
            _direction(mapping, name, code, survey),
            mapping.unit,
            mapping.step_s or (None if mapping.step_months else steps.get(code)),
            mapping.quantity == "register",
        )
        for code, name in enumerate(names)
    )


def _direction(mapping: Mapping, name: str, code: int, survey: Survey) -> Direction:
    """Tell consumption from generation by name, and from net load by its negative values."""
    column = mapping.value_columns[code % len(mapping.value_columns)] if mapping.value_columns else ""
    told = words.plain(column or name)
    for pattern, direction in ((words.EXPORT, "export"), (words.GENERATION, "generation"), (words.NET, "net")):
        if pattern.search(told) and not words.CONSUMPTION.search(told):
            return direction  # type: ignore[return-value]  # one of the three above
    negative = survey.meters.negative[code] if code < len(survey.meters.negative) else 0
    return "net" if negative > FEW_NEGATIVE * max(1, survey.meters.usable[code]) else "import"
