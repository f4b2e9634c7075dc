"""From roles and survey to the mapping: every decision with its reason in words."""

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from pipeline.errors import FileError
from pipeline.sources import units, words
from pipeline.sources.dates import DAY, HOUR, swapped_day
from pipeline.sources.frame import Mapping, Stamp
from pipeline.sources.roles import Roles
from pipeline.sources.survey import Survey
from pipeline.sources.table import Booleans, Integers

MONTH_DAYS, YEAR_DAYS = (28, 31), (365, 366)
MOSTLY = 0.6
FEW = 0.01
FEWEST_SWAPPED = 3
SMALL_GAP = 3
CLOCK_REASONS = {
    "wall": "stamps follow the clock on the wall: an hour is missing in spring and comes twice in autumn",
    "standard": "the clocks never change in this file: it keeps standard time all year",
    "label": "the hour doubled in autumn and missing in spring shows that stamps name the end of each interval",
    "elapsed": "periods are counted from midnight: the last ones of the day are missing in spring and added in autumn",
}


@dataclass
class Decision:
    """A mapping on its way, with the reasons and warnings so far; fields ``given`` by hand stay as they are."""

    mapping: Mapping
    reasons: dict[str, object] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    given: frozenset[str] = frozenset()

    def set(self, name: str, reason: str, **values: object) -> None:
        """Set fields of the mapping that are not given by hand, with the reason for it."""
        guessed = {field: value for field, value in values.items() if field not in self.given}
        self.mapping = replace(self.mapping, **guessed)  # type: ignore[arg-type]  # names of fields, checked by replace
        self.reasons[name] = "given by hand" if values and not guessed else reason


def decide_day_order(decision: Decision, survey: Survey, file: str) -> None:
    """Decide between day-first and month-first from all dates. Raises FileError where both occur, unclearly."""
    first, second = survey.first_above, survey.second_above
    if first + second + survey.either == 0 or "day_first" in decision.given:
        return
    if first and second and min(first, second) > FEW * max(first, second):
        if survey.either:
            raise FileError(
                f"{file} mixes day-first dates ({survey.first_example}) with "
                f"month-first dates ({survey.second_example}), "
                f"and {survey.either:,} dates could be either; write them all one way, best as 2020-12-31."
            )
        decision.set("day_first", "dates of both orders, each clear by itself", day_first=None)
    elif first or second:
        day_first = first > second
        part, count, example = (
            ("first", first, survey.first_example) if day_first else ("second", second, survey.second_example)
        )
        decision.set("day_first", f"{count:,} dates have a {part} part above 12, as {example}", day_first=day_first)
    else:
        order = "day" if decision.mapping.day_first else "month"
        decision.set(
            "day_first",
            f"no part is above 12; {order} first makes the steps more even",
            day_first=decision.mapping.day_first,
        )
        decision.warnings.append(f"Every date could be read both ways; they are read {order} first.")


def decide_swapped(decision: Decision, survey: Survey) -> None:
    """Find days that the file writes with day and month exchanged: exchanging them back closes most gaps."""
    days = np.array(sorted(survey.ordered_days), np.int64)
    if decision.mapping.day_first is None or not survey.either or len(days) < DAY // 3600:
        return
    exchanged = swapped_day(days)
    alone = ~np.isin(exchanged, days) & (exchanged != days)
    lone = _whole_runs(days, alone)
    mended = np.union1d(days[~lone], exchanged[lone])
    missing, after = _missing(days), _missing(mended)
    if lone.sum() < FEWEST_SWAPPED or after * 2 > missing or missing < 2 * FEWEST_SWAPPED:
        return
    swapped = tuple(np.datetime_as_string(days[lone].astype("datetime64[D]")).tolist())
    example = f"{swapped[0]} is {np.datetime64(int(exchanged[lone][0]), 'D')}"
    text = (
        f"{len(swapped)} dates have day and month exchanged ({example}): "
        f"read the other way, {missing} missing days become {after}"
    )
    decision.set("swapped_dates", text, swapped_dates=swapped)
    decision.warnings.append(f"Dates are scrambled: {text}. Days that appear twice stay as they are.")


def _whole_runs(days: Integers, marked: Booleans) -> Booleans:
    """Keep the marks of those runs of days, with small gaps at most, in which every day is marked."""
    run = np.concatenate(([0], np.cumsum(np.diff(days) > SMALL_GAP)))
    unmarked = np.bincount(run, weights=~marked)
    whole: Booleans = marked & (unmarked[run] == 0)
    return whole


