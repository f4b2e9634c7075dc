from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from planted_sites import BASE_KW, DAY_KW, DEMAND_PRICE, hours_of, load_of, office

from pipeline.analytics.recommendations.labels import LABELS
from pipeline.analytics.recommendations.model import OpenEvent, OtherTariff, SiteYear
from pipeline.analytics.recommendations.rules import RULES
from pipeline.analytics.recommendations.rules.base_load import cut_base_load
from pipeline.analytics.recommendations.rules.events import fix_events
from pipeline.analytics.recommendations.rules.peak import shave_peak
from pipeline.analytics.recommendations.rules.power_factor import correct_power_factor
from pipeline.analytics.recommendations.rules.set_point import cool_less, heat_less
from pipeline.analytics.recommendations.rules.setback import night_setback, weekend_setback
from pipeline.analytics.recommendations.rules.shift import move_load
from pipeline.analytics.recommendations.rules.solar import solar_fit, yield_kw_per_kwp
from pipeline.analytics.recommendations.rules.tariff import better_tariff
from pipeline.analytics.temperature import fit_change_point

YEAR = 8760


def with_load(site: SiteYear, energy_kwh: np.ndarray) -> SiteYear:
    return replace(site, hours=site.hours.assign(energy_kwh=energy_kwh))


def usual_share() -> float:
    load = load_of(office())
    return BASE_KW / float(load.mean())


def test_ten_kilowatts_more_base_load_than_the_peers_are_found() -> None:
    wasteful = with_load(office(best={"base_share": usual_share()}, peers=8), load_of(office()) + 10)

    [found] = cut_base_load(wasteful, load_of(wasteful))

    assert found.saved_kwh.sum() * found.per_year == pytest.approx(10 * YEAR, rel=0.01)
    assert "10.0 kW" in found.text
    assert found.evidence.traces[0].y[3] == pytest.approx(30)
    assert found.evidence.traces[1].y[3] == pytest.approx(20, rel=0.01)


def test_a_base_load_like_that_of_the_peers_is_left_alone() -> None:
    site = office(best={"base_share": usual_share()}, peers=8)

    assert cut_base_load(site, load_of(site)) == []
    assert cut_base_load(office(), load_of(office())) == []


def test_no_more_than_half_of_the_base_load_is_ever_promised() -> None:
    site = office(best={"base_share": 0.01}, peers=8)

    [found] = cut_base_load(site, load_of(site))

    assert found.saved_kwh.max() == pytest.approx(BASE_KW / 2)


def test_ventilation_that_runs_through_workday_nights_is_found() -> None:
    site = office()
    workday = (site.hours["day_type"] == 0).to_numpy()
    hour = site.hours["hour"].to_numpy()
    night = workday & ((hour >= 22) | (hour < 6))
    wasteful = with_load(
        office(best={"night_ratio": BASE_KW / (BASE_KW + DAY_KW)}, peers=8), load_of(site) + np.where(night, 15.0, 0.0)
    )

    [found] = night_setback(wasteful, load_of(wasteful))

    assert found.saved_kwh.sum() == pytest.approx(15 * night.sum(), rel=0.01)
    assert not found.saved_kwh[~night].any()


def test_a_building_that_works_through_weekends_is_found() -> None:
    site = office()
    free = (site.hours["day_type"] > 0).to_numpy()
    workdays_kw = float(load_of(site)[~free].mean())
    wasteful = with_load(
        office(best={"weekend_ratio": BASE_KW / workdays_kw}, peers=8), load_of(site) + np.where(free, 12.0, 0.0)
    )

    [found] = weekend_setback(wasteful, load_of(wasteful))

    assert found.saved_kwh.sum() == pytest.approx(12 * free.sum(), rel=0.01)


def test_homes_get_no_setback() -> None:
    home = office(sector="household", best={"night_ratio": 0.01, "weekend_ratio": 0.01}, peers=8)

    assert night_setback(home, load_of(home)) == []
    assert weekend_setback(home, load_of(home)) == []


def weather(site: SiteYear) -> pd.Series:
    days = pd.DatetimeIndex(sorted(site.hours["date"].unique()))
    return pd.Series(12 - 12 * np.cos(2 * np.pi * (days.day_of_year - 15) / 365), index=days)


def test_one_degree_of_cooling_and_heating_is_worth_its_slope() -> None:
    site = office()
    temperature = weather(site)
    by_day = site.hours["date"].map(40 * (temperature - 18).clip(lower=0) + 30 * (10 - temperature).clip(lower=0))
    warm = with_load(
        site, BASE_KW + by_day.to_numpy() / site.hours.groupby("date")["date"].transform("size").to_numpy()
    )
    use = warm.hours.groupby("date")["energy_kwh"].sum()
    fit = fit_change_point(temperature.to_numpy(), use.to_numpy())
    warm = replace(warm, fit=fit, temperature_c=temperature)

    [cooling], [heating] = cool_less(warm, load_of(warm)), heat_less(warm, load_of(warm))

    expected = 40 * ((temperature - 18).clip(lower=0) - (temperature - 19).clip(lower=0)).sum()
    assert cooling.saved_kwh.sum() == pytest.approx(expected, rel=0.05)
    expected = 30 * ((10 - temperature).clip(lower=0) - (9 - temperature).clip(lower=0)).sum()
    assert heating.saved_kwh.sum() == pytest.approx(expected, rel=0.05)
    assert cooling.evidence.drawing == "dots"


