"""How good forecasts are on real data, and how long they take.

Day-ahead for the grid operators of EIA-930, next to their own forecasts; Victoria with temperature, states of India by
day, homes; and 300 meters at once. What is "true" for the operators is the file's column of cleaned demand.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from pipeline.analytics.forecast import Forecast, Refusal, Series, forecast_many, from_readings, with_company
from pipeline.analytics.forecast.backtest import Backtest
from pipeline.analytics.forecast.series import Step
from pipeline.analytics.forecast.trial import try_models
from pipeline.analytics.one_thread import one_thread
from pipeline.demo.clock import clock_of
from pipeline.demo.consumption import energy_kwh
from pipeline.demo.events import plant
from pipeline.demo.generate import Demo
from pipeline.demo.sky import sky_over

SHARED = Path(__file__).parents[2] / "shared" / "data"
EIA = SHARED / "eia930_labelled_2015_20"
TESTED_FROM = date(2019, 7, 1)
ORIGINS = 200
CORES = 2
QUICK = ("seasonal_naive", "regression", "similar_days")
PARTS = ("operators", "others", "meters")


class Operator(NamedTuple):
    """Where a balancing authority lives; the table at the end of the data's README, with El Paso on its own clock."""

    timezone: str
    state: str


OPERATORS = {
    "BANC": Operator("America/Los_Angeles", "CA"),
    "CISO": Operator("America/Los_Angeles", "CA"),
    "EPE": Operator("America/Denver", "TX"),
    "ERCO": Operator("America/Chicago", "TX"),
    "FPL": Operator("America/New_York", "FL"),
    "HST": Operator("America/New_York", "FL"),
    "IID": Operator("America/Los_Angeles", "CA"),
    "PACE": Operator("America/Denver", "UT"),
    "SCL": Operator("America/Los_Angeles", "WA"),
    "SWPP": Operator("America/Chicago", "OK"),
    "TAL": Operator("America/New_York", "FL"),
    "TVA": Operator("America/Chicago", "TN"),
}


def main(*, quick: bool = False) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.forecasts")
    parser.add_argument("--part", choices=PARTS, action="append", help="which part; default: all")
    given, _ = parser.parse_known_args()
    for part in given.part or PARTS:
        {"operators": operators, "others": others, "meters": meters}[part](quick=quick)


def operators(*, quick: bool) -> None:
    """Compare day-ahead forecasts with those of the operators, on the hours that both forecast."""
    if not EIA.is_dir():
        Console().print(f"There is no {EIA}: the operators are left out.")
        return
    names = list(OPERATORS)[: 2 if quick else None]
    began = time.perf_counter()
    demands, forecasts = zip(*(demand_of(name) for name in OPERATORS), strict=True)
    together = with_company(demands)[: len(names)]
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        rows = list(pool.map(operator, together, forecasts[: len(names)], [20 if quick else ORIGINS] * len(names)))
    seconds = time.perf_counter() - began
    table = Table(title=f"Day-ahead WAPE in %, {rows[0].origins} days after {TESTED_FROM}; all in {seconds:.0f} s")
    models = list(rows[0].wape)
    for heading in ("operator", "its own", *models, "selected", "coverage", "trained s", "predicted ms"):
        table.add_column(heading)
    for row in rows:
        figures = [f"{row.own:.2f}", *(f"{row.wape[name]:.2f}" for name in models)]
        times = [f"{row.coverage:.0%}", f"{row.train_seconds:.1f}", f"{1000 * row.predict_seconds:.0f}"]
        table.add_row(row.name, *figures, row.selected, *times)
    for label, middle in (("median", np.median), ("mean", np.mean)):
        table.add_row(
            label,
            f"{middle([row.own for row in rows]):.3f}",
            *(f"{middle([row.wape[name] for row in rows]):.3f}" for name in models),
        )
    Console(width=160).print(table)
    better = sum(row.wape["ensemble"] < row.own for row in rows)
    Console().print(f"Better than the operator's own: {better} of {len(rows)}.")


class Row(NamedTuple):
    """What came of one operator: WAPE in % by model and of its own forecast."""

    name: str
    own: float
    wape: dict[str, float]
    selected: str
    coverage: float
    origins: int
    train_seconds: float
    predict_seconds: float


