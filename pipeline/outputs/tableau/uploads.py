"""A large file in parts. A part whose answer was lost is sent again, and never kept twice."""

import logging
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests
import tableauserverclient as tableau
from tableauserverclient.server.endpoint.exceptions import InternalServerError
from tableauserverclient.server.endpoint.fileuploads_endpoint import Fileuploads
from tableauserverclient.server.request_factory import RequestFactory

from pipeline.outputs.tableau.refusals import UnreachableError

log = logging.getLogger(__name__)

MB = 1024 * 1024
MOST_BYTES_A_PART = 32 * MB  # half of the 64 MB that Tableau takes
TRIES_A_PART = 5
SESSIONS = 3
ROUNDING_MB = 1.0
FIRST_PAUSE_S = 1.0  # Tableau may still be busy with the part of a lost connection

Done = Callable[[float], None]
PASSING = (requests.ConnectionError, requests.Timeout, InternalServerError)


class _SpoiltError(Exception):
    """The server holds another size than was sent: the session cannot be used."""


class ResumedUploads(Fileuploads):
    """Takes the place of the client library's uploads, which give up when a connection drops."""

    def __init__(self, server: tableau.Server, done: Done) -> None:
        super().__init__(server)  # type: ignore[no-untyped-call]  # not annotated
        self._done = done

    def upload(self, file: Any) -> str:  # noqa: ANN401 - as the library calls it: with the path it was given
        """Send a file and return the upload session. Raises UnreachableError once all tries are used."""
        path = Path(file)
        for number in range(1, SESSIONS + 1):
            session: str = self.initiate()
            try:
                self._send(session, path)
            except _SpoiltError:
                log.warning(
                    "tableau: upload session %d of %d cannot be used, as its size is not what was sent",
                    number,
                    SESSIONS,
                )
            else:
                return session
        raise UnreachableError("The connection to Tableau dropped too often to send the file: try again later.")

    def _send(self, session: str, path: Path) -> None:
        size = path.stat().st_size
        sent = 0
        for part in parts(path, MOST_BYTES_A_PART):
            self._send_part(session, part, sent)
            sent += len(part)
            self._done(sent / size)

    def _send_part(self, session: str, part: bytes, before: int) -> None:
        body, content_type = RequestFactory.Fileupload.chunk_req(part)  # type: ignore[no-untyped-call]  # not annotated
        for number in range(1, TRIES_A_PART + 1):
            try:
                answer = self.append(session, body, content_type)
            except PASSING as error:
                if number == TRIES_A_PART:
                    raise
                pause_s = FIRST_PAUSE_S * 2 ** (number - 1)
                log.info("tableau: a part is sent again in %.1f s (%s)", pause_s, type(error).__name__)
                time.sleep(pause_s)
            else:
                if abs(answer.file_size - (before + len(part)) / MB) > ROUNDING_MB:
                    raise _SpoiltError
                return


def parts(path: Path, most_bytes: int) -> Iterator[bytes]:
    """Cut a file into equal parts: the server tells its size in whole MB, so that a small part twice would not show."""
    size = path.stat().st_size
    count = max(1, math.ceil(size / most_bytes))
    with path.open("rb") as file:
        while part := file.read(math.ceil(size / count)):
            yield part
