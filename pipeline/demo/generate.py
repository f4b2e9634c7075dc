"""The demo's readings, one meter at a time, in the standard frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from pipeline.demo.clock import Clock, Floats, clock_of
from pipeline.demo.consumption import energy_kwh
from pipeline.demo.events import Event, ground_truth, plan_events, plant, span_of
from pipeline.demo.meters import DemoMeter, demo_meters
from pipeline.demo.sky import sky_over
from pipeline.demo.standard import standard_chunk
from pipeline.sources.frame import Chunk, MeterInfo

SEED = 20_030_605


@dataclass(frozen=True)
class Demo:
    """A demo of a given size: the same for the same ``end`` (the first day that is not in it), sizes and seed."""

    end: date
    meter_count: int = 300
    days: int = 730
    seed: int = SEED

    @cached_property
    def meters(self) -> list[DemoMeter]:
        """The meters, in order."""
        return demo_meters(self.meter_count, self.seed)

    @cached_property
    def events(self) -> list[Event]:
        """What is planted."""
        return plan_events(self.meters, self.days, self.seed)

    @property
    def infos(self) -> tuple[MeterInfo, ...]:
        """The meters as a source describes them."""
        return tuple(
            MeterInfo(m.name, m.kind.direction, "kWh", m.kind.step_s, register=m.kind.register) for m in self.meters
        )

    def chunks(self) -> Iterator[Chunk]:
        """Yield the readings of each meter in turn."""
        for meter in self.meters:
            yield self.chunk_of(meter)

    def chunk_of(self, meter: DemoMeter) -> Chunk:
        """Make the readings of one meter; every second gap has no rows, the others rows without a value."""
        clock = clock_of(meter.region, self.end, self.days, meter.kind.step_s)
        sky = sky_over(meter.region, meter.city, self.end, self.days, self.seed)
        planted = [event for event in self.events if event.meter is meter]
        values = plant(planted, clock, energy_kwh(meter, clock, sky))
        if meter.kind.register:
            return standard_chunk(meter.name, clock.step_s, *_register(planted, clock, values))
        silent = meter.index % 2 == 0 and any(event.kind == "gap" for event in planted)
        keep = ~np.isnan(values) if silent else np.ones(len(values), dtype=np.bool_)
        return standard_chunk(meter.name, clock.step_s, clock.start_utc[keep], values[keep])

    def truth(self) -> pd.DataFrame:
        """List what was planted: ``meter, kind, start_ts, end_ts, note``."""
        return ground_truth(self.events, self.end, self.days)

    def weather(self) -> pd.DataFrame:
        """Give the temperature of every city with meters: ``region, city, ts`` (UTC hours) and ``temperature_c``."""
        cities = {(meter.region.name, meter.city.name): (meter.region, meter.city) for meter in self.meters}
        frames = []
        for region, city in cities.values():
            sky = sky_over(region, city, self.end, self.days, self.seed)
            hours = pd.to_datetime(sky.epoch_s, unit="s", utc=True).as_unit("us")
            degrees = np.round(sky.temperature_c, 1)
            frames.append(
                pd.DataFrame({"region": region.name, "city": city.name, "ts": hours, "temperature_c": degrees})
            )
        return pd.concat(frames, ignore_index=True)


def _register(planted: list[Event], clock: Clock, energy: Floats) -> tuple[pd.DatetimeIndex, Floats]:
    """Turn energy into what a register showed at the start of each interval and at the very end, in kWh."""
    shown = np.concatenate([[0.0], np.cumsum(energy)]) + 100_000
    for event in planted:
        first = span_of(event, clock).start
        shown[first:] += event.size - shown[first]
    last = clock.start_utc[-1] + pd.Timedelta(seconds=clock.step_s)
    stamps = pd.DatetimeIndex([*clock.start_utc, last])
    return stamps, np.round(shown, 2)
