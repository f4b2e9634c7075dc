"""What a report says, whatever it is written to: asked of the same queries as the pages, in one snapshot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Connection

from pipeline.definitions import (
    MEASURES,
    KpiKey,
    Measure,
    MeasureKey,
    ValuedKey,
    additive_of,
    format_share,
    format_value,
    in_currency,
)
from pipeline.outputs.manifest import Origin
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import costs, overview, quality
from pipeline.warehouse.queries.consumption import parts, patterns
from pipeline.warehouse.queries.over_time import over_time, whole
from pipeline.warehouse.selection import resolve

Kind = Literal["text", "day", "month", "number", "share", "count"]

KPIS: tuple[KpiKey, ...] = (
    "energy_kwh", "peak_kw", "mean_kw", "load_factor", "base_load_kw", "share_estimated", "completeness",
)  # fmt: skip
VALUED: tuple[ValuedKey, ...] = ("cost", "co2_kg")
COURSE: tuple[MeasureKey, ...] = ("energy_kwh", "peak_kw", "cost", "co2_kg", "share_estimated")
EVERY_PART = 10_000_000
ONE_DAY = timedelta(days=1)
DASH = "\N{EN DASH}"
DAILY, MONTHLY, PARTS, METERS, RULES = "daily", "monthly", "parts", "meters", "rules"
STEPS = {"day": DAILY, "month": MONTHLY}


@dataclass(frozen=True)
class Column:
    """A column of a table: its place in the frame, what it is called and how it is written."""

    key: str
    label: str
    kind: Kind
    unit: str = ""

    @property
    def heading(self) -> str:
        """Return the label with the unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


@dataclass(frozen=True, eq=False)
class Section:
    """A table of the report, whole: how much of it is shown is decided where it is written."""

    name: str
    title: str
    columns: tuple[Column, ...]
    frame: pd.DataFrame


@dataclass(frozen=True)
class Figure:
    """One key figure: the value as stored, and as the pages write it."""

    key: str
    label: str
    value: float | None
    unit: str
    text: str
    note: str = ""


