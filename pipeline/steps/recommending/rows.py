"""Rows to store, from what the models say."""

import hashlib
from collections.abc import Mapping
from typing import TypeAlias

from pipeline.analytics.recommendations.model import Recommendation
from pipeline.analytics.recommendations.quality import weight
from pipeline.steps.recommending.compare import Comparison

Rows: TypeAlias = list[Mapping[str, object]]
HASH_LENGTH = 8


def fingerprint(recommendation: Recommendation) -> str:
    """Name a recommendation so that a later run that finds it again gives it the same name."""
    name = f"{recommendation.site_id}-{recommendation.kind}"
    if not recommendation.subject:
        return name
    return f"{name}-{hashlib.sha256(recommendation.subject.encode()).hexdigest()[:HASH_LENGTH]}"


def shape_rows(comparison: Comparison) -> Rows:
    """Give the groups of days."""
    shapes = comparison.shapes
    if shapes is None:
        return []
    return [
        {
            "shape": number,
            "name": shape.name,
            "profile": list(shape.profile),
            "share": shape.share,
            "silhouette": shapes.silhouette,
        }
        for number, shape in enumerate(shapes.shapes)
    ]


def profile_rows(comparison: Comparison) -> Rows:
    """Give the sites that were compared."""
    of_site = comparison.shapes.of_site if comparison.shapes else {}
    return [
        {
            "site_id": number,
            "shape": of_site.get(number, (None, None))[0],
            "shape_share": of_site.get(number, (None, None))[1],
            "indicators": known.indicators,
            "peers": list(comparison.peers[number].site_ids),
            "peers_how": comparison.peers[number].how,
            "best": dict(comparison.peers[number].best),
            "quality": weight(known.record),
            "first_day": known.place.first_day,
            "last_day": known.place.newest,
        }
        for number, known in comparison.profiles.items()
    ]


def recommendation_rows(found: list[Recommendation]) -> Rows:
    """Give what was found."""
    fields = ("site_id", "kind", "text", "kwh", "money", "currency", "co2_kg", "confidence", "effort")
    return [
        {name: getattr(each, name) for name in fields}
        | {"fingerprint": fingerprint(each), "evidence": each.evidence.as_json()}
        for each in found
    ]
