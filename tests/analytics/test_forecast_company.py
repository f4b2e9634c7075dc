"""Series beside a series: who they are, that they help, and that nothing of them is seen too early."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from planted_loads import ZONE, daily_series, hourly_load

from pipeline.analytics.forecast import Series, from_readings, with_company
from pipeline.analytics.forecast.grid import grid_of
from pipeline.analytics.forecast.similar_days import SimilarDays

DAYS = 200


def front() -> np.ndarray:
    """A weather that nobody measured, by day."""
    return np.cumsum(np.random.default_rng(5).standard_normal(DAYS + 1)) / 60


def series(name: str, weather: np.ndarray, mean_kwh: float = 10.0, zone: str = ZONE) -> Series:
    load = hourly_load(DAYS, mean_kwh=mean_kwh) * np.repeat(np.exp(weather[:DAYS]), 24)
    return from_readings(name, load, "h", timezone=zone, country="DE")


def neighbours() -> list[Series]:
    """Weather reaches the first a day after the second; the third has its own."""
    weather = front()
    other = np.random.default_rng(6).standard_normal(DAYS) / 60
    return [series("east", weather), series("west", weather[1:], 300.0), series("far", np.cumsum(other))]


def test_company_is_what_rises_and_falls_alike() -> None:
    weather = front()
    alike = [series("a", weather), series("b", np.zeros(DAYS)), series("c", weather, 70.0)]

    found = with_company(alike)

    assert [len(one.beside) for one in found] == [2, 2, 2]
    assert found[0].beside[0] is alike[2].energy_kwh
    assert found[2].beside[0] is alike[0].energy_kwh


def test_relatives_series_with_weather_days_and_a_series_alone_have_no_company() -> None:
    pair = neighbours()[:2]
    warm = replace(pair[0], temperature_c=pair[0].energy_kwh)

    assert [one.beside for one in with_company(pair, np.ones((2, 2), dtype=bool))] == [(), ()]
    assert with_company([warm, pair[1]])[0].beside == ()
    assert len(with_company([warm, pair[1]])[1].beside) == 1
    assert [one.beside for one in with_company([daily_series(90), daily_series(90)])] == [(), ()]
    assert with_company(pair[:1])[0].beside == ()


def test_a_neighbour_whose_weather_comes_first_makes_the_forecast_better() -> None:
    first, *_ = with_company(neighbours())
    alone = replace(first, beside=())
    errors = {}
    for name, one in (("alone", alone), ("together", first)):
        grid = grid_of(one, 24)
        origins = grid.origins(150 * 24, (DAYS - 1) * 24)
        predicted = SimilarDays().fit([grid], [150 * 24], 24).predict(0, grid, origins)
        actual = grid.filled[origins[:, None] + np.arange(24)]
        errors[name] = np.abs(predicted - actual).mean()

    assert errors["together"] < 0.85 * errors["alone"]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Auckland"])
def test_nothing_of_the_company_is_seen_from_an_origin_on(zone: str) -> None:
    first, *others = neighbours()
    end = first.index[150 * 24]
    changed = [replace(one, energy_kwh=one.energy_kwh.where(one.index < end, 1e4)) for one in others]
    found = []
    for company in (others, changed):
        one = replace(first, timezone=zone, beside=tuple(other.energy_kwh for other in company))
        grid = grid_of(one, 24)
        cell = int(grid.cell[150 * 24])
        found.append(SimilarDays().fit([grid], [cell], 24).predict(0, grid, np.array([cell])))

    assert found[0] == pytest.approx(found[1])


def test_gaps_and_other_spans_of_the_company_are_borne() -> None:
    first, second, _ = neighbours()
    late = second.energy_kwh.iloc[40 * 24 :].where(np.arange(160 * 24) % 9 > 0)
    nothing = pd.Series(np.nan, index=first.index)

    grid = grid_of(replace(first, beside=(late, nothing)), 24)

    assert grid.beside.shape == (2, grid.end)
    assert np.isfinite(SimilarDays().fit([grid], [grid.end], 24).predict(0, grid, np.array([grid.end]))).all()
