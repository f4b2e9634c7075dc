"""Compares sites, finds what each could save, and measures what was saved by what people did."""

import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

import pandas as pd
from sqlalchemy import Connection

from pipeline.analytics.recommendations.model import Recommendation
from pipeline.analytics.recommendations.ranking import recommend
from pipeline.errors import UNFORESEEN, ModelError
from pipeline.steps.recommending import measure as measuring
from pipeline.steps.recommending.compare import Comparison, compare, in_chunks
from pipeline.steps.recommending.rows import Rows, profile_rows, recommendation_rows, shape_rows
from pipeline.steps.recommending.sites import read_surroundings, site_year
from pipeline.steps.recommending.years import Place, places_of, read_years
from pipeline.steps.report import StepReport
from pipeline.warehouse import recommendation_decisions, runs
from pipeline.warehouse.changes import raise_version
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.queries import model_inputs, recommendation_inputs
from pipeline.warehouse.recommendation_store import replace_results

STEP = "recommend"
UPSTREAM = ("weather", "tariffs", "costs", "anomalies")
RULES_VERSION = 1

Progress: TypeAlias = Callable[[float, str], None]


def run(progress: Progress) -> StepReport:
    """Do it for every site without sites below, where anything it reads has changed since the last run."""
    started = time.monotonic()
    with connect() as conn:
        inputs = _inputs(conn)
        if runs.is_current(conn, STEP, inputs):
            return StepReport(STEP, 0, 0, time.monotonic() - started, "nothing has changed", skipped=True)
        sites = model_inputs.places(conn)
        newest = recommendation_inputs.last_days(conn, sites["site_id"].tolist())
        places = places_of(sites, newest)
        comparison = compare(conn, places, progress)
        found, unworkable = _find(conn, comparison, progress)
        savings, unmeasured = _measure(conn, {place.site_id: place for place in places}, progress)
    failures = [*comparison.refused, *_above(sites), *unworkable, *unmeasured]
    message = f"{len(found)} recommendations, {len(savings)} measured"
    outcome = runs.Outcome(
        STEP, inputs, len(comparison.profiles), time.monotonic() - started, failures=failures, message=message
    )
    with begin() as conn:
        run_id = runs.record(conn, outcome)
        replace_results(
            conn,
            run_id,
            shapes=shape_rows(comparison),
            profiles=profile_rows(comparison),
            recommendations=recommendation_rows(found),
            savings=savings,
        )
        raise_version(conn)
    progress(1.0, "done")
    return StepReport(STEP, outcome.series, len(failures), time.monotonic() - started, message)


def _inputs(conn: Connection) -> str:
    done = recommendation_decisions.done(conn)[["fingerprint", "done_on"]].astype(str).to_numpy().tolist()
    known = sorted(recommendation_inputs.power_factors(conn).items())
    return runs.inputs_digest(conn, *UPSTREAM, parameters=(RULES_VERSION, done, known))


def _find(
    conn: Connection, comparison: Comparison, progress: Progress
) -> tuple[list[Recommendation], list[runs.Failure]]:
    """Apply the rules to every site that was compared."""
    found: list[Recommendation] = []
    failures = []
    places = [known.place for known in comparison.profiles.values()]
    for chunk in in_chunks(places):
        around = read_surroundings(conn, chunk)
        for number, year in enumerate(read_years(conn, chunk)):
            progress(0.5 + 0.4 * number / len(chunk), year.place.name)
            known = comparison.profiles[year.place.site_id]
            peers = comparison.peers[year.place.site_id]
            try:
                found += recommend(site_year(year, around, peers, known.fit, known.temperature_c))
            except UNFORESEEN as error:
                failures.append(runs.unforeseen(f"site {year.place.name}", error, year.place.site_id))
    return found, failures


def _measure(conn: Connection, places: dict[int, Place], progress: Progress) -> tuple[Rows, list[runs.Failure]]:
    """Measure what was done; one that cannot be measured yet is kept with the reason."""
    rows: Rows = []
    failures = []
    for done in recommendation_decisions.done(conn).itertuples():
        progress(0.95, "measuring savings")
        asked = measuring.Done(str(done.fingerprint), int(str(done.site_id)), pd.Timestamp(str(done.done_on)).date())
        place = places.get(asked.site_id)
        if place is None:
            continue
        try:
            rows.append(measuring.measure(conn, asked, place))
        except ModelError as error:
            failures.append(runs.Failure(f"saving {asked.fingerprint}", str(error), site_id=asked.site_id))
        except UNFORESEEN as error:
            failures.append(runs.unforeseen(f"saving {asked.fingerprint}", error, asked.site_id))
    return rows, failures


def _above(sites: pd.DataFrame) -> Sequence[runs.Failure]:
    """Say of sites with meters and sites below that only those below are looked at."""
    above = sites[~sites["leaf"] & (sites["meters"] > 0)]
    reason = "It has meters and sites below it; recommendations are made for the sites below."
    return [
        runs.Failure(f"site {row['name']}", reason, site_id=int(row["site_id"])) for row in above.to_dict("records")
    ]
