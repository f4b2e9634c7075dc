"""How found events are matched with true ones: by overlap in time, each side counted by itself."""

from typing import NamedTuple

import numpy as np
import pandas as pd

HOUR = pd.Timedelta(hours=1)


class Matched(NamedTuple):
    """Counts of events: of the ``true`` ones ``recalled``, of the ``found`` ones ``right``."""

    true: int
    recalled: int
    found: int
    right: int

    @property
    def recall(self) -> float:
        """Share of the true events that something found overlaps; NaN without true events."""
        return self.recalled / self.true if self.true else float("nan")

    @property
    def precision(self) -> float:
        """Share of the found events that overlap something true; NaN where nothing was found."""
        return self.right / self.found if self.found else float("nan")

    def __add__(self, other: object) -> "Matched":
        """Add the counts up."""
        if not isinstance(other, Matched):
            return NotImplemented
        return Matched(*(one + another for one, another in zip(self, other, strict=True)))


NOTHING = Matched(0, 0, 0, 0)


def overlap(events: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    """Say for each of ``events`` whether it has time in common with one of ``others`` (``start, end``, half-open)."""
    if events.empty or others.empty:
        return np.zeros(len(events), dtype=np.bool_)
    starts, ends = (others[column].to_numpy()[None, :] for column in ("start", "end"))
    common = (events["start"].to_numpy()[:, None] < ends) & (events["end"].to_numpy()[:, None] > starts)
    return np.asarray(common.any(axis=1))


def match(true: pd.DataFrame, found: pd.DataFrame) -> Matched:
    """Count true and found events (``start, end``) that overlap the other side by any time at all."""
    recalled, right = overlap(true, found), overlap(found, true)
    return Matched(len(true), int(recalled.sum()), len(found), int(right.sum()))


def events_of_hours(hours: pd.DatetimeIndex, marked: np.ndarray) -> pd.DataFrame:
    """Join marked hours that follow each other without a break to events (``start, end``)."""
    chosen = hours[marked]
    if chosen.empty:
        return pd.DataFrame({"start": chosen, "end": chosen})
    begins = np.append(True, np.diff(chosen) > HOUR)
    return pd.DataFrame({"start": chosen[begins], "end": chosen[np.append(begins[1:], True)] + HOUR})


def hours_of_events(hours: pd.DatetimeIndex, events: pd.DataFrame) -> np.ndarray:
    """Mark the hours that lie in one of the events."""
    return overlap(pd.DataFrame({"start": hours, "end": hours + HOUR}), events)