def _missing(days: Integers) -> int:
    return int(days.max() - days.min() + 1 - len(days))


def decide_step(decision: Decision, survey: Survey, roles: Roles) -> None:
    """Decide on the step of the whole source: seconds, calendar months, or none where meters differ."""
    steps: Counter[int] = Counter()
    for step, count in survey.meters.steps().items():
        steps[abs(step)] += count if step else 0
    if roles.period_column or (roles.across and not roles.across.dated):
        step = decision.mapping.step_s or (roles.across.step_s if roles.across else 3600)
        decision.set("step", f"{_length(step)}, from the number of periods in a day", step_s=step)
        return
    total = steps.total()
    if not total:
        lone = roles.across.step_s if roles.across else DAY if not _has_time_of_day(survey) else 3600
        decision.set("step", f"one reading a meter: taken as {_length(lone)} long", step_s=lone)
        decision.warnings.append(f"No meter has a second reading, so each is taken as {_length(lone)} long.")
        return
    months = sum(count for step, count in steps.items() if MONTH_DAYS[0] * DAY <= step <= MONTH_DAYS[1] * DAY)
    years = sum(count for step, count in steps.items() if step in (YEAR_DAYS[0] * DAY, YEAR_DAYS[1] * DAY))
    if max(months, years) > MOSTLY * total:
        length = 1 if months > years else 12
        decision.set("step", "calendar months" if length == 1 else "calendar years", step_s=None, step_months=length)
        return
    shuffled = survey.meters.step_of_shuffled()
    if shuffled:
        decision.set(
            "step", f"{_length(shuffled)}: lines are in no order, all are multiples of that apart", step_s=shuffled
        )
        return
    step, count = steps.most_common(1)[0]
    if decision.mapping.aware and abs(step - DAY) <= HOUR and step != DAY:
        step = DAY
    each = set(survey.meters.step_of_each().values())
    if len(each) > 1:
        named = ", ".join(_length(one) for one in sorted(each)[:4])
        decision.set("step", f"meters differ: {named}", step_s=None)
    else:
        decision.set(
            "step", f"{_length(step)}: {count:,} of {total:,} neighbouring readings are that far apart", step_s=step
        )


def _has_time_of_day(survey: Survey) -> bool:
    return bool((survey.meters.first % DAY != 0).any())


