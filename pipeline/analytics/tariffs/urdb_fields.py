"""Which fields of a URDB rate are used, which only describe it, and what is said of all others."""

from collections.abc import Mapping
from typing import Any

_USED = """
    name utility sector country label startdate enddate fixedchargefirstmeter fixedchargeunits fixedmonthlycharge
    mincharge minchargeunits minmonthlycharge energyratestructure energyweekdayschedule energyweekendschedule
    energytoulabels fueladjustmentsmonthly demandratestructure demandweekdayschedule demandweekendschedule
    demandtoulabels demandrateunit demandwindow flatdemandstructure flatdemandmonths flatdemandunit
    lookbackpercent lookbackmonths lookbackrange
"""
_DESCRIBING = """
    uri revisions approved is_default eiaid supersedes servicetype description source sourceparent energycomments
    basicinformationcomments fixedcomments demandcomments energyattrs demandattrs fixedattrs eia_id utilityid version
    enduses latest_update demandunits voltagecategory phasewiring openadr
"""
UNDERSTOOD = frozenset((_USED + _DESCRIBING).split())
ELIGIBILITY = {
    "peakkwcapacitymin": "kW of peak at least",
    "peakkwcapacitymax": "kW of peak at most",
    "peakkwhusagemin": "kWh a month at least",
    "peakkwhusagemax": "kWh a month at most",
    "voltageminimum": "V at least",
    "voltagemaximum": "V at most",
}
NOT_BILLED = {
    "demandreactivepowercharge": "the charge for reactive power is not billed, because only energy is metered",
    "coincidentratestructure": "the charge for demand at the system's peak is not billed",
    "coincidentrateschedule": "the schedule of the charge at the system's peak is not used",
    "coincidentrateunit": "the unit of the charge at the system's peak is not used",
    "demandratchetpercentage": "a ratchet by month is not billed",
    "fixedchargeeaaddl": "the charge for each further meter is not billed",
    "annualmincharge": "the minimum charge of a year is not billed",
    "dgrules": "the rules for own generation are not applied: imported and exported energy are billed apart",
    "usenetmetering": "net metering is not applied: imported and exported energy are billed apart",
}


def unsupported(rate: Mapping[str, Any]) -> list[str]:
    """Name every field that holds something and is not used, with what that means for the bill."""
    warnings = []
    for field, value in rate.items():
        key = field.lower()
        if key in UNDERSTOOD or not _says_something(value):
            continue
        if key in ELIGIBILITY:
            warnings.append(f"{field}: the rate is for customers of {value} {ELIGIBILITY[key]}; this is not checked.")
        else:
            warnings.append(f"{field}: {NOT_BILLED.get(key, 'this field is not known, so it is not used')}.")
    return warnings


def _says_something(value: object) -> bool:
    match value:
        case list():
            return any(_says_something(one) for one in value)
        case dict():
            return any(_says_something(one) for one in value.values())
    return value not in (None, "", 0, False)
