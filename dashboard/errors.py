"""What the reader sees when something fails, in a callback or in a plain request."""

import logging
import uuid

from dash import set_props
from flask import Flask, Response

from pipeline.errors import UserError, WarehouseError

log = logging.getLogger(__name__)


def report(error: Exception) -> None:
    """Show an error raised by any callback as a toast; log the ones a reader cannot fix."""
    match error:
        case UserError():
            header, kind, text = "Check your selection", "warning", str(error)
        case WarehouseError():
            log.error("%s", error)
            header, kind, text = "The warehouse does not answer", "danger", str(error)
        case _:
            header, kind, text = "Something went wrong", "danger", f"Incident {_logged(error)} is logged."
    set_props("toast", {"is_open": True, "header": header, "className": f"notice notice-{kind}", "children": text})


def answer_errors(server: Flask) -> None:
    """Make plain requests (downloads, uploads) answer errors as one sentence of text."""
    server.register_error_handler(UserError, _bad_request)
    server.register_error_handler(WarehouseError, _unavailable)


def _bad_request(error: Exception) -> Response:
    return Response(f"{error}\n", status=400, mimetype="text/plain")


def _unavailable(error: Exception) -> Response:
    log.error("%s", error)
    return Response(f"{error}\n", status=503, mimetype="text/plain")


def _logged(error: Exception) -> str:
    incident = uuid.uuid4().hex[:8]
    log.error("incident %s", incident, exc_info=error)
    return incident
