"""How long each chart's question takes on warehouses of 1, 10 and 50 million readings, cache cold, PostgreSQL warm.

``python -m bench.queries --millions 1 --millions 10``; the budget is a 95th percentile under 400 ms.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated
from unittest.mock import patch

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, insert, text, update

from pipeline.settings import settings
from pipeline.warehouse import embedded, engine, rollups, sites
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.migrations import migrate
from pipeline.warehouse.queries import consumption, overview, quality
from pipeline.warehouse.rollups import Touched
from pipeline.warehouse.schema import ingest_batch, meter

BUDGET_MS = 400
REGIONS, SITES, METERS = 5, 30, 300
SECTORS = ("household", "shop", "office", "school", "factory")
STEP = timedelta(minutes=15)
END = datetime(2025, 1, 1, tzinfo=UTC)
REPEATS = 3

Question = Callable[[Connection, Filters], object]
QUESTIONS: dict[str, Question] = {
    "overview.kpis": overview.kpis,
    "overview.trend": overview.trend,
    "overview.site_map": overview.site_map,
    "overview.breakdown tree": overview.breakdown,
    "overview.breakdown sector": partial(overview.breakdown, by="sector"),
    "overview.movers": overview.movers,
    "consumption.series": consumption.series,
    "consumption.carpet": consumption.carpet,
    "consumption.profile": consumption.profile,
    "consumption.duration_curve": consumption.duration_curve,
    "consumption.overlay week": consumption.overlay,
    "consumption.overlay year": partial(consumption.overlay, by="year"),
    "consumption.ranking": consumption.ranking,
    "consumption.histogram": consumption.histogram,
    "consumption.rows": consumption.rows,
    "quality.meters": quality.meters,
    "quality.flags_by_rule": quality.flags_by_rule,
}


@dataclass(frozen=True)
class Timing:
    """One answer: what was asked of what, and how long it took in ms."""

    question: str
    scope: str
    period: str
    ms: float


def main(
    millions: Annotated[list[int] | None, typer.Option(help="readings in the warehouse; may be repeated")] = None,
) -> None:
    """Fill scratch warehouses and print the latency of every chart query."""
    with tempfile.TemporaryDirectory() as folder:
        server = embedded.start(Path(folder) / "postgres")
        for count in millions or [1, 10, 50]:
            with scratch_database(server, f"bench_{count}m"):
                filled = time.perf_counter()
                scopes, first_day = fill(count * 1_000_000)
                filled = time.perf_counter() - filled
                show(f"{count} million readings (filled in {filled:.0f} s)", list(measure(scopes, first_day)))


@contextmanager
def scratch_database(server: str, name: str) -> Iterator[None]:
    """Point this process at a new migrated database on the server."""
    url = server.replace("/postgres?", f"/{name}?")
    with patch.dict("os.environ", {"WATTSCAPE_DATABASE_URL": server}):
        _forget()
        with engine.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text(f"create database {name}"))
    with patch.dict("os.environ", {"WATTSCAPE_DATABASE_URL": url}):
        _forget()
        migrate()
        yield
        engine.forget()


def fill(readings: int) -> tuple[dict[str, Filters], date]:
    """Plant a tree of 300 meters with quarter hours up to END; return what to select, and the first day."""
    each = readings // METERS
    start = END - each * STEP
    with engine.begin() as conn:
        scopes, meter_ids = _tree(conn)
        for month in _months(start):
            _fill_month(conn, month, start)
        conn.execute(update(meter).values(first_ts=start, last_ts=END))
    with engine.begin() as conn:
        rollups.refresh(conn, [Touched(meter_id, start, END) for meter_id in meter_ids])
    with engine.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("vacuum analyze"))
    return scopes, start.date()


def measure(scopes: dict[str, Filters], first_day: date) -> Iterator[Timing]:
    """Time every question on every scope and period, compared with the time before; once to warm up, then for real."""
    for scope, filters in scopes.items():
        for period, days in (("30 days", 30), ("1 year", 365), ("all", (END.date() - first_day).days)):
            asked = replace(filters, start=max(first_day, END.date() - timedelta(days=days)), compare="previous")
            for name, question in QUESTIONS.items():
                _timed(question, asked)
                for _ in range(REPEATS):
                    yield Timing(name, scope, period, _timed(question, asked))


def show(title: str, timings: list[Timing]) -> None:
    """Print p50 and p95 of each question, and its slowest scope and period."""
    table = Table(title=f"{title}: ms per chart query, budget p95 < {BUDGET_MS} ms")
    for heading in ("question", "p50", "p95", "worst", "worst case"):
        table.add_column(heading, justify="left" if heading in {"question", "worst case"} else "right")
    for name in [*QUESTIONS, "all"]:
        chosen = [timing for timing in timings if name in {timing.question, "all"}]
        p50, p95 = np.percentile([timing.ms for timing in chosen], [50, 95])
        worst = max(chosen, key=lambda timing: timing.ms)
        style = "red" if p95 > BUDGET_MS else None
        case = f"{worst.scope}, {worst.period}" if name != "all" else f"{worst.question}: {worst.scope}, {worst.period}"
        table.add_row(name, f"{p50:.0f}", f"{p95:.0f}", f"{worst.ms:.0f}", case, style=style)
    Console(width=110).print(table)


def _timed(question: Question, filters: Filters) -> float:
    began = time.perf_counter()
    with engine.connect() as conn:
        question(conn, filters)
    return (time.perf_counter() - began) * 1000


def _tree(conn: Connection) -> tuple[dict[str, Filters], list[int]]:
    zone, kind = "Europe/Berlin", "organisation"
    root = sites.ensure_site(conn, "Bench", timezone=zone, kind=kind, details={"country": "DE"})
    places = []
    for number in range(SITES):
        region = sites.ensure_site(conn, f"region {number % REGIONS}", timezone=zone, parent_id=root, kind="region")
        details = {"sector": SECTORS[number % len(SECTORS)], "latitude": 48 + number / 10, "longitude": 8 + number / 10}
        places.append(sites.ensure_site(conn, f"site {number}", timezone=zone, parent_id=region, details=details))
    rows = [
        {"site_id": places[number % SITES], "name": f"meter {number}", "step_s": 900, "longest_s": 900}
        for number in range(METERS)
    ]
    meters = list(conn.execute(insert(meter).returning(meter.c.id), rows).scalars())
    conn.execute(
        insert(ingest_batch).values(
            file_name="bench", digest="", plan_digest="", format="bench", plan={}, state="stored", loaded_by="bench"
        )
    )
    everything = Filters(root, END.date() - timedelta(days=30), END.date())
    return {
        "root": everything,
        "sector, mean kW": replace(everything, sector="office", measure="mean_kw"),
        "region": replace(everything, site_id=region),
        "site": replace(everything, site_id=places[0]),
        "meter": replace(everything, meter_id=meters[0]),
    }, meters


def _months(start: datetime) -> Iterator[datetime]:
    month = start.replace(day=1, hour=0, minute=0)
    while month < END:
        yield month
        month = _next(month)


def _next(month: datetime) -> datetime:
    return (month + timedelta(days=32)).replace(day=1)


def _fill_month(conn: Connection, month: datetime, start: datetime) -> None:
    """Write a month's partition inside the server: a daily and a yearly wave with noise, 1 in 500 estimated."""
    name = f"reading_{month:%Y_%m}"
    conn.execute(text(f"create table {name} partition of reading for values from ('{month}') to ('{_next(month)}')"))
    conn.execute(
        text(f"""
            insert into {name} (meter_id, batch_id, ts, energy_kwh, raw_kwh, duration_s, flag, line)
            select id, 1, ts, kwh, kwh, 900, case when random() < 0.002 then 4097 else 0 end, 1
            from meter
            cross join generate_series(cast(:first as timestamptz), :last, interval '15 minutes') ts
            cross join lateral (select id % 20 + 3 * sin(extract(hour from ts) / 4) + 4 + random() as kwh) value
            order by id, ts
        """),  # noqa: S608 - the name is made from a date
        {"first": max(month, start), "last": min(_next(month), END) - STEP},
    )


def _forget() -> None:
    engine.forget()
    settings.cache_clear()


if __name__ == "__main__":
    typer.run(main)
