"""Gather readings that come meter by meter into chunks of the standard frame."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.sources.frame import REJECTED_COLUMNS, STANDARD_COLUMNS, Chunk
from pipeline.sources.table import Floats, Integers, Rejected

CHUNK_ROWS = 200_000


@dataclass(frozen=True)
class Run:
    """Readings of one meter: ``start`` in microseconds since 1970, ``duration`` in seconds, ``energy`` in kWh."""

    meter: str
    start: Integers
    duration: Integers
    energy: Floats
    flag: npt.NDArray[np.int32]
    line: Integers


@dataclass
class Gathering:
    """What was read since the last chunk."""

    runs: list[Run] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rows: int = 0

    def add(self, found: Run | Rejected) -> None:
        """Take in readings, or a line that cannot be used."""
        self.rows += 1 if isinstance(found, Rejected) else len(found.start)
        if isinstance(found, Rejected):
            self.rejected.append(found)
        else:
            self.runs.append(found)

    @property
    def full(self) -> bool:
        """Say whether there is enough for a chunk."""
        return self.rows >= CHUNK_ROWS

    def taken(self) -> Chunk:
        """Give what was gathered, and start again."""
        chunk = Chunk(_readings(self.runs), _rejected(self.rejected))
        self.runs, self.rejected, self.rows = [], [], 0
        return chunk


def _readings(runs: list[Run]) -> pd.DataFrame:
    names = sorted({run.meter for run in runs})
    code = {name: number for number, name in enumerate(names)}
    codes = np.repeat([code[run.meter] for run in runs], [len(run.start) for run in runs])
    start = _joined([run.start for run in runs], np.int64)
    columns = {
        "meter": pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype="str")),
        "ts": pd.DatetimeIndex(start.view("datetime64[us]")).tz_localize("UTC"),
        "duration_s": _joined([run.duration for run in runs], np.int32),
        "energy_kwh": _joined([run.energy for run in runs], np.float64),
        "flag": _joined([run.flag for run in runs], np.int32),
        "line": _joined([run.line for run in runs], np.int64),
    }
    return pd.DataFrame(columns, columns=list(STANDARD_COLUMNS))


def _joined(parts: list[npt.NDArray[np.generic]], kind: type[np.generic]) -> npt.NDArray[np.generic]:
    return np.concatenate(parts).astype(kind, copy=False) if parts else np.empty(0, kind)


def _rejected(lines: list[Rejected]) -> pd.DataFrame:
    return pd.DataFrame([(each.line, each.text, each.reason) for each in lines], columns=list(REJECTED_COLUMNS))
