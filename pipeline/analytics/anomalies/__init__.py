"""Anomalies in series of energy: pure functions, readings in, events out.

``detect(observed) -> DataFrame``
    The events of one meter, ordered by start. `Observed` holds ``name``, ``readings`` (a frame indexed by the UTC
    start of each interval, in order; an interval without a row is missing), ``timezone``, ``country``,
    ``subdivision``, ``direction`` (``import``, ``export``, ``net``, ``generation``), and, where there is one,
    ``expected``: what forecasts had said of each UTC hour (``p10, p50, p90`` in kWh), for the residuals against them;
    all other detectors compare with a model of like days. Columns of the
    readings: ``energy_kwh`` (cleaned); optional ``raw_kwh`` (as it came; NaN where nothing came) and ``flags`` (bits
    of `pipeline.flags`), so that what the validation has mended is an event too.
``detect_many(observed, *, progress=None) -> DataFrame``
    The same for many meters, with the column ``series`` (the ``name``) in front; fast enough for hundreds.
``detect_peers(observed, *, groups=None) -> DataFrame``
    Drift of each meter from the others of its group (``groups``: name to group; all one group without it): the same
    columns as `detect_many`, kind ``peers``.

An event: ``start, end`` (UTC, half-open), ``kind`` (one of `KINDS`), ``score`` (how far beyond the detector's limit: 1
is at the limit), ``expected_kwh``, ``actual_kwh`` (NaN where nothing is known), ``confidence`` (0 to 1),
``explanation`` (one sentence), ``evidence`` (JSON-ready dict: ``detector``; ``draw``, which is ``band`` for expected
against actual, ``daily`` for daily sums or base load against ``reference_kwh``, ``shape`` for the day's profile
against the usual ``profile_kwh`` by local hour, ``peers`` for the meter against the group; ``reference`` where the
rule knows better than like days: ``start`` (a local day, or a UTC hour), ``step`` (``day``, ``hour``), ``p50`` and
perhaps ``p10, p90`` in kWh from then on; and the figures the sentence names).
Events of one kind at one meter never overlap; neighbours are merged.
"""

from pipeline.analytics.anomalies.detection import detect, detect_many
from pipeline.analytics.anomalies.model import KINDS, Observed
from pipeline.analytics.anomalies.peers import detect_peers

__all__ = ["KINDS", "Observed", "detect", "detect_many", "detect_peers"]
