"""From a file of the Utility Rate Database to stored tariffs, given to a site where one is named."""

from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from pipeline.analytics.tariffs import Imported, read_urdb, to_json
from pipeline.errors import UserError
from pipeline.steps.billing.timeline import BUSINESS, HOUSEHOLD
from pipeline.warehouse.engine import begin
from pipeline.warehouse.sites import site_called
from pipeline.warehouse.tariffs import StoredVersion, assign, store_version

COMMAND_LINE = "command line"
_SECTORS = {"residential": HOUSEHOLD, "commercial": BUSINESS, "industrial": BUSINESS}


def import_urdb(
    text: str, file_name: str, *, site: str | None = None, start: date | None = None, name: str | None = None
) -> list[dict[str, object]]:
    """Store the rates of a file, give the only one to the site of this name; returns what to print of each.

    Raises UserError for a file, site or date that makes no sense.
    """
    rates = read_urdb(text, file_name)
    if (site is not None or name is not None) and len({rate.tariff.name for rate in rates}) > 1:
        raise UserError(f"{file_name} holds {len(rates)} tariffs: import it without a site or name first.")
    with begin() as conn:
        stored = [store_rate(conn, rate, name) for rate in rates]
        if site is not None:
            given = start or min(rate.tariff.valid_from for rate in rates)
            assign(conn, site_called(conn, site), stored[0], given, assigned_by=COMMAND_LINE)
    return [_said(rate, name, number, site) for rate, number in zip(rates, stored, strict=True)]


def store_rate(conn: Connection, rate: Imported, name: str | None = None) -> int:
    """Store an imported rate as a version of its tariff; returns the tariff's number."""
    made = replace(rate.tariff, name=(name or rate.tariff.name).strip())
    version = StoredVersion(
        name=made.name,
        currency=made.currency,
        valid_from=made.valid_from,
        valid_to=made.valid_to,
        definition=to_json(made),
        utility=rate.utility,
        country=rate.country,
        sector=_SECTORS.get(rate.sector),
        source_label=rate.label,
        warnings=rate.warnings,
    )
    return store_version(conn, version)


def _said(rate: Imported, name: str | None, number: int, site: str | None) -> dict[str, object]:
    return {
        "tariff": name or rate.tariff.name,
        "id": number,
        "utility": rate.utility,
        "currency": rate.tariff.currency,
        "valid_from": rate.tariff.valid_from.isoformat(),
        "site": site,
        "warnings": rate.warnings,
    }
