from datetime import timedelta

import pandas as pd

NEIGHBOURS = timedelta(hours=3)


def merge_neighbours(events: pd.DataFrame, gap: timedelta = NEIGHBOURS) -> pd.DataFrame:
    """Join events of the same kind at one meter that overlap or lie at most ``gap`` apart.

    Columns ``meter_id, kind, start, end, score, confidence, expected_kwh, actual_kwh, explanation, evidence``. A joined
    event spans its parts and has their energy added up, with score, confidence, sentence and evidence of the strongest.
    Parts that overlap count their common energy once, by the share of their hours that is new. By meter and start.
    """
    ordered = events.sort_values(["meter_id", "kind", "start"], kind="stable").reset_index(drop=True)
    if len(ordered) < 2:  # noqa: PLR2004 - one event has no neighbour
        return ordered
    reached = ordered.groupby(["meter_id", "kind"])["end"].cummax().shift()
    another = ordered[["meter_id", "kind"]].ne(ordered[["meter_id", "kind"]].shift()).any(axis=1)
    group = (another | (ordered["start"] > reached + gap)).cumsum()
    if group.iloc[-1] == len(ordered):
        return _in_order(ordered)
    new_share = _share_not_yet_covered(ordered, reached.where(~another))
    energies = ordered[["expected_kwh", "actual_kwh"]].mul(new_share, axis=0).groupby(group).sum(min_count=1)
    strongest = ordered.loc[ordered.groupby(group)["confidence"].idxmax()].set_axis(energies.index)
    span = ordered.groupby(group).agg(start=("start", "min"), end=("end", "max"), score=("score", "max"))
    return _in_order(strongest.assign(**span, **energies))


def _share_not_yet_covered(ordered: pd.DataFrame, reached: pd.Series) -> pd.Series:
    begins = ordered["start"].where(reached.isna() | (reached < ordered["start"]), reached)
    left = (ordered["end"] - begins) / (ordered["end"] - ordered["start"])
    return left.clip(lower=0.0)


def _in_order(events: pd.DataFrame) -> pd.DataFrame:
    return events.sort_values(["meter_id", "start", "kind"], kind="stable").reset_index(drop=True)
