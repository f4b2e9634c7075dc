"""Plans as JSON: kept with the batch, shown on the page, and taken back from it."""

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.sources.frame import Layout, Mapping, MeterInfo, Overrides, PeriodTotal, Plan

Json = dict[str, Any]


def plan_to_json(plan: Plan) -> Json:
    """Return ``plan`` as plain JSON values; the path is its name alone, so that no folder of a machine is kept."""
    return _plain(asdict(plan) | {"path": plan.path.name})


def plan_from_json(kept: Json, path: Path) -> Plan:
    """Return the plan that ``plan_to_json`` wrote, for the file at ``path``."""
    mapping = mapping_from_json(kept["mapping"]) if kept.get("mapping") else None
    layout = Layout(**_tuples(kept["layout"])) if kept.get("layout") else None
    return Plan(
        path=path,
        format=kept["format"],
        mapping=mapping,
        meters=tuple(MeterInfo(**meter) for meter in kept.get("meters", [])),
        warnings=tuple(kept.get("warnings", ())),
        details=kept.get("details", {}),
        member=kept.get("member"),
        layout=layout,
        totals=tuple(PeriodTotal(**total) for total in kept.get("totals", [])),
    )


def mapping_to_json(mapping: Mapping) -> Json:
    """Return ``mapping`` as plain JSON values."""
    return _plain(asdict(mapping))


def mapping_from_json(posted: Json) -> Mapping:
    """Return a mapping from JSON. Raises UserError for a field that does not exist."""
    return Mapping(**_tuples(_only_fields(posted, Mapping)))


def overrides_to_json(overrides: Overrides) -> Json:
    """Return ``overrides`` as plain JSON values."""
    return _plain(asdict(overrides))


def overrides_from_json(posted: Json) -> Overrides:
    """Return what the user gave by hand from JSON. Raises UserError for a field that does not exist."""
    given = _tuples(_only_fields(posted, Overrides))
    if given.get("mapping"):
        given["mapping"] = mapping_from_json(given["mapping"])
    if given.get("changes"):
        given["changes"] = _tuples(_only_fields(given["changes"], Mapping))
    return Overrides(**given)


def _only_fields(posted: Json, kind: type[Mapping | Overrides]) -> Json:
    unknown = set(posted) - {entry.name for entry in fields(kind)}
    if unknown:
        raise UserError(f"There is no option called {', '.join(sorted(unknown))}.")
    return posted


def _tuples(values: Json) -> Json:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _plain(value: Json) -> Json:
    plain: Json = json.loads(json.dumps(value))
    return plain