def demand_of(name: str) -> tuple[Series, np.ndarray]:
    """Read the demand of an operator, and its own forecast of each hour."""
    frame = pd.read_csv(EIA / f"{name}.csv", na_values=["MISSING", "EMPTY"], index_col=0, parse_dates=[0])
    hours = pd.DatetimeIndex(frame.index).tz_localize("UTC") - pd.Timedelta(hours=1)  # stamped at the end
    place = OPERATORS[name]
    demand = pd.Series(frame["cleaned demand (MW)"].to_numpy(), index=hours)
    series = from_readings(name, demand, "h", timezone=place.timezone, country="US", subdivision=place.state)
    return series, frame["forecast demand (MW)"].to_numpy(np.float64)


def operator(series: Series, forecast: np.ndarray, origins: int) -> Row:
    """Forecast the last year of an operator from local midnights, trained only on what lies before.

    The others are looked at as well, up to the same instants.
    """
    with one_thread():  # the other processor has an operator of its own
        record = _record(try_models([series], 24, origins=origins, after=TESTED_FROM, models=QUICK)[0])
    tested = slice(record.schedule.warm, None)
    actual = record.actual[tested, :24]
    own = _by_cell(forecast, record)[tested, :24]
    both = np.isfinite(own) & np.isfinite(actual)
    best = next(score for score in record.scores if score.model == "ensemble")
    return Row(
        name=series.name,
        own=_wape(own, actual, both),
        wape={model: _wape(track.predicted[tested, :24], actual, both) for model, track in record.tracks.items()},
        selected=record.selected,
        coverage=best.coverage,
        origins=best.origins,
        train_seconds=best.train_seconds,
        predict_seconds=best.predict_seconds,
    )


def others(*, quick: bool) -> None:
    """Forecast Victoria with temperature, Indian states by day, and five homes."""
    parts: dict[str, Callable[[], tuple[Sequence[Series], int, date | None]]] = {
        "Victoria, half hours, temperature known, 24 h": lambda: (victoria(temperature=True), 48, date(2013, 7, 1)),
        "Victoria without temperature, 24 h": lambda: (victoria(temperature=False), 48, date(2013, 7, 1)),
        "Indian states, days, 7 d": lambda: (india(), 7, date(2023, 1, 1)),
        "Indian states, days, 35 d": lambda: (india(), 35, date(2023, 1, 1)),
        "five homes, half hours, 24 h": lambda: (homes(), 48, None),
    }
    table = Table("", "series", "model", "WAPE %", "MASE", "skill", "coverage", "seconds", title="Medians over series")
    for title, make in parts.items():
        if not SHARED.is_dir():
            Console().print(f"There is no {SHARED}: {title} is left out.")
            continue
        series, horizon, after = make()
        began = time.perf_counter()
        found = try_models(series, horizon, origins=10 if quick else 60, after=after, models=None)
        seconds = time.perf_counter() - began
        records = [record for record in found if isinstance(record, Backtest)]
        scores = pd.DataFrame([score for record in records for score in record.scores])
        for model, part in scores.groupby("model", sort=False):
            middle = part[["wape", "mase", "skill", "coverage"]].median()
            table.add_row(
                title,
                f"{len(records)} of {len(found)}",
                str(model),
                f"{100 * middle['wape']:.2f}",
                f"{middle['mase']:.2f}",
                f"{middle['skill']:.2f}",
                f"{middle['coverage']:.0%}",
                f"{seconds:.0f}",
            )
            title, seconds = "", 0.0  # noqa: PLW2901 - said once
    Console(width=140).print(table)


def victoria(*, temperature: bool) -> list[Series]:
    """Read Victoria's demand; its temperature is what was measured, as if the weather forecast had been perfect."""
    frame = pd.read_csv(SHARED / "vic_elec" / "vic_elec_2012-2013.csv", index_col=0, parse_dates=[0])
    frame.index = pd.DatetimeIndex(frame.index).tz_localize("UTC")
    series = from_readings(
        "Victoria",
        1000 * frame["Demand"],
        "30min",
        timezone="Australia/Melbourne",
        country="AU",
        subdivision="VIC",
        temperature_c=frame["Temperature"] if temperature else None,
    )
    return [series]


