"""The load of one meter: calendar, weather, growth and chance, then what its solar panels make of it."""

import numpy as np

from pipeline.demo.clock import Clock, Floats
from pipeline.demo.meters import DemoMeter
from pipeline.demo.shapes import presence_of
from pipeline.demo.sky import Sky, correlated_noise, solar_kw

HEATING_BELOW_C = {"GB": 15.0, "DE": 15.0, "IN": 12.0}
COOLING_ABOVE_C = {"GB": 20.0, "DE": 20.5, "IN": 23.5}
CAR_CHARGER_KW = 3.7
S_PER_H = 3600.0


def load_kw(meter: DemoMeter, clock: Clock, sky: Sky) -> Floats:
    """Draw the mean power in kW behind the meter for each interval, before any solar power.

    Heating and cooling rise in proportion to the distance from their change points (a five-parameter change-point
    model as in ASHRAE Guideline 14), more so while people are in.
    """
    kind = meter.source_kind
    presence = presence_of(meter, clock)
    felt = sky.felt_at(clock.epoch_s)
    country = meter.region.country
    heating = kind.heating * np.clip(HEATING_BELOW_C[country] - felt, 0, None)
    cooling = kind.cooling * np.clip(felt - COOLING_ABOVE_C[country], 0, None)
    by_weather = (heating + cooling) * (0.3 + 0.7 * presence.occupied)
    winter_light = 0.1 * (meter.city.latitude / 55) * np.cos(2 * np.pi * (clock.day_of_year - 10) / 365.25)
    load = meter.mean_kw * (presence.level * (1 + winter_light) + by_weather)
    load = load * _growth(meter, clock) * _chance(meter, clock)
    if kind.charges_car:
        load = load + _car_charging_kw(meter, clock)
    return np.asarray(load, dtype=np.float64)


def energy_kwh(meter: DemoMeter, clock: Clock, sky: Sky) -> Floats:
    """Return what the meter counts in each interval, in kWh, in its own direction."""
    load = load_kw(meter, clock, sky)
    sun = solar_kw(meter.solar_kwp, meter.city, sky, clock.epoch_s) if meter.solar_kwp else np.zeros_like(load)
    match meter.kind.direction:
        case "generation":
            power = sun
        case "export":
            power = np.clip(sun - load, 0, None)
        case "net":
            power = load - sun
        case "import":
            power = np.clip(load - sun, 0, None)
    return np.round(power * clock.step_s / S_PER_H, 3 if meter.kind.single_home else 2)


def _growth(meter: DemoMeter, clock: Clock) -> Floats:
    """Grow by 1 to 4 % a year in India, -1 to 2 % elsewhere."""
    low, high = (0.01, 0.04) if meter.region.country == "IN" else (-0.01, 0.02)
    yearly = meter.draws("growth").uniform(low, high)
    return np.asarray((1 + yearly) ** clock.years, dtype=np.float64)


def _chance(meter: DemoMeter, clock: Clock) -> Floats:
    """Multiply by log-normal noise of mean 1: some of it from interval to interval, some from day to day."""
    spread = meter.source_kind.noise
    quick = correlated_noise(meter.draws("hours"), len(clock.minute), 0.6)
    by_day = correlated_noise(meter.draws("days"), int(clock.day[-1]) + 1, 0.7)[clock.day]
    exponent = spread * (0.9 * quick + 0.4 * by_day)
    return np.asarray(np.exp(exponent - (spread**2 * 0.97) / 2), dtype=np.float64)


def _car_charging_kw(meter: DemoMeter, clock: Clock) -> Floats:
    """Charge a car on about three nights a week, from 22:00 for three to six hours."""
    draws = meter.draws("car")
    nights = int(clock.day[-1]) + 1
    hours = np.where(draws.random(nights) < 3 / 7, draws.integers(3, 7, nights), 0)
    after = (clock.minute - 22 * 60) % 1440
    night = np.clip(clock.day - (clock.minute < 22 * 60), 0, None)
    return np.where(after < hours[night] * 60, CAR_CHARGER_KW, 0.0)
