"""The command `load`: put files of readings into the warehouse, or show how they would be read."""

import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
import typer

from pipeline import run, sources
from pipeline.commands.printing import BAD_INPUT, AsJson, Files, bar, say, show
from pipeline.errors import UserError
from pipeline.sources.frame import Overrides, Plan

KEYS = (
    "file",
    "format",
    "batch",
    "meters",
    "readings",
    "duplicates",
    "rejected",
    "energy_kwh",
    "first",
    "last",
    "step_seconds",
    "timezone",
    "warnings",
)
PREVIEW_ROWS, NAMES_SHOWN = 5, 6
# Reasons are kept under short names; the fields of the mapping that they speak of.
FIELDS = {"time": "time_columns", "values": "value_columns", "meters": "entity_columns", "step": "step_s"}


def load(
    files: Files,
    *,
    timezone: Annotated[str | None, typer.Option(metavar="Z", help="IANA zone of the times in the file")] = None,
    unit: Annotated[str | None, typer.Option(metavar="U", help="Wh, kWh, MWh, GWh, W, kW or MW")] = None,
    format_: Annotated[
        str | None, typer.Option("--format", metavar="F", help="format, where the guess is wrong")
    ] = None,
    meter: Annotated[
        str | None, typer.Option(metavar="NAME", help="name of the meter, or what meters begin with")
    ] = None,
    column: Annotated[list[str] | None, typer.Option(metavar="NAME", help="column of values; may be repeated")] = None,
    time: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="column of dates or times; repeat for date and time")
    ] = None,
    entity: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="column that names the meter; may be repeated")
    ] = None,
    stamp: Annotated[Literal["start", "end"] | None, typer.Option(help="which end of an interval its time is")] = None,
    day_first: Annotated[
        bool | None, typer.Option("--day-first/--month-first", help="order of day and month in the dates")
    ] = None,
    step: Annotated[int | None, typer.Option(metavar="SECONDS", min=1, help="length of each interval")] = None,
    register: Annotated[
        bool | None, typer.Option("--register/--no-register", help="values are readings of a register, or energy")
    ] = None,
    site: Annotated[str | None, typer.Option(metavar="NAME", help="site that new meters belong to")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="show how files would be read, and store nothing")] = False,
    as_json: AsJson = False,
) -> None:
    """Load files of readings: recognise, validate, store and add up. A file that is stored already changes nothing."""
    _refuse_blank(timezone=timezone, unit=unit, format=format_, meter=meter, site=site)
    changes: dict[str, object] = {"stamp": stamp, "day_first": day_first, "step_s": step}
    changes = {name: value for name, value in changes.items() if value is not None}
    overrides = Overrides(
        format=format_,
        timezone=timezone,
        unit=unit,
        meter=meter,
        columns=tuple(column or ()),
        times=tuple(time or ()),
        entities=tuple(entity or ()),
        changes=changes | ({"step_months": None} if step else {}),
        register=register,
    )
    refused = (
        _preview_all(files, overrides, as_json=as_json)
        if preview
        else load_all(files, overrides, site, as_json=as_json)
    )
    if refused:
        raise typer.Exit(BAD_INPUT)


def load_all(files: list[Path], overrides: Overrides, site: str | None, *, as_json: bool) -> bool:
    """Load each file; one that is refused doesn't keep the others out. Returns whether one was."""
    refused = False
    with bar(hidden=as_json) as progress:
        for path in files:
            try:
                reports = run.load(path, overrides, site=site, progress=progress(path.name))
            except UserError as error:
                say(str(error))
                refused = True
                continue
            for report in reports:
                fields = asdict(report)
                show({key: fields[key] for key in KEYS}, as_json=as_json)
    return refused


def _preview_all(files: list[Path], overrides: Overrides, *, as_json: bool) -> bool:
    """Show how each file would be read, with its first readings. Returns whether one was refused."""
    refused = False
    for path in files:
        try:
            for plan in sources.inspect_file(path, overrides):
                _show_plan(plan, as_json=as_json)
        except UserError as error:
            say(str(error))
            refused = True
    return refused


def _show_plan(plan: Plan, *, as_json: bool) -> None:
    names = [meter.name for meter in plan.meters]
    mapping = sources.mapping_to_json(plan.mapping) if plan.mapping else {}
    readings = sources.preview(plan, PREVIEW_ROWS)
    first = [
        {
            "meter": meter,
            "ts": pd.Timestamp(ts).to_pydatetime(),
            "duration_s": duration_s,
            "energy_kwh": None if math.isnan(energy_kwh) else energy_kwh,
        }
        for meter, ts, duration_s, energy_kwh in zip(
            readings["meter"].astype(str).tolist(),
            readings["ts"].tolist(),
            readings["duration_s"].tolist(),
            readings["energy_kwh"].to_numpy(float).tolist(),
            strict=True,
        )
    ]
    about: dict[str, object] = {
        "file": plan.path.name if plan.member is None else f"{plan.path.name}/{plan.member}",
        "format": plan.format,
    }
    if as_json:
        found = {"meters": names, "mapping": mapping, "reasons": plan.details, "readings": first}
        show(about | found | {"warnings": plan.warnings}, as_json=True)
        return
    why = {FIELDS.get(name, name): reason for name, reason in plan.details.items()}
    decided = {name: f"{_written(mapping[name])} ({why[name]})" if name in mapping else str(why[name]) for name in why}
    more = f" … {len(names)} in all" if len(names) > NAMES_SHOWN else ""
    begins = tuple(f"{one['meter']}  {one['ts']:%Y-%m-%d %H:%M:%SZ}  {one['energy_kwh']} kWh" for one in first)
    rest = {"meters": ", ".join(names[:NAMES_SHOWN]) + more, "warnings": plan.warnings, "begins": begins}
    show(about | decided | rest, as_json=False)


def _written(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


def _refuse_blank(**options: str | None) -> None:
    """Raise UserError for an option that is given without content, as from a variable that is not set."""
    blank = [name for name, value in options.items() if value is not None and not value.strip()]
    if blank:
        raise UserError(f"--{blank[0]} is empty: say what it is, or leave the option out.")
