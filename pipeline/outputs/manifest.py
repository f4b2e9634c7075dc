"""What goes with every export: what was asked, what was written, and how to check it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import FileError
from pipeline.outputs.aside import written_aside
from pipeline.warehouse.filters import Filters

SUFFIX = ".manifest.json"


@dataclass(frozen=True)
class Origin:
    """Where the numbers come from. ``timezone`` is the selected site's; each row has the clock of its own site."""

    site: str
    timezone: str
    timezones: list[str]
    unit: str
    data_version: int
    data_changed_at: str
    generated: bool

    def head(self, filters: Filters) -> dict[str, str]:
        """Describe a file in a few lines at its top."""
        return {
            "Site": self.site,
            "Period": f"{filters.start} to {filters.end}, the last day not included, in each site's own time zone",
            "Filters": ", ".join(f"{name}={value}" for name, value in filters.to_query().items()),
            "Time zone": ", ".join(self.timezones),
            "Unit": self.unit,
            "Data version": str(self.data_version),
        } | ({"Note": "Contains generated demo data"} if self.generated else {})


@dataclass(frozen=True)
class Manifest:
    """What was asked and what was written.

    ``rows`` counts by table, ``energy_kwh_by_table`` adds up ``counted_kwh``; ``energy_kwh``, ``peak_kw`` and
    ``share_estimated`` are what the pages show for the same selection. ``queries`` gives the SQL of each table that was
    read by one, ``definitions`` that of each measure. ``layout`` tells apart the tables of versions of Wattscape,
    ``values`` the prices by month and emission factors of an extract.
    """

    file_name: str
    kind: str
    origin: Origin
    filters: dict[str, str]
    options: dict[str, str]
    rows: dict[str, int]
    energy_kwh: float
    energy_kwh_by_table: dict[str, float]
    peak_kw: float | None
    share_estimated: float | None
    layout: str
    values: dict[str, str]
    queries: dict[str, str]
    definitions: dict[str, dict[str, str]]
    bytes: int
    sha256: str
    seconds: float
    created_at: str

    @property
    def rows_of_use(self) -> int:
        """Return the rows of the finest table of energy."""
        return next(self.rows[name] for name in ("readings", "hourly", "daily") if name in self.rows)

    def to_mapping(self) -> dict[str, object]:
        """Write the manifest as JSON takes it."""
        return asdict(self)

    def write_beside(self, path: Path) -> Path:
        """Write the manifest to ``<file>.manifest.json`` and return its path."""
        beside = manifest_path(path)
        with written_aside(beside) as part:
            part.write_text(json.dumps(self.to_mapping(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return beside


def read_manifest(path: Path) -> Manifest:
    """Read the manifest that lies beside an export. Raises FileError where there is none that can be read."""
    beside = manifest_path(path)
    try:
        given = json.loads(beside.read_text(encoding="utf-8"))
        return Manifest(**given | {"origin": Origin(**given["origin"])})
    except OSError as error:
        raise FileError(f"{path.name} has no manifest beside it: {beside.name} cannot be read.") from error
    except (ValueError, TypeError, KeyError) as error:
        raise FileError(
            f"{beside.name} is not a manifest that this version of Wattscape wrote: export again."
        ) from error


def manifest_path(path: Path) -> Path:
    """Return where the manifest of an export lies."""
    return path.with_name(path.name + SUFFIX)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def now() -> str:
    """Return this second in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
