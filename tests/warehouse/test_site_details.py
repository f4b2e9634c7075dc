from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from pipeline.errors import UserError
from pipeline.sources.frame import Overrides
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.load import load_file
from pipeline.warehouse.site_details import SiteDetails, describe_site

pytestmark = pytest.mark.usefixtures("warehouse")


@pytest.fixture
def loaded(tmp_path: Path) -> str:
    """Load a day of UTC hours of one meter; return the meter's name."""
    start = datetime(2024, 5, 1, tzinfo=UTC)
    stamps = [f"{start + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}" for hour in range(24)]
    path = tmp_path / "works.csv"
    path.write_text("meter,time,kwh\n" + "".join(f"M1,{stamp},1\n" for stamp in stamps))
    load_file(path, Overrides(), loaded_by="test")
    return "M1"


def test_a_new_zone_gives_the_days_of_that_zone(loaded: str) -> None:
    assert loaded
    with begin() as conn:
        describe_site(conn, "works", SiteDetails(timezone="Asia/Kolkata"))

        assert days(conn, "works") == {"2024-05-01": 19.0, "2024-05-02": 5.0}
        assert days(conn, "works") == days(conn, "My organisation")


def test_a_sector_has_its_own_hours_as_soon_as_it_is_said(loaded: str) -> None:
    assert loaded
    with begin() as conn:
        describe_site(conn, "works", SiteDetails(sector="factory"))

        found = conn.execute(text("select distinct sector, sum(energy_kwh) over () from sector_hour")).one()
        assert tuple(found) == ("factory", 24.0)


def test_a_meter_moves_to_a_site_made_for_it(loaded: str) -> None:
    with begin() as conn:
        describe_site(conn, "North", SiteDetails(kind="region"))
        describe_site(conn, "Hall 2", SiteDetails(latitude=52.5, longitude=13.4), parent="North", meters=[loaded])

        assert days(conn, "Hall 2") == days(conn, "North") == {"2024-05-01": 24.0}
        assert not days(conn, "works")


def test_what_is_not_given_stays_as_it_is(loaded: str) -> None:
    assert loaded
    with begin() as conn:
        describe_site(conn, "works", SiteDetails(floor_area_m2=1200.0, country="DE"))
        describe_site(conn, "works", SiteDetails(sector="office"))

    with connect() as conn:
        row = conn.execute(text("select floor_area_m2, country, sector from site where name = 'works'")).one()
    assert tuple(row) == (1200.0, "DE", "office")


@pytest.mark.parametrize(
    ("details", "sentence"),
    [
        (SiteDetails(latitude=91.0), "latitude of 91"),
        (SiteDetails(longitude=float("nan")), "longitude of nan"),
        (SiteDetails(floor_area_m2=-1.0), "floor area of -1"),
        (SiteDetails(timezone="Berlin"), "no time zone 'Berlin'"),
        (SiteDetails(country="Atlantis"), "country 'Atlantis'"),
    ],
)
def test_what_cannot_be_is_refused_in_words(details: SiteDetails, sentence: str) -> None:
    with begin() as conn, pytest.raises(UserError, match=sentence):
        describe_site(conn, "works", details)


def test_a_name_that_is_not_there_is_refused_and_nothing_is_made() -> None:
    with begin() as conn, pytest.raises(UserError, match="no meter called 'M9'"):
        describe_site(conn, "works", SiteDetails(), meters=["M9"])

    with connect() as conn:
        assert conn.execute(text("select count(*) from site")).scalar_one() == 0


def days(conn: Connection, name: str) -> dict[str, float]:
    statement = text(
        "select day::text, energy_kwh from node_day join site on id = site_id where name = :name order by day"
    )
    return {row.day: row.energy_kwh for row in conn.execute(statement, {"name": name})}
