"""How far a comparison with peers can be trusted."""

from pipeline.analytics.recommendations.model import SiteYear

MANY_PEERS = 10


def in_peers(site: SiteYear, most: float) -> float:
    """Rate from half of ``most`` for few peers to ``most`` for ten and more. The product's own weights."""
    return most * (0.5 + 0.5 * min(1.0, site.peers / MANY_PEERS))
