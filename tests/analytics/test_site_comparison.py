"""Shapes of days, indicators, peers, and the refusal of poor data."""

import numpy as np
import pandas as pd
import pytest
from planted_sites import BASE_KW, DAY_KW, hours_of, load_of, office

from pipeline.analytics.recommendations.indicator_list import INDICATORS
from pipeline.analytics.recommendations.indicators import indicators
from pipeline.analytics.recommendations.peers import peers_of
from pipeline.analytics.recommendations.quality import record_of, refusals, weight
from pipeline.analytics.recommendations.shape_names import name_of
from pipeline.analytics.recommendations.shapes import group, normalised_days
from pipeline.analytics.temperature import ChangePointFit

HOURS = np.arange(24)
FIT = ChangePointFit("5P", 100.0, 24.0, 12.0, 48.0, 20.0, 0.9, 0.1, 365)


def days_of(owner: int, shape: np.ndarray, days: int = 60, noise: float = 0.03) -> pd.DataFrame:
    draws = np.random.default_rng(owner)
    dates = pd.date_range("2025-03-03", periods=days)
    return pd.DataFrame(
        {
            "owner_id": owner,
            "date": dates.repeat(24),
            "hour": np.tile(HOURS, days),
            "day_type": np.where(dates.day_of_week >= 5, 1, 0).repeat(24),
            "energy_kwh": np.tile(shape, days) * draws.normal(1, noise, days * 24),
        }
    )


FLAT = np.ones(24)
WORKING = np.where((HOURS >= 8) & (HOURS < 18), 4.0, 1.0)
EVENING = np.where((HOURS >= 17) & (HOURS < 22), 4.0, 1.0)


def test_planted_shapes_come_back_as_groups_with_their_names() -> None:
    frame = pd.concat([days_of(1, FLAT), days_of(2, WORKING), days_of(3, EVENING), days_of(4, EVENING * 50)])

    shapes = group(normalised_days(frame))

    assert shapes is not None
    assert len(shapes.shapes) == 3
    assert {shape.name for shape in shapes.shapes} == {"flat, around the clock", "day-time", "evening peak"}
    assert shapes.of_site[3][0] == shapes.of_site[4][0] == 0
    assert shapes.shapes[0].share == pytest.approx(0.5)
    assert sum(shape.share for shape in shapes.shapes) == pytest.approx(1)
    assert shapes.silhouette > 0.8


def test_too_few_days_make_no_groups() -> None:
    assert group(normalised_days(days_of(1, FLAT, days=10))) is None


def test_days_of_23_hours_are_no_shape_and_those_of_25_are() -> None:
    hours = hours_of(365).assign(owner_id=1)
    wide = normalised_days(hours)

    dates = wide.index.get_level_values("date")
    assert pd.Timestamp("2025-03-30") not in dates
    assert pd.Timestamp("2025-10-26") in dates
    assert len(dates) == 364
    assert wide.mean(axis=1).to_numpy() == pytest.approx(1)


@pytest.mark.parametrize(
    ("shape", "free_share", "name"),
    [
        (FLAT, 0.3, "flat, around the clock"),
        (WORKING, 0.0, "weekday day-time"),
        (FLAT, 1.0, "weekend flat, around the clock"),
        (EVENING, 0.3, "evening peak"),
        (np.where((HOURS < 6) | (HOURS >= 22), 3.0, 1.0), 0.3, "night"),
        (np.where((HOURS >= 6) & (HOURS < 22), 3.0, 1.0), 0.3, "two shifts"),
        (np.where((HOURS >= 11) & (HOURS < 15), 0.2, 1.0), 0.3, "solar dip"),
        (np.where(np.isin(HOURS, [5, 6, 7]), 4.0, 1.0), 0.3, "uneven"),
        (np.where(np.isin(HOURS, [6, 7, 8, 9, 17, 18, 19, 20, 21]), 2.5, 1.0), 0.3, "morning and evening peaks"),
    ],
)
def test_shapes_are_called_what_people_call_them(shape: np.ndarray, free_share: float, name: str) -> None:
    assert name_of(shape / shape.mean(), free_share) == name


