"""Invoices that people enter, to be checked against bills."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert as upsert

from pipeline.warehouse.tables.tariffs import invoice


@dataclass(frozen=True)
class Invoice:
    """What a supplier asks for some days of a node, ``end_day`` excluded."""

    site_id: int
    start_day: date
    end_day: date
    currency: str
    amount: Decimal


def enter_invoice(conn: Connection, entered: Invoice, *, entered_by: str) -> None:
    """Keep an invoice; one for the same days takes the place of that before."""
    row = asdict(entered) | {"entered_by": entered_by}
    keys = ["site_id", "start_day", "end_day", "currency"]
    later = {"amount": entered.amount, "entered_by": entered_by}
    conn.execute(upsert(invoice).values(row).on_conflict_do_update(index_elements=keys, set_=later))
