"""Bills of the small demo: they add up, agree with the price of the hours, and are made once."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import text

from pipeline.analytics.tariffs import EnergyCharge, HourlyPrice, Tariff, flat, to_json
from pipeline.errors import SelectionError, UserError
from pipeline.steps import tariffs as step
from pipeline.steps.billing.any_days import bills_of_days
from pipeline.steps.billing.inputs import Inputs, Place
from pipeline.steps.billing.site_bills import Account
from pipeline.steps.billing.tariff_import import import_urdb
from pipeline.warehouse import runs
from pipeline.warehouse.arrow import same_snapshot
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.invoices import Invoice, enter_invoice
from pipeline.warehouse.queries import bills, prices, tariff_inputs
from pipeline.warehouse.tariffs import StoredVersion, assign, store_version

OCTOBER = date(2025, 10, 1)
AUTUMN = (date(2025, 9, 1), date(2025, 12, 1))


@pytest.fixture(scope="module", autouse=True)
def _billed(demo_warehouse: str) -> None:
    del demo_warehouse
    step.run(lambda _share, _what: None)


def rows(query: str, **values: object) -> list[Any]:
    with connect() as conn:
        return list(conn.execute(text(query), values))


def site(name: str) -> int:
    return int(rows("select id from site where name = :name", name=name)[0].id)


def of(name: str) -> Filters:
    return Filters(site(name), *AUTUMN)


def test_every_site_with_a_tariff_is_billed_and_the_other_one_is_named() -> None:
    with connect() as conn:
        refused = runs.failures(conn, step.STEP)

    assert rows("select count(distinct site_id) from bill where assigned")[0][0] == 24
    assert list(refused["owner"]) == ["site England and Wales (Taylor 2003)"]
    assert "choose one on the Bills page" in refused["reason"].iloc[0]


def test_the_lines_of_each_bill_add_up_to_its_total() -> None:
    wrong = rows(
        "select b.site_id, b.month from bill b join bill_line l using (site_id, month, tariff_id, assigned) "
        "group by b.site_id, b.month, b.tariff_id, b.assigned, b.total having sum(l.amount) <> b.total"
    )

    assert wrong == []


def test_energy_times_the_price_of_the_hours_is_the_energy_on_the_bills() -> None:
    by_line = dict(
        rows(
            "select site_id, sum(amount) from bill_line where assigned and of_energy group by site_id"  # type: ignore[arg-type]
        )
    )
    by_hour = dict(rows("select site_id, sum(price * import_kwh::numeric) from site_price group by site_id"))  # type: ignore[arg-type]

    assert by_line.keys() == by_hour.keys()
    assert all(abs(by_line[one] - by_hour[one]) < Decimal("0.30") for one in by_line)


def test_the_energy_billed_is_the_energy_metered() -> None:
    differing = rows(
        "select n.site_id from (select site_id, sum(energy_kwh) as kwh from node_day group by site_id) n "
        "join (select site_id, sum(energy_kwh - export_kwh) as kwh from bill where assigned group by site_id) b "
        "using (site_id) where abs(n.kwh - b.kwh) > 0.001 * (1 + abs(n.kwh))"
    )

    assert differing == []


def test_windows_are_read_from_fine_meters_and_readings_beyond_their_ends_are_spread() -> None:
    start = datetime(2025, 10, 7, 22, tzinfo=UTC)
    allach = site("Allach Works")
    with begin() as conn:
        number = conn.execute(
            text("insert into meter (site_id, name, step_s) values (:site, 'Fine', 900) returning id"), {"site": allach}
        ).scalar_one()
        for minutes, seconds, kwh in ((0, 900, 1.0), (15, 900, 5.0), (30, 1800, 4.0), (60, 600, 3.0), (70, 1200, 8.0)):
            conn.execute(
                text(
                    "insert into reading (meter_id, batch_id, ts, energy_kwh, duration_s) "
                    "values (:meter, 1, :ts, :kwh, :seconds)"
                ),
                {"meter": number, "ts": start + timedelta(minutes=minutes), "kwh": kwh, "seconds": seconds},
            )

    with connect() as conn, same_snapshot(conn) as bulk:
        windows = tariff_inputs.fine(bulk, [allach], 15)

    with begin() as conn:
        conn.execute(text("delete from reading where meter_id = :meter"), {"meter": number})
        conn.execute(text("delete from meter where id = :meter"), {"meter": number})
    assert windows["import_kwh"].tolist() == [1, 5, 2, 2, 5, 6]
    assert windows["ts"].iloc[0] == start


def test_a_second_run_has_nothing_to_do_until_a_tariff_changes() -> None:
    assert step.run(lambda _share, _what: None).skipped

    with begin() as conn:
        number = conn.execute(text("select id from tariff where name = 'Albion Home Night'")).scalar_one()
        assign(conn, site("Kelvinside Homes"), number, OCTOBER, assigned_by="test")
    report = step.run(lambda _share, _what: None)

    names = rows(
        "select b.month, t.name from bill b join tariff t on t.id = b.tariff_id "
        "where b.assigned and b.site_id = :site and b.month in ('2025-09-01', '2025-10-01') order by b.month",
        site=site("Kelvinside Homes"),
    )
    assert not report.skipped
    assert [row.name for row in names] == ["Albion Home", "Albion Home Night"]
    assert rows("select count(*) from bill where run_id <> (select max(run_id) from bill)")[0][0] == 0


def test_prices_are_read_by_site_hour_and_currency() -> None:
    allach = site("Allach Works")
    noon = datetime(2025, 10, 8, 10, tzinfo=UTC)  # a Wednesday, 12:00 in Munich
    with connect() as conn:
        hours = prices.hourly_prices(conn, [allach], noon, datetime(2025, 10, 8, 12, tzinfo=UTC))
        later = prices.hourly_prices(conn, [allach], datetime(2025, 12, 20, tzinfo=UTC))
        marginal = prices.marginal_price(conn, allach, noon, datetime(2025, 10, 8, 11, tzinfo=UTC))
        kw = prices.demand_price(conn, allach, datetime(2025, 10, 8, 10, 40, tzinfo=UTC))
        none = prices.demand_price(conn, site("Kelvinside Homes"), noon)

        assert prices.currency_of(conn, allach) == "EUR"
        assert prices.currency_of(conn, 1) is None
        assert prices.marginal_price(conn, 1, noon, noon) is None
        assert prices.marginal_price(conn, allach, datetime(2030, 1, 1, tzinfo=UTC), noon) is None
    assert list(hours["period"]) == ["High", "High"]
    assert set(hours["currency"]) == set(later["currency"]) == {"EUR"}
    assert str(hours["ts"].dtype) == "datetime64[us, UTC]"
    assert float(marginal or 0) == pytest.approx(hours["price_per_kwh"].iloc[0])
    assert kw is not None
    assert float(kw) == pytest.approx(hours["demand_price_per_kw"].iloc[0])
    assert none is None
    assert later["import_kwh"].sum() == 0
    assert later["ts"].max() == pd.Timestamp("2025-12-31 22:00", tz="UTC")


def test_a_node_is_billed_as_the_sum_of_its_sites_one_currency_at_a_time() -> None:
    with connect() as conn:
        assert sorted(bills.currencies(conn, 1)) == ["EUR", "GBP", "INR"]
        whole = bills.totals(conn, Filters(1, *AUTUMN), "EUR")
        regions = bills.totals(conn, of("Bavaria"), "EUR")
        by_kind = bills.by_month(conn, of("Bavaria"), "EUR")
        lines = bills.lines(conn, site("Bavaria"), OCTOBER, "EUR")
        said = bills.notes(conn, site("Bavaria"), date(2025, 9, 1), "EUR")

    pd.testing.assert_frame_equal(whole, regions)
    october = whole.set_index("month").loc[pd.Timestamp(OCTOBER)]
    assert by_kind.loc[by_kind["month"] == pd.Timestamp(OCTOBER), "amount"].sum() == pytest.approx(october["total"])
    assert lines["amount"].sum() == pytest.approx(october["total"])
    assert set(said.columns) == {"site", "tariff", "note"}


def test_tariffs_are_compared_on_the_same_load() -> None:
    with connect() as conn:
        compared = bills.comparison(conn, of("Allach Works"), "EUR")

    own, other = compared[compared["current"]].iloc[0], compared[~compared["current"]].iloc[0]
    assert own["difference"] == 0
    assert other["tariff"] == "Isar Business Spot"
    assert other["energy_kwh"] == own["energy_kwh"]
    assert other["difference"] == pytest.approx(other["cost"] - own["cost"])


def test_the_periods_of_the_tariff_share_the_cost_of_energy() -> None:
    allach = of("Allach Works")
    with connect() as conn:
        periods = bills.by_period(conn, allach, "EUR")
    (row,) = rows(
        "select sum(amount) as cost from bill_line "
        "where assigned and of_energy and site_id = :site and month >= :first",
        site=allach.site_id,
        first=AUTUMN[0],
    )

    assert list(periods["period"]) == ["High", "Low"]
    assert periods["cost"].sum() == pytest.approx(float(row.cost), abs=0.3)


def test_a_site_and_the_whole_peak_in_their_own_hours() -> None:
    with connect() as conn:
        part = bills.coincident_peak(conn, of("Allach Works"))
        half_an_hour_off = bills.coincident_peak(conn, of("Gokulam Homes"))
        whole = bills.coincident_peak(conn, Filters(1, *AUTUMN))

    assert (part["at_peak_kw"] <= part["own_peak_kw"] + 1e-9).all()
    assert half_an_hour_off["organisation_kw"].tolist() == pytest.approx(part["organisation_kw"].tolist())
    assert part["organisation_kw"].tolist() == pytest.approx(whole["own_peak_kw"].tolist())
    assert whole["share"].tolist() == pytest.approx([1.0] * len(whole))


def test_a_bill_for_any_days_agrees_with_that_of_the_month() -> None:
    allach = site("Allach Works")
    with connect() as conn:
        (made,) = bills_of_days(conn, allach, OCTOBER, date(2025, 11, 1), "EUR")
        with pytest.raises(SelectionError, match="choose one of the"):
            bills_of_days(conn, 1, OCTOBER, date(2025, 11, 1), "EUR")
        with pytest.raises(SelectionError, match="ends after it begins"):
            bills_of_days(conn, allach, OCTOBER, OCTOBER, "EUR")
    (kept,) = rows(
        "select total from bill where assigned and site_id = :site and month = :month", site=allach, month=OCTOBER
    )

    assert made.total == kept.total


def test_an_invoice_for_the_same_days_takes_the_place_of_that_before() -> None:
    allach = site("Allach Works")
    with begin() as conn:
        for amount in ("10.00", "12.50"):
            enter_invoice(conn, Invoice(allach, OCTOBER, date(2025, 11, 1), "EUR", Decimal(amount)), entered_by="test")
        entered = bills.invoices(conn, allach)

    assert entered["amount"].tolist() == [Decimal("12.500")]


def test_tariffs_and_who_has_them_are_listed() -> None:
    with connect() as conn:
        known, given = bills.tariffs(conn), bills.tariffs_of(conn, site("Allach Works"))

    assert {"Isar Business 15", "Albion Home"} <= set(known["name"])
    assert given["given_to"].tolist() == ["Bavaria"]


def flat_tariff(name: str, currency: str = "EUR", **charges: Any) -> StoredVersion:  # noqa: ANN401 - a tariff's
    made = Tariff(name, currency, date(2025, 1, 1), **charges)
    return StoredVersion(name, currency, made.valid_from, to_json(made))


def test_a_tariff_that_cannot_bill_its_site_fails_that_site_alone() -> None:
    spot = flat_tariff("Nowhere", hourly=(HourlyPrice("Spot", "nowhere"),))
    with begin() as conn:
        assign(conn, site("Isar Offices"), store_version(conn, spot), date(2025, 1, 1), assigned_by="test")

    report = step.run(lambda _share, _what: None)

    with connect() as conn:
        reasons = runs.failures(conn, step.STEP).set_index("owner")["reason"]
    assert report.series == 23
    assert "no price series called nowhere" in reasons["site Isar Offices"]
    with begin() as conn:
        conn.execute(text("delete from site_tariff where assigned_by = 'test'"))


def test_a_site_whose_bill_nobody_could_be_sent_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A register read as kWh that counts Wh a thousand million times over, and numbers that break the engine."""
    with begin() as conn:
        conn.execute(
            text("update node_hour set energy_kwh = energy_kwh * 1e12 where site_id = :s"), {"s": site("Hove Homes")}
        )
    account = Inputs.account

    def broken(inputs: Inputs, place: Place) -> Account:
        if place.name == "Leith Homes":
            raise ZeroDivisionError("float division by zero")
        return account(inputs, place)

    monkeypatch.setattr(Inputs, "account", broken)
    step.run(lambda _share, _what: None)
    with connect() as conn:
        failed = runs.failures(conn, "tariffs").set_index("owner")["reason"]
    with begin() as conn:
        conn.execute(
            text("update node_hour set energy_kwh = energy_kwh / 1e12 where site_id = :s"), {"s": site("Hove Homes")}
        )

    assert "its readings are in another unit, or wrong" in failed["site Hove Homes"]
    assert "ZeroDivisionError" in failed["site Leith Homes"]
    assert (
        rows("select count(*) from bill where site_id in (:a, :b)", a=site("Hove Homes"), b=site("Leith Homes"))[0][0]
        == 0
    )
    assert rows("select count(distinct site_id) from bill")[0][0] > 2


