"""From the amounts of nodes (energy, cost, CO2) to areas that add up: what a treemap needs.

Areas are never negative: a site that feeds in more than it draws has none, while ``amount`` tells the truth.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

LEVELS = 3
COLUMNS = {
    "id": "str",
    "parent": "str",
    "name": "str",
    "site_id": "int64",
    "sector": "str",
    "value": "float64",
    "amount": "float64",
    "share_estimated": "float64",
}
OWN_METERS = "own meters"
NO_SECTOR = "other"
_NEGLIGIBLE = 1e-9


class Node(NamedTuple):
    """A node of the site tree with its sums over the period; ``parent_id`` 0 for a root of the whole tree."""

    id: int
    parent_id: int
    name: str
    sector: str
    amount: float
    covered_hours: float
    estimated_hours: float


@dataclass
class Box:
    """One rectangle, with those inside it."""

    key: str
    name: str
    site_id: int
    sector: str
    amount: float
    covered_hours: float
    estimated_hours: float
    inside: list["Box"] = field(default_factory=list)

    @property
    def area(self) -> float:
        """Return the amount to draw: of a box with others inside, exactly their sum."""
        return sum(box.area for box in self.inside) if self.inside else max(self.amount, 0.0)

    @property
    def share_estimated(self) -> float:
        """Return the part of the metered time that was estimated, NaN without any."""
        return self.estimated_hours / self.covered_hours if self.covered_hours else float("nan")


def by_tree(nodes: Sequence[Node], root_id: int) -> pd.DataFrame:
    """Lay the nodes out as they hang in the tree, three levels below the root."""
    return _frame(_tree(nodes, root_id, LEVELS))


def by_sector(nodes: Sequence[Node], root_id: int) -> pd.DataFrame:
    """Lay the topmost nodes of each sector out by sector; energy of no sector is one box beside them."""
    root = _tree(nodes, root_id, levels=None)
    if root is None:
        return _frame(None)
    groups: dict[str, list[Box]] = defaultdict(list)
    for box in _of_one_sector(root):
        groups[box.sector or NO_SECTOR].append(box)
    root.inside = [_sector_box(sector, boxes) for sector, boxes in sorted(groups.items())]
    return _frame(root)


def _tree(nodes: Sequence[Node], root_id: int, levels: int | None) -> Box | None:
    if not any(node.covered_hours > 0 for node in nodes):
        return None
    boxes = {
        node.id: Box(
            str(node.id), node.name, node.id, node.sector, node.amount, node.covered_hours, node.estimated_hours
        )
        for node in nodes
    }
    children: dict[int, list[Box]] = defaultdict(list)
    for node in nodes:
        if node.id != root_id:
            children[node.parent_id if node.parent_id in boxes else root_id].append(boxes[node.id])
    root = boxes[root_id]
    _fill(root, children, levels)
    if not root.covered_hours:  # it only holds together the nodes of a sector
        root.amount, root.covered_hours, root.estimated_hours = _sums(root.inside)
    return root


def _fill(box: Box, children: dict[int, list[Box]], levels: int | None) -> None:
    """Put into a box what hangs below it, and what it measures beyond that."""
    if levels == 0 or not children[box.site_id]:
        return
    box.inside = children[box.site_id]
    for child in box.inside:
        _fill(child, children, None if levels is None else levels - 1)
    rest = _rest(box)
    if rest.covered_hours > _NEGLIGIBLE * box.covered_hours:
        box.inside = [*box.inside, rest]


def _rest(box: Box) -> Box:
    energy, covered, estimated = _sums(box.inside)
    return Box(
        key=f"{box.key}:own",
        name=OWN_METERS,
        site_id=box.site_id,
        sector=box.sector,
        amount=box.amount - energy,
        covered_hours=box.covered_hours - covered,
        estimated_hours=max(0.0, box.estimated_hours - estimated),
    )


def _of_one_sector(box: Box) -> Iterable[Box]:
    """Yield the largest boxes that are of one sector, or have none and nothing inside."""
    if box.sector or not box.inside:
        box.inside = []
        yield box
        return
    for inner in box.inside:
        yield from _of_one_sector(inner)


def _sector_box(sector: str, boxes: list[Box]) -> Box:
    energy, covered, estimated = _sums(boxes)
    renamed = [Box(f"{box.key}:{sector}", *_after_key(box)) for box in boxes]
    return Box(f"sector:{sector}", sector, 0, sector, energy, covered, estimated, renamed)


def _after_key(box: Box) -> tuple[str, int, str, float, float, float]:
    return box.name, box.site_id, box.sector, box.amount, box.covered_hours, box.estimated_hours


def _sums(boxes: list[Box]) -> tuple[float, float, float]:
    return (
        sum(box.amount for box in boxes),
        sum(box.covered_hours for box in boxes),
        sum(box.estimated_hours for box in boxes),
    )


def _frame(root: Box | None) -> pd.DataFrame:
    rows = [] if root is None else list(_rows(root, ""))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _rows(box: Box, parent: str) -> Iterable[tuple[object, ...]]:
    yield (
        box.key, parent, box.name, box.site_id, box.sector, box.area, box.amount, box.share_estimated
    )  # fmt: skip
    for inner in box.inside:
        yield from _rows(inner, box.key)
