"""What the Forecast page says in words."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from dashboard.forecasts import BASE, BEST, Choice
from pages.wording import DASH, day_text
from pipeline.definitions import MEASURES, format_share, format_value
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries.forecast_month import Cost, Month, Quantiles
from pipeline.warehouse.queries.forecasts import Issue

ENERGY, PEAK = MEASURES["energy_kwh"], MEASURES["peak_kw"]
MODELS = {
    "seasonal_naive": "Seasonal naive",
    "arima": "ARIMA",
    "regression": "Regression",
    "similar_days": "Similar days",
    "ensemble": "Ensemble",
    "year_before": "Year before",
    BEST: "As issued",
}
EVIDENCE = {"backtest": "Backtest", "live": "What happened"}
INTERVALS = {"30min": "half hour", "h": "hour", "D": "day", "MS": "month"}
SCOREBOARD = (
    "WAPE: error in relation to the load. Skill: how much less error than repeating the last season. "
    "Coverage: share of what was measured that lies between P10 and P90; 80 % is right."
)
NO_PAST = "No forecast has become past yet: earlier ones are shown here when readings after them have arrived."
NO_PEAK = "There is no forecast of the peaks of this month."
FAINT_KWH = 0.001  # of the forecast: a smaller shift to make parts add up is not worth a word


@dataclass(frozen=True)
class Card:
    """One figure of the month."""

    label: str
    value: str
    note: str


def best_text(found: Issue | None) -> str:
    """Name the model in use: the best of those tried, or the only one that could be used."""
    if found is None:
        return "Best"
    return f"{'Fall-back' if found.fallback else 'Best'}: {model_text(found.model)}"


def model_text(name: str) -> str:
    """Name a model for people."""
    return MODELS.get(name, name.replace("_", " ").capitalize())


def models_text(found: Issue | None) -> dict[str, str]:
    """Name the models that can be drawn each by itself."""
    return {name: model_text(name) for name in (found.models if found else ()) if name != BEST}


def scenarios_text(found: Issue | None) -> dict[str, str]:
    """Name the what-ifs that were worked out, from cold to warm."""
    texts = {BASE: "As expected"}
    degrees = sorted((name for name in (found.scenarios if found else ()) if name[0] in "+-"), key=int)
    texts |= {name: f"{abs(int(name))} °C {'warmer' if int(name) > 0 else 'colder'}" for name in degrees}
    return texts | ({"holiday": "Every day a holiday"} if found and "holiday" in found.scenarios else {})


def line_text(choice: Choice) -> str:
    """Name the line of the median."""
    name = "Forecast P50" if choice.model == BEST else f"{model_text(choice.model)} P50"
    parts = [] if choice.scenario == BASE or choice.model != BEST else [_scenario_text(choice.scenario)]
    parts += [f"{choice.growth:+g} %"] if choice.growth else []
    return f"{name}, {', '.join(parts)}" if parts else name


def subtitle(found: Issue | None, choice: Choice) -> str:
    """Say what is drawn, when it was issued and what it learnt from."""
    if found is None:
        return "No forecast"
    issued = f"issued {_moment(found.issued_at)}" if choice.horizon == "hours" else f"from {day_text(found.issued_at)}"
    trained = f"learnt from readings since {day_text(found.trained_from)}"
    model = found.model if choice.model == BEST else choice.model
    return f"kWh by {INTERVALS[found.step]}; {model_text(model)}, {issued}, {trained}"


def notices(found: Issue | None, why: str, filters: Filters) -> list[str]:
    """Say what a reader must know: a refusal, a fall-back, a narrowed selection, a shift to make parts add up."""
    sentences = [why] if why else []
    if filters.sector and not filters.meter_id:
        sentences.append(f"Forecasts are of sites and meters: shown is the whole site, not {filters.sector} alone.")
    if found and found.fallback:
        sentences.append(f"Fall-back: {found.fallback}")
    return sentences


def month_cards(month: Month | None, cost: Cost | None) -> list[Card]:
    """Write energy, peak and cost of the month, and what is left before a new peak."""
    if month is None:
        reason = "No forecast by day"
        return [Card(label, DASH, reason) for label in ("Energy of the month", "Peak", "Cost", "Headroom")]
    name = f"{month.month:%B}"
    so_far = f"{format_value(ENERGY, month.so_far_kwh)} so far, {_days(month.days_left)} left"
    return [
        Card(
            f"Energy of {name}",
            format_value(ENERGY, month.energy_kwh[1]),
            f"{_range(ENERGY, month.energy_kwh)}; {so_far}",
        ),
        _peak_card(name, month),
        _cost_card(name, cost),
        _headroom_card(month),
    ]


def headroom(month: Month | None) -> list[tuple[str, str]]:
    """List the peaks that a bill may look at, and what is forecast."""
    if month is None or month.rest_peak_kw is None:
        return []
    name = f"{month.month:%B}"
    facts = [
        (
            f"Forecast for the rest of {name}",
            f"{format_value(PEAK, month.rest_peak_kw[1])} ({_range(PEAK, month.rest_peak_kw)})",
        )
    ]
    if month.so_far_kw is None:
        facts.append((f"Peak of {name} so far", f"none yet: {_begun(month)}"))
    else:
        facts += [
            (f"Peak of {name} so far", f"{format_value(PEAK, month.so_far_kw)}{_at(month.so_far_kw_at)}"),
            ("Headroom to it", _headroom_text(month.so_far_kw, month.rest_peak_kw)),
            ("Chance of a new peak", format_share(month.chance_of_new_peak or 0)),
        ]
    if month.year_kw is not None:
        facts += [
            ("Peak of the 11 months before", f"{format_value(PEAK, month.year_kw)}{_at(month.year_kw_at)}"),
            ("Headroom to it (ratchets)", _headroom_text(month.year_kw, month.rest_peak_kw)),
        ]
    return [*facts, ("Measured as", "mean power over a clock hour; a tariff with shorter windows sees higher peaks")]


def drivers_subtitle(frame: pd.DataFrame) -> str:
    """Say what the bars mean."""
    return "kWh that each group of inputs adds or takes" if len(frame) else "Nothing to explain"


def past_subtitle(frame: pd.DataFrame) -> str:
    """Say what is compared, and whether it was issued later in retrospect."""
    if frame.empty:
        return "None yet"
    inside = frame["actual_kwh"].between(frame["p10_kwh"], frame["p90_kwh"]).mean()
    said = f"The last forecast before each interval; {format_share(inside)} of what happened lies in the band"
    return f"{said}; made in retrospect, from what was known then" if frame["in_retrospect"].any() else said


def scores_text(scores: pd.DataFrame) -> pd.DataFrame:
    """Name models and evidence for people."""
    return scores.assign(
        evidence=scores["evidence"].map(EVIDENCE),
        model=scores["model"].map(model_text),
        in_use=["yes" if used else "" for used in scores["selected"]],
    )


def _scenario_text(name: str) -> str:
    return "holidays" if name == "holiday" else f"{int(name):+d} °C"


def _peak_card(name: str, month: Month) -> Card:
    if month.peak_kw is None:
        return Card(f"Peak of {name}", DASH, "No forecast of peaks")
    so_far = "" if month.so_far_kw is None else f"; {format_value(PEAK, month.so_far_kw)} so far"
    return Card(f"Peak of {name}", format_value(PEAK, month.peak_kw[1]), f"{_range(PEAK, month.peak_kw)}{so_far}")


def _cost_card(name: str, cost: Cost | None) -> Card:
    if cost is None or cost.amounts is None:
        return Card(f"Cost of {name}", DASH, cost.reason if cost else "")
    low, middle, high = (f"{amount:,.0f}" for amount in cost.amounts)
    return Card(f"Cost of {name}", f"{middle} {cost.currency}", f"P10{DASH}P90 {low}{DASH}{high}; energy with taxes")


def _headroom_card(month: Month) -> Card:
    if month.rest_peak_kw is None:
        return Card("Headroom", DASH, "No forecast of peaks")
    if month.so_far_kw is None:
        return _headroom_to_earlier_card(month, month.rest_peak_kw)
    left = month.so_far_kw - month.rest_peak_kw[1]
    chance = format_share(month.chance_of_new_peak or 0)
    note = f"before a new peak of the month; chance of one {chance}"
    return Card("Headroom", format_value(PEAK, max(left, 0.0)), note)


def _headroom_to_earlier_card(month: Month, rest_peak_kw: Quantiles) -> Card:
    """Compare a month that has just begun with the peak that a ratchet would still bill."""
    if month.year_kw is None:
        return Card("Headroom", DASH, f"{_begun(month)}, and no earlier peak is known")
    left = max(month.year_kw - rest_peak_kw[1], 0.0)
    earlier = f"the peak of the 11 months before, {format_value(PEAK, month.year_kw)}"
    return Card("Headroom", format_value(PEAK, left), f"before {earlier}; {_begun(month)}")


def _begun(month: Month) -> str:
    return f"no day of {month.month:%B} is measured yet"


def _headroom_text(limit: float, rest: Quantiles) -> str:
    texts = [
        f"{format_value(PEAK, limit - value)} at {name}"
        if value <= limit
        else f"none at {name}: {format_value(PEAK, value - limit)} above"
        for name, value in (("P50", rest[1]), ("P90", rest[2]))
    ]
    return "; ".join(texts)


def _range(measure: object, values: Quantiles) -> str:
    low, _, high = (format_value(measure, value) for value in values)  # type: ignore[arg-type]
    return f"P10{DASH}P90 {low}{DASH}{high}"


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


def _at(moment: datetime | None) -> str:
    return "" if moment is None else f" on {_moment(moment)}"


def _moment(moment: datetime) -> str:
    return f"{day_text(moment)} {moment:%H:%M}"
