"""What Tableau, or what lies between, answered when it did not do as asked, in plain words."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests
import tableauserverclient as tableau
from tableauserverclient.server.endpoint.exceptions import (
    InternalServerError,
    JobFailedException,
    NonXMLResponseError,
    RedirectError,
    ServerResponseError,
    TableauError,
)
from tableauserverclient.server.exceptions import EndpointUnavailableError, ServerInfoEndpointNotFoundError

from pipeline.errors import UserError, WattscapeError

log = logging.getLogger(__name__)

UNAUTHORISED, FORBIDDEN, NOT_FOUND, CONFLICT, TOO_LARGE, GATEWAY_TIMEOUT = 401, 403, 404, 409, 413, 504
SERVER_ERROR = 500
EXPECTED = (
    TableauError,
    EndpointUnavailableError,
    ServerInfoEndpointNotFoundError,
    requests.RequestException,
    TimeoutError,
    ConnectionError,
)


class RefusedError(UserError):
    """Tableau understood and refused; the sentence says what to change. ``status`` is that of HTTP."""

    def __init__(self, sentence: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status


class UnreachableError(WattscapeError):
    """Tableau could not be reached, did not answer in time or broke down: the same may succeed later."""


@dataclass
class LastStatus:
    """The status of the last answer, which the client library drops where the body is not Tableau's XML."""

    value: int = 0

    def note(self, response: requests.Response, *_args: object, **_options: object) -> None:
        """Take the status of an answer: a hook of ``requests``."""
        self.value = response.status_code


@contextmanager
def in_plain_words(doing: str, place: str, last: LastStatus) -> Iterator[None]:
    """Turn what goes wrong while ``doing`` something at ``place`` into one sentence."""
    try:
        yield
    except WattscapeError:
        raise
    except EXPECTED as error:
        log.info("tableau: %s at %s failed: %s", doing, place, type(error).__name__)
        raise explained(error, doing, place, last.value) from error


def explained(error: Exception, doing: str, place: str, status: int) -> WattscapeError:
    """Say what an error means for the person who can act on it."""
    match error:
        case JobFailedException():
            notes = "; ".join(note for note in error.notes or [] if note) or "it gave no reason"
            return RefusedError(f"Tableau took the file and then failed at {doing}: {notes}.")
        case ServerResponseError() | tableau.FailedSignInError():
            return _refused(error, doing, place)
        case NonXMLResponseError() | RedirectError() | EndpointUnavailableError() | ServerInfoEndpointNotFoundError():
            return _not_tableau(doing, place, status)
        case InternalServerError():
            return _broken(doing, place, int(error.code))
    return UnreachableError(_unreached(error, doing, place))


def _unreached(error: Exception, doing: str, place: str) -> str:
    match error:
        case requests.exceptions.SSLError():
            return f"The certificate of {place} is not trusted on this machine; {doing} was not done."
        case requests.Timeout() | TimeoutError():
            return f"Tableau did not answer in time at {doing}: try again, or raise WATTSCAPE_TABLEAU_TIMEOUT_SECONDS."
        case requests.ConnectionError() | ConnectionError():
            return f"The connection to {place} failed at {doing}: check WATTSCAPE_TABLEAU_URL and the network."
    return f"{doing.capitalize()} failed at {place}: {type(error).__name__}."


def _refused(error: ServerResponseError | tableau.FailedSignInError, doing: str, place: str) -> RefusedError:
    status = int(error.code[:3]) if error.code[:3].isdigit() else 0
    said = f"Tableau says: {_sentence(error.detail or error.summary)} ({error.code})"
    return RefusedError(f"{_advice(status, doing, place)} {said}", status)


def _advice(status: int, doing: str, place: str) -> str:
    if status == UNAUTHORISED and doing == SIGNING_IN:
        return (
            f"Tableau did not accept the sign-in to {place}: check the name of the site and that the token or "
            "connected app is right, enabled and not expired."
        )
    advice = {
        UNAUTHORISED: f"Tableau ended the session at {doing}: try again, one sign-in at a time for each token.",
        FORBIDDEN: f"The user who signed in may not do this at {place} ({doing}): ask its administrator for the right.",
        NOT_FOUND: f"What was asked for at {doing} is not there: check the names of site and project.",
        CONFLICT: f"Something of that name is there already, or is being changed by somebody else ({doing}): "
        "choose another name, or try again later.",
        TOO_LARGE: TOO_LARGE_TEXT,
    }
    return advice.get(status, f"Tableau refused at {doing}.")


def _not_tableau(doing: str, place: str, status: int) -> WattscapeError:
    """Judge an answer that is not Tableau's by its status: a proxy's, most likely."""
    if status == TOO_LARGE:
        return RefusedError(TOO_LARGE_TEXT, status)
    if status >= SERVER_ERROR:
        return _broken(doing, place, status)
    return RefusedError(
        f"What answered at {doing} is not Tableau (HTTP status {status}): check WATTSCAPE_TABLEAU_URL and proxies.",
        status,
    )


def _broken(doing: str, place: str, status: int) -> UnreachableError:
    if status == GATEWAY_TIMEOUT:
        return UnreachableError(f"A gateway before {place} gave up waiting at {doing} (504): try again later.")
    return UnreachableError(f"Tableau broke down at {doing} (HTTP status {status}): try again later.")


def _sentence(text: str) -> str:
    return " ".join(text.split()).rstrip(".") or "nothing"


SIGNING_IN = "signing in"
TOO_LARGE_TEXT = (
    "The file is larger than this Tableau or a proxy before it takes: publish a shorter period or fewer sites, "
    "or have the limit raised."
)
