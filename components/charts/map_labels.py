"""Where names stand on a map: beside their disc, over no other disc and no other name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import atan, degrees, exp, hypot, log, pi, radians, tan

LETTER, LINE = 6.2, 14.0  # pixels of a name at 11 px, on the safe side
GAP = 3.0
ALMOST_A_POLE = 85.0


@dataclass(frozen=True)
class Disc:
    """A disc on the map; ``x`` and ``y`` in pixels from the west edge and the equator, ``y`` upwards."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Label:
    """A name and the middle of the box that it fills, in pixels."""

    name: str
    x: float
    y: float

    @property
    def half_width(self) -> float:
        """Return half the room that the name takes across."""
        return len(self.name) * LETTER / 2

    def covers(self, disc: Disc) -> bool:
        """Tell whether the box reaches over a disc."""
        beside = max(abs(disc.x - self.x) - self.half_width, 0.0)
        above = max(abs(disc.y - self.y) - LINE / 2, 0.0)
        return hypot(beside, above) < disc.radius

    def touches(self, other: "Label") -> bool:
        """Tell whether two boxes share a spot."""
        return abs(self.x - other.x) < self.half_width + other.half_width and abs(self.y - other.y) < LINE


def placed(names: Sequence[str], discs: Sequence[Disc], width: float, most: int) -> list[Label]:
    """Find room for the first ``most`` names that have some, in the order given, on a map of ``width`` pixels."""
    labels: list[Label] = []
    for name, disc in zip(names, discs, strict=True):
        for label in _beside(name, disc):
            inside = label.half_width <= label.x <= width - label.half_width
            if inside and not any(map(label.covers, discs)) and not any(map(label.touches, labels)):
                labels.append(label)
                break
        if len(labels) == most:
            break
    return labels


def northing(latitude: float) -> float:
    """Project a latitude as Mercator does, in degrees of longitude at the equator."""
    bounded = max(-ALMOST_A_POLE, min(latitude, ALMOST_A_POLE))
    return degrees(log(tan(pi / 4 + radians(bounded) / 2)))


def latitude(northing: float) -> float:
    """Undo ``northing``."""
    return degrees(2 * atan(exp(radians(northing))) - pi / 2)


def _beside(name: str, disc: Disc) -> Iterator[Label]:
    """Propose above, below, right and left of a disc."""
    middle = Label(name, disc.x, disc.y)
    up, across = disc.radius + GAP + LINE / 2, disc.radius + GAP + middle.half_width
    for right, above in ((0, up), (0, -up), (across, 0), (-across, 0)):
        yield Label(name, disc.x + right, disc.y + above)
