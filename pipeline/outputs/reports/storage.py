"""Reports into file storage, a folder of the server or S3, wherever the operator allows it.

A target is entered in the browser and written to with the server's rights: only what the settings name is reached.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
from botocore.exceptions import BotoCoreError, ClientError

from pipeline.outputs.alerts.errors import DeliveryError, TargetError
from pipeline.outputs.aside import PART
from pipeline.settings import Settings

LONGEST_TARGET = 500
_S3 = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<folder>.*))?", re.ASCII)


@dataclass(frozen=True)
class Place:
    """A folder of a file system of fsspec."""

    protocol: str
    folder: str


def place_of(target: str, chosen: Settings) -> Place:
    """Say where a target leads. Raises TargetError for what cannot be, or is not allowed."""
    text = target.strip().rstrip("/")
    if not text or len(text) > LONGEST_TARGET or not text.isprintable():
        raise TargetError(f"Give a folder, or s3://bucket/folder, of at most {LONGEST_TARGET} printable characters.")
    return _bucket(text, chosen) if "://" in text else _folder(text, chosen)


def store(path: Path, target: str, chosen: Settings) -> str:
    """Copy a file and its manifest into a target, whole or not at all; returns where it lies now.

    The same file again takes the place of the one before. Raises TargetError, DeliveryError.
    """
    place = place_of(target, chosen)
    try:
        files = fsspec.filesystem(place.protocol, **_options(place, chosen))
        files.makedirs(place.folder, exist_ok=True) if place.protocol == "file" else None
        for one in (path, *path.parent.glob(f"{path.name}.manifest.json")):
            _put(files, one, place)
    except (OSError, BotoCoreError, ClientError) as error:  # said without its text, which may hold an address or key
        raise DeliveryError(f"The storage {target} did not take the report: {type(error).__name__}.") from error
    return f"{target.strip().rstrip('/')}/{path.name}"


def _put(files: Any, path: Path, place: Place) -> None:  # noqa: ANN401 - fsspec has no types
    whole = f"{place.folder}/{path.name}"
    if place.protocol == "s3":  # an object appears when all of it is there
        files.put_file(str(path), whole)
        return
    part = f"{place.folder}/.{path.name}{PART}"
    try:
        files.put_file(str(path), part)
        files.mv(part, whole)
    finally:
        if files.exists(part):
            files.rm_file(part)


def _bucket(text: str, chosen: Settings) -> Place:
    found = _S3.fullmatch(text)
    if found is None:
        raise TargetError("File storage is a folder like monthly/campus, or s3://bucket/folder.")
    folder = found["folder"] or ""
    if any(part in ("", ".", "..") for part in folder.split("/")[: -1 if not folder else None]):
        raise TargetError("A folder in a bucket has no empty parts, and no dots alone.")
    allowed = [name.strip() for name in (chosen.report_buckets or "").split(",") if name.strip()]
    if found["bucket"] not in allowed:
        raise TargetError(
            f"The bucket {found['bucket']} is not allowed: an operator can allow it with WATTSCAPE_REPORT_BUCKETS."
        )
    return Place("s3", f"{found['bucket']}/{folder}".rstrip("/"))


def _folder(text: str, chosen: Settings) -> Place:
    if chosen.report_folder is None:
        raise TargetError("No folder for reports is set: an operator sets WATTSCAPE_REPORT_FOLDER.")
    base = chosen.report_folder.resolve()
    folder = (base / text).resolve()  # links are followed before it is judged
    if not folder.is_relative_to(base):
        raise TargetError(f"The folder {text} is not below the folder for reports.")
    return Place("file", str(folder))


def _options(place: Place, chosen: Settings) -> dict[str, Any]:
    if place.protocol == "file":
        return {}
    keys = {"key": chosen.s3_key, "secret": chosen.s3_secret and chosen.s3_secret.get_secret_value()}
    given = {name: value for name, value in keys.items() if value}  # else as AWS's own variables and files say
    endpoint = {"endpoint_url": chosen.s3_endpoint_url} if chosen.s3_endpoint_url else {}
    return {"skip_instance_cache": True, "use_listings_cache": False} | given | endpoint
