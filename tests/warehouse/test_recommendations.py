"""The step `recommend`, decisions and what the page asks, on planted sites."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from builders import Builder
from sqlalchemy import insert, select, update

from dashboard.drawn import indicator_of, recommendation_of
from pipeline.commands.recommend import recommend as command
from pipeline.errors import SelectionError, UserError
from pipeline.steps import recommend
from pipeline.steps.recommending.sites import currency_of, demand_price, other_tariffs
from pipeline.warehouse import runs
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import realised, recommendation_inputs, recommendations, site_profiles
from pipeline.warehouse.recommendation_decisions import Decision, decide
from pipeline.warehouse.recommendation_store import enter_power_factor
from pipeline.warehouse.tables.anomalies import anomaly
from pipeline.warehouse.tables.recommendations import recommendation, recommendation_decision
from pipeline.warehouse.tables.tariffs import site_price
from pipeline.warehouse.weather_stations import Station, ensure_station, store_hours

START = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 120
DONE_ON = date(2024, 4, 1)
WASTED_KW = 10.0


@dataclass(frozen=True)
class Planted:
    """The organisation, the site that wastes 10 kW around the clock, and the one with too little data."""

    filters: Filters
    wasteful: int
    short: int


def office(days: int, more_kw: float, until_day: int) -> list[float | None]:
    hours = np.arange(days * 24)
    busy = (hours % 24 >= 8) & (hours % 24 < 18) & (hours // 24 % 7 < 5)
    extra = np.where(hours // 24 < until_day, more_kw, 0.0)
    return [float(value) for value in 20 + 60 * busy + extra]


def run() -> int:
    return recommend.run(lambda _share, _what: None).series


@pytest.fixture
def build(warehouse: str) -> Iterator[Builder]:  # noqa: ARG001 - the database it plants in
    with begin() as conn:
        yield Builder(conn)


@pytest.fixture
def planted(warehouse: str) -> Planted:  # noqa: ARG001 - the database it plants in
    return plant()


def plant(*, waste_days: int = DAYS) -> Planted:
    with begin() as conn:
        build = Builder(conn)
        root = build.site("Firm")
        details = {"sector": "office", "floor_area_m2": 1_000.0, "latitude": 50.0, "longitude": 8.0}
        sites = [build.site(f"Office {number}", parent=root, **details) for number in range(7)]
        for number, site in enumerate(sites):
            days = 20 if number == 6 else DAYS
            load = office(days, WASTED_KW if number == 0 else 0.0, waste_days)
            build.readings(build.meter(site, f"meter {number}"), START + timedelta(days=DAYS - days), load)
        _weather(build)
        _prices(build, sites[0])
        return Planted(Filters(root, START.date(), START.date() + timedelta(days=DAYS)), sites[0], sites[6])


def _weather(build: Builder) -> None:
    station = ensure_station(build.conn, Station("Field", 50.0, 8.0, provider="file"))
    ts = pd.date_range(START, periods=DAYS * 24, freq="h")
    degrees = 5 + 5 * np.sin(np.arange(len(ts)) / 24 / 20)
    store_hours(build.conn, station, pd.DataFrame({"ts": ts, "temperature_c": degrees, "solar_w_m2": 100.0}))


def _prices(build: Builder, site: int) -> None:
    from pipeline.warehouse.tables.tariffs import bill, tariff  # noqa: PLC0415 - used here alone

    add_tariff = insert(tariff).values(name="Flat", currency="EUR", source="demo").returning(tariff.c.id)
    tariff_id = build.conn.execute(add_tariff).scalar_one()
    run_id = runs.record(build.conn, runs.Outcome("tariffs", "x", 1, 0.0))
    hours = [
        {
            "site_id": site,
            "ts": START + timedelta(hours=hour),
            "price": Decimal("0.25"),
            "export_price": Decimal(0),
            "period": "all day",
            "import_kwh": 20.0,
            "export_kwh": 0.0,
        }
        for hour in range(DAYS * 24)
    ]
    build.conn.execute(insert(site_price), hours)
    months = [
        {
            "site_id": site,
            "month": date(2024, month, 1),
            "tariff_id": tariff_id,
            "assigned": True,
            "run_id": run_id,
            "currency": "EUR",
            "total": Decimal(5_000),
            "energy_kwh": 20_000.0,
            "export_kwh": 0.0,
            "peak_kw": 90.0,
            "hours": 720.0,
            "covered_hours": 720.0,
            "share_estimated": 0.0,
            "notes": [],
        }
        for month in range(1, 5)
    ]
    build.conn.execute(insert(bill), months)


def test_the_planted_waste_is_found_with_its_energy_and_money(planted: Planted) -> None:
    assert run() == 6

    with connect() as conn:
        board = recommendations.board(conn, planted.filters)
    found = board.cards.set_index("kind").loc["base_load"]
    assert found["site_id"] == planted.wasteful
    assert found["money"] == pytest.approx(Decimal(str(round(found["kwh"] * 0.25, 2))), abs=Decimal(1))
    assert found["currency"] == "EUR"


def test_a_short_record_is_refused_with_the_reason(planted: Planted) -> None:
    run()

    with connect() as conn:
        refused = recommendations.refused(conn, planted.filters)
        cards = recommendations.board(conn, planted.filters, every=True).cards
    assert refused["site_id"].tolist() == [planted.short]
    assert "20 days" in refused["reason"].iloc[0]
    assert planted.short not in cards["site_id"].tolist()


def test_a_second_run_has_nothing_to_do(planted: Planted) -> None:  # noqa: ARG001 - planted for the step
    run()

    assert recommend.run(lambda _share, _what: None).skipped


def test_decisions_outlive_a_run_and_move_the_card(planted: Planted) -> None:
    run()
    name = f"{planted.wasteful}-base_load"
    with begin() as conn:
        decide(conn, name, Decision("dismissed", reason="  It is a server room. "), decided_by="Ann")
    with begin() as conn:
        conn.execute(update(recommendation).values(text="changed"))

    with connect() as conn:
        open_ones = recommendations.board(conn, planted.filters).cards
        [dismissed] = recommendations.board(conn, planted.filters, "dismissed").cards.to_dict("records")
        card = recommendations.card(conn, name)
        assert not recommendations.evidence(conn, name).empty
    assert name not in open_ones["fingerprint"].tolist()
    assert dismissed["reason"] == "It is a server room."
    assert (card.state, [step.decided_by for step in card.history]) == ("dismissed", ["Ann"])


def test_what_was_done_is_measured_with_its_uncertainty(warehouse: str) -> None:  # noqa: ARG001 - planted in
    planted = plant(waste_days=(DONE_ON - START.date()).days)
    name = f"{planted.wasteful}-base_load"
    expected = {"kwh": 80_000.0, "text": "Switch it off.", "kind": "base_load", "site_id": planted.wasteful}
    done = {"fingerprint": name, "state": "done", "done_on": DONE_ON, "decided_by": "Ann"}
    with begin() as conn:
        conn.execute(insert(recommendation_decision).values(expected | done))
    run()

    with connect() as conn:
        [measured] = realised.measured(conn, planted.filters).to_dict("records")
        course = realised.course(conn, name)
        totals = recommendations.totals(conn, planted.filters)
    days = DAYS - (DONE_ON - START.date()).days
    assert measured["saved_kwh"] == pytest.approx(WASTED_KW * 24 * days, rel=0.1)
    assert measured["uncertainty_kwh"] < measured["saved_kwh"]
    assert float(measured["money"]) == pytest.approx(measured["saved_kwh"] * 0.25, rel=0.01)
    assert course["cumulative_kwh"].iloc[-1] == pytest.approx(measured["saved_kwh"], rel=0.01)
    assert totals.realised.kwh == pytest.approx(WASTED_KW * 8760, rel=0.1)
    assert totals.done.count == 1


@pytest.mark.parametrize("change", ["a meter falls silent", "a meter is new"])
def test_meters_that_come_or_go_do_not_pass_for_savings(warehouse: str, change: str) -> None:  # noqa: ARG001 - planted in
    """Half of the site's load is on a second meter, in the first half of the time after or in the second."""
    planted = plant(waste_days=(DONE_ON - START.date()).days)
    days_before, half = (DONE_ON - START.date()).days, 15
    name = f"{planted.wasteful}-base_load"
    expected = {"kwh": 80_000.0, "text": "Switch it off.", "kind": "base_load", "site_id": planted.wasteful}
    with begin() as conn:
        build = Builder(conn)
        second = build.meter(planted.wasteful, "second")
        if change == "a meter falls silent":
            build.readings(second, START, [50.0] * 24 * (days_before + half))
        else:
            build.readings(
                second, START + timedelta(days=days_before + half), [50.0] * 24 * (DAYS - days_before - half)
            )
        done = {"fingerprint": name, "state": "done", "done_on": DONE_ON, "decided_by": "Ann"}
        conn.execute(insert(recommendation_decision).values(expected | done))
    run()

    with connect() as conn:
        [measured] = realised.measured(conn, planted.filters).to_dict("records")
    assert measured["days"] == half
    assert measured["saved_kwh"] == pytest.approx(WASTED_KW * 24 * half, rel=0.1)


