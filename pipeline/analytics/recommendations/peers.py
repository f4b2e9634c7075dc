"""Which sites are like a site, and how well the best of them do."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

LEAST_SITES = 5  # the site itself included: of fewer, a best fifth says nothing
SIZE_FACTOR = 3.0
BEST = 0.2


@dataclass(frozen=True)
class Peers:
    """The sites a site is compared with, itself included, why these, and their best fifth by indicator."""

    site_ids: tuple[int, ...]
    how: str
    best: Mapping[str, float]


def peers_of(site_id: int, sites: pd.DataFrame, measured: Mapping[int, Mapping[str, float]]) -> Peers:
    """Compare with sites of the same sector, up to three times larger or smaller, or of any size where those are few.

    ``sites``: ``site_id, sector, floor_area_m2``. Without five sites, the site included, there is no comparison. The
    best fifth is the 20th percentile with linear interpolation; every indicator is the better the lower.
    """
    own = sites.set_index("site_id").loc[site_id]
    if not isinstance(own["sector"], str):
        return Peers((), "Its sector is not known.", {})
    alike = sites[(sites["sector"] == own["sector"]) & sites["site_id"].isin(measured)]
    near = alike["floor_area_m2"].between(own["floor_area_m2"] / SIZE_FACTOR, own["floor_area_m2"] * SIZE_FACTOR)
    if near.sum() >= LEAST_SITES:
        return _compared(alike[near], f"{own['sector']}, of similar size", measured)
    if len(alike) >= LEAST_SITES:
        return _compared(alike, f"{own['sector']}, of any size", measured)
    return Peers((), f"There are {len(alike)} sites of its sector; a comparison needs {LEAST_SITES}.", {})


def _compared(chosen: pd.DataFrame, how: str, measured: Mapping[int, Mapping[str, float]]) -> Peers:
    ids = tuple(int(number) for number in chosen["site_id"])
    known: dict[str, list[float]] = {}
    for number in ids:
        for key, value in measured[number].items():
            known.setdefault(key, []).append(value)
    best = {key: float(np.quantile(values, BEST)) for key, values in known.items() if len(values) >= LEAST_SITES}
    return Peers(ids, how, best)
