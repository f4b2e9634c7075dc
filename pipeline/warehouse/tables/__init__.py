"""What the models write, by subject, beside the readings and rollups of `pipeline.warehouse.schema`.

Importing this package makes `metadata` complete, for the migrations and their test.
"""

from pipeline.warehouse.schema import metadata
from pipeline.warehouse.tables import (
    anomalies,
    changes,
    costs,
    forecasts,
    recommendations,
    reports,
    runs,
    tariffs,
    weather,
)

__all__ = [
    "anomalies",
    "changes",
    "costs",
    "forecasts",
    "metadata",
    "recommendations",
    "reports",
    "runs",
    "tariffs",
    "weather",
]
