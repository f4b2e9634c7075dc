"""Which tariff a site has on which days, and which others it could have."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import pandas as pd

from pipeline.analytics.tariffs import Tariff, from_json

HOUSEHOLD, BUSINESS = "household", "business"
_LATEST, _EARLIEST = date.max, date.min


@dataclass(frozen=True)
class Offer:
    """A tariff with all its versions, oldest first."""

    tariff_id: int
    name: str
    country: str | None
    sector: str | None
    versions: tuple[Tariff, ...]

    def within(self, start: date, end: date) -> list[Tariff]:
        """Return the versions, cut to the days from ``start`` to ``end`` (excluded)."""
        bounds = [version.valid_from for version in self.versions] + [_LATEST]
        cut = []
        for version, following in zip(self.versions, bounds[1:], strict=True):
            first = max(version.valid_from, start)
            last = min(following, version.valid_to or _LATEST, end)
            if first < last:
                cut.append(replace(version, valid_from=first, valid_to=last))
        return cut

    def from_the_start(self) -> list[Tariff]:
        """Return the versions, the first one taken to have been valid always: what would the past have cost."""
        return [replace(self.versions[0], valid_from=_EARLIEST), *self.versions[1:]]


@dataclass(frozen=True)
class Stretch:
    """Days, ``end`` excluded, on which a site has one tariff."""

    start: date
    end: date
    tariff_id: int


def offers(versions: pd.DataFrame) -> dict[int, Offer]:
    """Read the tariffs of the warehouse by number. Raises TariffError for a definition that cannot be read."""
    read = {}
    for key, rows in versions.groupby("tariff_id"):
        number = int(str(key))
        dated = [
            replace(from_json(definition), valid_from=start, valid_to=end)
            for definition, start, end in zip(rows["definition"], rows["valid_from"], rows["valid_to"], strict=True)
        ]
        first = rows.iloc[0]
        read[number] = Offer(
            number, str(first["name"]), text_or_none(first["country"]), text_or_none(first["sector"]), tuple(dated)
        )
    return read


def text_or_none(value: object) -> str | None:
    """Read a text of a frame, in which a missing one is None or NaN."""
    return value if isinstance(value, str) else None


def timeline(assignments: pd.DataFrame) -> list[Stretch]:
    """Say which tariff a site has when: on each day that of the nearest node which has one by then.

    ``assignments``: ``depth, valid_from, tariff_id`` of the site and the nodes above.
    """
    days = sorted(set(assignments["valid_from"]))
    stretches: list[Stretch] = []
    for start, end in pairwise([*days, _LATEST]):
        begun = assignments[assignments["valid_from"] <= start]
        nearest = begun[begun["depth"] == begun["depth"].min()]
        tariff_id = int(nearest.sort_values("valid_from")["tariff_id"].iloc[-1])
        if stretches and stretches[-1].tariff_id == tariff_id:
            stretches[-1] = replace(stretches[-1], end=end)
        else:
            stretches.append(Stretch(start, end, tariff_id))
    return stretches


def dated_tariffs(stretches: Sequence[Stretch], known: dict[int, Offer]) -> list[Tariff]:
    """Put together the versions that a site is billed by, oldest first."""
    return [version for one in stretches for version in known[one.tariff_id].within(one.start, one.end)]


def tariff_on(stretches: Sequence[Stretch], day: date) -> int | None:
    """Return the number of the tariff on a day."""
    return next((one.tariff_id for one in stretches if one.start <= day < one.end), None)


def alternatives(known: dict[int, Offer], country: str | None, sector: str | None) -> list[Offer]:
    """List the tariffs of a country that are for homes or for businesses, as the site is."""
    kind = HOUSEHOLD if sector == HOUSEHOLD else BUSINESS
    return [
        offer
        for offer in known.values()
        if country is not None and offer.country == country and offer.sector in {None, kind}
    ]
