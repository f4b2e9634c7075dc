"""Signed in to Tableau for the length of a block."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests
import tableauserverclient as tableau
from tableauserverclient.server.endpoint.exceptions import TableauError

from pipeline.outputs.tableau.account import Account, Token
from pipeline.outputs.tableau.connected_app import PUBLISHING, token
from pipeline.outputs.tableau.refusals import SIGNING_IN, LastStatus, RefusedError, in_plain_words
from pipeline.outputs.tableau.uploads import ResumedUploads

log = logging.getLogger(__name__)

OLDEST_API = (3, 10)  # of Tableau 2020.4, the first that opens the extracts


@dataclass(frozen=True)
class Session:
    """A sign-in: ``server`` to ask, ``last`` to explain its answers with."""

    server: tableau.Server
    account: Account
    last: LastStatus

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Explain what goes wrong in the block as going wrong while doing this."""
        with in_plain_words(what, self.account.place, self.last):
            yield


@contextmanager
def signed_in(account: Account, uploaded: Callable[[float], None] = lambda _share: None) -> Iterator[Session]:
    """Sign in and out again; ``uploaded`` is told the share of a large file that has arrived.

    Raises RefusedError or UnreachableError.
    """
    last = LastStatus()
    server = tableau.Server(  # type: ignore[no-untyped-call]  # not annotated
        account.url, http_options={"timeout": account.timeout_s}, session_factory=lambda: _watched(last)
    )
    server.fileuploads = ResumedUploads(server, uploaded)
    session = Session(server, account, last)
    with session.doing("asking for the version"):
        _agree_on_version(server)
    with session.doing(SIGNING_IN):
        server.auth.sign_in(_credentials(account))
    try:
        yield session
    finally:
        _sign_out(server)


def _watched(last: LastStatus) -> requests.Session:
    session = requests.Session()
    session.hooks["response"].append(last.note)
    return session


def _agree_on_version(server: tableau.Server) -> None:
    info = server.server_info.get()
    version = info.rest_api_version if info is not None else None
    numbers = tuple(int(part) for part in (version or "").split(".") if part.isdigit())
    if numbers < OLDEST_API:
        raise RefusedError(
            f"This Tableau is too old to publish to (REST API {version or 'unknown'}): 2020.4 or newer is needed."
        )
    server.version = str(version)


def _credentials(account: Account) -> tableau.PersonalAccessTokenAuth | tableau.JWTAuth:
    match account.credentials:
        case Token(name, secret):
            return tableau.PersonalAccessTokenAuth(name, secret.get_secret_value(), site_id=account.site)
        case app:
            return tableau.JWTAuth(token(app, PUBLISHING), site_id=account.site)


def _sign_out(server: tableau.Server) -> None:
    """Give the session back. One that Tableau has closed already, or cannot be reached, needs nothing more."""
    try:
        server.auth.sign_out()
    except (TableauError, requests.RequestException, OSError) as error:
        log.info("tableau: the session was not given back: %s", type(error).__name__)
    finally:
        server.close()
