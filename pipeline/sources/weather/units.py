"""Which column of a weather file is what, and in which unit, by its name."""

import re
from dataclasses import dataclass

import pandas as pd

CALM = re.compile(r"^\s*calm\s*$", re.IGNORECASE)
NAMES = {
    "temperature_c": re.compile(r"temp|t_?air|dry_?bulb", re.IGNORECASE),
    "humidity_percent": re.compile(r"humid|^rh\b|rhum", re.IGNORECASE),
    "wind_m_s": re.compile(r"wind.?(speed|spd)|^(wspd|ws)\b", re.IGNORECASE),
    "solar_w_m2": re.compile(r"^ghi\b|solar|global.*radiation|shortwave|irradiance", re.IGNORECASE),
}
NOT_AIR = re.compile(r"dew|feels|apparent|wet|soil|water|oil|max|min|dir|gust", re.IGNORECASE)
FAHRENHEIT = re.compile(r"(F|_f|[Ff]ahrenheit)[)\]\s]*$")
KILOMETRES = re.compile(r"km/?h|kph|kmh", re.IGNORECASE)
MILES = re.compile(r"mph|mi/h", re.IGNORECASE)
KNOTS = re.compile(r"knot|\bkt", re.IGNORECASE)


@dataclass(frozen=True)
class Reader:
    """Turns the texts of a column into numbers in our unit: ``(number - offset) * factor``."""

    factor: float = 1.0
    offset: float = 0.0

    def read(self, texts: "pd.Series[str]") -> "pd.Series[float]":
        """Return numbers, missing where the text is none; a calm has a wind of zero."""
        numbers = pd.to_numeric(
            texts.str.replace(CALM, "0", regex=True).str.replace(",", ".", regex=False), errors="coerce"
        )
        return (numbers - self.offset) * self.factor


def reader_of(column: str, measured: str) -> Reader | None:
    """Return how a column is read as one of the measured quantities, None where its name says that it is none."""
    if not NAMES[measured].search(column) or NOT_AIR.search(column):
        return None
    if measured == "temperature_c" and FAHRENHEIT.search(column):
        return Reader(5 / 9, 32)
    if measured == "wind_m_s":
        return Reader(_speed(column))
    return Reader()


def _speed(column: str) -> float:
    if KILOMETRES.search(column):
        return 1 / 3.6
    if MILES.search(column):
        return 0.44704
    return 1852 / 3600 if KNOTS.search(column) else 1.0
