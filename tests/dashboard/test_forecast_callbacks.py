"""The callbacks of the Forecast page, asked as Dash asks them."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from dash import no_update
from dash.exceptions import PreventUpdate
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from dashboard.forecasts import Choice
from dashboard.selection import resolve
from pages.wording import DASH
from pipeline.errors import SelectionError
from pipeline.steps import forecast as step
from pipeline.warehouse.engine import connect
from pipeline.warehouse.schema import meter

Query = dict[str, str]


@pytest.fixture(scope="module")
def forecast_of(demo_warehouse: str) -> tuple[int, int]:
    """Forecast one site of the demo and its meters; give the numbers of the site and of one meter."""
    assert demo_warehouse
    with connect() as conn:
        hourly = (meter.c.direction == "import", meter.c.step_s == 3600)
        found = conn.execute(select(meter.c.site_id, meter.c.id).where(*hourly).order_by(meter.c.id).limit(1)).one()
    step.run(lambda _share, _what: None, site_id=found.site_id)
    return int(found.site_id), int(found.id)


@pytest.fixture
def page(application: Flask) -> SimpleNamespace:
    del application  # registers the pages
    return import_module("pages.forecast")  # type: ignore[return-value]


@pytest.fixture
def query(forecast_of: tuple[int, int]) -> Query:
    filters = resolve({"site": str(forecast_of[0])})
    assert filters is not None
    return filters.to_query()


@pytest.fixture
def everything(forecast_of: tuple[int, int]) -> Query:
    """Select the whole organisation, which was not forecast."""
    assert forecast_of
    filters = resolve({})
    assert filters is not None
    return filters.to_query()


def test_the_layout_takes_whatever_the_address_says(page: SimpleNamespace) -> None:
    hostile = {"horizon": "<script>", "model": "x" * 99, "growth": "1e999", "whatif": "'", "other": "z"}

    assert type(page.layout()) is type(page.layout(**hostile))
    assert "<script>" not in str(page.layout(**hostile))
    assert "value='days'" in str(page.layout(horizon="days"))


def test_the_fan_is_drawn_with_its_model_and_when_it_was_issued(page: SimpleNamespace, query: Query) -> None:
    figure, subtitle, options, notice = page.show_fan(query, "hours", "best", "base", 0, "light")

    names = [trace.name for trace in figure.data]
    assert names[:3] == ["P90", "P10 to P90", "Seasonal naive"]
    assert names[-1] == "Measured"
    assert subtitle.startswith("kWh by hour; ")
    assert "learnt from readings since" in subtitle
    assert options == {"horizon": "hours", "model": "best", "whatif": "base", "growth": "0"}
    assert notice is None or "Fall-back" in str(notice)


def test_models_and_what_ifs_are_offered_and_a_choice_that_is_gone_is_let_go(
    page: SimpleNamespace, query: Query
) -> None:
    models, model, scenarios, scenario = page.offer(query, "hours", "gone", "+9")
    kept = page.offer(query, "hours", "seasonal_naive", "holiday")

    assert {choice["value"] for choice in models} >= {"best", "seasonal_naive"}
    assert {choice["value"] for choice in scenarios} >= {"base", "holiday"}
    assert (model, scenario) == ("best", "base")
    assert (kept[1], kept[3]) == (no_update, no_update)  # nor written back over what is chosen meanwhile


def test_growth_lifts_the_forecast_and_not_what_was_measured(page: SimpleNamespace, query: Query) -> None:
    plain = page.show_fan(query, "days", "best", "base", None, "dark")[0]
    grown, _, options, _ = page.show_fan(query, "days", "best", "base", 10, "dark")

    def values(figure: object, name: str) -> list[float]:
        return next(list(trace.y) for trace in figure.data if trace.name.startswith(name))  # type: ignore[attr-defined]

    assert options["growth"] == "10"
    joint, *lifted = values(grown, "Forecast P50")
    assert joint == [value for value in values(plain, "Measured") if value == value][-1]  # noqa: PLR0124 - not NaN
    assert lifted == pytest.approx([1.1 * value for value in values(plain, "Forecast P50")[1:]])
    assert values(grown, "Measured") == pytest.approx(values(plain, "Measured"), nan_ok=True)
    with pytest.raises(SelectionError, match="Growth"):
        page.show_fan(query, "days", "best", "base", 1000, "dark")


def test_a_holiday_and_another_model_are_drawn_under_their_names(page: SimpleNamespace, query: Query) -> None:
    holiday, *_ = page.show_fan(query, "hours", "best", "holiday", 0, "light")
    naive, subtitle, *_ = page.show_fan(query, "hours", "seasonal_naive", "base", 5, "light")

    assert "Forecast P50, holidays" in {trace.name for trace in holiday.data}
    assert "Seasonal naive P50, +5 %" in {trace.name for trace in naive.data}
    assert "Seasonal naive, issued" in subtitle


def test_the_month_has_energy_peak_cost_and_headroom(page: SimpleNamespace, query: Query) -> None:
    row, facts = page.show_month(query)

    text = str(row)
    assert "Energy of" in text
    assert f"P10{DASH}P90" in text
    assert "Peak of" in text
    assert "assign a tariff" in text
    assert "Headroom" in text
    assert "Headroom to it (ratchets)" in str(facts)
    assert "mean power over a clock hour" in str(facts)


def test_the_record_tells_scores_and_drivers_and_that_nothing_is_past_yet(page: SimpleNamespace, query: Query) -> None:
    drivers, said, options, past, past_said, _, scores = page.show_record(query, "hours", "light")

    assert drivers.data or "does not say" in drivers.layout.annotations[0].text
    assert said
    assert options["horizon"] == "hours"
    assert "No forecast has become past yet" in past.layout.annotations[0].text
    assert past_said == "None yet"
    assert {row["model"] for row in scores} >= {"Seasonal naive"}
    assert [row["in_use"] for row in scores].count("yes") == 1
    assert scores[0]["evidence"] == "Backtest"
    assert {"wape", "skill", "mase", "mae_kwh", "bias", "coverage", "pinball_kwh", "seconds"} <= set(scores[0])


def test_a_site_without_a_forecast_says_why_on_every_chart(page: SimpleNamespace, everything: Query) -> None:
    figure, subtitle, _, notice = page.show_fan(everything, "hours", "best", "base", 0, "light")
    row, facts = page.show_month(everything)
    _, said, *_, scores = page.show_record(everything, "hours", "light")

    assert "run `python -m pipeline forecast`" in figure.layout.annotations[0].text
    assert subtitle == "No forecast"
    assert "since this was added" in str(notice)
    assert str(row).count("No forecast by day") == 4
    assert "no forecast of the peaks" in str(facts)
    assert said == "Nothing to explain"
    assert scores == []


def test_a_meter_is_shown_by_itself(page: SimpleNamespace, query: Query, forecast_of: tuple[int, int]) -> None:
    of_meter = query | {"meter": str(forecast_of[1])}

    figure, *_ = page.show_fan(of_meter, "hours", "best", "base", 0, "light")
    row, _ = page.show_month(of_meter)

    assert figure.data
    assert "A tariff is of a site" in str(row)


def test_the_csv_holds_what_is_drawn(client: FlaskClient, query: Query) -> None:
    fan = client.get("/chart.csv", query_string=query | {"chart": "forecast-fan", "horizon": "days", "growth": "0"})
    drivers = client.get("/chart.csv", query_string=query | {"chart": "forecast-drivers", "horizon": "hours"})
    past = client.get("/chart.csv", query_string=query | {"chart": "forecast-past", "horizon": "hours"})
    wrong = client.get("/chart.csv", query_string=query | {"chart": "forecast-fan", "horizon": "weeks"})

    assert fan.text.splitlines()[0].endswith("time,actual_kwh,p10_kwh,p50_kwh,p90_kwh,naive_kwh")
    assert fan.text.count("\n") > 60
    assert drivers.text.startswith("time,group,value_kwh")
    assert past.text.startswith("time,actual_kwh")
    assert wrong.status_code == 400


@pytest.mark.parametrize("growth", ["-101", "501", "x", "nan"])
def test_growth_that_makes_no_sense_is_refused(growth: str) -> None:
    with pytest.raises(SelectionError, match="Growth must be a number"):
        Choice.from_query({"growth": growth})


def test_a_choice_survives_its_address() -> None:
    choice = Choice("days", "arima", "+2", 7.5)

    assert Choice.from_query(choice.to_query()) == choice


def test_nothing_is_asked_before_there_is_a_selection(page: SimpleNamespace) -> None:
    with pytest.raises(PreventUpdate):
        page.show_month(None)
