"""Groups of series that learn together, when one of them has numbers that nobody foresaw."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import pytest

from pipeline.analytics.forecast import forecasting, from_readings
from pipeline.analytics.forecast.grid import Grid
from pipeline.analytics.forecast.seasonal_naive import FittedSeasonalNaive, SeasonalNaive
from pipeline.steps.forecasting.issue import issue
from pipeline.steps.forecasting.owners import Owner
from pipeline.steps.forecasting.series import Group

ZONE = "Europe/Berlin"


@dataclass(frozen=True)
class Brittle:
    """A model that divides by a load of exactly 13 kWh less 13, whatever it learns beside."""

    name: str = "brittle"

    def lacking(self, _grid: Grid, _end: int, _cells: int) -> str | None:
        return None

    def fit(self, grids: Sequence[Grid], ends: Sequence[int], cells: int) -> FittedSeasonalNaive:
        for grid in grids:
            1 / (int(grid.filled[0]) - 13)
        return SeasonalNaive().fit(grids, ends, cells)


def group_of(loads_kwh: Sequence[float]) -> Group:
    index = pd.date_range("2025-01-05 23:00", periods=60 * 24, freq="h", tz="UTC")
    owners = [
        Owner("meter", number, f"Meter {number}", "Home", 7, (7,), ZONE, "DE", None)
        for number in range(1, len(loads_kwh) + 1)
    ]
    series = [
        from_readings(owner.title, pd.Series(load, index), "h", timezone=ZONE, country="DE")
        for owner, load in zip(owners, loads_kwh, strict=True)
    ]
    return Group("h", owners, series, [index[-1] + pd.Timedelta(hours=49)] * len(owners))


@pytest.mark.parametrize("place", range(5))
def test_a_series_with_unforeseen_numbers_is_recorded_and_the_others_are_forecast(
    place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(forecasting.MODELS, "brittle", Brittle())
    loads = [10.0, 20.0, 30.0, 40.0, 50.0]
    loads[place] = 13.0

    issued, refused = issue(group_of(loads), ("brittle",), warmer=(-1, 1))

    (failure,) = refused
    assert failure.owner.number == place + 1
    assert failure.reason.startswith("Its numbers cannot be worked with (ZeroDivisionError")
    assert [one.owner.number for one in issued] == [number for number in range(1, 6) if number != place + 1]
    assert all("brittle" in one.candidates for one in issued)


def test_a_refusal_names_the_meter_as_people_do() -> None:
    group = group_of([10.0, 20.0])
    short = Group("h", group.owners, [one.until(100) for one in group.series], group.ends)

    _, refused = issue(short, ("seasonal_naive",))

    assert [failure.reason.split(" is too short")[0] for failure in refused] == ["Meter 1 (Home)", "Meter 2 (Home)"]
