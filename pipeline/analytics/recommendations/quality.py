"""Whether the data of a site can carry a recommendation."""

from dataclasses import dataclass

import pandas as pd

from pipeline.analytics.percent import percent

LEAST_DAYS = 56  # eight weeks: every weekday often enough for a typical one
LEAST_COMPLETE = 0.9  # as CalTRACK 2.0 asks of the days of a baseline period
MOST_ESTIMATED = 0.1
MOST_DAYS_BEHIND = 31
LEAST_MEAN_KW = 0.01
SHORT_YEAR_WEIGHT = 0.5


@dataclass(frozen=True)
class Record:
    """How much is known of a site: shares from 0 to 1, days of data, and days behind the newest data around it."""

    days: int
    completeness: float
    share_estimated: float
    days_behind: int
    mean_kw: float


def record_of(hours: pd.DataFrame, meters: int, newest: pd.Timestamp) -> Record:
    """Sum up hours with ``energy_kwh, covered_hours, share_estimated`` (index UTC) of a site with ``meters`` meters.

    ``newest`` is the last hour with data at any site of the organisation.
    """
    if hours.empty:
        return Record(0, 0.0, 0.0, 0, 0.0)
    span = (hours.index[-1] - hours.index[0]) / pd.Timedelta(hours=1) + 1
    covered = float(hours["covered_hours"].sum())
    estimated = float((hours["share_estimated"].fillna(0.0) * hours["covered_hours"]).sum())
    return Record(
        days=round(span / 24),
        completeness=min(1.0, covered / (span * max(meters, 1))),
        share_estimated=estimated / covered if covered else 0.0,
        days_behind=int((newest - hours.index[-1]) / pd.Timedelta(days=1)),
        mean_kw=float(hours["energy_kwh"].mean()),
    )


def refusals(record: Record) -> list[str]:
    """Say in sentences what is missing; empty where the data is good enough."""
    if record.days == 0:
        return ["There are no readings in the last year."]
    reasons = []
    if record.days_behind > MOST_DAYS_BEHIND:
        reasons.append(f"Its readings end {record.days_behind} days before those of other sites: load newer ones.")
    if record.days < LEAST_DAYS:
        reasons.append(f"There are {record.days} days of readings; {LEAST_DAYS} are needed.")
    if record.completeness < LEAST_COMPLETE:
        reasons.append(
            f"Only {percent(record.completeness)} of the readings are there; {percent(LEAST_COMPLETE)} are needed."
        )
    if record.share_estimated > MOST_ESTIMATED:
        reasons.append(
            f"{percent(record.share_estimated)} of the readings are estimated; at most {percent(MOST_ESTIMATED)} may."
        )
    if record.mean_kw < LEAST_MEAN_KW:
        reasons.append("It takes no energy from the grid over the year, so there is nothing to save.")
    return reasons


def weight(record: Record) -> float:
    """Rate the data from 0 to 1: complete, measured and a whole year is 1; the shortest record that passes, about half.

    Confidence of every finding is multiplied with it. The weights are the product's own.
    """
    whole_year = SHORT_YEAR_WEIGHT + (1 - SHORT_YEAR_WEIGHT) * min(1.0, record.days / 365)
    return whole_year * record.completeness * (1 - record.share_estimated)
