"""Three sites in three zones with odd clocks, a year of hours each, and a home with solar panels."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import select

from pipeline.demo.standard import standard_chunk
from pipeline.sources.frame import Chunk, Direction, Mapping, MeterInfo, Plan
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.load import load_plan
from pipeline.warehouse.schema import meter, site
from pipeline.warehouse.sites import ensure_meters, ensure_site

FIRST, END = date(2024, 1, 1), date(2025, 1, 1)
CLOCK_CHANGES = {
    "Europe/Berlin": (date(2024, 3, 31), date(2024, 10, 27)),
    "Asia/Kolkata": (),
    "Australia/Lord_Howe": (date(2024, 4, 7), date(2024, 10, 6)),
}
METERS: dict[str, tuple[str, str, Direction, int]] = {
    "=cmd()|' /C calc'!A0": ("Berlin", "Europe/Berlin", "import", 900),
    "roof": ("Berlin", "Europe/Berlin", "generation", 3600),
    "feed-in": ("Berlin", "Europe/Berlin", "export", 3600),
    "mill": ("Kolkata", "Asia/Kolkata", "import", 3600),
    "island": ("Lord Howe", "Australia/Lord_Howe", "net", 1800),
}
SECTORS = {"Berlin": "office", "Kolkata": "factory", "Lord Howe": "household"}


def fill() -> None:
    """Load the three sites below one root."""
    with begin() as conn:
        root = ensure_site(conn, "Earth", timezone="Europe/Berlin", kind="organisation")
        for name, (place, zone, direction, step_s) in METERS.items():
            details = {"sector": SECTORS[place], "latitude": 1.0, "longitude": 2.0}
            site_id = ensure_site(conn, place, timezone=zone, parent_id=root, kind="site", details=details)
            ensure_meters(conn, site_id, [MeterInfo(name, direction, "kWh", step_s)])
    plan = Plan(Path("zones.generated"), "test", Mapping())
    load_plan(plan, "digest", loaded_by="test", site=None, progress=lambda *_: None, read=lambda _plan: _chunks())


def filters(start: date = FIRST, end: date = END, *, place: str = "Earth", name: str | None = None) -> Filters:
    """Select a place or one of its meters."""
    with connect() as conn:
        site_id = conn.execute(select(site.c.id).where(site.c.name == place)).scalar_one()
        meter_id = conn.execute(select(meter.c.id).where(meter.c.name == name)).scalar_one() if name else None
    return Filters(site_id, start, end, meter_id=meter_id)


def _chunks() -> Iterator[Chunk]:
    for number, (name, (_place, zone, _direction, step_s)) in enumerate(METERS.items()):
        first, last = pd.Timestamp(FIRST, tz=zone), pd.Timestamp(END, tz=zone)
        starts = pd.date_range(first, last, freq=pd.Timedelta(seconds=step_s), inclusive="left").tz_convert("UTC")
        hours = np.arange(len(starts)) * step_s / 3600
        draws = np.random.default_rng(number).normal(0, 0.1, len(starts))
        power_kw = 5 + number + 2 * np.sin(hours / 24 * 2 * np.pi) + draws
        yield standard_chunk(name, step_s, starts, np.round(power_kw * step_s / 3600, 3))
