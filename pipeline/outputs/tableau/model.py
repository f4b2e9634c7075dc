"""The data source as Tableau's data model wants it: tables related as one tree, fields, calculations, hierarchies.

Tableau takes no circle of relationships (before 2024.2 not even a table that two facts share), so that the calendar
stands three times in the tree: for the days of meters, of sites, and for hours.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from pipeline.definitions import MEASURES
from pipeline.outputs.extract_columns import Column, TableSchema
from pipeline.outputs.extract_schema import TABLES
from pipeline.outputs.tableau.calculations import Calculation, calculations
from pipeline.outputs.tableau.fields import Look, look


@dataclass(frozen=True)
class Thing:
    """A table of the data model: ``name`` is its own, ``table`` the one of the extract."""

    name: str
    table: TableSchema
    caption: str

    @property
    def id(self) -> str:
        """Return what the object graph calls it: the same on every export."""
        return f"{self.name}_{hashlib.md5(self.name.encode(), usedforsecurity=False).hexdigest().upper()}"


@dataclass(frozen=True)
class Relationship:
    """Two tables with the same values in ``columns``."""

    first: str
    second: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """A column in the data source; ``name`` is unique there."""

    name: str
    thing: Thing
    column: Column
    look: Look


@dataclass(frozen=True)
class Hierarchy:
    """Fields from the coarsest to the finest, as table and column."""

    name: str
    levels: tuple[tuple[str, str], ...]


CAPTIONS = {
    "sites": "Sites",
    "meters": "Meters",
    "entitlements": "Entitlements",
    "daily": "Days of meters",
    "site_daily": "Days of sites",
    "hourly": "Hours",
    "readings": "Readings",
    "forecasts": "Forecasts",
    "anomalies": "Anomalies",
    "recommendations": "Recommendations",
    "bills": "Bills",
    "bill_lines": "Bill lines",
    "weather": "Weather",
    "weather_stations": "Weather stations",
    "daily_calendar": "Calendar",
    "site_daily_calendar": "Calendar of sites",
    "hourly_calendar": "Calendar of hours",
}
CALENDARS = ("daily_calendar", "site_daily_calendar", "hourly_calendar")
_ON_CALENDAR = ("calendar_id", "day")
TREE = (
    Relationship("sites", "meters", ("site_id",)),
    Relationship("sites", "entitlements", ("site_id",)),
    Relationship("sites", "site_daily", ("site_id",)),
    Relationship("sites", "forecasts", ("site_id",)),
    Relationship("sites", "recommendations", ("site_id",)),
    Relationship("sites", "bills", ("site_id",)),
    Relationship("sites", "weather", ("station_id", "timezone")),
    Relationship("meters", "daily", ("meter_id",)),
    Relationship("meters", "hourly", ("meter_id",)),
    Relationship("meters", "readings", ("meter_id",)),
    Relationship("meters", "anomalies", ("meter_id",)),
    Relationship("bills", "bill_lines", ("bill_id",)),
    Relationship("weather", "weather_stations", ("station_id",)),
    Relationship("daily", "daily_calendar", _ON_CALENDAR),
    Relationship("site_daily", "site_daily_calendar", _ON_CALENDAR),
    Relationship("hourly", "hourly_calendar", _ON_CALENDAR),
)
ROOT = "sites"
# Of the second and third calendar only what charts ask for is offered.
OF_FURTHER_CALENDARS = frozenset({"year", "quarter", "month", "weekday_name", "day_type", "holiday", "season"})
HIERARCHIES = (
    Hierarchy("Place", (("sites", "region"), ("sites", "state"), ("sites", "site"), ("meters", "meter"))),
    Hierarchy("Date", tuple(("daily_calendar", name) for name in ("year", "quarter", "month", "day"))),
)
PLACES = "Places"
KEY_FIGURES = "Key figures"


@dataclass(frozen=True, eq=False)
class Model:
    """All of a data source but its looks in XML. ``tables`` are those of the extract that it is on."""

    name: str
    tables: frozenset[str]
    user_filter: bool

    @cached_property
    def things(self) -> dict[str, Thing]:
        """Return the tables in order of their names, which the relations and the object graph share."""
        named = {relationship.second for relationship in self.relationships} | {ROOT}
        return {name: Thing(name, TABLES[_table_of(name)], CAPTIONS[name]) for name in sorted(named)}

    @cached_property
    def relationships(self) -> tuple[Relationship, ...]:
        """Return the relationships between tables that are there."""
        return tuple(one for one in TREE if {_table_of(one.first), _table_of(one.second)} <= self.tables)

    @cached_property
    def fields(self) -> dict[tuple[str, str], Field]:
        """Return the fields by table and column, in their order."""
        return {(field.thing.name, field.column.name): field for field in self._fields()}

    @cached_property
    def calculations(self) -> tuple[Calculation, ...]:
        """Return the calculated fields."""
        return calculations(self.reference, user_filter=self.user_filter)

    @property
    def hierarchies(self) -> tuple[Hierarchy, ...]:
        """Return the hierarchies."""
        return HIERARCHIES

    @cached_property
    def folders(self) -> dict[str, list[str]]:
        """Return names of fields by folder; hidden ones are in none."""
        found: dict[str, list[str]] = {KEY_FIGURES: [one.name for one in self.calculations if not one.hidden]}
        for field in self.fields.values():
            if not field.look.hidden:
                place = field.thing.name in {"sites", "meters"}
                found.setdefault(PLACES if place else field.thing.caption, []).append(field.name)
        return {name: sorted(fields) for name, fields in sorted(found.items())}

    def reference(self, thing: str, column: str) -> str:
        """Return how a formula names a field."""
        return f"[{self.fields[thing, column].name}]"

    def _fields(self) -> Iterator[Field]:
        columns = [column for name in CAPTIONS for column in TABLES[_table_of(name)].columns]
        names = Counter(column.name for column in columns)
        captions = Counter(look(column).caption for column in columns)
        captions.update(one.label for one in MEASURES.values())  # a calculated field has the plain name
        for thing in self.things.values():
            for column in thing.table.columns:
                name = column.name if names[column.name] == 1 else f"{column.name} ({thing.name})"
                yield Field(name, thing, column, _look(thing, column, unique=captions[look(column).caption] == 1))


def model_of(name: str, tables: Collection[str], *, user_filter: bool) -> Model:
    """Describe a data source on these tables of an extract.

    With ``user_filter`` a reader sees the sites that the table of entitlements names, and nothing else.
    """
    return Model(name, frozenset(tables), user_filter)


def _look(thing: Thing, column: Column, *, unique: bool) -> Look:
    plain = look(column)
    caption = plain.caption if unique else f"{plain.caption} ({thing.caption.lower()})"
    further = thing.name in CALENDARS[1:] and column.name not in OF_FURTHER_CALENDARS
    return replace(plain, caption=caption, hidden=plain.hidden or further)


def _table_of(thing: str) -> str:
    return "calendar" if thing in CALENDARS else thing
