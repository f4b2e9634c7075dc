"""How a file is written, beside what is in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Self, get_args

from pipeline.errors import SelectionError

PlainKind = Literal["csv", "hyper"]
PackageKind = Literal["tdsx", "twbx"]  # an extract, and what reads it
Kind = PlainKind | PackageKind
TableName = Literal["readings", "hourly", "daily"]
Separator = Literal[",", ";", "\t"]
Decimal = Literal[".", ","]
Header = Literal["lines", "file"]
Readings = Literal["with", "without"]

PACKAGES: tuple[PackageKind, ...] = get_args(PackageKind)
KINDS: tuple[Kind, ...] = (*get_args(PlainKind), *PACKAGES)


class _Options:
    """Options of one kind of file, each one of a few words."""

    WHAT: ClassVar[str]
    ALLOWED: ClassVar[Mapping[str, tuple[str, ...]]]

    def __post_init__(self) -> None:
        for name, choices in self.ALLOWED.items():
            if getattr(self, name) not in choices:
                raise SelectionError(f"The {name} of {self.WHAT} must be one of {', '.join(map(repr, choices))}.")

    @classmethod
    def from_mapping(cls, given: Mapping[str, object]) -> Self:
        """Read options from a form or a stored row. Raises SelectionError for one that does not exist."""
        unknown = set(given) - set(cls.ALLOWED)
        if unknown:
            raise SelectionError(f"{cls.WHAT[:1].upper()}{cls.WHAT[1:]} has no option {', '.join(sorted(unknown))}.")
        return cls(**given)  # values are checked by __post_init__

    def to_mapping(self) -> dict[str, str]:
        """Write the options as they are stored."""
        return {name: getattr(self, name) for name in self.ALLOWED}


@dataclass(frozen=True)
class CsvOptions(_Options):
    """How a CSV file is written. Raises SelectionError for what cannot be read back.

    ``header`` "lines" puts zone, unit, filters and data version into lines that start with ``#``; with "file" they
    are only in the manifest beside it.
    """

    WHAT = "a CSV file"
    ALLOWED = {  # noqa: RUF012 - a constant of the class, said so above
        "table": get_args(TableName),
        "separator": get_args(Separator),
        "decimal": get_args(Decimal),
        "header": get_args(Header),
    }

    table: TableName = "readings"
    separator: Separator = ","
    decimal: Decimal = "."
    header: Header = "file"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.separator == self.decimal:
            raise SelectionError("A decimal comma needs another separator: choose the semicolon or the tab.")


@dataclass(frozen=True)
class HyperOptions(_Options):
    """What goes into an extract: ``readings`` as fine as they came, or hours and days alone."""

    WHAT = "an extract"
    ALLOWED = {"readings": get_args(Readings)}  # noqa: RUF012 - a constant of the class, said so above

    readings: Readings = "with"


Options = CsvOptions | HyperOptions


def options_of(kind: Kind, given: Mapping[str, object] | None) -> Options:
    """Read the options of an export of a kind. Raises SelectionError."""
    return (CsvOptions if kind == "csv" else HyperOptions).from_mapping(given or {})


def kind_of(text: str) -> Kind:
    """Read the kind of an export. Raises SelectionError."""
    for kind in KINDS:
        if text == kind:
            return kind
    raise SelectionError(f"An export is one of {', '.join(KINDS)}, not {text[:40]!r}.")
