"""Between a mapping, which says how the columns of a file are read, and the form in which a reader changes it."""

from collections.abc import Mapping as Values
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

from pipeline.errors import SelectionError
from pipeline.sources.clock import zone_of
from pipeline.sources.frame import Mapping, Overrides, Plan, Quantity, Stamp
from pipeline.sources.plans import plan_from_json

SEPARATOR = "|"
UNITS = ("kWh", "MWh", "GWh", "MU", "Wh", "kW", "MW", "W")
QUANTITIES = {"energy": "Energy per interval", "power": "Mean power", "register": "Register that counts up"}
STAMPS = {"start": "Start of the interval", "end": "End of the interval"}
ORDERS = {"any": "Not ambiguous", "day": "Day before month", "month": "Month before day"}
MIDNIGHTS = {"no": "Start of its day", "yes": "End of its day"}
DECIMALS = {".": "Point: 1.5", ",": "Comma: 1,5"}


@dataclass(frozen=True)
class Field:
    """One decision in the form; ``options`` is None for free text."""

    key: str
    label: str
    value: str
    options: Values[str, str] | None = None
    reason: str = ""


def fields_of(plan: Plan) -> list[Field]:
    """List the decisions of a plan that can be changed."""
    mapping = plan.mapping
    if mapping is None:
        return [Field("meter", "Name of the meter", "", reason="Empty: as in the file.")]
    fields = [
        Field(
            "time_columns", "Date and time columns", _joined(mapping.time_columns), reason=f"Several: a {SEPARATOR} b"
        ),
        Field("value_columns", "Value columns", _joined(mapping.value_columns)),
        Field("entity_columns", "Columns that name the meter", _joined(mapping.entity_columns)),
        Field("quantity", "What the values are", mapping.quantity, QUANTITIES),
        Field("unit", "Unit", mapping.unit, {unit: unit for unit in dict.fromkeys((mapping.unit, *UNITS))}),
        Field("timezone", "Time zone", mapping.timezone, reason="Name of the IANA database, like Europe/Berlin"),
        Field("stamp", "A time stamp means", mapping.stamp, STAMPS),
        Field("day_first", "Order of dates", _order(mapping.day_first), ORDERS),
        Field("midnight_ends_day", "Midnight is the", "yes" if mapping.midnight_ends_day else "no", MIDNIGHTS),
        Field("decimal", "Decimal mark", mapping.decimal, DECIMALS),
        Field("meter", "Name of the meter", "", reason="Empty: as in the file."),
    ]
    return [replace(field, reason=str(plan.details.get(field.key, field.reason))) for field in fields]


def overrides_of(plan: Plan, form: Values[str, str | None]) -> Overrides:
    """Read the form back; what was not changed stays as guessed. Raises SelectionError, naming the field."""
    given = {key: (value or "").strip() for key, value in form.items()}
    changed = {field.key for field in fields_of(plan) if given.get(field.key, field.value) != field.value}
    meter = given.get("meter") or None
    if plan.mapping is None or not changed - {"meter"}:
        return Overrides(meter=meter)
    return Overrides(meter=meter, mapping=_mapping(plan.mapping, given))


def decisions(kept: dict[str, Any], file_name: str) -> dict[str, str]:
    """Write in words how a stored file was read, from the plan that is kept with its load."""
    plan = plan_from_json(kept, Path(file_name))
    words = {
        field.label: (field.options or {}).get(field.value, field.value) for field in fields_of(plan) if field.value
    }
    return {"Format": plan.format} | ({"Part": plan.member} if plan.member else {}) | words


def _mapping(guess: Mapping, given: Values[str, str]) -> Mapping:
    time_columns = _split(given["time_columns"])
    if not time_columns:
        raise SelectionError("Name at least one column with date or time.")
    return replace(
        guess,
        time_columns=time_columns,
        value_columns=_split(given["value_columns"]),
        entity_columns=_split(given["entity_columns"]),
        quantity=cast("Quantity", _choice("what the values are", given["quantity"], get_args(Quantity))),
        unit=given["unit"],
        timezone=_zone(given["timezone"]),
        stamp=cast("Stamp", _choice("what a time stamp means", given["stamp"], get_args(Stamp))),
        day_first={"day": True, "month": False}.get(given["day_first"]),
        midnight_ends_day=given["midnight_ends_day"] == "yes",
        decimal=_choice("the decimal mark", given["decimal"], tuple(DECIMALS)),
    )


def _joined(names: tuple[str, ...]) -> str:
    return f" {SEPARATOR} ".join(names)


def _split(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in text.split(SEPARATOR))))


def _order(day_first: bool | None) -> Literal["any", "day", "month"]:  # noqa: FBT001 - a field of Mapping
    if day_first is None:
        return "any"
    return "day" if day_first else "month"


def _zone(name: str) -> str:
    return zone_of(name).key


def _choice(what: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise SelectionError(f"Choose {what} from the list.")
    return value
