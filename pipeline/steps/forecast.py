"""Forecast every meter and node 48 hours, 35 days and 13 months ahead, and score what was forecast before."""

from collections.abc import Mapping, Sequence
from time import perf_counter

from sqlalchemy import Connection

from pipeline.steps.forecasting import histories, temperatures
from pipeline.steps.forecasting.agree import agree
from pipeline.steps.forecasting.fall_back import months_from_days
from pipeline.steps.forecasting.histories import ByKey, Histories
from pipeline.steps.forecasting.issue import Issued
from pipeline.steps.forecasting.month import month_ends
from pipeline.steps.forecasting.owners import Owner, owners
from pipeline.steps.forecasting.plans import PLANS, issue_all, plan_group
from pipeline.steps.forecasting.records import record
from pipeline.steps.forecasting.refusals import Refused, alone, failures
from pipeline.steps.forecasting.series import Kind, Step, left_behind, newest_ends, too_coarse
from pipeline.steps.forecasting.temperatures import Temperatures
from pipeline.steps.report import StepReport
from pipeline.warehouse import runs
from pipeline.warehouse.changes import raise_version
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.forecasts import NewForecast, store
from pipeline.warehouse.live_scores import score_past_forecasts
from pipeline.warehouse.load import Progress
from pipeline.warehouse.queries.model_inputs import meters, places
from pipeline.warehouse.runs import Outcome

STEP = "forecast"
UNCHANGED = "Nothing has changed since the last forecast."
MODELS_VERSION = 2  # raised when the models change, so that forecasts are made anew
READ, ISSUED, AGREED = 0.1, 0.9, 0.95


def run(progress: Progress, *, site_id: int | None = None) -> StepReport:
    """Forecast what is in the warehouse, or one site with what is below it; nothing where inputs are as they were."""
    began = perf_counter()
    progress(0.0, "Reading the load")
    with connect() as conn:
        inputs = runs.inputs_digest(conn, "weather", parameters=(MODELS_VERSION, site_id))
        if runs.is_current(conn, STEP, inputs):
            return StepReport(STEP, 0, 0, perf_counter() - began, UNCHANGED, skipped=True)
        everyone = owners(places(conn), meters(conn), site_id)
        known = histories.read(conn, everyone)
        weather = temperatures.read(conn, everyone)
    forecasts, refused = _forecast(everyone, known, weather, progress)
    progress(AGREED, "Storing")
    owned = {(one.site_id, one.meter_id) for one in forecasts}
    outcome = Outcome(STEP, inputs, len(owned), perf_counter() - began, failures(refused))
    with begin() as conn:
        _store(conn, outcome, forecasts)
    progress(1.0, "Done")
    return StepReport(STEP, outcome.series, len(outcome.failures), perf_counter() - began)


def _store(conn: Connection, outcome: Outcome, forecasts: Sequence[NewForecast]) -> None:
    store(conn, runs.record(conn, outcome), forecasts)
    score_past_forecasts(conn)
    raise_version(conn)


def _forecast(
    everyone: Sequence[Owner], known: Histories, weather: Temperatures, progress: Progress
) -> tuple[list[NewForecast], list[Refused]]:
    """Go through the plans; what is refused is recorded with its horizon."""
    newest = {horizon: newest_ends(everyone, values, step) for horizon, values, step in _of(known)}
    broken = {one.owner.key for one in known.refused}
    refused = known.refused + left_behind([o for o in everyone if o.key not in broken], known.hours, newest["hours"])
    late = {one.owner.key for one in refused}
    fresh = [owner for owner in everyone if owner.key not in late]
    refused += too_coarse(fresh)
    tasks = [(plan, plan_group(plan, fresh, known, newest[plan.kind], weather)) for plan in PLANS]
    issued: dict[Kind, list[Issued]] = {"hours": [], "days": [], "months": [], "peaks": []}
    for number, (plan, done, without) in enumerate(issue_all(tasks)):
        progress(READ + (ISSUED - READ) * number / len(PLANS), f"Forecasting {plan.kind} of {plan.owners}s")
        issued[plan.kind] += done
        helped, left = months_from_days(without, known, newest["months"]) if plan.kind == "months" else ([], without)
        issued[plan.kind] += helped
        refused += [one.of(plan.kind) for one in left if plan.kind != "peaks"]
    progress(ISSUED, "Making parts add up")
    forecasts, disagreed = _agreed(issued, everyone, known)
    return forecasts, refused + disagreed


def _of(known: Histories) -> tuple[tuple[Kind, ByKey, Step], ...]:
    return (
        ("hours", known.hours, "h"),
        ("days", known.days, "D"),
        ("months", known.months, "MS"),
        ("peaks", known.peaks, "D"),
    )


def _agreed(
    issued: Mapping[Kind, list[Issued]], everyone: Sequence[Owner], known: Histories
) -> tuple[list[NewForecast], list[Refused]]:
    """Make each horizon add up; peaks do not add up, and serve the projection of the month."""
    new: list[NewForecast] = []
    refused: list[Refused] = []
    for horizon in ("hours", "days", "months"):
        before = {one.owner.key: one for one in issued[horizon]}
        agreed, apart = agree(issued[horizon], everyone)
        ends, endless = month_ends(agreed, issued["peaks"], known) if horizon == "days" else ({}, [])
        refused += apart + endless
        for one in agreed:
            with alone(one.owner, refused, horizon):
                new.append(record(one, before[one.owner.key], horizon, month_end=ends.get(one.owner.key)))
    return new, refused
