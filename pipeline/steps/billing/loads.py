"""The load of each site as its bills need it: by the hour, or finer where a demand window asks for it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.analytics.tariffs.load_grid import Integers

MINUTES_OF_AN_HOUR, SECONDS_OF_AN_HOUR = 60, 3600
_ENERGY = ["import_kwh", "export_kwh"]


@dataclass(frozen=True)
class FineMeters:
    """What those meters of a site measured that are read more often than hourly: by the hour, and by windows."""

    minutes: int
    hours: pd.DataFrame
    windows: pd.DataFrame


def hourly_load(hours: pd.DataFrame, meters: pd.DataFrame) -> pd.DataFrame:
    """Add up the meters of one site by the hour, in order of time.

    ``hours`` as `tariff_inputs.hourly` gives them, ``meters``: ``first_ts, last_ts`` of the site's own, generation left
    out. Columns: ``ts, import_kwh, export_kwh, share_covered`` (of the meters there were) and ``share_estimated``.
    """
    summed = hours.groupby("ts", as_index=False)[[*_ENERGY, "covered_hours", "estimated_hours"]].sum()
    there = np.maximum(_meters_at(meters, pd.DatetimeIndex(summed["ts"])), 1)
    covered = summed["covered_hours"]
    return summed[["ts", *_ENERGY]].assign(
        share_covered=np.minimum(covered / there, 1.0),
        share_estimated=(summed["estimated_hours"] / covered).where(covered > 0, 0.0),
    )


def fine_load(hourly: pd.DataFrame, fine: FineMeters) -> pd.DataFrame:
    """Lay the windows of fine meters over the hours of the others, which are spread evenly.

    ``hourly`` from `hourly_load`; columns as there.
    """
    parts = MINUTES_OF_AN_HOUR // fine.minutes
    of_fine = hourly[["ts"]].merge(fine.hours[["ts", *_ENERGY]], on="ts", how="left")
    others = hourly.assign(**{name: hourly[name] - of_fine[name].fillna(0.0) for name in _ENERGY})
    spread = _repeated(others, parts, fine.minutes).merge(
        fine.windows[["ts", *_ENERGY]], on="ts", how="left", suffixes=("", "_fine")
    )
    energy = {name: spread[name] / parts + spread[f"{name}_fine"].fillna(0.0) for name in _ENERGY}
    return spread[["ts", "share_covered", "share_estimated"]].assign(**energy)


def by_site(frame: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Cut a frame into one for each ``site_id``."""
    return {int(str(site)): rows for site, rows in frame.groupby("site_id")}


def _repeated(rows: pd.DataFrame, parts: int, minutes: int) -> pd.DataFrame:
    """Repeat each hour for each of its parts, with the start of the part."""
    repeated = rows.loc[rows.index.repeat(parts)].reset_index(drop=True)
    place = np.tile(np.arange(parts), len(rows))
    return repeated.assign(ts=repeated["ts"] + pd.to_timedelta(place * minutes, unit="min"))


def _meters_at(meters: pd.DataFrame, ts: pd.DatetimeIndex) -> Integers:
    """Count the meters that had begun and not ended at each instant."""
    begun = np.searchsorted(np.sort(_instants(meters["first_ts"])), _instants(ts), side="right")
    ended = np.searchsorted(np.sort(_instants(meters["last_ts"])), _instants(ts), side="right")
    there: Integers = begun - ended
    return there


def _instants(ts: pd.Series | pd.DatetimeIndex) -> Integers:
    seconds: Integers = pd.DatetimeIndex(ts).as_unit("s").asi8
    return seconds
