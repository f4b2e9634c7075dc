from typing import Any

from sqlalchemy import ColumnElement, DateTime, Double, ScalarSelect, case, cast, func, select

from pipeline.warehouse.filters import Period
from pipeline.warehouse.schema import meter, site
from pipeline.warehouse.selection import Selection


def hours_of_meter(period: Period) -> ColumnElement[float]:
    """Return the hours of the period in which a meter should have data; the statement joins ``meter`` and ``site``.

    They begin with the meter's first reading and end where the warehouse's last reading of any meter does: a meter
    that fell silent is incomplete, a meter that came later is not.
    """
    read_until = select(func.max(meter.alias().c.last_ts)).scalar_subquery()
    starts = func.greatest(_local_midnight(period.start), meter.c.first_ts)
    ends = func.least(_local_midnight(period.end), read_until)
    hours = func.greatest(0.0, cast(func.extract("epoch", ends - starts), Double) / 3600)
    return case((meter.c.first_ts.is_(None), 0.0), else_=hours)


def hours_of_selection(selection: Selection, period: Period) -> ScalarSelect[float]:
    """Select the meter-hours in which the selection should have data."""
    return (
        select(func.sum(hours_of_meter(period)))
        .join_from(meter, site, site.c.id == meter.c.site_id)
        .where(selection.counts())
        .scalar_subquery()
    )


def completeness(covered: ColumnElement[Any], expected: ColumnElement[Any]) -> ColumnElement[float]:
    """Return the part of the expected hours that have data; null where none are expected."""
    return case((expected > 0, func.least(1.0, func.coalesce(covered, 0.0) / expected, type_=Double())))


def _local_midnight(day: object) -> ColumnElement[object]:
    return func.timezone(site.c.timezone, cast(day, DateTime))
