"""How each measure is computed from the tables: one expression for one row, one for any group of rows.

Hours, days and months carry the same columns and add up, so one expression serves all rollups. Cost and CO2 are columns
of rollups beside these, which ``pipeline.warehouse.valued`` joins where they are asked for; single readings have none.
"""

from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement, Double, FromClause, case, cast, func, literal, type_coerce

from pipeline.definitions import MeasureKey
from pipeline.flags import ESTIMATED

Expression = ColumnElement[float]
NEAR_BASE = 0.025


def of_group(measure: MeasureKey, rows: FromClause) -> Expression:
    """Return the measure of a group of hours, days or months, of one node or meter."""
    return _OF_GROUP[measure](rows)


def of_row(measure: MeasureKey, row: FromClause) -> Expression:
    """Return the measure of one hour, day or month."""
    return _OF_ROW[measure](row)


def of_reading(measure: MeasureKey, reading: FromClause) -> Expression:
    """Return the measure of one reading."""
    return _OF_READING[measure](reading)


def base_load(hours: FromClause) -> Expression:
    """Return the near-base load of a group of hours: the 2.5th percentile of the hourly power, in kW.

    Price, P. (2010), Methods for Analyzing Electric Load Shape and its Variability, LBNL-3713E: "near-base load".
    """
    return func.percentile_cont(NEAR_BASE).within_group(hours.c.peak_kw)


def load_factor(rows: FromClause) -> Expression:
    """Return mean over peak power of a group of rows; null where the peak is not above zero."""
    peak = of_group("peak_kw", rows)
    return case((peak > 0, type_coerce(of_group("mean_kw", rows) / peak, Double)))


def _ratio(part: ColumnElement[float], whole: ColumnElement[float]) -> Expression:
    return type_coerce(cast(part, Double) / func.nullif(cast(whole, Double), 0.0), Double)


def _sum(column: ColumnElement[float]) -> ColumnElement[float]:
    """Add up in double precision: sums of ``real`` lose hours after a few years."""
    return func.sum(cast(column, Double))


_OF_GROUP: Mapping[MeasureKey, Callable[[FromClause], Expression]] = {
    "energy_kwh": lambda rows: func.sum(rows.c.energy_kwh),
    "mean_kw": lambda rows: _ratio(func.sum(rows.c.energy_kwh), _sum(rows.c.hours)),
    "peak_kw": lambda rows: func.max(rows.c.peak_kw),
    "cost": lambda rows: func.sum(rows.c.cost, type_=Double()),
    "co2_kg": lambda rows: func.sum(rows.c.co2_kg, type_=Double()),
    "share_estimated": lambda rows: _ratio(_sum(rows.c.estimated_hours), _sum(rows.c.covered_hours)),
}

_OF_ROW: Mapping[MeasureKey, Callable[[FromClause], Expression]] = {
    "energy_kwh": lambda row: row.c.energy_kwh,
    "mean_kw": lambda row: _ratio(row.c.energy_kwh, row.c.hours),
    "peak_kw": lambda row: row.c.peak_kw,
    "cost": lambda row: row.c.cost,
    "co2_kg": lambda row: row.c.co2_kg,
    "share_estimated": lambda row: _ratio(row.c.estimated_hours, row.c.covered_hours),
}


def _power_of_reading(reading: FromClause) -> Expression:
    return type_coerce(reading.c.energy_kwh * 3600.0 / reading.c.duration_s, Double)


_OF_READING: Mapping[MeasureKey, Callable[[FromClause], Expression]] = {
    "energy_kwh": lambda reading: reading.c.energy_kwh,
    "mean_kw": _power_of_reading,
    "peak_kw": _power_of_reading,
    "share_estimated": lambda reading: case((is_estimated(reading.c.flag), literal(1.0)), else_=literal(0.0)),
}


def is_estimated(flag: ColumnElement[int]) -> ColumnElement[bool]:
    """Say whether a reading's flags mark it as estimated."""
    return flag.bitwise_and(int(ESTIMATED)) != 0
