"""How well anomalies are found: on hours labelled by hand-checked rules, and on faults planted in the demo.

A true event of the operators is a run of hours that the file labels neither OKAY nor MISSING, without a break; hours of
MISSING are neither true nor false, and the events that say so (gaps) are left out. A true event is recalled, and a
found event is right, where it has any time in common with one of the other side; nothing is adjusted by points.
"""

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import cache
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn.ensemble import IsolationForest

from bench.event_matching import NOTHING, Matched, events_of_hours, hours_of_events, match, overlap
from bench.forecasts import CORES, EIA, OPERATORS
from pipeline.analytics.anomalies import Observed, detect, detect_peers
from pipeline.analytics.anomalies.readings import observed_of_readings
from pipeline.demo.generate import SEED, Demo
from pipeline.sources.frame import Overrides
from pipeline.validation.files import cleaned_meters
from pipeline.validation.model import MeterRules
from pipeline.validation.vee import validate

PARTS = ("operators", "demo")
CHOSEN_ON = ("BANC", "CISO", "EPE", "ERCO", "FPL", "HST")
UNLABELLED = ("OKAY", "MISSING")
FAR_Z = 3.0
OURS = "Wattscape"
END = date(2025, 7, 1)
OTHER_SEED = 7
SAME_KIND = {"vacation": "low_use"}
MONTH = pd.Timedelta(days=30.4375)


def main(*, quick: bool = False) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.anomalies")
    parser.add_argument("--part", choices=PARTS, action="append", help="which part; default: all")
    given, _ = parser.parse_known_args()
    for part in given.part or PARTS:
        {"operators": operators, "demo": demo}[part](quick=quick)


class Row(NamedTuple):
    """What came of one operator: events by method, hours of the detectors, months and kinds of labels."""

    name: str
    events: dict[str, Matched]
    hours: Matched
    months: float
    kinds: pd.DataFrame


def operators(*, quick: bool) -> None:
    """Compare the detectors with an isolation forest and a plain z-score on twelve grid operators."""
    if not EIA.is_dir():
        Console().print(f"There is no {EIA}: the operators are left out.")
        return
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        rows = list(pool.map(operator, list(OPERATORS)[: 2 if quick else None]))
    table = Table(title="Events of grid operators: recall and precision in %")
    for heading in ("operator", "events", "recall", "precision", "false a month", "hours: recall", "precision"):
        table.add_column(heading)
    for method in list(rows[0].events)[1:]:
        table.add_column(f"{method}: recall")
        table.add_column("precision")
    for row in rows:
        table.add_row(*_cells(row.name, [row]))
    chosen = [row for row in rows if row.name in CHOSEN_ON]
    for label, some in (
        ("looked at", chosen),
        ("the others", [one for one in rows if one not in chosen]),
        ("all", rows),
    ):
        table.add_row(*_cells(label, some))
    labelled = [row for row in rows if row.events[OURS].true]
    recall, precision = (
        np.mean([getattr(row.events[OURS], share) for row in labelled]) for share in ("recall", "precision")
    )
    table.add_row("mean", "", _percent(recall), _percent(precision))
    Console(width=180).print(table)
    labels = pd.concat([row.kinds for row in rows]).groupby("label").sum()
    Console().print("Recalled by label: " + ", ".join(f"{kind} {a}/{b}" for kind, a, b in labels.itertuples()))


def operator(name: str) -> Row:
    """Find the anomalies of one operator, from the file as a user gives it."""
    path, place = EIA / f"{name}.csv", OPERATORS[name]
    [meter] = cleaned_meters(path, Overrides(columns=("raw demand (MW)",)), country="US")
    observed = observed_of_readings(
        name, meter.readings, place.timezone, country="US", subdivision=place.state, direction=meter.direction
    )
    labels = pd.read_csv(path, usecols=["date_time", "category"], parse_dates=["date_time"])
    hours = pd.DatetimeIndex(labels["date_time"]).tz_localize("UTC")
    labelled = ~labels["category"].isin(UNLABELLED).to_numpy()
    missing = (labels["category"] == "MISSING").to_numpy()
    true = events_of_hours(hours, labelled)
    came = observed.readings["raw_kwh"].reindex(hours).to_numpy(dtype=np.float64)
    found = detect(observed).query("kind != 'gap'")
    marked = {
        "forest": _by_forest(came, hours, float(labelled[~missing].mean())),
        "z > 3": np.abs(came - np.nanmean(came)) > FAR_Z * np.nanstd(came),
    }
    events = {OURS: match(true, found)}
    events |= {method: match(true, events_of_hours(hours, mask)) for method, mask in marked.items()}
    ours = hours_of_events(hours, found) & ~missing
    both = int((ours & labelled).sum())
    kinds = pd.DataFrame(
        {"label": [labels["category"].iloc[place] for place in hours.get_indexer(pd.DatetimeIndex(true["start"]))]}
    ).assign(recalled=overlap(true, found).astype(int), true=1)
    months = (hours[-1] - hours[0]) / MONTH
    return Row(name, events, Matched(int(labelled.sum()), both, int(ours.sum()), both), months, kinds)


def _by_forest(came: np.ndarray, hours: pd.DatetimeIndex, share: float) -> np.ndarray:
    """Mark hours by an isolation forest on value, change, hour and weekday that is told the share of labelled ones."""
    known = np.isfinite(came)
    change = pd.Series(came).diff().fillna(0.0).to_numpy()
    features = np.column_stack([came, change, hours.hour, hours.day_of_week])[known]
    if share == 0:
        return np.zeros(len(came), dtype=np.bool_)
    marked = np.zeros(len(came), dtype=np.bool_)
    marked[known] = IsolationForest(contamination=share, random_state=0).fit_predict(features) == -1
    return marked


