from decimal import Decimal

import pytest
from tariff_samples import JUNE, d, load, tariff

from pipeline.analytics.tariffs import DemandCharge, EnergyCharge, PercentTax, bill, flat
from pipeline.analytics.tariffs.invoice_check import check

ENERGY = (EnergyCharge("Energy", (flat("All", d("1")),)),)  # June costs 720.00


def billed(**more: object) -> list[object]:
    return [bill(load(), [tariff(energy=ENERGY, **more)], JUNE, "UTC")]


@pytest.mark.parametrize(
    ("amount", "within"), [("756.00", True), ("756.01", False), ("684.00", True), ("683.99", False)]
)
def test_five_per_cent_of_the_bill_are_tolerated(amount: str, within: bool) -> None:  # noqa: FBT001 - a fact
    found = check(billed(), d(amount))  # type: ignore[arg-type]

    assert found.within is within
    assert bool(found.reasons) is not within


def test_the_difference_is_the_invoice_less_the_bill() -> None:
    found = check(billed(), d("900"))  # type: ignore[arg-type]

    assert (found.billed, found.difference, found.ratio) == (720, 180, d("0.25"))


def test_a_tax_that_the_tariff_lacks_is_suspected() -> None:
    plain = check(billed(), d("856.80"))  # type: ignore[arg-type]
    taxed = check(billed(percent_taxes=(PercentTax("VAT", d("19")),)), d("1019.59"))  # type: ignore[arg-type]

    assert any("about 19 % higher" in reason for reason in plain.reasons)
    assert not any("tax" in reason for reason in taxed.reasons)


@pytest.mark.parametrize(("amount", "named"), [("792", "3 days more"), ("672", "2 days fewer")])
def test_other_days_are_suspected(amount: str, named: str) -> None:
    found = check(billed(), d(amount))  # type: ignore[arg-type]

    assert any(named in reason for reason in found.reasons)


def test_missing_and_estimated_data_and_coarse_peaks_are_named() -> None:
    frame = load().iloc[72:].assign(share_estimated=0.2)
    charged = tariff(energy=ENERGY, demand=(DemandCharge("Demand", (flat("All", d("1")),)),))

    found = check([bill(frame, [charged], JUNE, "UTC")], Decimal(1300))

    told = " ".join(found.reasons)
    assert "10.0% of the hours have no data" in told
    assert "20.0% of the readings are estimated" in told
    assert "peaks over 15 minutes" in told


def test_where_nothing_explains_it_the_prices_are_suspected() -> None:
    assert "Prices or charges" in check(billed(), d("5000")).reasons[0]  # type: ignore[arg-type]
    assert check([], d("10")).ratio is None
