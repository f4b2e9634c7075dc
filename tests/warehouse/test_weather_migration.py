import pytest
from alembic import command
from sqlalchemy import Connection, text

from pipeline.warehouse import migrations
from pipeline.warehouse.engine import begin, connect

PLANTED = """
insert into site (id, parent_id, name, kind, timezone, latitude, longitude, generated) overriding system value values
    (1, null, 'Company', 'organisation', 'UTC', 1, 2, false),
    (2, 1, 'Munich', 'city', 'Europe/Berlin', 48.1, 11.6, true),
    (3, 1, 'Hall', 'site', 'UTC', null, null, false),
    (4, 2, 'Hall', 'site', 'UTC', 5, 6, false);
insert into site_closure values (1, 1, 0), (2, 2, 0), (3, 3, 0), (4, 4, 0), (1, 2, 1), (1, 3, 1), (2, 4, 1), (1, 4, 2);
insert into weather select id, '2025-01-01 00:00+00'::timestamptz + id * interval '1 hour', id from site where id > 1
"""


def to_revision(conn: Connection, revision: str) -> None:
    configuration = migrations._config()
    configuration.attributes["connection"] = conn
    command.upgrade(configuration, revision)


@pytest.mark.usefixtures("warehouse")
def test_weather_of_a_site_becomes_that_of_a_station_where_the_site_lies() -> None:
    with begin() as conn:
        conn.execute(text("drop schema public cascade; create schema public"))
        to_revision(conn, "0002")
        conn.execute(text(PLANTED))
    with begin() as conn:
        to_revision(conn, "0003")
    with connect() as conn:
        rows = conn.execute(
            text(
                "select name, provider, latitude, longitude, generated, temperature_c, extract(hour from ts at "
                "time zone 'UTC')::int from weather_station join weather on station_id = id order by name"
            )
        ).all()

    assert [tuple(row) for row in rows] == [
        ("Hall 3", "file", 1.0, 2.0, False, 3.0, 3),
        ("Hall 4", "file", 5.0, 6.0, False, 4.0, 4),
        ("Munich (demo)", "demo", 48.1, 11.6, True, 2.0, 2),
    ]
