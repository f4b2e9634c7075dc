from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analytics.change import Change, Totals, explain

FIT_COLUMNS = [
    "site_id", "day_type", "base_kwh", "heating_slope", "heating_balance_c", "cooling_slope", "cooling_balance_c"
]  # fmt: skip
NO_FITS = pd.DataFrame({name: pd.Series(dtype="str" if name == "day_type" else "float64") for name in FIT_COLUMNS})
HEATED = pd.DataFrame([[1, "all", 100.0, 10.0, 15.0, 0.0, np.nan]], columns=FIT_COLUMNS)
WEEK = ("workday",) * 5 + ("free",) * 2


def days(
    site_id: int,
    period: str,
    energy: list[float],
    *,
    price: float = 1.0,
    celsius: float = np.nan,
    types: Sequence[str] = WEEK,
) -> pd.DataFrame:
    """Plant consecutive days of a site."""
    return pd.DataFrame(
        {
            "site_id": site_id,
            "period": period,
            "place": range(len(energy)),
            "day_type": [types[number % len(types)] for number in range(len(energy))],
            "energy_kwh": energy,
            "value": [kwh * price for kwh in energy],
            "temperature_c": celsius,
        }
    )


def explained(*parts: pd.DataFrame, fits: pd.DataFrame = NO_FITS, **base: float) -> Change:
    """Explain planted days, with the sums of their values as totals."""
    frame = pd.concat(parts, ignore_index=True)
    sums = frame.groupby("period")["value"].sum()
    return explain(frame, fits, Totals(float(sums.get("now", 0)), float(sums.get("before", 0)), **base))


def amounts(change: Change) -> dict[str, float]:
    return {part.key: float(part.amount) for part in change.parts if part.amount and part.key not in {"now", "before"}}


def test_colder_days_are_weather() -> None:
    warm, cold = [100.0 + 10 * 5] * 7, [100.0 + 10 * 8] * 7

    change = explained(days(1, "before", warm, celsius=10), days(1, "now", cold, celsius=7), fits=HEATED)

    assert amounts(change) == {"weather": 7 * 30.0}
    assert (change.sites, change.fitted_sites) == (1, 1)


def test_a_holiday_in_the_place_of_a_workday_is_calendar() -> None:
    usual = [100.0] * 5 + [40.0] * 2
    with_holiday = [100.0, 40.0, 100.0, 100.0, 100.0, 40.0, 40.0]
    types = ["workday", "free", "workday", "workday", "workday", "free", "free"]

    change = explained(days(1, "before", usual), days(1, "now", with_holiday, types=types))

    assert amounts(change) == {"calendar": -60.0}


def test_a_dearer_kwh_is_price_and_more_of_them_is_valued_at_the_price_before() -> None:
    change = explained(days(1, "before", [100.0] * 7, price=0.2), days(1, "now", [110.0] * 7, price=0.3))

    assert amounts(change) == {"price": pytest.approx(770 * 0.1), "remainder": pytest.approx(70 * 0.2)}


def test_a_site_that_came_or_went_is_told_apart_from_the_others() -> None:
    change = explained(
        days(1, "before", [10.0] * 7),
        days(1, "now", [10.0] * 7),
        days(2, "now", [5.0] * 7),
        days(3, "before", [2.0] * 7),
    )

    assert amounts(change) == {"added": 35.0, "removed": -14.0}


def test_a_day_without_data_on_one_side_explains_its_energy() -> None:
    change = explained(days(1, "before", [10.0] * 7), days(1, "now", [10.0] * 6))

    assert amounts(change) == {"gaps": -10.0}


@pytest.mark.parametrize(
    ("base_now", "base_before", "expected"),
    [
        (3.0, 2.5, {"base_load": 7 * 24 * 0.5, "remainder": 7 * 24 * 0.5}),
        (9.0, 2.0, {"base_load": 7 * 24 * 1.0}),  # never more than what is left
        (1.0, 2.0, {"remainder": 7 * 24 * 1.0}),  # nor against it
    ],
)
def test_base_load_explains_as_much_of_what_is_left_as_it_changed(
    base_now: float, base_before: float, expected: dict[str, float]
) -> None:
    change = explained(
        days(1, "before", [48.0] * 7), days(1, "now", [72.0] * 7), base_now_kw=base_now, base_before_kw=base_before
    )

    assert amounts(change) == expected


def test_without_temperatures_a_fit_is_not_used() -> None:
    change = explained(days(1, "before", [150.0] * 7), days(1, "now", [180.0] * 7), fits=HEATED)

    assert amounts(change) == {"remainder": 210.0}
    assert change.fitted_sites == 0


sizes = st.floats(-1e6, 1e6)


@given(
    energies=st.lists(st.lists(sizes, min_size=0, max_size=10), min_size=2, max_size=8),
    price=st.floats(-1, 10),
    celsius=st.floats(-20, 40),
    totals=st.tuples(sizes, sizes),
    base=st.tuples(sizes, sizes),
)
def test_the_parts_lead_exactly_from_one_total_to_the_other(
    energies: list[list[float]],
    price: float,
    celsius: float,
    totals: tuple[float, float],
    base: tuple[float, float],
) -> None:
    planted = [
        days(number // 2, ("now", "before")[number % 2], energy, price=price, celsius=celsius + number)
        for number, energy in enumerate(energies)
    ]

    change = explain(pd.concat(planted, ignore_index=True), HEATED, Totals(*totals, *base))

    before, *steps, now = (part.amount for part in change.parts)
    assert before + sum(steps, Decimal(0)) == now
    assert (float(now), float(before)) == pytest.approx(totals, abs=0.001)
