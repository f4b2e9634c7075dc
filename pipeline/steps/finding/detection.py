"""Asks the detectors; a meter that they cannot examine is a failure with its reason, and the others are examined."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import pandas as pd

from pipeline.analytics.anomalies import Observed, detect, detect_peers
from pipeline.errors import UNFORESEEN, ModelError
from pipeline.steps.finding.observe import Group
from pipeline.warehouse.runs import Failure, unforeseen

FEWEST_PEERS = 3


Examined: TypeAlias = pd.DataFrame | str


def examine(observed: Observed) -> Examined:
    """Return the events of one meter, with its ``meter_id``, or why it cannot be examined."""
    try:
        return detect(observed).assign(meter_id=int(observed.name))
    except (ModelError, *UNFORESEEN) as error:
        return _reason(f"meter {observed.name}", error)


def detect_group(
    group: Group, observed: Sequence[Observed], examined: Iterable[Examined]
) -> tuple[pd.DataFrame, list[Failure]]:
    """Find the events of a group of peers: those of each meter alone, and where one moves away from the others.

    ``examined`` is what `examine` says of each of the ``observed``. Events have a ``meter_id``.
    """
    names = group.titles
    sites = dict(zip(group.ids, group.meters["site_id"], strict=True))
    seen = {int(one.name) for one in observed}
    failures = [
        Failure(names[number], "The meter has no reading.", int(sites[number]), number)
        for number in group.ids
        if number not in seen
    ]
    found = []
    for one, events in zip(observed, examined, strict=True):
        if isinstance(events, str):
            number = int(one.name)
            failures.append(Failure(names[number], events, int(sites[number]), number))
        else:
            found.append(events)
    if len(observed) >= FEWEST_PEERS:
        try:
            peers = detect_peers(observed)
            found.append(peers.assign(meter_id=peers["series"].astype(int)).drop(columns="series"))
        except (ModelError, *UNFORESEEN) as error:
            peer_group = f"peers of {names[group.ids[0]]}"
            failures.append(Failure(peer_group, _reason(peer_group, error)))
    filled = [events for events in found if len(events)]
    return (pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()), failures


def _reason(owner: str, error: Exception) -> str:
    return str(error) if isinstance(error, ModelError) else unforeseen(owner, error).reason
