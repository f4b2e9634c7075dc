"""What the models read of the warehouse, and the record of their runs."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from builders import Builder

from pipeline.flags import Flag
from pipeline.warehouse import runs
from pipeline.warehouse.engine import begin
from pipeline.warehouse.queries import model_inputs
from pipeline.warehouse.runs import Failure, Outcome

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def build(warehouse: str) -> Iterator[Builder]:  # noqa: ARG001 - the database it plants in
    with begin() as conn:
        yield Builder(conn)


@pytest.fixture
def school(build: Builder) -> int:
    """Plant a school with a meter and panels below a town, the first hours of the year."""
    town = build.site("Town", "Europe/Berlin", kind="organisation", country="DE", subdivision="BE")
    school = build.site("School", "Europe/Berlin", town, sector="school")
    build.readings(build.meter(school, "main"), NEW_YEAR, [1.0, 2.0, None, 4.0])
    build.readings(build.meter(school, "panels", "export"), NEW_YEAR, [0.5, 0.5], flag=Flag.ESTIMATED_LINE)
    build.meter(school, "roof", "generation")
    return school


def test_places_inherit_their_calendar_and_count_their_meters(build: Builder, school: int) -> None:
    places = model_inputs.places(build.conn).set_index("name")

    assert places.index.tolist() == ["Town", "School"]
    assert places.loc["School", ["country", "subdivision", "sector", "meters", "leaf"]].tolist() == [
        "DE",
        "BE",
        "school",
        2,
        True,
    ]
    assert not places.loc["Town", "leaf"]
    assert places.loc["School", "site_id"] == school
    assert set(model_inputs.meters(build.conn)["direction"]) == {"import", "export", "generation"}


def test_hours_without_data_have_no_row_and_estimates_are_known(build: Builder, school: int) -> None:
    hours = model_inputs.hourly_load(build.conn, "node", [school], end=datetime(2024, 1, 1, 4, tzinfo=UTC))

    assert hours["energy_kwh"].tolist() == [0.5, 1.5, 4.0]
    assert hours["ts"].dt.hour.tolist() == [0, 1, 3]
    assert hours["share_estimated"].tolist() == [0.5, 0.5, 0.0]


def test_days_are_those_of_the_site(build: Builder, school: int) -> None:
    days = model_inputs.daily_load(build.conn, "node", [school], date(2024, 1, 1), date(2024, 1, 2))

    assert days[["energy_kwh", "peak_kw", "covered_hours"]].to_numpy().tolist() == [[6.0, 4.0, 5.0]]


@pytest.mark.usefixtures("school")
def test_a_step_is_current_until_what_it_reads_changes(build: Builder) -> None:
    inputs = runs.inputs_digest(build.conn, "weather")
    runs.record(build.conn, Outcome("tariffs", inputs, series=2, seconds=1.0))
    assert runs.is_current(build.conn, "tariffs", runs.inputs_digest(build.conn, "weather"))

    runs.record(build.conn, Outcome("weather", "", series=1, seconds=1.0))
    after_weather = runs.inputs_digest(build.conn, "weather")
    build.batch("another file")
    after_file = runs.inputs_digest(build.conn, "weather")

    assert len({inputs, after_weather, after_file}) == 3
    assert not runs.is_current(build.conn, "tariffs", after_file)
    assert runs.inputs_digest(build.conn, parameters=(1,)) != runs.inputs_digest(build.conn, parameters=(2,))


def test_failures_of_the_newest_run_are_listed_and_a_failed_run_is_none(build: Builder) -> None:
    assert runs.latest(build.conn, "forecast") is None
    runs.record(build.conn, Outcome("forecast", "a", 1, 1.0, [Failure("meter old", "gone", meter_id=1)]))
    number = runs.record(build.conn, Outcome("forecast", "b", 1, 1.0, [Failure("meter 2", "is too short", meter_id=2)]))
    runs.record(build.conn, Outcome("forecast", "c", 0, 1.0, state="failed"))

    newest = runs.latest(build.conn, "forecast")

    assert newest is not None
    assert (newest.id, newest.failures) == (number, 1)
    assert runs.failures(build.conn, "forecast")["reason"].tolist() == ["is too short"]
    assert runs.failures(build.conn, "recommend").empty
