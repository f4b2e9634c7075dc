"""Meters of a file, cleaned without storing anything: for commands that look at a file and leave no trace."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline import sources
from pipeline.errors import FileError
from pipeline.sources.frame import Direction, Overrides, Plan
from pipeline.validation.model import MeterRules
from pipeline.validation.vee import validate


@dataclass(frozen=True)
class CleanedMeter:
    """One meter of a file; ``readings`` as `pipeline.validation.model.Validated` describes them."""

    name: str
    timezone: str
    direction: Direction
    readings: pd.DataFrame


def cleaned_meters(path: Path, overrides: Overrides, *, country: str | None = None) -> Iterator[CleanedMeter]:
    """Read a file as `load` does and yield its meters in the order of the file. Raises FileError."""
    if not path.is_file():
        raise FileError(f"{path} is not a file: check its name.")
    for plan in sources.inspect_file(path, overrides):
        yield from _of_plan(plan, country)


def _of_plan(plan: Plan, country: str | None) -> Iterator[CleanedMeter]:
    timezone = plan.mapping.timezone if plan.mapping is not None else str(plan.details.get("timezone", "UTC"))
    register = plan.mapping is not None and plan.mapping.quantity == "register"
    known = {info.name: info for info in plan.meters}
    chunks = [chunk.readings.astype({"meter": "str"}) for chunk in sources.read_plan(plan)]
    if not any(map(len, chunks)):
        raise FileError(f"{plan.path.name} holds no usable reading: check its columns, dates and unit.")
    whole = pd.concat(chunks, ignore_index=True)
    for name, readings in whole.groupby("meter", sort=False):
        info = known.get(str(name))
        direction: Direction = info.direction if info else "import"
        rules = MeterRules(
            timezone=timezone,
            direction=direction,
            step_s=info.step_s if info else None,
            register=info.register if info else register,
            country=country,
        )
        cleaned = validate(readings.drop(columns="meter").reset_index(drop=True), rules).readings
        yield CleanedMeter(str(name), timezone, direction, cleaned)
