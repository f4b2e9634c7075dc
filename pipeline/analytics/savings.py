"""Savings measured against what would have been used: a baseline model from before, at the weather of after.

Savings = predicted - measured use (CalTRACK 3.6.1 by day, 3.12.1 by hour). Their uncertainty is that of ASHRAE
Guideline 14 (2002, annex B) for autocorrelated residuals, with the factor that CalTRACK 4.3.2.4 gives daily models.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from pipeline.analytics.accuracy import cvrmse, effective_number, lag_one_autocorrelation, nmbe
from pipeline.analytics.percent import percent
from pipeline.analytics.temperature import SLOPES, ChangePointFit, fit_change_point
from pipeline.analytics.towt import Segments, Towt, fit_towt
from pipeline.errors import ModelError

Floats: TypeAlias = NDArray[np.float64]
Method: TypeAlias = Literal["daily", "hourly"]

CONFIDENCE = 0.9
DAYS_OF_A_MONTH = 365.25 / 12
STEP = {"daily": pd.Timedelta(days=1), "hourly": pd.Timedelta(hours=1)}
HIGHEST_CVRMSE = 1.0  # of a baseline of one building; CalTRACK 4.3.2.1
HIGHEST_BIAS = 0.1  # NMBE of hourly models; ASHRAE Guideline 14


@dataclass(frozen=True)
class Baseline:
    """A model of the use before a measure, and how well it meets it.

    ``step`` values of ``mean_kwh`` on average were fitted, worth ``effective_n`` independent ones.
    """

    method: Method
    model: ChangePointFit | Towt
    parameters: int
    n: int
    mean_kwh: float
    cvrmse: float
    nmbe: float
    autocorrelation: float
    effective_n: float

    @property
    def reasons_against(self) -> tuple[str, ...]:
        """Why the baseline is not good enough to measure savings with; empty where it is."""
        reasons = list(self.model.disqualifications) if isinstance(self.model, ChangePointFit) else []
        if not self.cvrmse <= HIGHEST_CVRMSE:
            reasons.append(f"The baseline misses single values by {percent(self.cvrmse)} of their mean (CV(RMSE)).")
        if not abs(self.nmbe) <= HIGHEST_BIAS:
            reasons.append(f"The baseline is off by {percent(self.nmbe)} over its own period (NMBE).")
        return tuple(reasons)

    def predict(self, temperature_c: "pd.Series[float]") -> "pd.Series[float]":
        """Return the use of each day or hour at these temperatures, in kWh."""
        if isinstance(self.model, Towt):
            return self.model.predict(temperature_c)
        return pd.Series(self.model.predict(temperature_c), index=temperature_c.index, name="predicted_kwh")


@dataclass(frozen=True)
class Savings:
    """What was saved in a reporting period.

    ``course`` has a row for each day or hour that could be measured: ``actual_kwh, predicted_kwh, savings_kwh,
    cumulative_kwh`` (CUSUM). ``uncertainty_kwh`` is half the width of the interval at ``confidence``; as a share of the
    savings it is ``fractional_uncertainty``, infinite where nothing was saved. ``n`` values were measured, ``missing``
    could not be.
    """

    baseline: Baseline
    actual_kwh: float
    predicted_kwh: float
    savings_kwh: float
    uncertainty_kwh: float
    confidence: float
    n: int
    missing: int
    course: pd.DataFrame

    @property
    def savings_share(self) -> float:
        """Savings as a share of what would have been used."""
        return self.savings_kwh / self.predicted_kwh if self.predicted_kwh else float("nan")

    @property
    def fractional_uncertainty(self) -> float:
        """Uncertainty as a share of the savings; above 1, zero lies inside the interval."""
        return self.uncertainty_kwh / abs(self.savings_kwh) if self.savings_kwh else float("inf")

    @property
    def is_significant(self) -> bool:
        """Whether the savings are larger than their uncertainty."""
        return abs(self.savings_kwh) > self.uncertainty_kwh


def fit_baseline(before: pd.DataFrame, method: Method = "daily", *, segments: Segments = "year") -> Baseline:
    """Fit a baseline to ``energy_kwh`` and ``temperature_c`` by local day (naive index) or local hour (with zone).

    ``daily`` is the change-point model of CalTRACK, ``hourly`` the time-of-week-and-temperature model, by ``segments``.
    Raises ModelError where there is too little data.
    """
    known = _measured(before)
    degrees, use = known["temperature_c"], known["energy_kwh"]
    model: ChangePointFit | Towt
    if method == "daily":
        model = fit_change_point(degrees, use)
        parameters = SLOPES[model.kind]
        predicted = model.predict(degrees)
    else:
        model = fit_towt(degrees, use, segments=segments)
        parameters = model.parameters
        predicted = np.asarray(model.predict(degrees), dtype=np.float64)
    actual = use.to_numpy(dtype=np.float64)
    correlation = lag_one_autocorrelation(_without_gaps(use.index, actual - predicted, method))
    return Baseline(
        method=method,
        model=model,
        parameters=parameters,
        n=len(actual),
        mean_kwh=float(actual.mean()),
        cvrmse=cvrmse(actual, predicted, parameters),
        nmbe=nmbe(actual, predicted, parameters),
        autocorrelation=correlation,
        effective_n=effective_number(len(actual), correlation),
    )


def measured_savings(
    before: pd.DataFrame,
    after: pd.DataFrame,
    method: Method = "daily",
    *,
    segments: Segments = "year",
    confidence: float = CONFIDENCE,
) -> Savings:
    """Measure what was saved after a measure, with a baseline from before it.

    Both frames have ``energy_kwh`` and ``temperature_c`` by local day (naive index) or local hour (with zone); a year
    before is what the methods want. Raises ModelError where there is too little before, or nothing to measure after.
    """
    return savings_against(fit_baseline(before, method, segments=segments), after, confidence=confidence)


def savings_against(baseline: Baseline, after: pd.DataFrame, *, confidence: float = CONFIDENCE) -> Savings:
    """Measure what was saved against a baseline; as `measured_savings`."""
    known = _measured(after)
    course = pd.DataFrame(
        {"actual_kwh": known["energy_kwh"], "predicted_kwh": baseline.predict(known["temperature_c"])}
    ).dropna()
    if course.empty:
        raise ModelError("No day after the measure has both use and temperature, so that nothing can be measured.")
    course["savings_kwh"] = course["predicted_kwh"] - course["actual_kwh"]
    course["cumulative_kwh"] = course["savings_kwh"].cumsum()
    months = len(course) * STEP[baseline.method] / pd.Timedelta(days=DAYS_OF_A_MONTH)
    return Savings(
        baseline=baseline,
        actual_kwh=float(course["actual_kwh"].sum()),
        predicted_kwh=float(course["predicted_kwh"].sum()),
        savings_kwh=float(course["savings_kwh"].sum()),
        uncertainty_kwh=_uncertainty_kwh(
            baseline, float(course["predicted_kwh"].sum()), len(course), months, confidence
        ),
        confidence=confidence,
        n=len(course),
        missing=len(after) - len(course),
        course=course,
    )


def _measured(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the steps with use and temperature, in order; a use of zero counts as missing (CalTRACK 3.5.2.1)."""
    numbers = frame[["energy_kwh", "temperature_c"]].astype(float)
    return numbers[numbers["energy_kwh"] != 0].dropna().sort_index()