def test_a_version_of_the_same_day_is_replaced_and_another_currency_refused() -> None:
    energy = (EnergyCharge("Energy", (flat("All", Decimal("0.3")),)),)
    with begin() as conn:
        first = store_version(conn, flat_tariff("Twice"))
        assert store_version(conn, flat_tariff("Twice", energy=energy)) == first
        stored = conn.execute(text("select definition from tariff_version where tariff_id = :id"), {"id": first})
        assert stored.scalar_one()["energy"][0]["periods"][0]["tiers"] == [{"price": "0.3"}]
        with pytest.raises(UserError, match="is in EUR, not GBP"):
            store_version(conn, flat_tariff("Twice", "GBP"))
        with pytest.raises(UserError, match="needs a name"):
            store_version(conn, flat_tariff(" "))
        with pytest.raises(SelectionError, match="no tariff 4711"):
            assign(conn, 1, 4711, OCTOBER, assigned_by="test")
        with pytest.raises(SelectionError, match="no site 4711"):
            assign(conn, 4711, first, OCTOBER, assigned_by="test")


def test_an_import_stores_the_rate_and_gives_it_to_the_site() -> None:
    rate = '{"name": "%s", "sector": "Residential", "startdate": 1727762400, "energyratestructure": [[{"rate": 0.2}]]}'
    stored = import_urdb(rate % "Imported", "one.json", site="Leith Homes", start=OCTOBER, name="Mine")

    (given,) = rows(
        "select t.name, t.sector, t.currency from site_tariff g join tariff t on t.id = g.tariff_id "
        "where g.site_id = :site and g.valid_from = :day",
        site=site("Leith Homes"),
        day=OCTOBER,
    )
    assert stored[0]["tariff"] == given.name == "Mine"
    assert (given.sector, given.currency) == ("household", "USD")
    with pytest.raises(UserError, match="no site called 'Nowhere'"):
        import_urdb(rate % "Imported", "one.json", site="Nowhere")
    with pytest.raises(UserError, match="holds 2 tariffs"):
        import_urdb(f"[{rate % 'A'}, {rate % 'B'}]", "two.json", site="Leith Homes")
