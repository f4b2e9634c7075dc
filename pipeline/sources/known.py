"""Public files that do not say what their numbers are: known by their columns, read as their makers describe them."""

from dataclasses import dataclass

from pipeline.sources.frame import Stamp


@dataclass(frozen=True)
class KnownFile:
    """A published layout: the columns that tell it, and what its documentation says about them."""

    maker: str
    signature: frozenset[str]
    unit: str | None
    values: tuple[str, ...] = ()
    stamp: Stamp | None = None
    pattern: str = ""


KNOWN = (
    KnownFile(
        "AEMO price and demand", frozenset({"REGION", "SETTLEMENTDATE", "TOTALDEMAND"}), "MW", ("TOTALDEMAND",), "end"
    ),
    KnownFile("National Grid historic demand", frozenset({"ND", "TSD", "ENGLAND_WALES_DEMAND"}), "MW", ("ND",)),
    KnownFile(
        "UCI household power, minutes summed by day",
        frozenset({"Global_active_power", "sub_metering_4"}),
        "kWmin",
        ("Global_active_power",),
    ),
    KnownFile(
        "UCI household power", frozenset({"Global_active_power", "Sub_metering_1"}), "kW", ("Global_active_power",)
    ),
    KnownFile(
        "Tetouan power consumption", frozenset({"general diffuse flows", "diffuse flows"}), "kW", pattern=r"Zone ?\d.*"
    ),
    KnownFile(
        "Victorian demand (tsibbledata)", frozenset({"Time", "Demand", "Temperature", "Holiday"}), "MWh", ("Demand",)
    ),
    KnownFile(
        "Open Power System Data, daily",
        frozenset({"Consumption", "Wind", "Solar", "Wind+Solar"}),
        "GWh",
        ("Consumption", "Wind", "Solar"),
    ),
    KnownFile("Nord Pool consumption", frozenset({"NO1", "NO2", "SE", "FI", "Nordic"}), "MWh"),
    KnownFile("POSOCO daily report", frozenset({"Energy Met", "Max Demand Met"}), "MU", ("Energy Met",)),
    KnownFile("POSOCO state-wise use", frozenset({"States", "Regions", "Dates", "Usage"}), "MU", ("Usage",)),
    KnownFile("Low Carbon London groups", frozenset({"sum_flex", "sum_noflex"}), "kWh", ("sum_flex", "sum_noflex")),
    KnownFile(
        "ETT transformer", frozenset({"HUFL", "HULL", "OT"}), None, ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL")
    ),
    KnownFile("OpenSTEF substation", frozenset({"load", "APX", "radiation"}), "MW", ("load",)),
    KnownFile("OpenSTEF substation", frozenset({"total_substation", "total_solar_part"}), "MW", ("total_substation",)),
    KnownFile("Ausgrid solar home", frozenset({"GC", "GG"}), "kWh", ("GC", "GG")),
)


def known_file(header: tuple[str, ...]) -> KnownFile | None:
    """Return the published layout that a header belongs to."""
    names = frozenset(header)
    return next((known for known in KNOWN if known.signature <= names), None)
