"""Views of Tableau shown inside a page: where they are, and what lets one viewing in."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from pipeline.errors import SelectionError, UserError
from pipeline.outputs.tableau.account import ConnectedApp, connected_app_of, server_url
from pipeline.outputs.tableau.connected_app import EMBEDDING, token
from pipeline.settings import Settings

SCRIPT = "/javascripts/api/tableau.embedding.3.latest.min.js"
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
MOST_CHARACTERS = 200
NAME = r"[\w-]+(?:\.[\w-]+)*"  # what Tableau makes of names in its addresses: neither spaces nor other signs
VIEW = re.compile(rf"(?:/?views/)?({NAME})/({NAME})")
APP_SETTINGS = ("tableau_client_id", "tableau_secret_id", "tableau_secret_value", "tableau_user")


@dataclass(frozen=True)
class Embedding:
    """A site whose views are shown with the rights of ``viewer``; ``views`` are offered, the first one is shown."""

    origin: str
    site: str
    app: ConnectedApp
    viewer: str
    views: tuple[str, ...]


@dataclass(frozen=True)
class Viewing:
    """What a browser needs to show a view once: the component's ``script``, the view's address, a token for it."""

    script: str
    src: str
    token: str = field(repr=False)


def embedding_of(settings: Settings) -> Embedding:
    """Read from the settings whose views are shown. Raises UserError that names what is missing or wrong."""
    origin = server_url(settings)
    parts = urlsplit(origin)
    if parts.scheme != "https" and parts.hostname not in THIS_MACHINE:
        raise UserError("WATTSCAPE_TABLEAU_URL must begin with https:// for views to be shown: browsers want it so.")
    app = connected_app_of(settings)
    if app is None:
        missing = [f"WATTSCAPE_{name.upper()}" for name in APP_SETTINGS if not getattr(settings, name)]
        raise UserError(f"The connected app is not complete: set {', '.join(missing)}.")
    offered = [one.strip() for one in (settings.tableau_views or "").split(",")]
    return Embedding(
        origin=origin,
        site=settings.tableau_site or "",
        app=app,
        viewer=settings.tableau_viewer or app.user,
        views=tuple(view_path(one) for one in offered if one),
    )


def embedding_origin(settings: Settings) -> str | None:
    """Return the one origin that pages may load views from; None where embedding is not set up."""
    try:
        return embedding_of(settings).origin
    except UserError:
        return None


def view_path(given: str) -> str:
    """Read a view as ``workbook/view``. Raises SelectionError for anything that could lead elsewhere."""
    found = VIEW.fullmatch(given.strip()) if len(given) <= MOST_CHARACTERS else None
    if found is None:
        raise SelectionError(
            f"{given[:60]!r} names no view: give workbook and view as in the view's address after /views/, "
            "like Wattscape/Overview."
        )
    return f"{found[1]}/{found[2]}"


def viewing(embedding: Embedding, view: str) -> Viewing:
    """Let one viewing of ``view`` in. Raises SelectionError for what names no view."""
    site = f"/t/{quote(embedding.site, safe='')}" if embedding.site else ""
    return Viewing(
        script=embedding.origin + SCRIPT,
        src=f"{embedding.origin}{site}/views/{quote(view_path(view))}",
        token=token(embedding.app, EMBEDDING, user=embedding.viewer),
    )
