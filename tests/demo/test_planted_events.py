from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipeline.demo.clock import clock_of
from pipeline.demo.consumption import energy_kwh
from pipeline.demo.events import RECIPES, plan_events
from pipeline.demo.generate import Demo
from pipeline.demo.sky import sky_over

END = date(2025, 11, 23)


@pytest.fixture(scope="module")
def demo() -> Demo:
    return Demo(END)


@pytest.fixture(scope="module")
def truth(demo: Demo) -> pd.DataFrame:
    return demo.truth()


def pairs(demo: Demo, truth: pd.DataFrame, kind: str) -> list[tuple[pd.Series, pd.Series, slice]]:
    """Give for each event of a kind what the meter shows, what it would have shown, and when."""
    meters = {meter.name: meter for meter in demo.meters}
    found = []
    for row in truth[truth["kind"] == kind].itertuples():
        meter = meters[row.meter]
        clock = clock_of(meter.region, demo.end, demo.days, meter.kind.step_s)
        clean = energy_kwh(meter, clock, sky_over(meter.region, meter.city, demo.end, demo.days, demo.seed))
        shown = demo.chunk_of(meter).readings.set_index("ts")["energy_kwh"]
        before_end = row.end_ts - pd.Timedelta(microseconds=1)
        found.append((shown, pd.Series(clean, clock.start_utc), slice(row.start_ts, before_end)))
    assert found
    return found


def test_every_kind_is_planted_once_a_meter(truth: pd.DataFrame) -> None:
    assert set(truth["kind"]) == {recipe.kind for recipe in RECIPES}
    assert truth["meter"].is_unique
    assert (truth["start_ts"] < truth["end_ts"]).all()


def test_some_of_each_kind_lie_in_the_last_month(truth: pd.DataFrame) -> None:
    recent = truth[truth["start_ts"] > pd.Timestamp(END, tz="UTC") - pd.Timedelta(days=31)]

    assert {"spike", "stuck", "gap", "vacation", "leak"} <= set(recent["kind"])


def test_outside_the_events_nothing_is_changed(demo: Demo, truth: pd.DataFrame) -> None:
    for kind in ("stuck", "spike", "leak", "vacation"):
        shown, clean, when = pairs(demo, truth, kind)[0]

        assert shown.drop(shown.loc[when].index).equals(clean.drop(clean.loc[when].index))


def test_stuck_meters_repeat_one_value(demo: Demo, truth: pd.DataFrame) -> None:
    for shown, _clean, when in pairs(demo, truth, "stuck"):
        assert np.ptp(shown.loc[when]) == 0
        assert len(shown.loc[when]) >= 24


def test_gaps_have_no_values_some_as_missing_rows(demo: Demo, truth: pd.DataFrame) -> None:
    found = pairs(demo, truth, "gap")

    assert all(shown.loc[when].isna().all() for shown, _clean, when in found)
    assert {shown.loc[when].empty for shown, _clean, when in found} == {True, False}


def test_spikes_are_many_times_too_high(demo: Demo, truth: pd.DataFrame) -> None:
    for shown, clean, when in pairs(demo, truth, "spike"):
        assert len(shown.loc[when]) == 1
        assert (shown.loc[when] > 6.5 * clean.loc[when]).all()


def test_leaks_add_the_same_at_night_as_by_day(demo: Demo, truth: pd.DataFrame) -> None:
    for shown, clean, when in pairs(demo, truth, "leak"):
        extra = shown.loc[when] - clean.loc[when]

        assert extra.min() > 0
        assert np.ptp(extra) < 0.01 * extra.mean() + 0.01


def test_vacations_leave_standby_and_level_shifts_stay(demo: Demo, truth: pd.DataFrame) -> None:
    for shown, clean, when in pairs(demo, truth, "vacation"):
        assert shown.loc[when].mean() < 0.6 * clean.loc[when].mean()
    for shown, clean, when in pairs(demo, truth, "level_shift"):
        ratio = shown.loc[when].sum() / clean.loc[when].sum()
        assert 1.25 < ratio < 1.65
        assert shown.index[-1] in shown.loc[when].index


def test_a_register_counts_up_except_where_the_meter_was_exchanged(demo: Demo, truth: pd.DataFrame) -> None:
    exchanged = truth[truth["kind"] == "meter_exchange"].set_index("meter")["end_ts"]
    registers = [meter for meter in demo.meters if meter.kind.register]
    assert {meter.name for meter in registers} >= set(exchanged.index)
    for meter in registers:
        shown = demo.chunk_of(meter).readings.set_index("ts")["energy_kwh"]
        drops = shown.index[shown.diff() < 0]

        assert list(drops) == ([exchanged[meter.name]] if meter.name in exchanged else [])


@pytest.mark.parametrize(("count", "days"), [(1, 3), (12, 30), (40, 90)])
def test_small_demos_have_events_that_fit(count: int, days: int) -> None:
    demo = Demo(END, meter_count=count, days=days)

    truth = demo.truth()

    assert len(plan_events(demo.meters, days, demo.seed)) == len(truth)
    assert (truth["end_ts"] <= pd.Timestamp(END, tz="UTC")).all()
    assert all(len(chunk.readings) for chunk in demo.chunks())
