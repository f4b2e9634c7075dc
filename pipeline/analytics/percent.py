"""Shares as people read them."""


def percent(share: float) -> str:
    """Write a share of 0.853 as ``85 %``, with the space that ISO 80000-1 asks for."""
    return f"{100 * share:.0f} %"
