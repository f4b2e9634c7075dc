"""Packed files: gzip, bzip2 and zip, unpacked into a temporary folder that goes away, never beyond a bound."""

import bz2
import gzip
import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from pipeline.errors import FileError
from pipeline.settings import settings

GZIP, BZIP2, ZIP = b"\x1f\x8b", b"BZh", b"PK\x03\x04"
WORKBOOK_PARTS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
BROKEN = (
    EOFError,
    OSError,
    UnicodeError,
    lzma.LZMAError,
    zlib.error,
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
)
COPY_BYTES = 1 << 20
MEGABYTE = 1_000_000
MOST_MEMBERS = 10_000


def members(path: Path) -> list[str | None]:
    """Name the files inside an archive; ``[None]`` where the file is its own only content. Raises FileError."""
    if not path.is_file():
        raise FileError(f"{path.name or path} is not a file that can be read; give the path of a file.")
    if not _is_text(path.name):
        raise FileError(f"The name {path.name!a} is not valid UTF-8; give the file another name.")
    if path.stat().st_size == 0:
        raise FileError(f"{path.name} is empty; export it again.")
    if not _is_archive(path):
        return [None]
    try:
        with zipfile.ZipFile(path) as archive:
            found = [info for info in archive.infolist() if _is_content(info.filename)]
    except BROKEN as error:
        raise FileError(f"{path.name} is a damaged zip archive ({error}); pack it again.") from error
    _refuse_hostile(path, found)
    return [info.filename for info in found]


@contextmanager
def unpacked(path: Path, member: str | None) -> Iterator[Path]:
    """Give a path to the plain content of ``path``, or of one ``member`` of it. Raises FileError."""
    with tempfile.TemporaryDirectory(prefix="wattscape-") as folder:
        inner, content = Path(folder) / "inner", Path(folder) / "content"
        inner.mkdir()
        content.mkdir()
        plain = path
        if member is not None:
            plain = _extract(path, member, inner / PurePosixPath(member).name)
        magic = _magic(plain)
        if magic.startswith((GZIP, BZIP2)):
            plain = _decompress(path, plain, content / plain.stem)
        if plain is not path and _is_archive(plain):
            raise FileError(f"{path.name} holds an archive inside an archive; unpack the outer one first.")
        yield plain


def _magic(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(4)


def _is_archive(path: Path) -> bool:
    """Tell a zip archive from a workbook, which is a zip archive too."""
    if not _magic(path).startswith(ZIP):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return not any(part in archive.namelist() for part in WORKBOOK_PARTS)
    except BROKEN:
        return True


def _is_text(name: str) -> bool:
    """Say whether a name is text; names of other encodings come with lone surrogates, which nothing can store."""
    return name.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in name)


def _is_content(name: str) -> bool:
    parts = PurePosixPath(name).parts
    if not parts or name.endswith("/") or "__MACOSX" in parts:
        return False
    return not parts[-1].startswith(".") or parts[-1].startswith("..")


def _refuse_hostile(path: Path, found: list[zipfile.ZipInfo]) -> None:
    if not found:
        raise FileError(f"{path.name} is an archive without a file in it.")
    if len(found) > MOST_MEMBERS:
        raise FileError(f"{path.name} holds more than {MOST_MEMBERS:,} files; unpack it and load a folder at a time.")
    for info in found:
        name = PurePosixPath(info.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts:
            raise FileError(f"{path.name} names a file outside itself ({info.filename[:80]}); do not unpack it.")
        if info.flag_bits & 1:
            raise FileError(f"{path.name} is protected by a password; unpack it first.")
    _refuse_large(path, sum(info.file_size for info in found))


def _refuse_large(path: Path, size: int) -> None:
    most = settings().max_unpacked_mb
    if size > most * MEGABYTE:
        raise FileError(
            f"{path.name} unpacks to more than {most:,} MB; split it, or raise "
            "WATTSCAPE_MAX_UNPACKED_MB if you trust it."
        )


def _extract(path: Path, member: str, target: Path) -> Path:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as source:
            return _copy_bounded(path, source, target)
    except (KeyError, *BROKEN) as error:
        raise FileError(f"{path.name}: {member} cannot be unpacked ({error}); pack the file again.") from error


def _decompress(path: Path, packed: Path, target: Path) -> Path:
    try:
        with gzip.open(packed) if _magic(packed).startswith(GZIP) else bz2.open(packed) as source:
            return _copy_bounded(path, source, target)  # type: ignore[arg-type]  # both are binary streams
    except BROKEN as error:
        raise FileError(f"{path.name} is damaged or cut short ({error}); pack or download it again.") from error


def _copy_bounded(path: Path, source: IO[bytes], target: Path) -> Path:
    size = 0
    with target.open("wb") as sink:
        while part := source.read(COPY_BYTES):
            size += len(part)
            _refuse_large(path, size)
            if shutil.disk_usage(target.parent).free < len(part):
                raise FileError(f"{path.name} does not fit on the disk when it is unpacked.")
            sink.write(part)
    return target
