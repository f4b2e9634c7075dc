"""Figures of a site that can be compared with those of others; the lower the better."""

import numpy as np
import pandas as pd

from pipeline.analytics.recommendations.numbers import DAYS_PER_YEAR, base_load_kw, is_day, is_night, sells
from pipeline.analytics.temperature import ChangePointFit

W_PER_KW, HOURS_PER_DAY = 1000.0, 24.0


def indicators(hours: pd.DataFrame, floor_area_m2: float | None, fit: ChangePointFit | None) -> dict[str, float]:
    """Measure a site from its hours (``energy_kwh, hour, day_type``); what cannot be known is left out.

    Sensitivities come from a qualified change-point model: its slopes in kWh per day and degree, over 24 h and area. Of
    a site that sells power only the energy is known.
    """
    energy = hours["energy_kwh"].to_numpy(dtype=np.float64)
    mean = float(energy.mean())
    by_area = {"energy_kwh_m2": mean * HOURS_PER_DAY * DAYS_PER_YEAR / floor_area_m2} if floor_area_m2 else {}
    if sells(energy):
        return by_area
    base = base_load_kw(energy)
    workday = (hours["day_type"] == 0).to_numpy()
    found = {
        "base_share": _ratio(base, mean),
        "weekend_ratio": _ratio(_mean(energy, ~workday), _mean(energy, workday)),
        "night_ratio": _ratio(
            _mean(energy, workday & is_night(hours["hour"])), _mean(energy, workday & is_day(hours["hour"]))
        ),
    }
    if floor_area_m2:
        found["base_w_m2"] = base * W_PER_KW / floor_area_m2
        if fit is not None and fit.qualified:
            to_power = W_PER_KW / HOURS_PER_DAY / floor_area_m2
            found["heating_w_m2_k"] = fit.heating_slope * to_power
            found["cooling_w_m2_k"] = fit.cooling_slope * to_power
    return by_area | {key: value for key, value in found.items() if np.isfinite(value)}


def _mean(energy: np.ndarray, chosen: np.ndarray) -> float:
    return float(energy[chosen].mean()) if chosen.any() else float("nan")


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