def india() -> list[Series]:
    """Read the energy met by day of the states of India; days without a positive value are gaps."""
    frame = pd.read_csv(SHARED / "india_grid_daily_2020_25" / "India_Elec_data_2020-2023.csv", parse_dates=["Date"])
    by_state = frame.pivot_table(index="Date", columns="State", values="Energy Met", aggfunc="first")
    values = by_state.where(by_state > 0) * 1_000_000
    return [
        _known(str(state), values[state], "D", "Asia/Kolkata", "IN") for state in values if values[state].notna().any()
    ]


def homes() -> list[Series]:
    """Read five Australian homes by half hour."""
    frame = pd.read_csv(SHARED / "sgsc_10_households" / "smart_meter_5.csv", parse_dates=["reading_datetime"])
    found = []
    for home, readings in frame.groupby("customer_id"):
        clock = pd.DatetimeIndex(readings["reading_datetime"])
        values = pd.Series(readings["general_supply_kwh"].to_numpy(), index=clock)
        values = values[~values.index.duplicated()]
        local = pd.DatetimeIndex(values.index).tz_localize("Etc/GMT-10").tz_convert("UTC")
        found.append(_known(str(home), values.set_axis(local), "30min", "Australia/Sydney", "AU"))
    return found


def meters(*, quick: bool) -> None:
    """Forecast 300 generated meters 48 hours ahead, by hours, with backtest."""
    series = generated(30 if quick else 300)
    began = time.perf_counter()
    answers = forecast_many(series)
    seconds = time.perf_counter() - began
    forecasts = [answer for answer in answers if isinstance(answer, Forecast)]
    scores = pd.DataFrame([score for forecast in forecasts for score in forecast.scores])
    table = Table(
        "model", "WAPE %", "MASE", "skill", "coverage", "selected", title=f"{len(forecasts)} meters, {seconds:.0f} s"
    )
    for model, part in scores.groupby("model", sort=False):
        middle = part[["wape", "mase", "skill", "coverage"]].median()
        table.add_row(
            str(model),
            f"{100 * middle['wape']:.2f}",
            f"{middle['mase']:.2f}",
            f"{middle['skill']:.2f}",
            f"{middle['coverage']:.0%}",
            str(int(part["selected"].sum())),
        )
    Console().print(table)


def generated(number: int) -> list[Series]:
    """Generate demo meters by hours, two years, with what is planted in them."""
    demo = Demo(date(2024, 6, 1), number)
    found = []
    for meter in demo.meters:
        clock = clock_of(meter.region, demo.end, demo.days, 3600)
        sky = sky_over(meter.region, meter.city, demo.end, demo.days, demo.seed)
        planted = [event for event in demo.events if event.meter is meter]
        values = plant(planted, clock, energy_kwh(meter, clock, sky))
        energy = pd.Series(values, index=clock.start_utc)
        found.append(_known(meter.name, energy, "h", meter.region.timezone, meter.region.country))
    return found


def _known(name: str, values: pd.Series, step: Step, timezone: str, country: str) -> Series:
    return from_readings(name, values.dropna(), step, timezone=timezone, country=country)


def _record(found: Backtest | Refusal) -> Backtest:
    if isinstance(found, Refusal):
        raise SystemExit(found.reason)
    return found


def _by_cell(values: np.ndarray, record: Backtest) -> np.ndarray:
    """Lay values by interval out by origin and cell."""
    grid = record.grid
    cells = np.full(grid.end, np.nan)
    cells[grid.cell[: len(values)]] = values
    target = record.schedule.origins[:, None] + np.arange(record.actual.shape[1])
    return np.where(target < grid.end, cells[np.minimum(target, grid.end - 1)], np.nan)


def _wape(predicted: np.ndarray, actual: np.ndarray, both: np.ndarray) -> float:
    return float(100 * np.abs(predicted - actual)[both].sum() / actual[both].sum())


if __name__ == "__main__":
    main()
