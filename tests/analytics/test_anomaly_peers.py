"""A meter that moves away from its group."""

from dataclasses import replace

import pandas as pd
import pytest
from planted_meters import instant, load, observed, times

from pipeline.analytics.anomalies import Observed, detect_peers

DAY = pd.Timedelta(days=1)


def group(count: int, **broken: tuple[str, str, float]) -> list[Observed]:
    """Meters that differ in size and chance; some drift for a while."""
    meters = []
    for number in range(count):
        energy = load(500, seed=number) * (1 + number)
        name = f"m{number}"
        meters.append(observed(times(energy, *broken[name]) if name in broken else energy, name=name))
    return meters


@pytest.mark.parametrize("factor", [0.6, 1.6])
def test_the_meter_that_drifts_is_found_within_a_week_or_two_and_the_others_are_not(factor: float) -> None:
    events = detect_peers(group(7, m3=("2023-10-02", "2023-12-18", factor)))

    assert events[["series", "kind"]].to_numpy().tolist() == [["m3", "peers"]]
    event = events.iloc[0]
    assert abs(event["start"] - instant("2023-10-02")) <= 10 * DAY
    assert abs(event["end"] - instant("2023-12-18")) <= 10 * DAY
    assert 1 + event["evidence"]["change"] == pytest.approx(factor, rel=0.1)
    assert event["actual_kwh"] / event["expected_kwh"] == pytest.approx(factor, rel=0.2)
    reference = event["evidence"]["reference"]
    assert reference["start"] == f"{event['start'].tz_convert('Europe/Berlin'):%F}"
    assert len(reference["p50"]) == round((event["end"] - event["start"]) / DAY)
    assert sum(reference["p50"]) == pytest.approx(event["expected_kwh"], rel=1e-3)
    assert ("more" if factor > 1 else "less") + " than its group" in event["explanation"]


def test_what_happens_to_all_is_no_drift() -> None:
    cold = {f"m{number}": ("2023-10-02", "2023-12-18", 1.6) for number in range(7)}

    assert detect_peers(group(7, **cold)).empty


def test_four_meters_are_too_few_to_be_a_group() -> None:
    assert detect_peers(group(4, m3=("2023-10-02", "2023-12-18", 1.6))).empty


def test_groups_are_kept_apart_and_what_is_generated_is_in_none() -> None:
    meters = group(12, m3=("2023-10-02", "2023-12-18", 1.6))
    groups = {meter.name: "small" if meter.name in {"m1", "m3"} else "large" for meter in meters}

    assert detect_peers(meters, groups=groups).empty
    assert detect_peers([replace(meter, direction="generation") for meter in meters]).empty
