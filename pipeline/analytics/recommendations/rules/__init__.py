"""Every rule, in the order in which they take their part of the load.

The surest come first: what is wrong before what is usual, what is wasted before what is only moved, and last what makes
or buys power on other terms. A rule sees what is left (`Rule.find`) and returns nothing where it finds nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pipeline.analytics.recommendations.model import Floats, Found, SiteYear
from pipeline.analytics.recommendations.rules.base_load import cut_base_load
from pipeline.analytics.recommendations.rules.events import fix_events
from pipeline.analytics.recommendations.rules.peak import shave_peak
from pipeline.analytics.recommendations.rules.power_factor import correct_power_factor
from pipeline.analytics.recommendations.rules.set_point import cool_less, heat_less
from pipeline.analytics.recommendations.rules.setback import night_setback, weekend_setback
from pipeline.analytics.recommendations.rules.shift import move_load
from pipeline.analytics.recommendations.rules.solar import solar_fit
from pipeline.analytics.recommendations.rules.tariff import better_tariff

Find = Callable[[SiteYear, Floats], list[Found]]


@dataclass(frozen=True)
class Rule:
    """A kind of recommendation: its key (named in `labels`), what it looks for, and the function that finds it."""

    kind: str
    explanation: str
    find: Find


RULES: Final = (
    Rule("anomaly", "An event that still goes on: its excess, until someone ends it.", fix_events),
    Rule("base_load", "What always runs, against the best fifth of the peers.", cut_base_load),
    Rule("weekend", "Free days against workdays, and the best fifth of peers.", weekend_setback),
    Rule("night", "Workday nights against days, and the best fifth of peers.", night_setback),
    Rule("cooling", "One degree more before cooling, by the change-point model.", cool_less),
    Rule("heating", "One degree less while heating, by the change-point model.", heat_less),
    Rule("solar", "What panels would yield on site, used or sold by the hour.", solar_fit),
    Rule("shift", "A tenth of the load above the base, to cheaper hours.", move_load),
    Rule("peak", "The few highest hours of each month under the demand charge.", shave_peak),
    Rule("power_factor", "Less apparent power under a demand charge.", correct_power_factor),
    Rule("tariff", "The year's load on every other tariff offered.", better_tariff),
)
