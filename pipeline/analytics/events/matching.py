"""Recognises an event that an earlier run found already, though its ends have moved since."""

import hashlib

import pandas as pd

COMMON_SHARE = 0.5  # of the shorter of the two


def same_events(known: pd.DataFrame, found: pd.DataFrame) -> pd.Series:
    """Return for each found event (by the index of ``found``) the ``id`` of the known one that it is, or <NA>.

    Both need ``meter_id, kind, start, end``. Two are the same where meter and kind agree and they have at least half
    the time of the shorter in common; each is matched once, those with the most time in common first.
    """
    matches = pd.Series(pd.NA, index=found.index, dtype="Int64")
    if known.empty or found.empty:
        return matches
    columns = ["meter_id", "kind", "start", "end"]
    left = found[columns].assign(place=found.index)
    pairs = left.merge(known[["id", *columns]], on=["meter_id", "kind"], suffixes=("", "_known"))
    latest_start = pairs[["start", "start_known"]].max(axis=1)
    common = pairs[["end", "end_known"]].min(axis=1) - latest_start
    lengths = pd.concat([pairs["end"] - pairs["start"], pairs["end_known"] - pairs["start_known"]], axis=1)
    pairs = pairs.assign(common=common)[common >= lengths.min(axis=1) * COMMON_SHARE]
    taken: set[int] = set()
    for place, number in pairs.sort_values("common", ascending=False)[["place", "id"]].itertuples(index=False):
        if pd.isna(matches[place]) and number not in taken:
            matches[place] = number
            taken.add(number)
    return matches


def fingerprint(meter_id: int, kind: str, start: pd.Timestamp, end: pd.Timestamp) -> str:
    """Name an event by what was found first; it keeps the name when a later run moves its ends."""
    text = f"{meter_id}|{kind}|{start.isoformat()}|{end.isoformat()}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]