@dataclass(frozen=True, eq=False)
class Report:
    """All that a report says. ``course``, ``profile`` and ``duration`` are what its charts draw."""

    site: str
    filters: Filters
    origin: Origin
    measure: Measure
    nothing: str
    figures: tuple[Figure, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    course: pd.DataFrame
    profile: pd.DataFrame
    duration: pd.DataFrame

    @property
    def period(self) -> str:
        """Return the selected days, the last one included."""
        first, last = self.filters.start, self.filters.end - ONE_DAY
        return f"{first:%-d %b %Y}" if first == last else f"{first:%-d %b %Y} {DASH} {last:%-d %b %Y}"

    @property
    def rows(self) -> dict[str, int]:
        """Count the rows of each table."""
        return {section.name: len(section.frame) for section in self.sections}

    @property
    def energy_kwh(self) -> dict[str, float]:
        """Add up the energy of the tables by time."""
        return {name: float(self.section(name).frame["energy_kwh"].sum()) for name in (DAILY, MONTHLY)}

    def section(self, name: str) -> Section:
        """Return a table by its name."""
        return next(section for section in self.sections if section.name == name)

    def figure(self, key: str) -> Figure:
        """Return a key figure by its measure."""
        return next(figure for figure in self.figures if figure.key == key)


def gather(conn: Connection, filters: Filters, origin: Origin) -> Report:
    """Ask for all that a report of the selection says. Raises SelectionError for a site that does not exist."""
    kpis, reach = overview.kpis(conn, filters), costs.scope(conn, filters)
    amounts, _before = costs.amounts(conn, filters)
    meters = quality.meters(conn, filters)
    tables = (
        _over_time(conn, filters, reach.currency, "day"),
        _over_time(conn, filters, reach.currency, "month"),
        _parts(conn, filters, reach.currency),
        _meters(meters),
        _rules(quality.flags_by_rule(conn, filters)),
    )
    return Report(
        site=origin.site,
        filters=filters,
        origin=origin,
        measure=_defined(filters.measure, reach.currency),
        nothing=reach.why_none(filters.measure) or "No reading in this selection.",
        figures=(*_figures(kpis), *_valued(amounts, reach)),
        sections=tables,
        notes=tuple(dict.fromkeys(_notes(origin, filters, kpis, meters, reach))),
        course=overview.trend(conn, filters),
        profile=patterns.profile(conn, filters),
        duration=patterns.duration_curve(conn, filters),
    )


def _defined(key: MeasureKey, currency: str | None) -> Measure:
    return MEASURES[key] if currency is None else in_currency(MEASURES[key], currency)


def _figures(kpis: overview.Kpis) -> Iterator[Figure]:
    for key in KPIS:
        measure, value = MEASURES[key], kpis.value(key)
        note = f"{kpis.peak_at:%a %-d %b %Y, %H:%M}" if key == "peak_kw" and kpis.peak_at is not None else ""
        yield Figure(key, measure.label, value, measure.unit, format_value(measure, value), note)


def _valued(amounts: costs.Amounts, reach: costs.CostScope) -> Iterator[Figure]:
    """Give cost and CO2, both of them as soon as anything is known of one, as the Overview does."""
    if not reach.priced_sites and not reach.factored_sites:
        return
    for key in VALUED:
        measure, value = _defined(key, amounts.currency), amounts.value(key)
        unit = "" if key == "cost" and amounts.currency is None else measure.unit
        yield Figure(key, measure.label, value, unit, format_value(measure, value), reach.short_note(key))


def _over_time(conn: Connection, filters: Filters, currency: str | None, step: Literal["day", "month"]) -> Section:
    selection = resolve(conn, filters)
    frame = pd.DataFrame({"time": pd.Series([], dtype="datetime64[us]")})
    columns = [Column("time", step.capitalize(), step)]
    for key in COURSE:
        asked = replace(filters, measure=key, compare="none")
        found = over_time(conn, selection, asked, whole(filters.period), step)[["time", "value"]]
        if found.empty and key in VALUED:
            continue
        frame = frame.merge(found.rename(columns={"value": key}), on="time", how="outer")
        columns.append(_measured(key, currency))
    return Section(STEPS[step], f"By {step}", tuple(columns), frame.sort_values("time", ignore_index=True))


def _measured(key: MeasureKey, currency: str | None) -> Column:
    measure = _defined(key, currency)
    return Column(key, measure.label, "number" if measure.unit else "share", measure.unit)


def _parts(conn: Connection, filters: Filters, currency: str | None) -> Section:
    frame = parts.ranking(conn, filters, limit=EVERY_PART)
    value = replace(_measured(filters.measure, currency), key="value")
    of = MEASURES[additive_of(filters.measure)].label.lower()
    columns = (
        Column("name", "Part", "text"),
        Column("kind", "Kind", "text"),
        value,
        Column("share", f"Share of {of}", "share"),
    )
    return Section(PARTS, "Sites and meters", columns, frame)


def _meters(frame: pd.DataFrame) -> Section:
    columns = (
        Column("meter", "Meter", "text"),
        Column("site", "Site", "text"),
        Column("energy_kwh", MEASURES["energy_kwh"].label, "number", "kWh"),
        Column("completeness", MEASURES["completeness"].label, "share"),
        Column("share_estimated", MEASURES["share_estimated"].label, "share"),
        Column("flags", "Rules that marked values", "text"),
    )
    return Section(METERS, "Meters, least complete first", columns, frame)


def _rules(frame: pd.DataFrame) -> Section:
    columns = (
        Column("name", "Rule", "text"),
        Column("meaning", "Meaning", "text"),
        Column("meters", "Meters", "count"),
        Column("meter_days", "Days of meters", "count"),
    )
    return Section(RULES, "Rules that marked or changed values", columns, frame)


def _notes(
    origin: Origin, filters: Filters, kpis: overview.Kpis, meters: pd.DataFrame, reach: costs.CostScope
) -> Iterator[str]:
    if origin.generated:
        yield "This report contains generated demo data."
    yield (
        f"{format_share(kpis.completeness, decimals=1)} of the expected metered time has a value, "
        f"{format_share(kpis.share_estimated, decimals=1)} of the metered time is estimated."
    )
    incomplete = int((meters["completeness"] < 1).sum())
    yield (
        f"{incomplete:,} of {len(meters):,} meters miss a part of the period."
        if incomplete
        else (f"None of the {len(meters):,} meters misses a part of the period.")
    )
    for key in VALUED:
        why = reach.why_none(key)
        covered = reach.note(key)
        if why or covered:
            yield why or f"{MEASURES[key].label} is known for {covered}."
    yield from _clock_notes(ZoneInfo(origin.timezone), filters.start, filters.end)
    yield f"Days and hours are those of each site's own time zone: {', '.join(origin.timezones)}."
    yield f"Made from version {origin.data_version} of the data, last changed {_minute(origin.data_changed_at)} UTC."
    yield from (f"{MEASURES[key].label}: {MEASURES[key].description}" for key in (*KPIS, *VALUED))


def _clock_notes(zone: ZoneInfo, start: date, end: date) -> Iterator[str]:
    changes = [(day, hours) for day in _days(start, end) if (hours := _length(zone, day)) != ONE_DAY]
    if changes:
        days = ", ".join(f"{day:%-d %b %Y} ({length / timedelta(hours=1):g} hours)" for day, length in changes)
        yield f"Days on which the clocks of {zone.key} change: {days}."


def _days(start: date, end: date) -> Sequence[date]:
    return [start + timedelta(days=number) for number in range((end - start).days)]


def _length(zone: ZoneInfo, day: date) -> timedelta:
    start, end = (datetime.combine(one, datetime.min.time(), zone).astimezone(UTC) for one in (day, day + ONE_DAY))
    return end - start


def _minute(instant: str) -> str:
    return f"{datetime.fromisoformat(instant).astimezone(UTC):%-d %b %Y, %H:%M}"


def cells(section: Section) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a table in the order of its columns; None where there is no value."""
    chosen = section.frame[[column.key for column in section.columns]].astype(object)
    yield from chosen.where(chosen.notna(), None).itertuples(index=False, name=None)
