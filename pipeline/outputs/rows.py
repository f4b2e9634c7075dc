"""What can be said of each row of a batch from the warehouse: its place, its clock, its quality, by column name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.flags import ESTIMATED, FLAG_TEXTS
from pipeline.outputs.selected import Selected

DAY_US = 86_400_000_000
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 3_600 * SECOND_US

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """A batch of rows of meters, or of sites, in one time zone."""

    selected: Selected
    batch: pa.RecordBatch
    zone: str

    def __getitem__(self, column: str) -> pa.Array:
        return self.batch[column]

    @cached_property
    def of_meters(self) -> bool:
        """Say whether the rows are of meters; else they are of sites."""
        return "meter_id" in self.batch.schema.names

    @cached_property
    def positions(self) -> npt.NDArray[np.intp]:
        """Return the place of each row's owner among the selection's meters, or sites."""
        if self.of_meters:
            return self.selected.positions(self["meter_id"])
        return self.selected.site_positions(self["site_id"])

    @cached_property
    def utc(self) -> Numbers:
        """Return when each row begins, in microseconds since 1970: of days when they begin in their zone."""
        if "ts" in self.batch.schema.names:
            return _microseconds(self["ts"])
        return midnights(self._days, self.zone)

    @cached_property
    def local(self) -> Numbers:
        """Return what the clocks of the zone showed then."""
        clock = pd.DatetimeIndex(self.utc.view("datetime64[us]"), tz="UTC").tz_convert(self.zone)
        return np.asarray(clock.tz_localize(None).asi8, dtype=np.int64)

    @cached_property
    def ends(self) -> Numbers:
        """Return when each interval ends."""
        names = self.batch.schema.names
        if "duration_s" in names:
            seconds = np.asarray(self["duration_s"], dtype=np.int64)
            return self.utc + seconds * SECOND_US
        return self.utc + HOUR_US if "ts" in names else midnights(self._days + 1, self.zone)

    @cached_property
    def local_day(self) -> Numbers:
        """Return the local day of each row, counted from 1970."""
        return self._days if "day" in self.batch.schema.names else self.local // DAY_US

    @cached_property
    def flag(self) -> pa.Array:
        """Return what is known about the quality, as bits."""
        return self["flag"] if "flag" in self.batch.schema.names else self["flags"]

    @cached_property
    def _days(self) -> Numbers:
        return np.asarray(self["day"].cast(pa.int32()), dtype=np.int64)

    def column(self, field: pa.Field) -> pa.Array:
        """Return a column: worked out where that is known by its name, else as it was read."""
        make = _WORKED_OUT.get(field.name)
        found = self[field.name] if make is None else make(self)
        if isinstance(found, pa.Array):
            return found if found.type == field.type else pc.cast(found, field.type)
        return pa.array(found, field.type)


def midnights(days: Numbers, zone: str) -> Numbers:
    """Return when local days (counted from 1970) begin, in microseconds; one that skips midnight begins after it."""
    distinct, places = np.unique(days, return_inverse=True)
    naive = pd.DatetimeIndex(distinct.astype("datetime64[D]").astype("datetime64[us]"))
    first = np.ones(len(naive), dtype=bool)
    return naive.tz_localize(zone, ambiguous=first, nonexistent="shift_forward").as_unit("us").asi8[places]


def flag_names(flags: pa.Array) -> pa.Array:
    """Write the names of the flags of each row, separated by commas."""
    distinct = flags.dictionary_encode()
    values = distinct.dictionary.to_pylist()
    names = [", ".join(text.name for bit, text in FLAG_TEXTS.items() if value & bit) for value in values]
    return pa.array(names, pa.string()).take(distinct.indices)


def _microseconds(instants: pa.Array) -> Numbers:
    return np.asarray(instants.cast(pa.int64()), dtype=np.int64)


def _place(name: str) -> Callable[[Rows], pa.Array]:
    return lambda rows: rows.selected.label(rows.positions, name)


def _number_of_site(rows: Rows, name: str) -> object:
    """Return the number ``name`` of each row's site."""
    places = rows.selected.meters if rows.of_meters else rows.selected.sites
    return places[name].to_numpy()[rows.positions]


_WORKED_OUT: Mapping[str, Callable[[Rows], object]] = {
    "site": _place("site"),
    "meter": _place("meter"),
    "sector": _place("sector"),
    "site_id": lambda rows: _number_of_site(rows, "site_id"),
    "calendar_id": lambda rows: _number_of_site(rows, "calendar_id"),
    "ts_utc": lambda rows: pa.array(rows.utc, pa.timestamp("us", "UTC")),
    "ts_local": lambda rows: pa.array(rows.local, pa.timestamp("us")),
    "utc_offset_min": lambda rows: (rows.local - rows.utc) // MINUTE_US,
    "interval_end_utc": lambda rows: pa.array(rows.ends, pa.timestamp("us", "UTC")),
    "day": lambda rows: rows.local_day.astype("datetime64[D]"),
    "counted_kwh": lambda rows: rows["energy_kwh"].to_numpy() * rows.selected.signs(rows.positions),
    "peak_ts_utc": lambda rows: rows["peak_ts"],
    "flag": lambda rows: rows.flag,
    "flags": lambda rows: flag_names(rows.flag),
    "estimated": lambda rows: (rows.flag.to_numpy() & int(ESTIMATED)) != 0,
}
