"""Import of tariffs from the OpenEI Utility Rate Database (URDB): its JSON, from the API or kept by other tools.

Fields: https://openei.org/services/doc/rest/util_rates (version 7 and later). What is not supported is named in a
warning, never left out in silence.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pipeline.analytics.tariffs.model import FixedCharge, Tariff, TariffError
from pipeline.analytics.tariffs.urdb_charges import (
    decimal,
    demand_charges,
    energy_charges,
    export_credits,
    flat_demand_charges,
)
from pipeline.analytics.tariffs.urdb_fields import unsupported

LARGEST_CHARACTERS = 20_000_000
_CURRENCIES = {"USA": "USD", "US": "USD", "PRI": "USD", "CAN": "CAD", "IND": "INR", "GBR": "GBP", "MEX": "MXN"}
_COUNTRIES = {"USA": "US", "PRI": "PR", "CAN": "CA", "IND": "IN", "GBR": "GB", "MEX": "MX"}
_PER = {"$/month": "month", "$/day": "day", "$/year": "year"}
_DOWNLOAD = "https://api.openei.org/utility_rates?version=latest&format=json&detail=full&api_key=…&getpage="


@dataclass(frozen=True)
class Imported:
    """A tariff as it was read: one version, where it comes from, and what of it is not used."""

    tariff: Tariff
    utility: str
    sector: str
    country: str
    label: str
    warnings: tuple[str, ...]


def read_urdb(text: str, name: str = "The file", today: date | None = None) -> list[Imported]:
    """Read every rate of a URDB JSON text; ``name`` is what errors call it, ``today`` serves a rate without a date.

    Raises TariffError for anything else.
    """
    if len(text) > LARGEST_CHARACTERS:
        raise TariffError(f"{name} is too large for a tariff.")
    try:
        content = json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise TariffError(f"{name} is not JSON of the OpenEI Utility Rate Database.") from error
    try:
        return [_rate(rate, today or datetime.now(UTC).date()) for rate in _rates(content, name)]
    except (TypeError, KeyError, AttributeError, IndexError, ValueError, InvalidOperation) as error:
        raise TariffError(f"{name} holds a rate that is not written as the Utility Rate Database does.") from error


def _refuse(constant: str) -> Any:  # noqa: ANN401 - json's hook
    raise ValueError(constant)


def _rates(content: object, name: str) -> Sequence[Mapping[str, Any]]:
    """Find the rates: an answer of the API, a list, a single rate, or a scenario of REopt that holds one."""
    rates: Sequence[Mapping[str, Any]]
    match content:
        case {"items": list(items)} | list(items):
            rates = [item for item in items if isinstance(item, dict) and _is_rate(item)]
        case dict() if _is_rate(content):
            rates = [content]
        case dict():
            rates = _of_scenario(content, name)
        case _:
            rates = []
    if not rates:
        raise TariffError(f"{name} holds no rate of the OpenEI Utility Rate Database.")
    return rates


def _is_rate(item: Mapping[str, Any]) -> bool:
    return "name" in item and any(
        key in item
        for key in ("energyratestructure", "flatdemandstructure", "demandratestructure", "fixedchargefirstmeter")
    )


def _of_scenario(content: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    inner = content.get("Scenario", content)
    tariff = inner.get("ElectricTariff") or inner.get("Site", {}).get("ElectricTariff")
    if not isinstance(tariff, dict):
        return []
    rate = tariff.get("urdb_response")
    if isinstance(rate, dict):
        return _rates(rate, name)
    if "urdb_label" in tariff:
        label = str(tariff["urdb_label"])[:40]
        raise TariffError(
            f"{name} is a REopt scenario that only names the URDB rate {label}, without its prices:"
            f" download the rate from {_DOWNLOAD}{label} and import that."
        )
    raise TariffError(f"{name} is a REopt scenario without a URDB rate, which cannot be imported.")


def _rate(rate: Mapping[str, Any], today: date) -> Imported:
    country = str(rate.get("country") or "USA")
    warnings = unsupported(rate)
    if country not in _CURRENCIES:
        warnings.append(f"country: the currency of {country} is not known, US dollars are assumed.")
    if "startdate" not in rate:
        warnings.append("startdate: the rate has no date, it is taken to be valid from today.")
    start, end = _date(rate.get("startdate")) or today, _date(rate.get("enddate"))
    demand = [*flat_demand_charges(rate, warnings), *demand_charges(rate, warnings)]
    tariff = Tariff(
        name=str(rate["name"]).strip() or "Unnamed rate",
        currency=_CURRENCIES.get(country, "USD"),
        valid_from=start,
        valid_to=end if end is not None and end > start else None,
        fixed=_fixed(rate, warnings),
        energy=tuple(energy_charges(rate, warnings)),
        demand=tuple(demand),
        export=tuple(export_credits(rate)),
        minimum=_minimum(rate, warnings),
    )
    return Imported(
        tariff,
        str(rate.get("utility") or ""),
        str(rate.get("sector") or "").lower(),
        _COUNTRIES.get(country, country[:2]),
        str(rate.get("label") or ""),
        tuple(warnings),
    )


def _date(seconds: object) -> date | None:
    """Read a date: URDB writes midnight in Denver as seconds since 1970, which is the same date in UTC."""
    if seconds in (None, ""):
        return None
    return datetime.fromtimestamp(int(str(seconds)), UTC).date()


def _fixed(rate: Mapping[str, Any], warnings: list[str]) -> tuple[FixedCharge, ...]:
    amount = decimal(rate.get("fixedchargefirstmeter") or rate.get("fixedmonthlycharge"))
    if not amount:
        return ()
    match _PER.get(str(rate.get("fixedchargeunits") or "$/month")):
        case "day":
            return (FixedCharge("Fixed charge", amount, "day"),)
        case "month":
            return (FixedCharge("Fixed charge", amount, "month"),)
        case "year":
            return (FixedCharge("Fixed charge", amount, "year"),)
    warnings.append(f"fixedchargeunits: {rate['fixedchargeunits']} is not known, the fixed charge is not billed.")
    return ()


def _minimum(rate: Mapping[str, Any], warnings: list[str]) -> Decimal | None:
    amount = decimal(rate.get("mincharge") or rate.get("minmonthlycharge"))
    if not amount:
        return None
    if str(rate.get("minchargeunits") or "$/month") != "$/month":
        warnings.append(f"minchargeunits: a minimum charge in {rate['minchargeunits']} is not billed.")
        return None
    return amount
