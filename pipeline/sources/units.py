"""Units of electricity: how they are written, and what they are in kWh or kW."""

import re
from dataclasses import dataclass

from pipeline.errors import UserError
from pipeline.sources.frame import Quantity


@dataclass(frozen=True)
class Unit:
    """A unit: ``factor`` turns a value into kWh (energy) or kW (power)."""

    name: str
    quantity: Quantity
    factor: float


UNITS = {
    unit.name.lower(): unit
    for unit in (
        Unit("Wh", "energy", 1e-3),
        Unit("kWh", "energy", 1.0),
        Unit("MWh", "energy", 1e3),
        Unit("GWh", "energy", 1e6),
        Unit("TWh", "energy", 1e9),
        Unit("MU", "energy", 1e6),
        Unit("kWmin", "energy", 1 / 60),
        Unit("W", "power", 1e-3),
        Unit("kW", "power", 1.0),
        Unit("MW", "power", 1e3),
        Unit("GW", "power", 1e6),
    )
}
LONGER = {
    "million units": "mu",
    "lu": "",
    "kilowatt hours": "kwh",
    "kilowatthours": "kwh",
    "kilowatts": "kw",
    "megawatts": "mw",
    "watts": "w",
}
# As a word of its own, after an underscore or bracket, before "/hh" and the like.
IN_HEADER = re.compile(
    r"(?:^|[^A-Za-z]|(?<=[a-z])(?=[MGTk]W))([kMGT]?Wh?|MU|KWH?|MWH|GWH|WH|kwh?|mwh?|gwh?|Kwh?)(?=$|[^A-Za-z])"
)


def named(text: str) -> Unit | None:
    """Return the unit that ``text`` is the name of, whatever its case: ``KWH``, ``MU``, ``million units``."""
    plain = text.strip().lower()
    return UNITS.get(LONGER.get(plain, plain))


def unit_of(text: str) -> Unit:
    """Return the unit that a user names. Raises UserError."""
    unit = named(text)
    if unit is None:
        raise UserError(
            f"The unit {text!r} is not known; use one of {', '.join(known.name for known in UNITS.values())}."
        )
    return unit


def in_header(header: str) -> Unit | None:
    """Find a unit in the name of a column: ``Consumption kWh``, ``AEP_MW``, ``raw demand (MW)``, ``KWH/hh``."""
    found = IN_HEADER.findall(header)
    return named(found[-1]) if found else None