def test_what_was_done_yesterday_says_what_is_missing(planted: Planted) -> None:
    run()
    last = START.date() + timedelta(days=DAYS - 1)
    with begin() as conn:
        decide(conn, f"{planted.wasteful}-base_load", Decision("done", done_on=last), decided_by="Ann")
    run()

    with connect() as conn:
        reasons = recommendations.refused(conn, planted.filters)["reason"].tolist()
    assert any(reason.startswith("1 days have the readings of the same meters") for reason in reasons)


@pytest.mark.parametrize(
    "decision",
    [
        Decision("dismissed", reason=" "),
        Decision("done"),
        Decision("done", done_on=date(2199, 1, 1)),
        Decision("perhaps"),  # type: ignore[arg-type] - from outside
    ],
)
def test_a_decision_that_is_not_complete_is_refused(decision: Decision) -> None:
    with pytest.raises(UserError):
        decision.checked()


def test_an_unknown_recommendation_is_refused(build: Builder) -> None:
    with pytest.raises(SelectionError):
        decide(build.conn, "1-nothing", Decision("accepted"), decided_by="Ann")
    with pytest.raises(SelectionError):
        recommendations.card(build.conn, "1-nothing")
    with pytest.raises(SelectionError):
        recommendations.state_of("perhaps")


