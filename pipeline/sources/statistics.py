"""What the whole of a source shows of its meters: step, order, growth, and the days on which clocks change.

Everything is gathered block by block in bounded memory; each meter's last reading is carried over to the next block.
"""

from collections import Counter

import numpy as np

from pipeline.sources import clock
from pipeline.sources.dates import DAY
from pipeline.sources.table import Booleans, Floats, Integers

MOST_STEPS = 200_000
IN_ORDER = 0.3
SHORTEST_STEP = 60
MOST_SLOTS = 2  # for each reading, so that a few odd seconds don't make a step of their own
SHIFT = 1 << 34
CHANGE_ROWS = 4_000_000
REGISTER_FEWEST = 20
REGISTER_FALLS = 0.005
REGISTER_RISES = 0.2


class MeterStatistics:
    """Facts of each meter by its number, and of all of them together."""

    def __init__(self) -> None:
        self.first = np.empty(0, np.int64)
        self.last = np.empty(0, np.int64)
        self.low = np.empty(0, np.int64)
        self.high = np.empty(0, np.int64)
        self.count = np.empty(0, np.int64)
        self.matched = np.empty(0, np.int64)
        self.expected = np.empty(0, np.int64)
        self.last_value = np.empty(0, np.float64)
        self.rises = np.empty(0, np.int64)
        self.falls = np.empty(0, np.int64)
        self.usable = np.empty(0, np.int64)
        self.negative = np.empty(0, np.int64)
        self.other_steps: Counter[int] = Counter()
        self.midnights = 0

    def update(self, codes: Integers, wall: Integers, values: Floats, meters: int) -> None:
        """Take in the readings of a block; there are ``meters`` meters so far."""
        self._grow(meters)
        if len(codes) == 0:
            return
        if (np.diff(codes) < 0).any():
            order = np.argsort(codes.astype(np.int16 if meters < 1 << 15 else np.int64), kind="stable")
            codes, wall, values = codes[order], wall[order], values[order]
        heads = np.concatenate(([0], np.flatnonzero(np.diff(codes)) + 1))
        tails = np.concatenate((heads[1:], [len(codes)])) - 1
        groups = codes[heads]
        seen = self.count[groups] > 0
        before, value_before = np.roll(wall, 1), np.roll(values, 1)
        before[heads], value_before[heads] = self.last[groups], self.last_value[groups]
        follows = np.ones(len(codes), bool)
        follows[heads] = seen
        self._steps(codes, wall - before, follows, groups)
        self._growth(codes, values - value_before, meters)
        self.first[groups] = np.where(seen, self.first[groups], wall[heads])
        self.last[groups], self.last_value[groups] = wall[tails], values[tails]
        self.low[groups] = np.minimum(self.low[groups], np.minimum.reduceat(wall, heads))
        self.high[groups] = np.maximum(self.high[groups], np.maximum.reduceat(wall, heads))
        self.count[groups] += tails - heads + 1
        self.usable += np.bincount(codes[~np.isnan(values)], minlength=meters)
        self.negative += np.bincount(codes[values < 0], minlength=meters)
        self.midnights += int((wall % DAY == 0).sum())

    def steps(self) -> Counter[int]:
        """Return how often each difference between neighbouring readings of a meter occurs, in seconds."""
        total: Counter[int] = Counter()
        for pair, count in self.other_steps.items():
            total[_step(pair)] += count
        for step, matched in zip(self.expected.tolist(), self.matched.tolist(), strict=True):
            if matched:
                total[step] += matched
        return total

    def step_of_shuffled(self) -> int | None:
        """Return what all distances are multiples of, where lines come in no order; None where they come in one."""
        steps = Counter[int]()
        for step, count in self.steps().items():
            steps[abs(step)] += count if step else 0
        if not steps or max(steps.values()) > IN_ORDER * steps.total():
            return None
        common = int(np.gcd.reduce(list(steps)))
        slots = (self.high - self.low)[self.count > 0] // common + 1
        return common if common >= SHORTEST_STEP and slots.sum() <= MOST_SLOTS * self.count.sum() else None

    def step_of_each(self) -> dict[int, int]:
        """Return the commonest step of each meter that has one, as a length of time."""
        best = {code: (int(self.matched[code]), int(self.expected[code])) for code in range(len(self.expected))}
        for pair, count in self.other_steps.items():
            code, step = pair // SHIFT, _step(pair)
            if step and count > best[code][0]:
                best[code] = (count, step)
        return {code: abs(step) for code, (count, step) in best.items() if count and step}

    def registers(self, *, newest_first: bool) -> Booleans:
        """Say which meters only ever rise with time, as the register of a meter does."""
        pairs = np.maximum(self.usable - 1, 0)
        rises, falls = (self.falls, self.rises) if newest_first else (self.rises, self.falls)
        return (pairs >= REGISTER_FEWEST) & (falls <= REGISTER_FALLS * pairs) & (rises >= REGISTER_RISES * pairs)

    def _steps(self, codes: Integers, steps: Integers, follows: Booleans, groups: Integers) -> None:
        unknown = groups[self.expected[groups] == 0]
        same = follows & (steps == self.expected[codes])
        self.matched += np.bincount(codes[same], minlength=len(self.matched))
        other = follows & ~same
        if not other.any():
            return
        pairs, counts = np.unique(
            codes[other] * SHIFT + np.clip(steps[other], -SHIFT // 2 + 1, SHIFT // 2 - 1) + SHIFT // 2,
            return_counts=True,
        )
        self._expect(unknown, pairs, counts)
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
            if pair in self.other_steps or len(self.other_steps) < MOST_STEPS:
                self.other_steps[pair] += count

    def _expect(self, unknown: Integers, pairs: Integers, counts: Integers) -> None:
        """Choose the commonest step of each new meter, to be counted without sorting from now on."""
        if not len(unknown):
            return
        order = np.argsort(counts, kind="stable")
        self_codes, steps = pairs[order] // SHIFT, pairs[order] % SHIFT - SHIFT // 2
        fresh = np.isin(self_codes, unknown) & (steps != 0)
        self.expected[self_codes[fresh]] = steps[fresh]

    def _growth(self, codes: Integers, rises: Floats, meters: int) -> None:
        self.rises += np.bincount(codes[rises > 0], minlength=meters)
        self.falls += np.bincount(codes[rises < 0], minlength=meters)

    def _grow(self, meters: int) -> None:
        missing = meters - len(self.count)
        if missing <= 0:
            return
        for name in ("first", "last", "count", "matched", "expected", "rises", "falls", "usable", "negative"):
            setattr(self, name, np.concatenate((getattr(self, name), np.zeros(missing, np.int64))))
        self.low = np.concatenate((self.low, np.full(missing, np.iinfo(np.int64).max)))
        self.high = np.concatenate((self.high, np.full(missing, np.iinfo(np.int64).min)))
        self.last_value = np.concatenate((self.last_value, np.full(missing, np.nan)))


class ChangeDays:
    """How often each stamp of the day occurs on the days on which the clocks of a zone change."""

    def __init__(self, zone: str) -> None:
        found = clock.changes(zone)
        self.zone = zone
        self._instants, self._before, self._after = found.instants, found.before, found.after
        self.days = (found.instants + np.maximum(self._before, self._after) - 1) // DAY
        self._is_change_day = np.zeros(max(1, int(self.days[-1]) + 2 if len(self.days) else 1), bool)
        self._is_change_day[self.days[self.days >= 0]] = True
        self._stamps: list[Integers] = []
        self._kept = 0

    def update(self, codes: Integers, wall: Integers, values: Floats) -> None:
        """Take in readings that have a value and fall on a change day (or end one)."""
        if not len(self.days) or self._kept > CHANGE_ROWS:
            return
        day = (wall - 1) // DAY
        hit = (
            self._is_change_day[np.clip(day, 0, len(self._is_change_day) - 1)]
            & (day < len(self._is_change_day))
            & ~np.isnan(values)
        )
        if hit.any():
            self._stamps.append(np.column_stack((codes[hit], wall[hit])))
            self._kept += int(hit.sum())

    def costs(self, step: int) -> dict[str, float]:
        """Return how badly each way to stamp fits: stamps too many or too few, per meter and change day."""
        if not self._stamps or step <= 0 or DAY % step:
            return {}
        kept = np.concatenate(self._stamps)
        total = dict.fromkeys(("wall", "standard", "label", "elapsed", "counted on"), 0.0)
        weight = 0
        for day, instant, before, after in zip(self.days, self._instants, self._before, self._after, strict=True):
            rows = kept[(kept[:, 1] - 1) // DAY == day]
            meters = len(np.unique(rows[:, 0]))
            if meters == 0:
                continue
            labels = np.arange(1, DAY // step + 1) * step + day * DAY
            seen = (
                np.bincount(np.clip((rows[:, 1] - day * DAY) // step - 1, 0, len(labels) - 1), minlength=len(labels))
                / meters
            )
            for way, expected in _expected(labels, step, int(instant), int(before), int(after)).items():
                total[way] += float(np.abs(seen - expected).sum()) * meters
            weight += meters
        total["elapsed"] = min(total["elapsed"], total.pop("counted on"))
        return {way: cost / weight for way, cost in total.items()} if weight else {}


def _expected(labels: Integers, step: int, instant: int, before: int, after: int) -> dict[str, Floats]:
    """Return how often each stamp (from one step after midnight to midnight) would occur, way by way.

    ``counted on``: periods from midnight that go on beyond 24 hours in autumn, the first of those at midnight.
    """
    low, high = instant + min(before, after), instant + max(before, after)
    usual = np.ones(len(labels))
    times = 0.0 if after > before else 2.0
    length = abs(after - before) // step
    short = usual.copy()
    if after > before and length:
        short[-length - 1 : -1] = 0
    long = short.copy()
    if after < before and length:
        long[-1] = 2
    return {
        "wall": np.where((labels >= low) & (labels < high), times, usual),
        "standard": usual,
        "label": np.where((labels - step >= low) & (labels - step < high), times, usual),
        "elapsed": short,
        "counted on": long,
    }


def _step(pair: int) -> int:
    return pair % SHIFT - SHIFT // 2
