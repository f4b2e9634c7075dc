"""What goes wrong in the demo, on purpose and on record, so that detectors can be measured against it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.demo.clock import Clock, Floats, clock_of
from pipeline.demo.meters import DemoMeter

EventKind = Literal["spike", "stuck", "gap", "vacation", "leak", "level_shift", "meter_exchange"]
EARLIEST, LATEST = 0.25, 0.97


@dataclass(frozen=True)
class Event:
    """Something planted on a meter from local day ``day`` (0 is the first), for ``hours`` hours or to the end."""

    meter: DemoMeter
    kind: EventKind
    day: int
    hour: int
    hours: int
    size: float
    note: str


@dataclass(frozen=True)
class Recipe:
    """How often a kind of event happens (share of all meters), to which meters, and how."""

    kind: EventKind
    share: float
    suits: Callable[[DemoMeter], bool]
    hours: tuple[int, int]
    size: tuple[float, float]
    note: str
    start_hour: int | None = None


def _plain(meter: DemoMeter) -> bool:
    return meter.kind.direction == "import" and not meter.kind.register and not meter.kind.solar_share


def _leaks(meter: DemoMeter) -> bool:
    return _plain(meter) and meter.site.sector in {"shop", "school", "office"}


RECIPES = (
    Recipe(
        "meter_exchange", 0.007, lambda m: m.kind.register, (1, 1), (0, 500), "New register starts at {size:.0f} kWh"
    ),
    Recipe("vacation", 0.02, lambda m: _plain(m) and m.kind.single_home, (168, 504), (0.25, 0.35), "Nobody at home", 9),
    Recipe("leak", 0.013, _leaks, (240, 720), (0.25, 0.45), "Runs day and night: {size:.0%} of the mean load more"),
    Recipe(
        "level_shift",
        0.013,
        _plain,
        (10**6, 10**6),
        (1.3, 1.6),
        "New equipment: {size:.2f} times the load from here",
        0,
    ),
    Recipe("stuck", 0.02, _plain, (30, 96), (1, 1), "The same value again and again"),
    Recipe("gap", 0.04, _plain, (3, 72), (1, 1), "No values came"),
    Recipe("spike", 0.05, _plain, (1, 1), (7, 12), "One value {size:.0f} times too high"),
)


def plan_events(meters: list[DemoMeter], days: int, seed: int) -> list[Event]:
    """Choose meters and times for every kind of event: at most one a meter, at least one of each kind where it fits."""
    free = list(meters)
    planned: list[Event] = []
    for recipe in RECIPES:
        suited = [meter for meter in free if recipe.suits(meter)]
        wanted = min(len(suited), max(1, round(recipe.share * len(meters))))
        chosen = [suited[place] for place in np.linspace(0, len(suited) - 1, wanted, dtype=int)] if wanted else []
        planned += [_event(recipe, meter, turn / max(1, wanted - 1), days, seed) for turn, meter in enumerate(chosen)]
        free = [meter for meter in free if meter not in chosen]
    return planned


def _event(recipe: Recipe, meter: DemoMeter, when: float, days: int, seed: int) -> Event:
    draws = np.random.default_rng([seed, meter.index, *recipe.kind.encode()])
    hours = int(draws.integers(recipe.hours[0], recipe.hours[1] + 1))
    size = float(draws.uniform(*recipe.size))
    latest = max(EARLIEST, min(LATEST, 1 - (min(hours, days * 6) / 24 + 2) / days))
    day = int(days * (EARLIEST + (latest - EARLIEST) * when))
    hour = int(draws.integers(7, 19)) if recipe.start_hour is None else recipe.start_hour
    return Event(meter, recipe.kind, day, hour, hours, size, recipe.note.format(size=size))


def plant(events: Iterable[Event], clock: Clock, energy_kwh: Floats) -> Floats:
    """Return the energy with the events in it; missing values are NaN.

    The exchange of a register is not here: it changes the register's reading, not the energy.
    """
    planted = energy_kwh.copy()
    for event in events:
        _plant_one(event, clock, planted)
    return planted


def _plant_one(event: Event, clock: Clock, energy_kwh: Floats) -> None:
    inside = span_of(event, clock)
    match event.kind:
        case "gap":
            energy_kwh[inside] = np.nan
        case "stuck":
            energy_kwh[inside] = energy_kwh[inside.start]
        case "leak":
            extra = event.size * event.meter.mean_kw * clock.step_s / 3600
            energy_kwh[inside] = np.round(energy_kwh[inside] + extra, 3)
        case "vacation":
            standby = float(np.nanquantile(energy_kwh, 0.1))
            energy_kwh[inside] = np.round(standby + event.size * (energy_kwh[inside] - standby).clip(0) * 0.3, 3)
        case "spike" | "level_shift":
            energy_kwh[inside] = np.round(energy_kwh[inside] * event.size, 3)
        case "meter_exchange":
            pass


def span_of(event: Event, clock: Clock) -> slice:
    """Give the intervals that an event covers; a spike is one interval whatever their length."""
    start = int(np.searchsorted(clock.day, event.day)) + event.hour * 3600 // clock.step_s
    length = 1 if event.kind in {"spike", "meter_exchange"} else event.hours * 3600 // clock.step_s
    return slice(start, min(start + length, len(clock.day)))


def ground_truth(events: list[Event], end: date, days: int) -> pd.DataFrame:
    """List the planted events: ``meter, kind, start_ts, end_ts`` (UTC, half-open) and ``note``.

    A meter was exchanged in the interval that ends when the new register is first read: its energy is not known.
    """
    rows = []
    for event in events:
        clock = clock_of(event.meter.region, end, days, event.meter.kind.step_s)
        inside = span_of(event, clock)
        step = pd.Timedelta(seconds=clock.step_s)
        began, over = clock.start_utc[inside.start], clock.start_utc[inside.stop - 1] + step
        if event.kind == "meter_exchange":
            began, over = began - step, began
        rows.append((event.meter.name, event.kind, began, over, event.note))
    return pd.DataFrame(rows, columns=["meter", "kind", "start_ts", "end_ts", "note"])
