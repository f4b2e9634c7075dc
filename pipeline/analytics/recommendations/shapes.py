"""Groups of days by the shape of their load: KMeans on days divided by the mean of their absolute values."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from pipeline.analytics.recommendations.shape_names import name_of

Floats = npt.NDArray[np.float64]

HOURS = 24
FEWEST, MOST = 3, 7
DAYS_TRIED, DAYS_FITTED = 1_500, 6_000
STARTS, SEED = 4, 7
ALIKE_DIGITS = 4
LEAST_OF_MEAN = 0.2  # of the owner's mean day: of less, noise is the shape
STEEPEST = 6.0  # of the day's mean: a single spike must not be a shape of its own


@dataclass(frozen=True)
class Shape:
    """A group of days: its name, its mean day (24 values around 1) and the share of all days in it."""

    name: str
    profile: tuple[float, ...]
    share: float


@dataclass(frozen=True)
class Shapes:
    """All groups, the largest first; ``of_site`` gives for each owner the group of most of its days and their share."""

    shapes: tuple[Shape, ...]
    of_site: dict[int, tuple[int, float]]
    silhouette: float


def normalised_days(hours: pd.DataFrame) -> pd.DataFrame:
    """Turn hours (``owner_id, date, hour, energy_kwh, day_type``) into days divided by their mean (of absolute values).

    Index ``owner_id, date, day_type``, columns 0 to 23. Days without all 24 clock hours, the spring clock change among
    them, and days of less than a fifth of the owner's mean day are left out; a doubled autumn hour counts as its mean.
    """
    wide = hours.pivot_table(
        index=["owner_id", "date", "day_type"], columns="hour", values="energy_kwh", aggfunc="mean"
    )
    wide = wide.reindex(columns=range(HOURS)).dropna()
    mean = wide.abs().mean(axis=1)
    usual = mean.groupby(level="owner_id").transform("mean")
    used = wide[(mean > 0) & (mean > LEAST_OF_MEAN * usual)]
    return used.div(used.abs().mean(axis=1), axis=0).clip(-STEEPEST, STEEPEST)


def group(days: pd.DataFrame) -> Shapes | None:
    """Group normalised days, into k from 3 to 7 by the mean silhouette on a sample (Rousseeuw, 1987).

    None for too few days, or days of fewer than three shapes.
    """
    if len(days) < FEWEST * HOURS:
        return None
    values = days.to_numpy(dtype=np.float64)
    draws = np.random.default_rng(SEED)
    tried = values[draws.choice(len(values), min(DAYS_TRIED, len(values)), replace=False)]
    most = min(MOST, len(np.unique(tried.round(ALIKE_DIGITS), axis=0)))
    if most < FEWEST:
        return None
    quality = {count: _silhouette(tried, count) for count in range(FEWEST, most + 1)}
    best = max(quality, key=lambda count: quality[count])
    fitted = values[draws.choice(len(values), min(DAYS_FITTED, len(values)), replace=False)]
    model = KMeans(best, n_init=STARTS, random_state=SEED).fit(fitted)
    return _described(days, model.predict(values), model.cluster_centers_, quality[best])


def _silhouette(values: Floats, count: int) -> float:
    labels = KMeans(count, n_init=STARTS, random_state=SEED).fit_predict(values)
    return float(silhouette_score(values, labels)) if len(set(labels)) > 1 else -1.0


def _described(days: pd.DataFrame, labels: npt.NDArray[np.int32], centres: Floats, quality: float) -> Shapes:
    frame = pd.DataFrame(
        {
            "owner": days.index.get_level_values("owner_id"),
            "free": days.index.get_level_values("day_type") > 0,
            "label": labels,
        }
    )
    order = frame["label"].value_counts().index.tolist()
    place = {label: number for number, label in enumerate(order)}
    free = frame.groupby("label")["free"].mean()
    names = _told_apart([name_of(centres[label], float(free[label])) for label in order], [centres[n] for n in order])
    shares = frame["label"].value_counts(normalize=True)
    shapes = tuple(
        Shape(name, tuple(float(round(value, 4)) for value in centres[label]), float(shares[label]))
        for name, label in zip(names, order, strict=True)
    )
    counted = frame.groupby("owner")["label"].value_counts(normalize=True)
    most = counted.groupby(level="owner").idxmax()
    of_site = {int(owner): (place[label], float(counted[owner, label])) for owner, label in most}
    return Shapes(shapes, of_site, quality)


def _told_apart(names: list[str], centres: list[Floats]) -> list[str]:
    """Add the hour of the peak, and a number where even that is shared, to names that occur twice."""
    twice = {name for name, count in Counter(names).items() if count > 1}
    named = [
        f"{name}, highest at {int(np.argmax(centre)):02d}:00" if name in twice else name
        for name, centre in zip(names, centres, strict=True)
    ]
    seen: Counter[str] = Counter()
    result = []
    for name in named:
        seen[name] += 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result
