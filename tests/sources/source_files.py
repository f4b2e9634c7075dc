"""Small files in many dialects, and what reading them back gives."""

import bz2
import gzip
import io
import zipfile
from pathlib import Path

import pandas as pd

from pipeline.sources import inspect_file, read_plan
from pipeline.sources.frame import Overrides, Plan


def load(path: Path, **given: object) -> tuple[Plan, pd.DataFrame, pd.DataFrame]:
    """Inspect and read a file of one plan: the plan, all readings with plain meter names, and the rejected lines."""
    (plan,) = inspect_file(path, Overrides(**given))  # type: ignore[arg-type]
    chunks = list(read_plan(plan))
    readings = pd.concat([chunk.readings.astype({"meter": "str"}) for chunk in chunks], ignore_index=True)
    rejected = pd.concat([chunk.rejected for chunk in chunks], ignore_index=True)
    return plan, readings, rejected


def write(folder: Path, text: str, name: str = "file.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def packed(path: Path, how: str) -> Path:
    """Pack a file as its name plus ``how``."""
    target = path.with_name(f"{path.name}.{how}")
    content = path.read_bytes()
    if how == "zip":
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(path.name, content)
        target.write_bytes(stream.getvalue())
    else:
        target.write_bytes((gzip if how == "gz" else bz2).compress(content))
    return target


def hours(count: int, start: str = "2024-03-01", value: float = 1.5) -> str:
    """Return a plain file of hourly readings of two meters."""
    stamps = pd.date_range(start, periods=count, freq="h")
    rows = [
        f"{meter},{stamp},{value + number / 1000:.3f}" for meter in ("A", "B") for number, stamp in enumerate(stamps)
    ]
    return "meter,timestamp,kwh\n" + "\n".join(rows) + "\n"


def rows(stamps: list[str], values: list[object] | None = None, header: str = "time,kwh") -> str:
    """Return a file of one meter."""
    values = values or [1 + number % 7 / 10 for number in range(len(stamps))]
    return "\n".join([header, *(f"{stamp},{value}" for stamp, value in zip(stamps, values, strict=True))])


def stamps_of(start: str, count: int, step: str, style: str = "%Y-%m-%d %H:%M") -> list[str]:
    return pd.date_range(start, periods=count, freq=step).strftime(style).tolist()