def test_without_a_qualified_model_nobody_is_told_to_change_the_temperature() -> None:
    site = office()

    assert cool_less(site, load_of(site)) == []
    assert heat_less(site, load_of(site)) == []


def test_moved_load_keeps_the_energy_and_gains_the_price_difference() -> None:
    site = office()

    [found] = move_load(site, load_of(site))

    assert found.saved_kwh.sum() == pytest.approx(0, abs=1e-6)
    dear = site.hours["price"].to_numpy() > 0.25
    assert found.saved_kwh[dear].sum() == pytest.approx(0.1 * (load_of(site)[dear] - BASE_KW).sum())
    assert "14:00 to 17:00" in found.text


def test_one_price_all_day_moves_nothing() -> None:
    site = office(hours=hours_of().assign(price=0.2))

    assert move_load(site, load_of(site)) == []
    assert move_load(office(hours=hours_of().assign(price=np.nan)), load_of(site)) == []


def test_a_monthly_spike_is_worth_its_demand_charge() -> None:
    load = load_of(office()).copy()
    first_hours = office().hours.reset_index(drop=True).groupby(office().hours["date"].dt.strftime("%Y-%m").to_numpy())
    spikes = first_hours.head(1).index.to_numpy()
    load[spikes] = 90.0
    site = with_load(office(demand_price=DEMAND_PRICE), load)

    [found] = shave_peak(site, load)

    assert found.other_money == Decimal(10 * 10 * 12).quantize(Decimal("0.01"))
    assert not found.saved_kwh.any()


def test_without_a_demand_charge_no_peak_is_shaved_and_no_power_factor_corrected() -> None:
    site = office(power_factor=0.8)

    assert shave_peak(site, load_of(site)) == []
    assert correct_power_factor(site, load_of(site)) == []


def test_a_known_low_power_factor_is_worth_the_apparent_power() -> None:
    site = office(power_factor=0.8, demand_price=DEMAND_PRICE)

    [found] = correct_power_factor(site, load_of(site))

    assert float(found.other_money or 0) == pytest.approx((BASE_KW + DAY_KW) * (1 / 0.8 - 1 / 0.95) * 12 * 10, rel=1e-4)
    assert correct_power_factor(office(power_factor=0.97, demand_price=DEMAND_PRICE), load_of(site)) == []
    assert correct_power_factor(office(demand_price=DEMAND_PRICE), load_of(site)) == []


def test_the_cheapest_other_tariff_is_recommended_once() -> None:
    present = Decimal(10_000)
    tariffs = tuple(
        OtherTariff(name, "Standard", present, Decimal(cost)) for name, cost in (("A", 9_500), ("B", 9_000))
    )

    [found] = better_tariff(office(tariffs=tariffs), load_of(office()))

    assert (found.subject, found.other_money) == ("B", Decimal("1000.00"))
    assert better_tariff(office(tariffs=tariffs[:1]), load_of(office()) / 2)[0].other_money == Decimal("250.00")
    nearly = (OtherTariff("C", "Standard", present, Decimal(9_950)),)
    assert better_tariff(office(tariffs=nearly), load_of(office())) == []


def test_panels_use_most_of_their_yield_on_site() -> None:
    site = office(latitude=48.1, longitude=11.6, floor_area_m2=2_000.0)

    [found] = solar_fit(site, load_of(site))

    exported = found.exported_kwh
    assert exported is not None
    assert found.saved_kwh.sum() / (found.saved_kwh + exported).sum() >= 0.8
    assert (found.saved_kwh <= load_of(site) + 1e-9).all()
    assert 600 < float(yield_kw_per_kwp(site, 48.1, 11.6).sum()) < 1_300


def test_measured_irradiance_is_used_where_there_is_some() -> None:
    hours = hours_of()
    sunny = ((hours["hour"] >= 10) & (hours["hour"] < 14)).to_numpy() * 500.0
    site = office(latitude=48.1, longitude=11.6, hours=hours.assign(solar_w_m2=sunny))

    assert yield_kw_per_kwp(site, 48.1, 11.6).sum() == pytest.approx(sunny.sum() / 1000 * 0.8)
    assert ("Irradiance", "measured") in solar_fit(site, load_of(site))[0].evidence.facts


@pytest.mark.parametrize("changes", [{"latitude": None}, {"generates": True}, {"hours": hours_of(100)}])
def test_no_panels_without_a_place_with_panels_or_on_a_short_record(changes: dict[str, object]) -> None:
    site = office(**({"latitude": 48.1, "longitude": 11.6} | changes))

    assert solar_fit(site, load_of(site)) == []


def test_an_open_leak_is_worth_a_year_of_its_excess() -> None:
    site = office()
    start = site.hours.index[-240]
    leak = OpenEvent(
        "meter-3-leak", "leak", start, site.hours.index[-1] + pd.Timedelta(hours=1), 8.0 * 240, 0.8, "It leaks."
    )
    leaking = with_load(
        replace(site, events=(leak,)), load_of(site) + np.r_[np.zeros(len(site.hours) - 240), np.full(240, 8.0)]
    )

    [found] = fix_events(leaking, load_of(leaking))

    assert found.saved_kwh.sum() * found.per_year == pytest.approx(8 * YEAR)
    assert found.confidence == 0.8
    assert fix_events(replace(site, events=(replace(leak, excess_kwh=-5.0),)), load_of(site)) == []


def test_every_rule_has_a_label_and_says_what_it_does() -> None:
    assert list(LABELS) == [rule.kind for rule in RULES]
    assert all(rule.explanation.endswith(".") and rule.find.__doc__ for rule in RULES)
