"""A selection as a data source or workbook on Tableau: made, published, and open to those who are entitled to it."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.outputs.export import source_of
from pipeline.outputs.extract.entitlements import entitlements
from pipeline.outputs.manifest import Manifest
from pipeline.outputs.options import PackageKind
from pipeline.outputs.tableau.account import Account
from pipeline.outputs.tableau.contents import Mode, check_mode
from pipeline.outputs.tableau.exporting import export_package, model_for
from pipeline.outputs.tableau.publishing import Publication, publish
from pipeline.outputs.tally import Progress, no_progress
from pipeline.settings import settings
from pipeline.warehouse.filters import Filters

MADE = 0.5  # share of the work that is done when the file is there


@dataclass(frozen=True)
class Published:
    """What was made, and what is on Tableau now."""

    manifest: Manifest
    publication: Publication


def publish_selection(
    path: Path,
    filters: Filters,
    account: Account,
    *,
    kind: PackageKind = "tdsx",
    name: str | None = None,
    mode: Mode = "overwrite",
    progress: Progress = no_progress,
) -> Published:
    """Write what ``filters`` select to ``path``, which ends in ``kind``, and publish it; default name: the site's.

    Raises what ``export_package`` and ``publish`` raise; the file stays where only publishing has failed.
    """
    check_mode(kind, mode)
    manifest = export_package(path, filters, kind, progress=lambda share, what: progress(share * MADE, what))
    publication = publish(
        path,
        name or model_for(manifest).name,
        account,
        mode=mode,
        description=_description(manifest),
        viewers=users(filters) if manifest.rows.get("entitlements") else (),
        progress=lambda share, what: progress(MADE + share * (1 - MADE), what),
    )
    return Published(manifest, publication)


def users(filters: Filters) -> tuple[str, ...]:
    """Name the users who may see any of what is selected, as the entitlements say."""
    with source_of(filters) as source:
        granted = entitlements(source.conn, source.selected, settings().entitlements_file)
    return tuple(sorted(granted["user_name"].unique()))


def _description(manifest: Manifest) -> str:
    origin, asked = manifest.origin, manifest.filters
    demo = " Contains generated demo data." if origin.generated else ""
    return (
        f"Electricity of {origin.site} from {asked['start']} to {asked['end']}, the last day not included, in the time "
        f"zone of each site. Data version {origin.data_version}, made {manifest.created_at} by Wattscape.{demo}"
    )