def test_groups_of_the_same_name_are_told_apart() -> None:
    early, late = (np.where(np.isin(HOURS, [first, first + 1]), 6.0, 1.0) for first in (17, 20))
    frame = pd.concat([days_of(1, FLAT), days_of(2, early), days_of(3, late)])

    shapes = group(normalised_days(frame))

    assert shapes is not None
    names = [shape.name for shape in shapes.shapes]
    assert len(set(names)) == len(names)
    assert any("highest at" in name for name in names)


def test_the_indicators_of_the_planted_office() -> None:
    site = office()

    found = indicators(site.hours, 1_000.0, FIT)

    assert found["base_share"] == pytest.approx(BASE_KW / load_of(site).mean())
    assert found["base_w_m2"] == pytest.approx(20)
    assert found["night_ratio"] == pytest.approx(BASE_KW / (BASE_KW + DAY_KW))
    assert found["cooling_w_m2_k"] == pytest.approx(2)
    assert found["heating_w_m2_k"] == pytest.approx(1)
    assert set(found) == set(INDICATORS)


def test_without_area_or_model_those_indicators_are_left_out() -> None:
    assert set(indicators(office().hours, None, FIT)) == {"base_share", "night_ratio", "weekend_ratio"}


def sites(areas: list[float], sector: str | None = "office") -> pd.DataFrame:
    ids = range(1, len(areas) + 1)
    return pd.DataFrame({"site_id": ids, "sector": [sector] * len(areas), "floor_area_m2": areas})


def test_the_best_fifth_lies_at_the_twentieth_percentile_of_sites_of_like_size() -> None:
    measured = {number: {"base_share": 0.1 * number} for number in range(1, 8)}

    peers = peers_of(1, sites([1_000] * 6 + [9_000]), measured)

    assert peers.site_ids == (1, 2, 3, 4, 5, 6)
    assert peers.best["base_share"] == pytest.approx(0.2)
    assert "similar size" in peers.how


def test_few_of_like_size_are_compared_with_all_of_the_sector() -> None:
    measured = {number: {"base_share": 0.1} for number in range(1, 6)}

    assert "any size" in peers_of(1, sites([100, 1_000, 10_000, 100_000, 1_000_000]), measured).how


@pytest.mark.parametrize(("areas", "sector"), [([1_000] * 4, "office"), ([1_000] * 9, None)])
def test_too_few_peers_or_no_sector_is_no_comparison(areas: list[float], sector: str | None) -> None:
    measured = {number: {"base_share": 0.1} for number in range(1, len(areas) + 1)}

    peers = peers_of(1, sites(areas, sector), measured)

    assert not peers.best
    assert peers.how.endswith((".", "5."))


def test_an_indicator_that_few_peers_have_has_no_best_fifth() -> None:
    measured = {number: {"base_share": 0.1} | ({"base_w_m2": 3.0} if number < 4 else {}) for number in range(1, 7)}

    assert set(peers_of(1, sites([1_000] * 6), measured).best) == {"base_share"}


def stored(days: int, kept: float = 1.0, estimated: float = 0.0) -> pd.DataFrame:
    index = pd.date_range("2025-01-01", periods=days * 24, freq="h", tz="UTC")
    return pd.DataFrame({"energy_kwh": 5.0, "covered_hours": 2.0 * kept, "share_estimated": estimated}, index=index)


def test_a_whole_measured_year_is_good_enough() -> None:
    hours = stored(365)

    record = record_of(hours, 2, hours.index[-1])

    assert refusals(record) == []
    assert weight(record) == pytest.approx(1)


@pytest.mark.parametrize(
    ("hours", "behind", "word"),
    [
        (stored(20), 0, "56 are needed"),
        (stored(365, kept=0.8), 0, "80 %"),
        (stored(365, estimated=0.3), 0, "estimated"),
        (stored(365), 90, "90 days before"),
        (stored(365).assign(energy_kwh=-1.0), 0, "no energy"),
    ],
)
def test_data_that_proves_nothing_is_refused_with_the_reason(hours: pd.DataFrame, behind: int, word: str) -> None:
    record = record_of(hours, 2, hours.index[-1] + pd.Timedelta(days=behind))

    [reason] = refusals(record)
    assert word in reason


def test_no_readings_are_refused() -> None:
    assert refusals(record_of(stored(0), 2, pd.Timestamp("2025-01-01", tz="UTC"))) == [
        "There are no readings in the last year."
    ]