def test_no_more_than_a_person_would_read(planted: Planted) -> None:
    run()
    with begin() as conn:
        kept = conn.execute(select(recommendation)).mappings().first()
        assert kept is not None
        rows = [
            dict(kept)
            | {"fingerprint": f"{planted.wasteful}-kind_{letter}", "currency": currency, "money": Decimal(money)}
            for money, letter in enumerate("abcdefgh", start=1_000)
            for currency in ("EUR",)
        ]
        conn.execute(insert(recommendation), rows)

    with connect() as conn:
        board = recommendations.board(conn, planted.filters)
        every = recommendations.board(conn, planted.filters, every=True)
    assert (board.cards["site_id"] == planted.wasteful).sum() == 3
    assert len(board.cards) <= 20
    assert len(board.cards) + board.more == len(every.cards)


def test_sites_stand_among_their_peers_and_in_their_shapes(planted: Planted) -> None:
    run()

    with connect() as conn:
        compared = site_profiles.compared(conn, planted.filters, "base_share")
        shapes, members = site_profiles.shapes(conn), site_profiles.members(conn, planted.filters)
    assert compared["site_id"].iloc[-1] == planted.wasteful
    assert len(set(compared["best"])) == 1
    assert (shapes.groupby("shape")["hour"].count() == 24).all()
    assert len(members) == 6


