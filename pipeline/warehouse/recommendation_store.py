"""What a run of recommendations leaves: its rows take the place of those of the run before."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Table, delete, insert
from sqlalchemy.dialects.postgresql import insert as upsert

from pipeline.errors import UserError
from pipeline.warehouse.tables.recommendations import (
    load_shape,
    recommendation,
    saving,
    site_power_factor,
    site_profile,
)

Rows = Sequence[Mapping[str, object]]


def replace_results(
    conn: Connection, run_id: int, *, shapes: Rows, profiles: Rows, recommendations: Rows, savings: Rows
) -> None:
    """Put the rows of a run in the place of the earlier ones; decisions stay."""
    results: tuple[tuple[Table, Rows], ...] = (
        (load_shape, shapes),
        (site_profile, profiles),
        (recommendation, recommendations),
        (saving, savings),
    )
    for table, rows in results:
        conn.execute(delete(table))
        if rows:
            conn.execute(insert(table), [dict(row) | {"run_id": run_id} for row in rows])


def enter_power_factor(conn: Connection, site_id: int, power_factor: float, *, entered_by: str) -> None:
    """Keep the power factor of a site, as a bill or a meter of reactive energy shows it. Raises UserError."""
    if not 0 < power_factor <= 1:
        raise UserError(f"A power factor of {power_factor} cannot be: it lies above 0 and up to 1.")
    values = {"power_factor": power_factor, "entered_by": entered_by}
    added = upsert(site_power_factor).values(site_id=site_id, **values)
    conn.execute(added.on_conflict_do_update(index_elements=["site_id"], set_=values))
