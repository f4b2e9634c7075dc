from typing import Any


def attributes(**named: str) -> dict[str, Any]:
    """Name ARIA and data attributes, which Dash takes with hyphens only: ``**attributes(aria_label="Pages")``."""
    return {name.replace("_", "-"): value for name, value in named.items()}
