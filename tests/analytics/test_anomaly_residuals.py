"""Hours on end outside what a forecast said was likely."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from planted_meters import instant, load, observed, of_kind, times

from pipeline.analytics.anomalies import Observed, detect

RAISED = ("2023-06-06 08:00", "2023-06-06 18:00")


def forecast(usual: pd.Series, *, half_width: float = 0.1) -> pd.DataFrame:
    """A forecast by the hour that knew the load well, for June alone."""
    hourly = usual.resample("h").sum()
    said = hourly[(hourly.index >= instant("2023-06-01")) & (hourly.index < instant("2023-07-01"))]
    return pd.DataFrame({"p10": said * (1 - half_width), "p50": said, "p90": said * (1 + half_width)})


@pytest.mark.parametrize("step", ["15min", "1h"])
@pytest.mark.parametrize(("factor", "kind"), [(1.7, "high_use"), (0.35, "low_use")])
def test_ten_hours_far_outside_the_band_are_one_event_with_the_energy_of_the_forecast(
    step: str, factor: float, kind: str
) -> None:
    usual = load(200, step)
    said = forecast(usual)
    meter = observed(times(usual, *RAISED, factor))

    [(start, end)] = of_kind(detect(replace(meter, expected=said)), kind)

    assert (start, end) == tuple(map(instant, RAISED))
    event = detect(replace(meter, expected=said)).set_index("kind").loc[kind]
    within = said.loc[(said.index >= start) & (said.index < end), "p50"].sum()
    assert event["expected_kwh"] == pytest.approx(within)
    assert event["actual_kwh"] == pytest.approx(factor * within, rel=1e-3)
    assert event["evidence"]["detector"] == "residuals"
    reference = event["evidence"]["reference"]
    assert (pd.Timestamp(reference["start"]), reference["step"], len(reference["p50"])) == (start, "hour", 10)
    assert reference["p10"] < reference["p50"] < reference["p90"]
    assert of_kind(detect(meter), kind) == []


def test_the_event_goes_on_while_the_load_stays_outside_the_band_and_does_not_break_up_at_the_limit() -> None:
    usual = load(200)
    energy = times(times(usual, *RAISED, 1.8), "2023-06-06 18:00", "2023-06-06 23:00", 1.15)

    [(start, end)] = of_kind(detect(replace(observed(energy), expected=forecast(usual))), "high_use")

    assert (start, end) == (instant("2023-06-06 08:00"), instant("2023-06-06 23:00"))


def test_hours_within_the_band_and_a_single_hour_outside_are_nothing() -> None:
    usual = load(200)
    inside = observed(usual * np.where(np.arange(len(usual)) % 3, 1.05, 0.95))
    brief = observed(times(usual, "2023-06-06 10:00", "2023-06-06 11:00", 1.6))

    for meter in (inside, brief):
        events = detect(replace(meter, expected=forecast(usual)))
        assert not events["kind"].isin(["high_use", "low_use"]).any()


def test_a_forecast_of_another_time_says_nothing() -> None:
    usual = load(60, start="2024-01-01")

    assert detect(replace(observed(usual), expected=forecast(load(200)))).empty


def test_daily_readings_are_not_compared_with_hours() -> None:
    said = forecast(load(200))
    energy = load(200, "1D")
    meter = Observed("planted", energy.to_frame("energy_kwh"), "Europe/Berlin", expected=said)

    assert detect(meter).empty
