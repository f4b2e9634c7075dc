import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import FileError
from pipeline.sources.weather.files import read_weather_file

EPW_HEADER = """LOCATION,Testville,-,DEU,Custom,10384,52.47,13.40,1.0,49.0
DESIGN CONDITIONS,0
TYPICAL/EXTREME PERIODS,0
GROUND TEMPERATURES,0
HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0
COMMENTS 1,made for a test
COMMENTS 2,
DATA PERIODS,1,1,Data,Sunday, 1/ 1,12/31
"""


def written(folder: Path, text: str, name: str = "weather.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def first(path: Path, timezone: str = "UTC") -> pd.Series:
    return read_weather_file(path, timezone).hours.iloc[0]


def test_a_plain_table_is_read_by_the_names_of_its_columns(tmp_path: Path) -> None:
    path = written(tmp_path, "time,temperature_c,humidity,wind_speed,ghi\n2025-01-01 00:00,1.5,80,3,0\n")

    row = first(path)

    assert row["ts"] == pd.Timestamp("2025-01-01", tz="UTC")
    assert row[["temperature_c", "humidity_percent", "wind_m_s", "solar_w_m2"]].tolist() == [1.5, 80, 3, 0]


@pytest.mark.parametrize(
    ("column", "value", "celsius"),
    [
        ("tempF", "50", 10),
        ("temp (°F)", "50", 10),
        ("TemperatureC", "10", 10),
        ("temp", "10,5", 10.5),
        ("t_air", "7", 7),
    ],
)
def test_the_unit_is_told_by_the_name(tmp_path: Path, column: str, value: str, celsius: float) -> None:
    path = written(tmp_path, f"time;{column}\n2025-01-01 00:00;{value}\n")

    assert first(path)["temperature_c"] == pytest.approx(celsius)


@pytest.mark.parametrize(
    ("column", "speed"),
    [("Wind SpeedKm/h", 10.0), ("wind_speed_mph", 16.09), ("wind speed (kt)", 18.52), ("wspd", 36.0)],
)
def test_wind_becomes_metres_a_second(tmp_path: Path, column: str, speed: float) -> None:
    path = written(tmp_path, f"time,temp,{column}\n2025-01-01 00:00,1,36\n")

    assert first(path)["wind_m_s"] == pytest.approx(speed, abs=0.01)


def test_dew_points_and_gusts_are_not_taken_for_temperature_and_wind(tmp_path: Path) -> None:
    path = written(tmp_path, "time,Dew Point Temp,Wind Gust Speed,temp\n2025-01-01 00:00,1,2,3\n")

    row = first(path)

    assert row["temperature_c"] == 3
    assert np.isnan(row["wind_m_s"])


def test_bare_carriage_returns_dashes_and_calms_are_read(tmp_path: Path) -> None:
    path = tmp_path / "weather.csv"
    path.write_bytes(
        b"timestamp,TemperatureC,Wind SpeedKm/h\r2025-01-01 00:20:00,7.0,Calm\r2025-01-01 00:50:00,9,-\r"
        b"2025-01-01 01:20:00,-,3\r"
    )

    hours = read_weather_file(path).hours

    assert hours["temperature_c"].tolist() == [8]
    assert hours["wind_m_s"].tolist() == [0]


def test_serial_days_with_periods_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, "Date,Period,Temp\n" + "".join(f"45658,{period},{period}\n" for period in range(1, 49)))

    hours = read_weather_file(path, "Etc/GMT-10").hours

    assert hours["ts"].iloc[0] == pd.Timestamp("2024-12-31 14:00", tz="UTC")
    assert len(hours) == 24
    assert hours["temperature_c"].iloc[0] == 1.5


def test_local_times_follow_the_clock_and_offsets_win(tmp_path: Path) -> None:
    local = written(tmp_path, "time,temp\n2025-07-01 12:00,20\n", "local.csv")
    aware = written(tmp_path, "time,temp\n2025-07-01T12:00:00-05:00,20\n", "aware.csv")

    assert first(local, "Europe/Berlin")["ts"] == pd.Timestamp("2025-07-01 10:00", tz="UTC")
    assert first(aware, "Europe/Berlin")["ts"] == pd.Timestamp("2025-07-01 17:00", tz="UTC")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("time,power\n2025-01-01,1\n", "no column of temperatures"),
        ("place,temp\nhere,1\n", "no column of times"),
        ("time,temp\nlater,1\n", "no times that can be read"),
        ("time,temp\n2025-01-01 00:00,500\n2025-01-01 01:00,71\n", "name the column tempF"),
        ("time,temp\n2025-01-01 00:00,-\n", "no column of temperatures"),
        ("", "not a table of text"),
    ],
)
def test_a_file_that_says_nothing_is_refused_with_the_reason(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(FileError, match=sentence):
        read_weather_file(written(tmp_path, text))


def test_a_name_that_leads_to_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is not a file"):
        read_weather_file(tmp_path / "absent.csv")


def test_an_epw_file_says_where_it_is_and_its_hours_begin_at_midnight(tmp_path: Path) -> None:
    values = "2.5,1.0,81,100000,0,0,300,150,0,0,0,0,0,0,180,3.5,5,5,10,77777,9,999999999,0,0.1,0,88,0,0,0"
    lines = "".join(f"2005,1,1,{hour},60,A7,{values}\n" for hour in range(1, 25))
    path = written(tmp_path, EPW_HEADER + lines, "test.epw")

    found = read_weather_file(path)

    assert (found.name, found.latitude, found.longitude) == ("Testville", 52.47, 13.40)
    assert found.hours["ts"].iloc[0] == pd.Timestamp("2004-12-31 23:00", tz="UTC")
    row = found.hours.iloc[0]
    assert row[["temperature_c", "humidity_percent", "wind_m_s", "solar_w_m2"]].tolist() == [2.5, 81, 3.5, 150]


def test_half_an_epw_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="has no hour with a time"):
        read_weather_file(written(tmp_path, EPW_HEADER[:60], "test.epw"))
    with pytest.raises(FileError, match="not a whole EPW file"):
        read_weather_file(written(tmp_path, EPW_HEADER + "2005,1,x\n", "broken.epw"))


@pytest.mark.shared
def test_the_temperature_of_victoria_is_on_standard_time(shared_data: Path) -> None:
    folder = shared_data / "vic_elec"
    serial = read_weather_file(folder / "temperature_VIC.csv", "Etc/GMT-10").hours.set_index("ts")["temperature_c"]
    plain = read_weather_file(folder / "vic_elec_2012-2013.csv").hours.set_index("ts")["temperature_c"]

    differences = (serial - plain).dropna().abs()

    assert len(differences) > 17_000
    assert differences.max() == 0


@pytest.mark.shared
def test_the_other_real_files_are_read(shared_data: Path, tmp_path: Path) -> None:
    london = read_weather_file(shared_data / "bdg1_weather_meta" / "weather1.csv").hours
    illinois = tmp_path / "il-tempF.csv"
    illinois.write_bytes(gzip.decompress((shared_data / "eemeter_samples" / "il-tempF.csv.gz").read_bytes()))

    assert len(london) > 8_700
    assert 10 < london["temperature_c"].mean() < 11
    assert london["wind_m_s"].max() < 20
    assert read_weather_file(illinois).hours["temperature_c"].min() == pytest.approx((-11.9 - 32) * 5 / 9, abs=0.01)
