"""Weather by station, what is known of the providers, and how the use of each site follows the temperature."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

# Each site that had weather becomes a station, where the site or the nearest node above it lies.
STATIONS = """
insert into weather_station (name, provider, latitude, longitude, generated)
select
    site.name || case when site.generated then ' (demo)' else '' end
        || case when count(*) over (partition by site.name, site.generated) > 1 then ' ' || site.id else '' end,
    case when site.generated then 'demo' else 'file' end,
    place.latitude, place.longitude, site.generated
from site
cross join lateral (
    select upper.latitude, upper.longitude
    from site_closure
    join site as upper on upper.id = site_closure.ancestor_id
    where site_closure.descendant_id = site.id and upper.latitude is not null and upper.longitude is not null
    order by site_closure.depth
    limit 1
) as place
where exists (select from weather_of_site where weather_of_site.site_id = site.id)
"""
# The same name as above leads from the site to its station.
HOURS = """
insert into weather (station_id, ts, temperature_c)
select weather_station.id, weather_of_site.ts, weather_of_site.temperature_c
from weather_of_site
join (
    select id,
        name || case when generated then ' (demo)' else '' end
            || case when count(*) over (partition by name, generated) > 1 then ' ' || id else '' end as station
    from site
    where exists (select from weather_of_site where site_id = site.id)
) as named on named.id = weather_of_site.site_id
join weather_station on weather_station.name = named.station
"""


def upgrade() -> None:
    op.rename_table("weather", "weather_of_site")
    op.execute("alter table weather_of_site rename constraint pk_weather to pk_weather_of_site")
    _add_stations()
    _add_fits()
    op.execute(STATIONS)
    op.execute(HOURS)
    op.drop_table("weather_of_site")


def _add_stations() -> None:
    op.create_table(
        "weather_station",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False, comment="who gave the newest hours: file, demo, open-meteo …"),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("generated", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="demo data"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "latitude between -90 and 90 and longitude between -180 and 180", name=op.f("ck_weather_station_on_earth")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weather_station")),
        sa.UniqueConstraint("name", name=op.f("uq_weather_station_name")),
    )
    op.create_table(
        "weather",
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("temperature_c", sa.REAL(), nullable=False),
        sa.Column("humidity_percent", sa.REAL(), nullable=True),
        sa.Column("wind_m_s", sa.REAL(), nullable=True),
        sa.Column("solar_w_m2", sa.REAL(), nullable=True, comment="global horizontal irradiance"),
        sa.Column("is_forecast", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"],
            ["weather_station.id"],
            name=op.f("fk_weather_station_id_weather_station"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("station_id", "ts", name=op.f("pk_weather")),
    )
    op.create_table(
        "weather_provider",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("calls_on", sa.Date(), nullable=False, comment="the UTC day that calls counts"),
        sa.Column("calls", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_success", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "notice", sa.Text(), server_default="", nullable=False, comment="what is wrong; empty while all is well"
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_weather_provider")),
    )


def _add_fits() -> None:
    _of_site(
        "site_temperature_fit",
        sa.Column("day_type", sa.Text(), primary_key=True, comment="all, workday, or free: weekends and holidays"),
        _run("site_temperature_fit"),
        sa.Column("kind", sa.Text(), nullable=False, comment="mean, 3P heating, 3P cooling or 5P"),
        sa.Column("base_kwh", sa.Double(), nullable=False),
        sa.Column("heating_slope", sa.Double(), server_default="0", nullable=False),
        sa.Column("heating_balance_c", sa.Double(), nullable=True),
        sa.Column("cooling_slope", sa.Double(), server_default="0", nullable=False),
        sa.Column("cooling_balance_c", sa.Double(), nullable=True),
        sa.Column("r2_adjusted", sa.Double(), nullable=False),
        sa.Column("cvrmse", sa.Double(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=False, comment="days fitted"),
        sa.Column("qualified", sa.Boolean(), nullable=False),
        sa.Column(
            "reasons",
            postgresql.JSONB(),
            server_default=sa.text("'[]'"),
            nullable=False,
            comment="why it is not, as sentences",
        ),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
    )
    _of_site(
        "site_weather_month",
        sa.Column("month", sa.Date(), primary_key=True),
        _run("site_weather_month"),
        sa.Column("actual_kwh", sa.Double(), nullable=False),
        sa.Column("expected_kwh", sa.Double(), nullable=False),
        sa.Column("typical_kwh", sa.Double(), nullable=False),
        sa.Column(
            "days", sa.SmallInteger(), nullable=False, comment="days with use and temperature; sums are over these"
        ),
    )
    _of_site(
        "site_temperature_lag",
        sa.Column("season", sa.Text(), primary_key=True, comment="cold or warm days"),
        sa.Column("lag_hours", sa.SmallInteger(), primary_key=True),
        _run("site_temperature_lag"),
        sa.Column("correlation", sa.Double(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
    )


def _of_site(name: str, *columns: sa.Column[object]) -> None:
    """Add a table whose rows belong to a site and a run."""
    owner = sa.ForeignKey("site.id", name=op.f(f"fk_{name}_site_id_site"), ondelete="CASCADE")
    keys = ["site_id", *(column.name for column in columns if column.primary_key)]
    op.create_table(
        name,
        sa.Column("site_id", sa.Integer(), owner, primary_key=True),
        *columns,
        sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_run_id"), name, ["run_id"])


def _run(name: str) -> sa.Column[object]:
    owner = sa.ForeignKey("model_run.id", name=op.f(f"fk_{name}_run_id_model_run"), ondelete="CASCADE")
    return sa.Column("run_id", sa.Integer(), owner, nullable=False)
