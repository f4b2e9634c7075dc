"""From the address in the browser to the selection that every chart asks with."""

from collections.abc import Mapping
from datetime import UTC, datetime

from dash.exceptions import PreventUpdate

from dashboard.data import ask
from pipeline.errors import SelectionError
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import sites

DEFAULTS = {"compare": "previous"}


def resolve(query: Mapping[str, str]) -> Filters | None:
    """Read a selection from the keys of a URL, presets and defaults against the site's own data.

    None where the warehouse holds no site yet. Raises SelectionError for what cannot be read or does not exist.
    """
    root = ask(sites.root)
    if root is None:
        return None
    span = ask(sites.span, site_number(query.get("site"), root))
    today = span.last_day or datetime.now(UTC).date()
    return Filters.from_query(DEFAULTS | dict(query), today, first_day=span.first_day, site_id=root)


def selected(query: Mapping[str, str] | None) -> Filters:
    """Read back a selection that `resolve` wrote; nothing is drawn while there is none."""
    if not query:
        raise PreventUpdate
    return Filters.from_query(query, datetime.now(UTC).date())


def site_number(text: str | None, otherwise: int) -> int:
    """Read the number of a site from a URL. Raises SelectionError."""
    if not text:
        return otherwise
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(2**31))):
        raise SelectionError("The site in this address is not a number.")
    return int(text)
