"""Which series learn together, by which models, and on how many processors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.analytics.one_thread import one_thread
from pipeline.steps.forecasting.histories import Histories
from pipeline.steps.forecasting.issue import Issued, issue
from pipeline.steps.forecasting.owners import Owner
from pipeline.steps.forecasting.refusals import Refused
from pipeline.steps.forecasting.series import Ends, Group, Kind, Step, group, tells
from pipeline.steps.forecasting.temperatures import Temperatures
from pipeline.steps.processes import pool, processors

Models: TypeAlias = tuple[str, ...]

YARDSTICK: Models = ("seasonal_naive",)
OF_METERS: Models = (*YARDSTICK, "regression")
OF_NODES: Models = (*OF_METERS, "similar_days")
OF_TOPS: Models = (*OF_NODES, "arima")  # a second a fit, too long for dozens of nodes; `backtest` has it too
FEW_TOPS = 4  # trees; where there are more, their tops are forecast as the nodes below them
EVERY_DEGREE = (-3, -2, -1, 1, 2, 3)
ENDS = (-3, 3)  # of hundreds of meters; the degrees between lie between
WORTH_PROCESSES = 100  # series: with fewer, starting them takes longer than it saves


@dataclass(frozen=True)
class Plan:
    """What is forecast together: owners of one kind and step.

    ``origins`` are the past forecasts it is tested on (None: as many as the models find right), ``warmer`` the degrees
    of the what-ifs.
    """

    kind: Kind
    step: Step
    owners: Literal["node", "top node", "inner node", "meter", "half-hourly meter"]
    models: Models
    origins: int | None = None
    warmer: tuple[int, ...] = ()


# The longest first, so that two processors end together. Peaks of meters repeat last week's: they only serve the
# projection of the month, and cost as much as the days themselves.
PLANS = (
    Plan("hours", "h", "inner node", OF_NODES, origins=20, warmer=EVERY_DEGREE),
    Plan("hours", "h", "meter", OF_METERS, origins=14, warmer=ENDS),
    Plan("days", "D", "meter", OF_METERS, origins=12, warmer=ENDS),
    Plan("hours", "30min", "half-hourly meter", OF_METERS, origins=14, warmer=ENDS),
    Plan("hours", "h", "top node", OF_TOPS, origins=20, warmer=EVERY_DEGREE),
    Plan("days", "D", "inner node", OF_METERS, warmer=EVERY_DEGREE),
    Plan("days", "D", "top node", OF_TOPS, warmer=EVERY_DEGREE),
    Plan("peaks", "D", "node", OF_METERS),
    Plan("peaks", "D", "meter", YARDSTICK),
    Plan("months", "MS", "node", OF_METERS),
    Plan("months", "MS", "meter", OF_METERS),
)

Task: TypeAlias = tuple[Plan, Group]
Done: TypeAlias = tuple[Plan, list[Issued], list[Refused]]


def plan_group(plan: Plan, owners: Sequence[Owner], known: Histories, newest: Ends, weather: Temperatures) -> Group:
    """Make the series of a plan, each up to the end of the horizon of its tree."""
    values = {"hours": known.hours, "days": known.days, "months": known.months, "peaks": known.peaks}[plan.kind]
    if plan.owners == "half-hourly meter":
        values = known.half_hours
    elif plan.kind == "hours":
        values = {key: series for key, series in values.items() if key not in known.half_hours}
    chosen = [owner for owner in _owners(plan, owners) if tells(owner, plan.kind)]
    found = group(chosen, values, newest, weather, plan.step)
    return found.in_company() if "similar_days" in plan.models else found


def _owners(plan: Plan, owners: Sequence[Owner]) -> list[Owner]:
    """Choose the owners of a plan; the tops of few trees are apart, with more models than there is time for below."""
    if plan.owners in {"meter", "half-hourly meter"}:
        return [owner for owner in owners if owner.kind == "meter"]
    nodes = [owner for owner in owners if owner.kind == "node"]
    tops = {owner.key for owner in nodes if owner.number == owner.root}
    tops = tops if len(tops) <= FEW_TOPS else set()
    if plan.owners == "node":
        return nodes
    return [owner for owner in nodes if (owner.key in tops) == (plan.owners == "top node")]


def issue_all(tasks: Sequence[Task]) -> Iterator[Done]:
    """Forecast all groups, many series on all processors; in the order of the tasks."""
    if processors() == 1 or sum(len(group.series) for _, group in tasks) < WORTH_PROCESSES:
        yield from map(_issue, tasks)
        return
    with pool() as processes:
        yield from processes.map(_issue_alone, tasks)


def _issue_alone(task: Task) -> Done:
    """Forecast a group on one processor: the others have groups of their own."""
    with one_thread():
        return _issue(task)


def _issue(task: Task) -> Done:
    plan, series = task
    issued, refused = issue(series, plan.models, origins=plan.origins, warmer=plan.warmer)
    return plan, issued, refused
