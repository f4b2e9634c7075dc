import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.definitions import (
    DIMENSIONS,
    MEASURES,
    SWITCHABLE,
    KpiKey,
    format_change,
    format_share,
    format_value,
    measure,
    scale,
)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("energy_kwh", 0.0, "0.00 kWh"),
        ("energy_kwh", 999.4, "999 kWh"),
        ("energy_kwh", 12_340.0, "12.3 MWh"),
        ("energy_kwh", -12_340.0, "\N{MINUS SIGN}12.3 MWh"),
        ("energy_kwh", 1_234_567.0, "1.23 GWh"),
        ("energy_kwh", 5e9, "5.00 TWh"),
        ("mean_kw", 450.0, "450 kW"),
        ("peak_kw", 2_500_000.0, "2.50 GW"),
        ("load_factor", 0.4567, "45.7 %"),
        ("share_estimated", 0.0, "0.0 %"),
        ("energy_kwh", None, "\N{EN DASH}"),
        ("energy_kwh", math.nan, "\N{EN DASH}"),
    ],
)
def test_a_value_is_written_in_the_unit_that_reads_best(key: str, value: float | None, text: str) -> None:
    assert format_value(measure(key), value) == text


@given(st.floats(-1e12, 1e12))
def test_scaling_keeps_the_quantity_and_leaves_at_most_three_digits_before_the_point(value: float) -> None:
    chosen = scale(measure("energy_kwh"), value)

    assert abs(value * chosen.factor) < 1000.001
    assert value * chosen.factor * {"kWh": 1, "MWh": 1e3, "GWh": 1e6, "TWh": 1e9}[chosen.unit] == pytest.approx(value)


def test_a_ratio_has_no_unit_to_scale() -> None:
    assert scale(measure("share_estimated"), 5_000.0).factor == 1
    assert scale(measure("peak_kw"), None).unit == "kW"


@pytest.mark.parametrize(("share", "text"), [(0.084, "8 %"), (1.0, "100 %"), (None, "\N{EN DASH}")])
def test_a_share_is_written_in_per_cent(share: float | None, text: str) -> None:
    assert format_share(share) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0.031, "+3.1 %"),
        (-0.12, "\N{MINUS SIGN}12.0 %"),
        (-0.0001, "+0.0 %"),
        (None, "\N{EN DASH}"),
        (math.nan, "\N{EN DASH}"),
    ],
)
def test_a_change_carries_its_sign(ratio: float | None, text: str) -> None:
    assert format_change(ratio) == text


def test_every_key_of_a_measure_or_figure_is_defined() -> None:
    assert {*SWITCHABLE, *get_args(KpiKey)} == set(MEASURES)
    assert all(key == dimension.key for key, dimension in DIMENSIONS.items())
