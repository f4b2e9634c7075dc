"""What was saved by what people did, against what was expected of it."""

from typing import Any

import pandas as pd
from sqlalchemy import Connection, and_, select

from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries.recommendations import DAYS_PER_YEAR, below
from pipeline.warehouse.recommendation_decisions import current_decisions
from pipeline.warehouse.schema import site
from pipeline.warehouse.tables.recommendations import saving


def measured(conn: Connection, filters: Filters) -> pd.DataFrame:
    """List what was measured below a node, the newest first.

    ``fingerprint, site, kind, done_on, days, expected_kwh`` (of the recommendation, for the days measured)``,
    saved_kwh, uncertainty_kwh, confidence, fractional_uncertainty, cvrmse, nmbe, method, money`` (Decimal)``, currency,
    co2_kg, notes``.
    """
    done = current_decisions().subquery()
    names = ("saved_kwh", "uncertainty_kwh", "confidence", "fractional_uncertainty", "cvrmse", "nmbe", "method")
    statement = (
        select(
            saving.c.fingerprint,
            site.c.name.label("site"),
            done.c.kind,
            done.c.done_on,
            saving.c.days,
            (done.c.kwh * saving.c.days / DAYS_PER_YEAR).label("expected_kwh"),
            *[saving.c[name] for name in names],
            saving.c.money,
            saving.c.currency,
            saving.c.co2_kg,
            saving.c.notes,
        )
        .join(done, and_(done.c.fingerprint == saving.c.fingerprint, done.c.state == "done"))
        .join(site, site.c.id == done.c.site_id)
        .where(below(done.c.site_id, filters))
        .order_by(done.c.done_on.desc(), saving.c.fingerprint)
    )
    rows: list[Any] = [dict(row) for row in conn.execute(statement).mappings()]
    return pd.DataFrame(rows, columns=[column.name for column in statement.selected_columns])


def course(conn: Connection, fingerprint: str) -> pd.DataFrame:
    """Return the days since something was done: ``day, actual_kwh, expected_kwh, cumulative_kwh`` (CUSUM)."""
    found = conn.execute(select(saving.c.course).where(saving.c.fingerprint == fingerprint)).scalar_one_or_none()
    frame = pd.DataFrame(found or [], columns=["day", "actual_kwh", "expected_kwh", "cumulative_kwh"])
    return frame.assign(day=pd.to_datetime(frame["day"]))
