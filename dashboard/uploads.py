"""Takes files from the browser, streamed to the data folder, never whole in memory."""

import re
import shutil
import uuid
from contextlib import ExitStack
from pathlib import Path

from flask import Blueprint, Response, abort, jsonify, request
from werkzeug.utils import secure_filename

from pipeline.errors import FileError
from pipeline.settings import settings

BLOCK_BYTES = 1 << 20
BYTES_PER_MB = 1_000_000
LONGEST_NAME = 120
TOKEN = re.compile(r"[0-9a-f]{32}")

blueprint = Blueprint("uploads", __name__)


@blueprint.post("/uploads")
def receive() -> tuple[Response, int]:
    """Store the request's body as a new file; answer its ``token``, safe ``name`` and ``bytes``."""
    request.max_content_length = None  # this body is never held in memory, and bounded below
    name = safe_name(request.args.get("name", ""))
    if (request.content_length or 0) > _most_bytes():
        abort(413, _too_large(name))
    token = uuid.uuid4().hex
    path = _folder() / token / name
    path.parent.mkdir(parents=True)
    with ExitStack() as undo:  # half a file must not stay, whatever breaks
        undo.callback(shutil.rmtree, path.parent)
        size = _write(path)
        undo.pop_all()
    return jsonify(token=token, name=name, bytes=size), 201


def uploaded(token: str, name: str) -> Path:
    """Return the path of a file that was uploaded. Raises FileError for any other."""
    path = _folder() / token / safe_name(name)
    if not TOKEN.fullmatch(token) or not path.is_file():
        raise FileError("This upload is not here any more. Choose the file again.")
    return path


def safe_name(name: str) -> str:
    """Return ``name`` without folders and special characters, at most 120 characters, its endings kept."""
    return secure_filename(name)[-LONGEST_NAME:].lstrip("._-") or "upload"


def _write(path: Path) -> int:
    size = 0
    with path.open("wb") as file:
        while block := request.stream.read(BLOCK_BYTES):
            size += len(block)
            if size > _most_bytes():
                abort(413, _too_large(path.name))
            file.write(block)
    if size < (request.content_length or 0):
        abort(400, f"{path.name} did not arrive whole. Choose the file again.")
    return size


def _folder() -> Path:
    return settings().data_folder.absolute() / "uploads"


def _most_bytes() -> int:
    return settings().max_upload_mb * BYTES_PER_MB


def _too_large(name: str) -> str:
    return (
        f"{name} is larger than {settings().max_upload_mb} MB, the most that the Data page takes. "
        "Pack it (.gz, .zip), set WATTSCAPE_MAX_UPLOAD_MB, or use: python -m pipeline load"
    )
