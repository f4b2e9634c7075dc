import pandas as pd
import pytest

from pipeline.demo.emission_factors import MIXES, factors

HOURS = pd.date_range("2025-01-01", periods=24 * 365, freq="h", tz="UTC")


@pytest.mark.parametrize(
    ("country", "zone"), [("GB", "Europe/London"), ("DE", "Europe/Berlin"), ("IN", "Asia/Kolkata")]
)
def test_a_country_has_its_level_and_a_higher_marginal_factor(country: str, zone: str) -> None:
    made = factors(country, zone, HOURS)

    assert made["average"].mean() == pytest.approx(MIXES[country].level, rel=0.15)
    assert (made > 0).all(axis=None)
    assert made["marginal"].mean() > made["average"].mean()


def test_the_sun_lowers_noon_and_the_evening_is_dearest() -> None:
    by_hour = factors("DE", "Europe/Berlin", HOURS)["average"].groupby(HOURS.tz_convert("Europe/Berlin").hour).mean()

    assert by_hour.idxmin() in range(11, 16)
    assert by_hour.idxmax() in range(18, 22)


def test_later_hours_leave_the_earlier_ones_as_they_were() -> None:
    short, long = (factors("GB", "Europe/London", hours) for hours in (HOURS[:500], HOURS))

    pd.testing.assert_frame_equal(short, long.iloc[:500], check_freq=False)


def test_an_unknown_country_has_factors_too() -> None:
    assert factors("NZ", "Pacific/Auckland", HOURS[:48])["average"].between(0.2, 0.8).all()
