"""What the starter workbook shows: which fields on which shelf of which sheet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipeline.outputs.tableau.calculations import calculation_name
from pipeline.outputs.tableau.model import Model

Mark = Literal["Bar", "Line", "Text"]
Derivation = Literal["None", "Sum", "Max", "User", "Month-Trunc", "Day-Trunc", "Hour-Trunc"]

PREFIXES: Mapping[Derivation, str] = {
    "None": "none",
    "Sum": "sum",
    "Max": "max",
    "User": "usr",
    "Month-Trunc": "tmn",
    "Day-Trunc": "tdy",
    "Hour-Trunc": "thr",
}


@dataclass(frozen=True)
class Pill:
    """A field on a shelf: a column of a table, or a calculated field (then ``thing`` is empty), in a derivation."""

    column: str
    thing: str = ""
    derivation: Derivation = "None"

    def field(self, model: Model) -> str:
        """Return the field of the data source, in brackets."""
        return model.reference(self.thing, self.column) if self.thing else self.column

    def instance(self, model: Model) -> str:
        """Return the name of the field in this derivation, in brackets."""
        kind = "nk" if self.derivation == "None" else "qk"
        return f"[{PREFIXES[self.derivation]}:{self.field(model)[1:-1]}:{kind}]"


@dataclass(frozen=True)
class Sheet:
    """A worksheet. ``values`` are measures that share one axis, or one table, told apart by their names."""

    name: str
    title: str
    mark: Mark
    columns: tuple[Pill, ...] = ()
    rows: tuple[Pill, ...] = ()
    colour: Pill | None = None
    values: tuple[Pill, ...] = ()
    only: tuple[tuple[Pill, str], ...] = ()

    @property
    def pills(self) -> tuple[Pill, ...]:
        """Return all fields of the sheet, each once."""
        colour = (self.colour,) if self.colour is not None else ()
        return tuple(dict.fromkeys((*self.columns, *self.rows, *colour, *self.values, *(one for one, _ in self.only))))

    @property
    def tables(self) -> frozenset[str]:
        """Return the tables that the sheet needs."""
        return frozenset(one.thing for one in self.pills if one.thing)


@dataclass(frozen=True)
class Zone:
    """A place on the dashboard, in hundred-thousandths of it."""

    sheet: str
    x: int
    y: int
    width: int
    height: int


def _figure(key: str) -> Pill:
    return Pill(calculation_name(key), derivation="User")


_OF_ALL = (Pill("whole_selection", "sites"), "true")

SHEETS = (
    Sheet(
        "Overview",
        "Energy by month, kWh",
        "Bar",
        columns=(Pill("day", "site_daily", "Month-Trunc"),),
        rows=(_figure("energy_kwh"),),
        only=(_OF_ALL,),
    ),
    Sheet(
        "Key figures",
        "Key figures of the whole selection",
        "Text",
        values=tuple(
            map(_figure, ("energy_kwh", "peak_kw", "mean_kw", "load_factor", "cost", "co2_kg", "share_estimated"))
        ),
        only=(_OF_ALL,),
    ),
    Sheet(
        "Consumption",
        "Energy by day and sector, kWh",
        "Line",
        columns=(Pill("day", "daily", "Day-Trunc"),),
        rows=(Pill("counted_kwh", "daily", "Sum"),),
        colour=Pill("sector", "sites"),
    ),
    Sheet(
        "Forecast",
        "Newest forecast by hour, kWh: median, and what one hour in ten stays below or above",
        "Line",
        columns=(Pill("ts_local", "forecasts", "Hour-Trunc"),),
        values=tuple(Pill(f"{quantile}_kwh", "forecasts", "Sum") for quantile in ("p10", "p50", "p90")),
        only=(
            (Pill("of_whole_selection", "forecasts"), "true"),
            (Pill("newest", "forecasts"), "true"),
            (Pill("horizon", "forecasts"), '"hours"'),
            (Pill("scenario", "forecasts"), '"base"'),
        ),
    ),
    Sheet(
        "Anomalies",
        "Energy above or below what was expected, kWh, by kind of anomaly",
        "Bar",
        columns=(Pill("deviation_kwh", "anomalies", "Sum"),),
        rows=(Pill("kind", "anomalies"),),
        colour=Pill("status", "anomalies"),
    ),
)
DASHBOARD = "Wattscape"
ZONES = (
    Zone("Key figures", 1000, 1000, 32000, 32000),
    Zone("Overview", 33000, 1000, 66000, 32000),
    Zone("Consumption", 1000, 33000, 98000, 33000),
    Zone("Forecast", 1000, 66000, 49000, 33000),
    Zone("Anomalies", 50000, 66000, 49000, 33000),
)
