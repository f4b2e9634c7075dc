"""What people call each kind of recommendation: light to import, unlike the rules themselves."""

from typing import Final

LABELS: Final = {
    "anomaly": "Fix a fault",
    "base_load": "Cut the base load",
    "weekend": "Weekend setback",
    "night": "Night setback",
    "cooling": "Cooling set-point",
    "heating": "Heating set-point",
    "solar": "Solar panels",
    "shift": "Move load out of peaks",
    "peak": "Shave the peak",
    "power_factor": "Correct the power factor",
    "tariff": "Change the tariff",
}
