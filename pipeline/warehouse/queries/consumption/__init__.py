"""The questions of the Consumption page. Times are naive local times of the selected node's zone."""

from pipeline.warehouse.queries.consumption.lines import Series, overlay, series
from pipeline.warehouse.queries.consumption.parts import ranking, rows
from pipeline.warehouse.queries.consumption.patterns import carpet, duration_curve, histogram, profile

__all__ = ["Series", "carpet", "duration_curve", "histogram", "overlay", "profile", "ranking", "rows", "series"]
