import pandas as pd
import plotly.graph_objects as go
import pytest

from components import charts

MONTHS = pd.to_datetime(["2025-01-01", "2025-01-01", "2025-02-01"])
BILLS = pd.DataFrame({"month": MONTHS, "kind": ["energy", "export", "energy"], "amount": [100.0, -20.0, 90.0]})
PERIODS = pd.DataFrame(
    {
        "tariff": ["<b>A</b>", "A2"],
        "period": ["Peak", "Night"],
        "energy_kwh": [10.0, 30.0],
        "cost": [5.0, 3.0],
        "mean_price": [0.5, 0.1],
    }
)
COMPARED = pd.DataFrame(
    {
        "site_id": [1, 1, 2, 2],
        "site": ["<i>One</i>", "<i>One</i>", "Two", "Two"],
        "tariff": ["Flat", "Own", "Flat", "Own"],
        "current": [False, True, False, True],
        "months": 12,
        "cost": [90.0, 100.0, 120.0, 110.0],
        "difference": [-10.0, 0.0, 10.0, 0.0],
    }
)
PEAKS = pd.DataFrame(
    {
        "month": pd.to_datetime(["2025-01-01", "2025-02-01"]),
        "at": pd.to_datetime(["2025-01-14 17:00", "2025-02-04 09:00"]),
        "at_peak_kw": [40.0, 42.0],
        "own_peak_kw": [60.0, 43.0],
        "own_at": pd.to_datetime(["2025-01-20 11:00", "2025-02-04 10:00"]),
        "share": [0.1, 0.2],
    }
)


def said(figure: go.Figure) -> str:
    return str(figure.layout.annotations[0].text)


def test_bills_stand_on_each_other_and_credits_lie_below_zero() -> None:
    figure = charts.bill_months(BILLS, "EUR", "light", chosen="2025-02-01")

    energy, export, total = figure.data
    assert (energy.name, list(energy.y)) == ("Energy", [100, 90])
    assert list(export.y) == [-20]
    assert list(total.y) == [80, 90]
    assert figure.layout.barmode == "relative"
    assert len(figure.layout.shapes) == 1


def test_periods_name_their_tariff_price_and_share() -> None:
    (bar,) = charts.tariff_periods(PERIODS, "EUR", "dark").data

    assert list(bar.y) == ["Night<br>A2", "Peak<br>&lt;b&gt;A&lt;/b&gt;"]
    assert bar.text[1] == "0.5000 EUR/kWh"
    assert bar.customdata[1][1] == "62.5 %"


def test_one_site_shows_costs_and_several_show_what_the_cheapest_changes() -> None:
    (one,) = charts.tariff_comparison(COMPARED[:2], "EUR", "light").data
    (several,) = charts.tariff_comparison(COMPARED, "EUR", "light").data

    assert list(one.y) == ["Own (now)", "Flat"]
    assert list(several.x) == [10, -10]
    low, high = charts.tariff_comparison(COMPARED, "EUR", "light").layout.xaxis.range
    assert (low, high) == pytest.approx((-10 - 20 * 0.16, 10 + 20 * 0.16))
    assert several.y[1] == "&lt;i&gt;One&lt;/i&gt;<br>Flat"


def test_the_own_peak_stands_beside_the_common_one() -> None:
    own, common = charts.coincident_peak(PEAKS, "light").data

    assert (list(own.y), list(common.y)) == ([60, 43], [40, 42])
    assert common.customdata[0] == "Tue 14 Jan, 17:00, 10.0 % of the peak"


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        (charts.bill_months(BILLS[:0], "", "light"), "no bill"),
        (charts.tariff_periods(PERIODS[:0], "", "light"), "no bill"),
        (charts.tariff_comparison(COMPARED[1:2], "EUR", "light"), "no other tariff"),
        (charts.coincident_peak(PEAKS[:0], "light"), "No reading"),
    ],
)
def test_where_there_is_nothing_it_is_said(figure: go.Figure, message: str) -> None:
    assert message in said(figure)
