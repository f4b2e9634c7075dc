"""Which figures of a site are compared, and what they are called: light to import, unlike the models."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Indicator:
    """What an indicator is called, its unit (empty for a ratio) and what it says."""

    key: str
    label: str
    unit: str
    description: str


INDICATORS: Final = {
    indicator.key: indicator
    for indicator in (
        Indicator("base_share", "Base load share", "", "Base load (exceeded 97.5 % of the time) over mean load."),
        Indicator("base_w_m2", "Base load by area", "W/m2", "Base load over floor area."),
        Indicator("weekend_ratio", "Weekend ratio", "", "Mean load on free days over that on workdays."),
        Indicator("night_ratio", "Night ratio", "", "Mean load of workdays from 22:00 to 06:00 over 09:00 to 17:00."),
        Indicator("energy_kwh_m2", "Energy by area", "kWh/m2", "Energy of a year over floor area."),
        Indicator("heating_w_m2_k", "Heating sensitivity", "W/m2/K", "Rise of the load by degree below balance."),
        Indicator("cooling_w_m2_k", "Cooling sensitivity", "W/m2/K", "Rise of the load by degree above balance."),
    )
}
