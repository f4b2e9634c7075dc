"""How the use of a day follows its mean temperature: change-point models by CalTRACK 2.0, sections 3.2 to 3.4.

Use per day = base + heating slope x degrees below the heating balance point + cooling slope x degrees above the cooling
balance point (https://docs.caltrack.org/en/latest/methods.html). The models with three parameters have one of the two
slopes, the one with five has both; where none qualifies, the mean is the model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.analytics.accuracy import cvrmse
from pipeline.analytics.change_points import Best, above, below, best_models
from pipeline.errors import ModelError

Kind: TypeAlias = Literal["mean", "3P heating", "3P cooling", "5P"]
Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = "pd.Series[float] | Floats | Sequence[float]"

SLOPES = {"mean": 0, "3P heating": 1, "3P cooling": 1, "5P": 2}
SUFFICIENT_DAYS = 328  # of 365, no more than 37 missing; CalTRACK 2.2.1.2
HIGHEST_P_VALUE = 0.1  # of a slope; the rule of CalTRACK 1, kept because thin data is common here
FEWEST_DAYS = 30  # below, a line through one season's temperatures is a guess


@dataclass(frozen=True)
class Parts:
    """What a model says of days, in kWh each: base load, heating and cooling; they add up to the prediction."""

    base: Floats
    heating: Floats
    cooling: Floats


@dataclass(frozen=True)
class ChangePointFit:
    """A change-point model of daily use. Slopes are kWh per day and degree, zero where there is no such part.

    ``base_kwh`` is the base load of a day, ``n`` the number of days fitted; ``cvrmse`` 0.2 is 20 %.
    """

    kind: Kind
    base_kwh: float
    heating_slope: float
    heating_balance_c: float | None
    cooling_slope: float
    cooling_balance_c: float | None
    r2_adjusted: float
    cvrmse: float
    n: int
    disqualifications: tuple[str, ...] = ()

    @property
    def qualified(self) -> bool:
        """Whether the data behind it satisfies CalTRACK 2.0; otherwise ``disqualifications`` are sentences why not."""
        return not self.disqualifications

    def predict(self, temperature_c: Numbers) -> Floats:
        """Return the use of days with these mean temperatures, in kWh; NaN where the temperature is."""
        parts = self.parts(temperature_c)
        return parts.base + parts.heating + parts.cooling

    def parts(self, temperature_c: Numbers) -> Parts:
        """Split the use of days with these mean temperatures."""
        degrees = np.asarray(temperature_c, dtype=np.float64)
        nothing = np.where(np.isnan(degrees), np.nan, 0.0)
        cold = nothing if self.heating_balance_c is None else below(degrees, self.heating_balance_c)
        hot = nothing if self.cooling_balance_c is None else above(degrees, self.cooling_balance_c)
        return Parts(nothing + self.base_kwh, self.heating_slope * cold, self.cooling_slope * hot)


def fit_change_point(
    temperature_c: Numbers, energy_kwh: Numbers, *, highest_p_value: float = HIGHEST_P_VALUE
) -> ChangePointFit:
    """Fit daily use (kWh) to the mean temperature of the day (°C), and choose the model by adjusted R squared.

    Days without either, or with a use of exactly zero, count as missing (CalTRACK 2.2.1.4). A model qualifies where
    the base load and each slope are positive (3.4.3.2) and each slope has a p-value of at most ``highest_p_value``;
    1 is CalTRACK 2.0 to the letter. Raises ModelError for fewer than FEWEST_DAYS days.
    """
    degrees, use = np.asarray(temperature_c, dtype=np.float64), np.asarray(energy_kwh, dtype=np.float64)
    known = np.isfinite(degrees) & np.isfinite(use) & (use != 0)
    degrees, use = degrees[known], use[known]
    if len(use) < FEWEST_DAYS:
        raise ModelError(
            f"Only {len(use)} days have both use and temperature; a change-point model needs at least {FEWEST_DAYS}."
        )
    mean = Best(0.0, None, 0.0, None, float(use.mean()), 0.0)  # its adjusted R squared is 0 by definition
    best = max([mean, *best_models(degrees, use, highest_p_value)], key=lambda model: model.r2_adjusted)
    kind = _kind(best)
    bare = ChangePointFit(kind, cvrmse=0.0, n=len(use), **vars(best))
    error = cvrmse(use, bare.predict(degrees), SLOPES[kind])
    return ChangePointFit(kind, cvrmse=error, n=len(use), disqualifications=_disqualifications(len(use)), **vars(best))


def _kind(best: Best) -> Kind:
    match best.heating_balance_c is not None, best.cooling_balance_c is not None:
        case True, True:
            return "5P"
        case True, False:
            return "3P heating"
        case False, True:
            return "3P cooling"
    return "mean"


def _disqualifications(days: int) -> tuple[str, ...]:
    if days >= SUFFICIENT_DAYS:
        return ()
    return (f"{days} days have use and temperature; CalTRACK wants {SUFFICIENT_DAYS} of a year.",)
