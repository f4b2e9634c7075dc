"""Weather by station and hour, what is known of its providers, and how the use of each site follows the temperature.

A place that a provider was asked about counts as a station too: the point of its grid.
"""

from sqlalchemy import (
    REAL,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from pipeline.warehouse.schema import metadata

weather_station = Table(
    "weather_station",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("name", Text, nullable=False),
    Column("provider", Text, nullable=False, comment="who gave the newest hours: file, demo, open-meteo …"),
    Column("latitude", Double, nullable=False),
    Column("longitude", Double, nullable=False),
    Column("generated", Boolean, nullable=False, server_default=text("false"), comment="demo data"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("name"),
    CheckConstraint("latitude between -90 and 90 and longitude between -180 and 180", name="on_earth"),
)

# An hour begins at ``ts``; a measured hour replaces a forecast one, never the other way round.
weather = Table(
    "weather",
    metadata,
    Column("station_id", ForeignKey("weather_station.id", ondelete="CASCADE"), primary_key=True),
    Column("ts", DateTime(timezone=True), primary_key=True),
    Column("temperature_c", REAL, nullable=False),
    Column("humidity_percent", REAL),
    Column("wind_m_s", REAL),
    Column("solar_w_m2", REAL, comment="global horizontal irradiance"),
    Column("is_forecast", Boolean, nullable=False, server_default=text("false")),
)

weather_provider = Table(
    "weather_provider",
    metadata,
    Column("name", Text, primary_key=True),
    Column("calls_on", Date, nullable=False, comment="the UTC day that calls counts"),
    Column("calls", Integer, nullable=False, server_default="0"),
    Column("last_success", DateTime(timezone=True)),
    Column("notice", Text, nullable=False, server_default="", comment="what is wrong; empty while all is well"),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# The change-point model of a site's daily use. Energies are kWh per day, slopes kWh per day and degree.
site_temperature_fit = Table(
    "site_temperature_fit",
    metadata,
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), primary_key=True),
    Column("day_type", Text, primary_key=True, comment="all, workday, or free: weekends and holidays"),
    Column("run_id", ForeignKey("model_run.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", Text, nullable=False, comment="mean, 3P heating, 3P cooling or 5P"),
    Column("base_kwh", Double, nullable=False),
    Column("heating_slope", Double, nullable=False, server_default="0"),
    Column("heating_balance_c", Double),
    Column("cooling_slope", Double, nullable=False, server_default="0"),
    Column("cooling_balance_c", Double),
    Column("r2_adjusted", Double, nullable=False),
    Column("cvrmse", Double),
    Column("n", Integer, nullable=False, comment="days fitted"),
    Column("qualified", Boolean, nullable=False),
    Column("reasons", JSONB, nullable=False, server_default=text("'[]'"), comment="why it is not, as sentences"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
)

# Use by local month: as measured, as the model says for the weather that was, and for the typical year's weather.
site_weather_month = Table(
    "site_weather_month",
    metadata,
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), primary_key=True),
    Column("month", Date, primary_key=True),
    Column("run_id", ForeignKey("model_run.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("actual_kwh", Double, nullable=False),
    Column("expected_kwh", Double, nullable=False),
    Column("typical_kwh", Double, nullable=False),
    Column("days", SmallInteger, nullable=False, comment="days with use and temperature; sums are over these"),
)

# How the hourly use goes with the temperature some hours before, each as its departure from the usual hour of the week.
site_temperature_lag = Table(
    "site_temperature_lag",
    metadata,
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), primary_key=True),
    Column("season", Text, primary_key=True, comment="cold or warm days"),
    Column("lag_hours", SmallInteger, primary_key=True),
    Column("run_id", ForeignKey("model_run.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("correlation", Double, nullable=False),
    Column("hours", Integer, nullable=False),
)