def test_an_open_leak_is_an_event_to_end(planted: Planted) -> None:
    with begin() as conn:
        run_id = runs.record(conn, runs.Outcome("anomalies", "y", 1, 0.0))
        from pipeline.warehouse.schema import meter  # noqa: PLC0415 - used here alone

        meter_id = conn.execute(select(meter.c.id).where(meter.c.site_id == planted.wasteful)).scalar_one()
        values = {
            "run_id": run_id,
            "fingerprint": "leak-1",
            "meter_id": meter_id,
            "kind": "leak",
            "start_ts": START + timedelta(days=DAYS - 10),
            "end_ts": START + timedelta(days=DAYS),
            "score": 3.0,
            "confidence": 0.8,
            "rank": 0.8,
            "expected_kwh": 1_000.0,
            "actual_kwh": 2_200.0,
            "explanation": "It runs day and night.",
        }
        conn.execute(insert(anomaly).values(values))
        listed = recommendation_inputs.open_events(conn, [planted.wasteful], ["leak"])
    run()

    assert listed["excess_kwh"].tolist() == [1_200.0]
    with connect() as conn:
        cards = recommendations.board(conn, planted.filters).cards
    assert cards.set_index("kind").loc["anomaly", "kwh"] == pytest.approx(5 * 8760, rel=0.01)


def test_a_power_factor_is_kept_and_one_that_cannot_be_is_refused(
    planted: Planted, capsys: pytest.CaptureFixture[str]
) -> None:
    command(power_factor=["Office 1=0.86"], as_json=True)

    with connect() as conn:
        assert list(recommendation_inputs.power_factors(conn).values()) == [0.86]
    assert '"sites": 6' in capsys.readouterr().out
    for wrong in ("Office 1", "Nowhere=0.9", "Office 1=1.4"):
        with pytest.raises(UserError):
            command(power_factor=[wrong], as_json=True)
    with begin() as conn:
        enter_power_factor(conn, planted.wasteful, 1.0, entered_by="Ann")


def test_an_empty_warehouse_recommends_nothing(build: Builder) -> None:
    del build

    assert run() == 0


def test_the_history_of_decisions_is_never_overwritten(planted: Planted) -> None:
    run()
    name = f"{planted.wasteful}-base_load"
    for state in ("accepted", "open", "accepted"):
        with begin() as conn:
            decide(conn, name, Decision(state), decided_by="Ann")  # type: ignore[arg-type] - three of them

    with connect() as conn:
        states = conn.execute(select(recommendation_decision.c.state).order_by(recommendation_decision.c.id)).scalars()
        assert list(states) == ["accepted", "open", "accepted"]


def test_tariffs_are_compared_in_one_currency_over_the_same_months() -> None:
    rows = [("Flat", "EUR", True, 1_200, 6), ("Time", "EUR", False, 600, 6), ("Few", "EUR", False, 1, 2)]
    rows += [("Pound", "GBP", False, 1, 6), ("Flat", "EUR", False, 1, 6)]
    bills = pd.DataFrame(rows, columns=["name", "currency", "assigned", "total", "months"])
    bills["total"] = bills["total"].map(Decimal)

    [other] = other_tariffs(bills)

    assert (other.name, other.present_cost, other.cost) == ("Time", Decimal("2400.00"), Decimal("1200.00"))
    assert other_tariffs(bills[~bills["assigned"]]) == ()


def test_the_demand_price_is_that_of_the_hours_of_the_peaks() -> None:
    index = pd.date_range("2024-01-01", periods=60, freq="D", tz="UTC")
    hours = pd.DataFrame({"date": index.tz_localize(None), "energy_kwh": 1.0, "demand_price": 4.0}, index=index)
    hours.loc[index[5], ["energy_kwh", "demand_price"]] = [9.0, 10.0]

    assert demand_price(hours) == Decimal("7.0")
    assert demand_price(hours.assign(demand_price=np.nan)) is None


def test_two_currencies_are_no_currency() -> None:
    assert currency_of(pd.DataFrame({"currency": ["EUR", "GBP"]})) is None


@pytest.mark.parametrize("name", ["", "'; drop", "1-base_load; --"])
def test_what_no_recommendation_is_called_is_refused(name: str) -> None:
    with pytest.raises(SelectionError):
        recommendation_of({"recommendation": name})
    with pytest.raises(SelectionError):
        indicator_of({"indicator": name or "no"})
