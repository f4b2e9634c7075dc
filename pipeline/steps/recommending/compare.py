"""The first pass over the sites: refuse poor data, measure the others, group their days, find their peers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pandas as pd
from sqlalchemy import Connection

from pipeline.analytics.recommendations.indicators import indicators
from pipeline.analytics.recommendations.peers import Peers, peers_of
from pipeline.analytics.recommendations.quality import Record, refusals
from pipeline.analytics.recommendations.shapes import Shapes, group, normalised_days
from pipeline.analytics.temperature import ChangePointFit, fit_change_point
from pipeline.errors import UNFORESEEN, ModelError
from pipeline.steps.recommending.years import Place, Year, read_years
from pipeline.warehouse.queries import weather
from pipeline.warehouse.runs import Failure, unforeseen

SITES_AT_ONCE = 50
DAYS_OF_A_SITE = 120  # of each go into the groups: spread over the year, enough for its shape

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Profile:
    """A site as it was measured."""

    place: Place
    record: Record
    indicators: dict[str, float]
    fit: ChangePointFit | None
    temperature_c: pd.Series


@dataclass(frozen=True)
class Comparison:
    """All sites that are good enough, how they compare, and why the others are not."""

    profiles: dict[int, Profile]
    peers: dict[int, Peers]
    shapes: Shapes | None
    refused: list[Failure]


def compare(conn: Connection, places: Sequence[Place], progress: Progress) -> Comparison:
    """Measure each place and compare it with the others."""
    profiles: dict[int, Profile] = {}
    refused: list[Failure] = []
    days: list[pd.DataFrame] = []
    for number, (year, temperature) in enumerate(_years(conn, places)):
        progress(0.4 * number / len(places), year.place.name)
        reasons = refusals(year.record)
        if reasons:
            refused.append(Failure(f"site {year.place.name}", " ".join(reasons), site_id=year.place.site_id))
            continue
        try:
            profile = _profile(year, temperature)
            shapes = _sampled(normalised_days(year.hours.assign(owner_id=year.place.site_id)))
        except UNFORESEEN as error:
            refused.append(unforeseen(f"site {year.place.name}", error, year.place.site_id))
            continue
        profiles[year.place.site_id] = profile
        days.append(shapes)
    return Comparison(profiles, _peers(profiles), group(pd.concat(days)) if days else None, refused)


def in_chunks(places: Sequence[Place]) -> Iterator[Sequence[Place]]:
    """Split the places, so that memory stays bounded whatever their number."""
    for start in range(0, len(places), SITES_AT_ONCE):
        yield places[start : start + SITES_AT_ONCE]


def _years(conn: Connection, places: Sequence[Place]) -> Iterator[tuple[Year, pd.Series]]:
    for chunk in in_chunks(places):
        temperatures = _temperatures(conn, chunk)
        for year in read_years(conn, chunk):
            yield year, temperatures.get(year.place.site_id, pd.Series(dtype=float))


def _temperatures(conn: Connection, places: Sequence[Place]) -> dict[int, pd.Series]:
    start = min(place.first_day for place in places)
    end = max(place.newest for place in places) + timedelta(days=1)
    daily = weather.daily_temperature(conn, [place.site_id for place in places], start, end)
    return {
        int(str(number)): rows.set_index("day")["temperature_c"].astype(float)
        for number, rows in daily.groupby("site_id")
    }


def _profile(year: Year, temperature_c: pd.Series) -> Profile:
    fit, days = _fit(year, temperature_c)
    return Profile(
        place=year.place,
        record=year.record,
        indicators=indicators(year.hours, year.place.floor_area_m2, fit),
        fit=fit,
        temperature_c=days,
    )


def _fit(year: Year, temperature_c: pd.Series) -> tuple[ChangePointFit | None, pd.Series]:
    """Fit the change-point model of all days, or of workdays where that explains more; and the days it holds for.

    None where there is too little weather. CalTRACK's number of days is asked of the year: workdays never reach it.
    """
    by_day = year.hours.groupby("date").agg(use=("energy_kwh", "sum"), day_type=("day_type", "first"))
    both = by_day.join(temperature_c.rename("t"), how="inner").dropna()
    work = both[both["day_type"] == 0]
    try:
        of_all = fit_change_point(both["t"], both["use"])
        of_work = fit_change_point(work["t"], work["use"])
    except ModelError:
        return None, temperature_c
    if of_all.r2_adjusted >= of_work.r2_adjusted:
        return of_all, both["t"]
    return replace(of_work, disqualifications=of_all.disqualifications), work["t"]


def _sampled(days: pd.DataFrame) -> pd.DataFrame:
    return days.iloc[:: max(1, len(days) // DAYS_OF_A_SITE)]


def _peers(profiles: dict[int, Profile]) -> dict[int, Peers]:
    sites = pd.DataFrame(
        [(number, known.place.sector, known.place.floor_area_m2) for number, known in profiles.items()],
        columns=["site_id", "sector", "floor_area_m2"],
    ).astype({"sector": object, "floor_area_m2": float})
    measured = {number: known.indicators for number, known in profiles.items()}
    return {number: peers_of(number, sites, measured) for number in profiles}
