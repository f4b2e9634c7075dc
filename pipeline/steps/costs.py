"""Computes cost and CO2 of every node and meter from readings, prices and emission factors."""

import time
from collections.abc import Callable
from typing import TypeAlias

from sqlalchemy import func, select

from pipeline.steps.demo_emissions import ensure_demo_factors
from pipeline.steps.report import StepReport
from pipeline.warehouse import cost_rollups, runs
from pipeline.warehouse.changes import raise_version
from pipeline.warehouse.emission_series import state_of_factors
from pipeline.warehouse.engine import begin
from pipeline.warehouse.tables.tariffs import site_price

STEP, UPSTREAM = "costs", "tariffs"

Progress: TypeAlias = Callable[[float, str], None]


def run(progress: Progress) -> StepReport:
    """Write the rollups of cost and CO2 anew where readings, prices or factors have changed."""
    started = time.monotonic()
    progress(0.0, "reading factors")
    with begin() as conn:
        ensure_demo_factors(conn)
        prices = conn.execute(select(func.count()).select_from(site_price)).scalar_one()
        inputs = runs.inputs_digest(conn, UPSTREAM, parameters=(prices, state_of_factors(conn)))
        if runs.is_current(conn, STEP, inputs):
            return StepReport(STEP, 0, 0, time.monotonic() - started, "nothing has changed", skipped=True)
        progress(0.1, "adding up cost and CO2")
        nodes = cost_rollups.refresh(conn)
        seconds = time.monotonic() - started
        runs.record(conn, runs.Outcome(STEP, inputs, series=nodes, seconds=seconds))
        raise_version(conn)
    progress(1.0, "done")
    return StepReport(STEP, nodes, 0, seconds, "" if prices else "no prices yet: CO2 alone")
