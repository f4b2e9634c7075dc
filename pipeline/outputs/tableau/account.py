"""Who signs in where: read from the settings, checked as a whole, with secrets that no text shows."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

from pipeline.errors import UserError
from pipeline.settings import Settings

HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")


@dataclass(frozen=True)
class Token:
    """A personal access token."""

    name: str
    secret: SecretStr


@dataclass(frozen=True)
class ConnectedApp:
    """A connected app with direct trust, acting for ``user``."""

    client_id: str
    secret_id: str
    secret_value: SecretStr
    user: str


@dataclass(frozen=True)
class Account:
    """A site of a server and the way in. ``site`` is empty for the default one."""

    url: str
    site: str
    credentials: Token | ConnectedApp
    project: tuple[str, ...] = ("Wattscape",)
    timeout_s: float = 300.0
    wait_s: float = 3600.0

    @property
    def place(self) -> str:
        """Name server and site for a sentence."""
        host = urlsplit(self.url).netloc
        return f"the site {self.site} of {host}" if self.site else f"the default site of {host}"


def account_of(settings: Settings) -> Account:
    """Read the account from the settings. Raises UserError that names the settings that are missing or wrong."""
    project = tuple(name.strip() for name in settings.tableau_project.split("/"))
    if not all(project):
        raise UserError("WATTSCAPE_TABLEAU_PROJECT has an empty name in it: write it like Energy or Energy/Campus.")
    return Account(
        url=server_url(settings),
        site=settings.tableau_site or "",
        credentials=_credentials(settings),
        project=project,
        timeout_s=float(settings.tableau_timeout_seconds),
        wait_s=settings.tableau_wait_minutes * 60.0,
    )


def is_configured(settings: Settings) -> bool:
    """Say whether there is a server to publish to."""
    return settings.tableau_url is not None


def server_url(settings: Settings) -> str:
    """Return scheme, host and port of the server. Raises UserError where it is not set or no address."""
    if not settings.tableau_url:
        raise UserError("No Tableau server is set: set WATTSCAPE_TABLEAU_URL, like https://tableau.example.org.")
    parts = urlsplit(settings.tableau_url)
    if parts.scheme not in {"http", "https"} or not HOST.fullmatch(parts.netloc):
        raise UserError("WATTSCAPE_TABLEAU_URL is not an address: write it like https://tableau.example.org.")
    return f"{parts.scheme}://{parts.netloc}"


def connected_app_of(settings: Settings) -> ConnectedApp | None:
    """Return the connected app of the settings, where all of it is there."""
    client_id, secret_id = settings.tableau_client_id, settings.tableau_secret_id
    value, user = settings.tableau_secret_value, settings.tableau_user
    if client_id and secret_id and value and user:
        return ConnectedApp(client_id, secret_id, value, user)
    return None


def _credentials(settings: Settings) -> Token | ConnectedApp:
    name, secret = settings.tableau_token_name, settings.tableau_token_secret
    if name and secret:
        return Token(name, secret)
    app = connected_app_of(settings)
    if app is None:
        raise UserError(_missing(settings))
    return app


def _missing(settings: Settings) -> str:
    """Name what is missing of that way in of which something is there."""
    ways = {
        "token": ("tableau_token_name", "tableau_token_secret"),
        "app": ("tableau_client_id", "tableau_secret_id", "tableau_secret_value", "tableau_user"),
    }
    for names in ways.values():
        missing = [f"WATTSCAPE_{name.upper()}" for name in names if not getattr(settings, name)]
        if missing and len(missing) < len(names):
            return f"The sign-in to Tableau is not complete: set {' and '.join(missing)}."
    return (
        "There is nothing to sign in to Tableau with: set WATTSCAPE_TABLEAU_TOKEN_NAME and "
        "WATTSCAPE_TABLEAU_TOKEN_SECRET, or the four settings of a connected app."
    )