def _length(step: int) -> str:
    for seconds, unit in ((DAY, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if step % seconds == 0 and step:
            count = step // seconds
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "0 seconds"


def decide_order(decision: Decision, survey: Survey) -> None:
    """See whether the newest readings come first."""
    steps = survey.meters.steps()
    back = sum(count for step, count in steps.items() if step < 0)
    if back > MOSTLY * max(1, steps.total()):
        decision.set("newest_first", "times go backwards from line to line", newest_first=True)


def decide_midnight(decision: Decision, survey: Survey) -> None:
    """See whether midnight is stamped with the day that ends: 23:00, then 00:00 of the same date."""
    step = decision.mapping.step_s
    if not step or step >= DAY or decision.mapping.newest_first:
        return
    back = survey.meters.steps()[step - DAY]
    if survey.meters.midnights > 1 and back >= MOSTLY * survey.meters.midnights:
        reason = f"{back} of {survey.meters.midnights} midnights carry the date of the readings just before them"
        decision.set("midnight", reason, midnight_ends_day=True)
        decision.set("stamp", "midnight closes the day, so stamps name the end of intervals", stamp="end")


def decide_clock(decision: Decision, survey: Survey) -> None:
    """Decide how the source stamps the days on which the clocks of its zone change."""
    mapping = decision.mapping
    if mapping.aware or not mapping.step_s or mapping.step_s >= DAY:
        return
    costs = survey.changes.costs(mapping.step_s)
    if not costs:
        return
    ways = sorted(costs, key=lambda way: (round(costs[way], 3), list(CLOCK_REASONS).index(way)))
    best = ways[0]
    decision.set("clock", CLOCK_REASONS[best], clock=best)
    if best == "label":
        decision.set("stamp", CLOCK_REASONS[best], stamp="end")
    if best in ("standard", "elapsed"):
        decision.warnings.append(f"In {mapping.timezone}, {CLOCK_REASONS[best]}.")


def decide_stamp(decision: Decision, survey: Survey, roles: Roles) -> None:
    """Decide whether stamps name the start or the end of intervals."""
    mapping, meters = decision.mapping, survey.meters
    if "stamp" in decision.reasons:
        return
    time = "_".join(words.plain(name) for name in mapping.time_columns)
    ends = _whole_days_by_ends(meters.low, meters.high, mapping.step_s)
    if mapping.across or (mapping.period_column and mapping.period_first):
        decision.set("stamp", "periods are counted from midnight", stamp="start")
    elif roles.known and roles.known.stamp:
        decision.set(
            "stamp", f"{roles.known.maker} stamps the {roles.known.stamp} of intervals", stamp=roles.known.stamp
        )
    elif words.END_OF_INTERVAL.search(time) and not words.START_OF_INTERVAL.search(time):
        decision.set("stamp", f"the column is called “{mapping.time_columns[0]}”", stamp="end")
    elif words.START_OF_INTERVAL.search(time):
        decision.set("stamp", f"the column is called “{mapping.time_columns[0]}”", stamp="start")
    elif survey.ends_at_24:
        decision.set("stamp", "24:00 occurs, which can only be an end", stamp="end")
    elif ends:
        decision.set("stamp", "the first stamp is one step after midnight and the last one is midnight", stamp="end")
    else:
        decision.set("stamp", "nothing speaks for the end of intervals", stamp=_start())


def _start() -> Stamp:
    return "start"


def _whole_days_by_ends(low: Integers, high: Integers, step: int | None) -> bool:
    if not step or step >= DAY or not len(low):
        return False
    fits = (low % DAY == step) & (high % DAY == 0) & (high > low)
    return bool(fits.mean() > MOSTLY)


def decide_unit(decision: Decision, roles: Roles, given: str | None, named: str | None) -> None:
    """Decide on the unit: by hand, by a column of units, by a known file, by headers; else kWh with a warning."""
    columns = decision.mapping.value_columns or decision.mapping.across[:1]
    headers = {unit.name: unit for unit in map(units.in_header, columns) if unit}
    if given:
        unit, reason = units.unit_of(given), "given by hand"
    elif named and units.named(named):
        unit, reason = units.unit_of(named), f"the column “{roles.unit_column}” says so"
    elif len(headers) == 1:
        unit, reason = next(iter(headers.values())), "the name of the column says so"
    elif roles.known and roles.known.unit:
        unit, reason = units.unit_of(roles.known.unit), f"known from the columns: {roles.known.maker}"
        decision.warnings.append(f"The unit {unit.name} is that of {roles.known.maker}; the file itself does not say.")
    elif any(words.POWER.search(words.plain(name)) for name in columns):
        unit, reason = units.unit_of("kW"), "the column is called power"
        decision.warnings.append("No unit is given; the values are read as kW. Give the unit if it is another.")
    else:
        unit, reason = units.unit_of("kWh"), "nothing says another unit"
        decision.warnings.append("No unit is given; the values are read as kWh. Give the unit if it is another.")
    decision.set("unit", reason, unit=unit.name, quantity=unit.quantity)


def decide_register(decision: Decision, survey: Survey, *, given: bool | None) -> None:
    """Decide whether the values are readings of a register: by hand, else where they only ever rise."""
    if given:
        decision.set("quantity", "given by hand", quantity="register")
        return
    registers = survey.meters.registers(newest_first=decision.mapping.newest_first)
    long_enough = survey.meters.usable > DAY // 3600
    rising = long_enough.any() and registers[long_enough].mean() > MOSTLY
    if decision.mapping.quantity != "energy" or not rising or given is False:
        return
    reason = f"the values of {int(registers.sum())} of {len(registers)} meters only ever rise, as those of a register"
    decision.set("quantity", reason, quantity="register")
    if not any(words.REGISTER.search(words.plain(name)) for name in decision.mapping.value_columns):
        decision.warnings.append(
            "The values only ever rise: they are read as a register, and their differences are the energy. "
            "Say so if they are energy themselves."
        )
    if not any(words.END_OF_INTERVAL.search(words.plain(name)) for name in decision.mapping.time_columns):
        decision.set("stamp", "a register is read at its stamp", stamp="start")