def _cells(label: str, rows: Sequence[Row]) -> list[str]:
    def of(matched: Matched) -> list[str]:
        return [_percent(matched.recall), _percent(matched.precision)]

    sums = {method: sum((row.events[method] for row in rows), NOTHING) for method in rows[0].events}
    ours, *others = sums.values()
    hours = sum((row.hours for row in rows), NOTHING)
    alarms = (ours.found - ours.right) / sum(row.months for row in rows)
    start = [label, str(ours.true), *of(ours), f"{alarms:.2f}", *of(hours)]
    return start + [text for matched in others for text in of(matched)]


def demo(*, quick: bool) -> None:
    """Look for what is planted in two demos: the product's own, and another that no limit was chosen on."""
    for seed in (SEED,) if quick else (SEED, OTHER_SEED):
        _demo(seed, 60 if quick else 300)


def _demo(seed: int, count: int) -> None:
    numbers = range(count)
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        observed = list(pool.map(planted_meter, [seed] * count, [count] * count, numbers, chunksize=10))
        began = time.perf_counter()
        each = list(pool.map(timed, observed, chunksize=4))
        seconds = time.perf_counter() - began
    began = time.process_time()
    the = _made(seed, count)
    groups = {
        meter.name: f"{meter.site.sector} {meter.kind.direction} {meter.region.timezone} {meter.region.subdivision}"
        for meter in the.meters
    }
    peers = detect_peers(observed, groups=groups)
    cpu = time.process_time() - began
    found = pd.concat([one for one, _ in each if len(one)] + [peers], ignore_index=True)
    truth = the.truth().rename(columns={"start_ts": "start", "end_ts": "end", "meter": "series"})
    truth = truth.assign(kind=truth["kind"].replace(SAME_KIND))
    truth = truth.assign(any=_matched(truth, found), same=_matched(truth, found, "kind"))
    found = found.assign(any=_matched(found, truth), same=_matched(found, truth, "kind"))
    cpu_each = sum(one for _, one in each)
    months = count * the.days * pd.Timedelta(days=1) / MONTH
    table = Table(title=f"Demo of {count} meters, two years, seed {seed}")
    for heading in ("kind", "planted", "found", "found as that kind", "reported", "right", "right in kind"):
        table.add_column(heading)
    for kind in sorted({*truth["kind"], *found["kind"]}):
        table.add_row(kind, *_counts(truth[truth["kind"] == kind], found[found["kind"] == kind]))
    table.add_row("all", *_counts(truth, found))
    Console(width=120).print(table)
    Console().print(
        f"Recall {truth['any'].mean():.2f}, precision {found['any'].mean():.2f}; with the right kind "
        f"{truth['same'].mean():.2f} and {found['same'].mean():.2f}; {(~found['any']).sum() / months:.4f} false alarms "
        f"a meter-month. Detectors {seconds:.0f} s on {CORES} cores ({cpu_each:.0f} s of CPU), peers "
        f"{cpu:.0f} s of CPU."
    )
    for title, missed in (("Missed", truth[~truth["same"]]), ("False", found[~found["any"]])):
        listed = ", ".join(f"{row.kind} {row.start:%F} {row.series}" for row in missed.itertuples())
        Console(width=160).print(f"{title}: {listed or 'nothing'}")


@cache
def _made(seed: int, count: int) -> Demo:
    return Demo(END, count, seed=seed)


def planted_meter(seed: int, count: int, number: int) -> Observed:
    """Generate one meter of the demo and clean it as a load does."""
    made = _made(seed, count)
    meter = made.meters[number]
    country, subdivision = meter.region.country, meter.region.subdivision
    rules = MeterRules(
        timezone=meter.region.timezone,
        direction=meter.kind.direction,
        step_s=meter.kind.step_s,
        register=meter.kind.register,
        country=country,
        subdivision=subdivision,
    )
    readings = validate(made.chunk_of(meter).readings.drop(columns="meter"), rules).readings
    return observed_of_readings(
        meter.name,
        readings,
        meter.region.timezone,
        direction=meter.kind.direction,
        country=country,
        subdivision=subdivision,
    )


def timed(observed: Observed) -> tuple[pd.DataFrame, float]:
    """Return the events of a meter and the seconds of CPU that they took."""
    began = time.process_time()
    events = detect(observed).assign(series=observed.name)
    return events, time.process_time() - began


def _matched(events: pd.DataFrame, others: pd.DataFrame, *also: str) -> np.ndarray:
    """Say for each event whether one of the others overlaps it at the same meter, and in what else is named."""
    mine, theirs = (one[["series", *also]].agg(" ".join, axis=1).to_numpy() for one in (events, others))
    marks = np.zeros(len(events), dtype=np.bool_)
    for key in np.unique(mine):
        marks[mine == key] = overlap(events[mine == key], others[theirs == key])
    return marks


def _counts(truth: pd.DataFrame, found: pd.DataFrame) -> list[str]:
    of_truth = [len(truth), truth["any"].sum(), truth["same"].sum()]
    return [str(int(one)) for one in (*of_truth, len(found), found["any"].sum(), found["same"].sum())]


def _percent(share: float) -> str:
    return "-" if np.isnan(share) else f"{100 * share:.0f}"


if __name__ == "__main__":
    main()