def _uncertainty_kwh(baseline: Baseline, predicted_kwh: float, count: int, months: float, confidence: float) -> float:
    """Return half the width of the confidence interval of the savings.

    Fractional savings uncertainty = t x factor x CV(RMSE) x sqrt(P/P' (1 + 2/P') / Q) / F, where P values before are
    worth P' independent ones, Q are measured after and F is the share saved. Times the savings, which are F times the
    use predicted, F falls out, so that the figure exists where nothing was saved too.
    """
    independent = baseline.effective_n
    freedom = max(baseline.n - baseline.parameters, 1)
    t = float(stats.t.ppf(0.5 + confidence / 2, freedom))
    spread = np.sqrt(baseline.n / independent * (1 + 2 / independent) / count)
    return float(abs(predicted_kwh) * t * _factor(baseline.method, months) * baseline.cvrmse * spread)


def _factor(method: Method, months: float) -> float:
    """Return the empirical factor of the formula: 1.26 in ASHRAE Guideline 14, by length of reporting for daily models.

    The polynomial is that of Sun and Baltazar (2013), as in CalTRACK 4.3.2.4.6.
    """
    if method == "hourly":
        return 1.26
    return -0.00024 * months**2 + 0.03535 * months + 1.00286


def _without_gaps(index: pd.Index, residuals: Floats, method: Method) -> Floats:
    """Put NaN where steps are missing, so that values apart don't count as neighbours."""
    series = pd.Series(residuals, index=index)
    if series.index.is_unique:
        series = series.asfreq({"daily": "D", "hourly": "h"}[method])
    return np.asarray(series, dtype=np.float64)
