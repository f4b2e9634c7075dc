from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from planted_sites import DEMAND_PRICE, hours_of, load_of, office

from pipeline.analytics.recommendations.model import OtherTariff, Recommendation
from pipeline.analytics.recommendations.numbers import money_of
from pipeline.analytics.recommendations.ranking import order, recommend

BEST = {"base_share": 0.2, "night_ratio": 0.2, "weekend_ratio": 0.2}
KWH = st.floats(-500, 5000, allow_nan=False).map(lambda value: round(value, 3))
PRICES = st.sampled_from([0.1, 0.245, 0.312, 7.35])
MONTH = hours_of(60)
ROUNDING_KWH = 0.0005 + 1e-6  # a saving is told to the watt-hour


@given(st.lists(st.tuples(KWH, PRICES), min_size=1, max_size=200))
def test_money_is_the_sum_of_energy_times_price_to_the_cent(rows: list[tuple[float, float]]) -> None:
    exact = sum((Decimal(str(kwh)) * Decimal(str(price)) for kwh, price in rows), Decimal(0))

    money = money_of(np.array([kwh for kwh, _ in rows]), np.array([price for _, price in rows]))

    assert abs(money - exact) <= Decimal("0.011")


@given(hnp.arrays(np.float64, len(MONTH), elements=st.floats(0, 200, allow_nan=False)))
@example(np.r_[165.5, np.zeros(len(MONTH) - 1)])
def test_all_rules_together_never_save_more_than_an_hour_has(load: np.ndarray) -> None:
    site = office(hours=MONTH.assign(energy_kwh=load), best=BEST, peers=9, demand_price=DEMAND_PRICE)

    found = recommend(site)

    total = sum(each.kwh for each in found)
    assert total <= load.sum() * site.per_year + ROUNDING_KWH * len(found)


def rich_site() -> list[Recommendation]:
    tariffs = (OtherTariff("B", "Standard", Decimal(50_000), Decimal(45_000)),)
    return recommend(
        office(best=BEST, peers=9, demand_price=DEMAND_PRICE, latitude=48.1, longitude=11.6, tariffs=tariffs)
    )


@given(st.permutations(rich_site()))
def test_the_ranks_do_not_depend_on_the_order_found(shuffled: list[Recommendation]) -> None:
    assert sorted(shuffled, key=order) == rich_site()


def test_what_one_rule_saves_the_next_does_not_save_again() -> None:
    both = recommend(office(best={"base_share": 0.2, "weekend_ratio": 0.2}, peers=9))
    alone = recommend(office(best={"weekend_ratio": 0.2}, peers=9))

    weekend = {each.kind: each.kwh for each in both}["weekend"]
    assert weekend < {each.kind: each.kwh for each in alone}["weekend"]


def test_money_is_at_the_price_of_the_hours_saved() -> None:
    found = recommend(office(best={"base_share": 0.2}, peers=9))

    base = next(each for each in found if each.kind == "base_load")
    assert base.money is not None
    mean_price = (21 * 0.2 + 3 * 0.3) / 24
    assert float(base.money) == pytest.approx(base.kwh * mean_price, rel=1e-3)
    assert base.co2_kg == pytest.approx(base.kwh * 0.4)


def test_exported_power_brings_the_export_price_and_its_co2() -> None:
    placed = office(latitude=48.1, longitude=11.6)
    sold = replace(placed, hours=placed.hours.assign(export_price=0.08))

    without, with_price = (next(r for r in recommend(site) if r.kind == "solar") for site in (placed, sold))

    assert without.money is not None
    assert with_price.money is not None
    assert with_price.money > without.money
    assert with_price.co2_kg is not None
    assert with_price.co2_kg > with_price.kwh * 0.4


def test_without_a_tariff_there_is_energy_and_no_money() -> None:
    hours = hours_of().assign(price=np.nan, co2_kg_per_kwh=np.nan)

    found = recommend(office(hours=hours, currency=None, best=BEST, peers=9, demand_price=DEMAND_PRICE))

    assert [each.kind for each in found if each.money is not None or each.co2_kg is not None] == []
    assert found[0].kind == "base_load"


def test_poor_data_lowers_every_confidence() -> None:
    good, poor = (recommend(office(best=BEST, peers=9, quality=quality)) for quality in (1.0, 0.5))

    assert [each.confidence for each in poor] == pytest.approx([each.confidence / 2 for each in good], abs=1e-3)


def test_evidence_is_plain_json() -> None:
    for each in rich_site():
        drawn = each.evidence.as_json()
        assert len(drawn["x"]) == len(drawn["traces"][0]["y"]) == len(drawn["traces"][-1]["y"])


def test_an_idle_site_gets_nothing() -> None:
    site = office(hours=MONTH.assign(energy_kwh=0.0), best=BEST, peers=9, demand_price=DEMAND_PRICE)

    assert recommend(site) == []
    assert load_of(site).sum() == 0
