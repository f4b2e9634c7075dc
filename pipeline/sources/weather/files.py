"""Weather from files: EPW, and tables of text with a time and a temperature.

Of a table, the columns are found by their names: time (``timestamp``, ``Date`` with ``Period`` …), temperature
(``tempF``, ``TemperatureC``, ``temperature_c`` …), humidity, wind and solar radiation. Days may be Excel's serial
numbers; a period counts equal parts of a day from 1.
"""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import pyarrow as pa
from pvlib.iotools import read_epw

from pipeline.errors import FileError
from pipeline.sources import clock, dates
from pipeline.sources.text import encoding_of
from pipeline.sources.weather.frame import MEASURED, by_the_hour
from pipeline.sources.weather.units import Reader, reader_of

EXCEL_DAY_0 = -25_569  # days from 1970-01-01 to 1899-12-30
EXCEL_DAYS = range(20_000, 80_000)  # 1954 to 2119
PARTS_OF_DAY = (24, 48, 96)
DAY_S = 86_400
MOST_IMPOSSIBLE = 0.05  # share of temperatures that no weather has, above which the unit must be wrong
TIME = re.compile(r"^(timestamp|date_?time|datetime|time|date|dt|ts|start|utc|valid|observed)(_?utc)?\b", re.IGNORECASE)
PERIOD = re.compile(r"^(period|settlement_?period|interval|hour|hr)$", re.IGNORECASE)


@dataclass(frozen=True)
class WeatherFile:
    """What a file holds; an EPW file also says where it was measured."""

    hours: pd.DataFrame
    name: str | None = None
    latitude: float | None = None
    longitude: float | None = None


def read_weather_file(path: Path, timezone: str = "UTC") -> WeatherFile:
    """Read a file of weather; ``timezone`` is that of times without an offset. Raises FileError."""
    if not path.is_file():
        raise FileError(f"{path} is not a file: check its name.")
    found = _read_epw(path) if path.suffix.lower() == ".epw" else WeatherFile(_read_table(path, timezone))
    if found.hours.empty:
        raise FileError(f"{path.name} has no hour with a time and a temperature.")
    return found


def _read_epw(path: Path) -> WeatherFile:
    try:
        frame, about = read_epw(str(path))
    except (ValueError, KeyError, IndexError, UnicodeDecodeError) as error:
        raise FileError(f"{path.name} is not a whole EPW file ({type(error).__name__}).") from None
    columns = {
        "temperature_c": frame["temp_air"],
        "humidity_percent": frame["relative_humidity"],
        "wind_m_s": frame["wind_speed"],
        "solar_w_m2": frame["ghi"],
    }
    times = pd.DatetimeIndex(frame.index).tz_convert("UTC")
    hours = by_the_hour(times, columns)
    return WeatherFile(hours, str(about["city"]), float(about["latitude"]), float(about["longitude"]))


def _read_table(path: Path, timezone: str) -> pd.DataFrame:
    table = _texts(path)
    readers = {measured: _column(table, measured) for measured in MEASURED}
    if readers["temperature_c"] is None:
        raise FileError(
            f"{path.name} has no column of temperatures: name it temperature_c or tempF. "
            f"It has {', '.join(map(repr, table.columns[:8]))}."
        )
    times = _times(table, timezone, path.name)
    values = {
        name: reader.read(table[column]) for name, found in readers.items() if found for column, reader in [found]
    }
    temperature = values["temperature_c"]
    impossible = (temperature.abs() > 60).sum()  # noqa: PLR2004 - as in by_the_hour
    if impossible > MOST_IMPOSSIBLE * max(1, temperature.notna().sum()):
        raise FileError(f"{path.name} has temperatures above 60 °C: name the column tempF if they are in Fahrenheit.")
    known = times.notna()
    chosen = {name: series[known] for name, series in values.items()}
    return by_the_hour(pd.DatetimeIndex(times[known]), chosen)


def _texts(path: Path) -> pd.DataFrame:
    """Read all cells as text, whatever the encoding, the line ends and the separator."""
    data = path.read_bytes()
    try:
        text = data.decode(encoding_of(data[:4096]))
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        separator = csv.Sniffer().sniff(text[:4096].split("\n", 1)[0], delimiters=",;\t|").delimiter
        table = pd.read_csv(io.StringIO(text), sep=separator, dtype="str", on_bad_lines="skip", keep_default_na=False)
    except (csv.Error, pd.errors.ParserError, pd.errors.EmptyDataError):
        raise FileError(f"{path.name} is not a table of text with separated columns.") from None
    return table.rename(columns=lambda name: re.sub(r"<[^>]*>", "", str(name)).strip())


def _column(table: pd.DataFrame, measured: str) -> tuple[str, Reader] | None:
    """Find the column of a quantity: the first by its name that holds a number."""
    for column in table.columns:
        reader = reader_of(str(column), measured)
        if reader is not None and reader.read(table[column]).notna().any():
            return str(column), reader
    return None


def _times(table: pd.DataFrame, timezone: str, name: str) -> pd.DatetimeIndex:
    """Return the instant of every row, NaT where it cannot be read."""
    column = next((str(each) for each in table.columns if TIME.match(str(each))), None)
    if column is None:
        raise FileError(f"{name} has no column of times: name it time or timestamp.")
    part = next((str(each) for each in table.columns if PERIOD.match(str(each))), None)
    seconds, valid, aware = _wall_seconds(table[column])
    if part is not None:
        period = pd.to_numeric(table[part], errors="coerce")
        parts = next((size for size in PARTS_OF_DAY if period.max() <= size), PARTS_OF_DAY[-1])
        valid = valid & (period >= 1).to_numpy()
        seconds = seconds + ((period.fillna(1).to_numpy() - 1) * DAY_S // parts).astype(np.int64)
    instants = np.where(aware, seconds, clock.to_utc(seconds, timezone))
    stamps = pd.DatetimeIndex(pd.to_datetime(instants, unit="s", utc=True))
    if not valid.any():
        raise FileError(f"{name} has no times that can be read in the column {column!r}.")
    return cast("pd.DatetimeIndex", stamps.where(valid))


def _wall_seconds(texts: "pd.Series[str]") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read dates, times or Excel's serial days as seconds since 1970, and say which are valid and which are UTC."""
    serial = pd.to_numeric(texts, errors="coerce")
    if serial.notna().mean() > 0.5 and EXCEL_DAYS.start <= serial.median() < EXCEL_DAYS.stop:  # noqa: PLR2004 - most
        seconds = np.round((serial.fillna(0).to_numpy() + EXCEL_DAY_0) * DAY_S).astype(np.int64)
        return seconds, serial.notna().to_numpy(), np.zeros(len(texts), dtype=bool)
    parsed = dates.parse(pa.array(texts.tolist(), pa.string()))
    return parsed.seconds, parsed.valid, parsed.aware
