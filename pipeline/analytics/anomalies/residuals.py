"""What came against what a forecast had said, by the hour, with hysteresis."""

import numpy as np
import pandas as pd

from pipeline.analytics.anomalies.grid import Grid
from pipeline.analytics.anomalies.model import Finding, Floats
from pipeline.analytics.anomalies.spans import hysteresis

NORMAL_TAIL = 1.2816
ENTER_Z = 4.0
STAY_Z = NORMAL_TAIL
MEAN_HOURS = 6
NARROWEST = 0.05
AN_HOUR = pd.Timedelta(hours=1)


def residuals(grid: Grid, forecast: pd.DataFrame | None) -> list[Finding]:
    """Find hours on end outside what a forecast said was likely (``p10, p50, p90`` in kWh by UTC hour).

    The residual is standardised by the forecast's own band: P90 less P50, or P50 less P10, is 1.2816 standard
    deviations of a normal distribution; half of that is never less than 5 % of the usual energy. A finding begins where
    the mean of six hours is four deviations off, and reaches over the hours around that lie outside the band on the
    same side (a Schmitt trigger), so that noise at the limit makes one event and not many. The four and the six are
    ours: the band holds 80 % of the hours, and single hours outside it are what a forecast expects.
    """
    if forecast is None or grid.step > AN_HOUR:
        return []
    hour = grid.index.floor("h")
    hours = hour.unique()
    by_hour = pd.Series(grid.energy).groupby(hour).agg(["sum", "count"])
    actual = by_hour["sum"].where(by_hour["count"] >= grid.steps(1)).to_numpy()
    said = forecast.reindex(hours)
    middle = said["p50"].to_numpy(dtype=np.float64)
    if not np.isfinite(actual - middle).any():
        return []
    z = _standardised(actual, said)
    position = np.searchsorted(hours, hour)
    found = []
    for kind, sign in (("high_use", 1.0), ("low_use", -1.0)):
        mean = pd.Series(sign * z).rolling(MEAN_HOURS, min_periods=MEAN_HOURS).mean().to_numpy()
        six = pd.Series(mean).iloc[::-1].rolling(MEAN_HOURS, min_periods=1).max().iloc[::-1].to_numpy()
        outside = sign * z > STAY_Z
        first, last = hysteresis((six >= ENTER_Z) & outside, outside)
        for begin, end in zip(first.tolist(), last.tolist(), strict=True):
            if end - begin + 1 < MEAN_HOURS:
                continue
            score = float(np.nanmax(six[begin : end + 1])) / ENTER_Z
            inside = np.flatnonzero((position >= begin) & (position <= end))
            evidence: dict[str, object] = {"detector": "residuals", "draw": "band", "hours": end - begin + 1}
            evidence["reference"] = _reference(hours[begin], said.iloc[begin : end + 1])
            expected_kwh = float(np.nansum(middle[begin : end + 1]))
            confidence = 1 - 0.5 / max(score, 1.0)
            found.append(Finding(int(inside[0]), int(inside[-1]), kind, score, confidence, evidence, expected_kwh))
    return found


def _reference(start: pd.Timestamp, said: pd.DataFrame) -> dict[str, object]:
    """Keep what the forecast said, to be drawn: it may be gone when the event is looked at."""
    values = {name: said[name].astype(float).round(3).tolist() for name in ("p10", "p50", "p90")}
    return {"start": start.isoformat(), "step": "hour", **values}


def _standardised(actual: Floats, said: pd.DataFrame) -> Floats:
    p10, p50, p90 = (said[name].to_numpy(dtype=np.float64) for name in ("p10", "p50", "p90"))
    off = actual - p50
    half = np.where(off > 0, p90 - p50, p50 - p10)
    return np.asarray(off * NORMAL_TAIL / np.maximum(half, NARROWEST * np.nanmean(np.abs(p50))))
