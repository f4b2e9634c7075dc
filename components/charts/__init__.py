from components.charts.anomaly_course import anomaly_course
from components.charts.anomaly_timeline import anomaly_timeline
from components.charts.base import message_figure
from components.charts.bill_months import bill_months
from components.charts.carpet import carpet
from components.charts.coincident_peak import coincident_peak
from components.charts.completeness import completeness
from components.charts.degree_days import degree_days
from components.charts.drivers import drivers
from components.charts.duration_curve import duration_curve
from components.charts.fan import fan
from components.charts.flags_by_rule import flags_by_rule
from components.charts.histogram import histogram
from components.charts.like_days import like_days
from components.charts.load_shapes import load_shapes
from components.charts.load_temperature import load_temperature
from components.charts.movers import movers
from components.charts.normalised_use import normalised_use
from components.charts.overlay import overlay
from components.charts.peer_dots import peer_dots
from components.charts.profile import profile
from components.charts.ranking import ranking
from components.charts.recommendation_evidence import recommendation_evidence
from components.charts.savings import cusum, realised
from components.charts.series import series
from components.charts.site_map import site_map
from components.charts.tariff_comparison import tariff_comparison
from components.charts.tariff_periods import tariff_periods
from components.charts.temperature_lag import temperature_lag
from components.charts.treemap import treemap
from components.charts.trend import trend
from components.charts.waterfall import waterfall

__all__ = [
    "anomaly_course",
    "anomaly_timeline",
    "bill_months",
    "carpet",
    "coincident_peak",
    "completeness",
    "cusum",
    "degree_days",
    "drivers",
    "duration_curve",
    "fan",
    "flags_by_rule",
    "histogram",
    "like_days",
    "load_shapes",
    "load_temperature",
    "message_figure",
    "movers",
    "normalised_use",
    "overlay",
    "peer_dots",
    "profile",
    "ranking",
    "realised",
    "recommendation_evidence",
    "series",
    "site_map",
    "tariff_comparison",
    "tariff_periods",
    "temperature_lag",
    "treemap",
    "trend",
    "waterfall",
]
