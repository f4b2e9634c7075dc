"""Which columns of numbers are the electricity that was measured, and not prices, weather or the same again."""

import re

import numpy as np

from pipeline.sources import units, words
from pipeline.sources.columns import Column

SAME = 0.95
CLOSE = 1e-3
MOST_PARTS = 8
FEWEST_ROWS = 3


def ranked(columns: list[Column]) -> tuple[list[Column], str]:
    """Return the columns of the best kind there is, and why: by unit, by word, by a general word, by nothing."""
    left = [column for column in columns if not _is_other(column)]
    kinds = (
        ("their names say a unit of energy", lambda column: _quantity(column) == "energy"),
        ("their names say a unit of power", lambda column: _quantity(column) == "power"),
        ("their names say energy or power", _says_electricity),
        ("their names say a value", lambda column: bool(words.GENERIC.search(column.words))),
        ("they are the columns of numbers that are left", lambda column: not column.counts_rows),
    )
    for reason, belongs in kinds:
        found = [column for column in left if belongs(column)]
        if found:
            return _without_alternatives(found), reason
    return [], ""


def leave_out_sums(columns: list[Column]) -> tuple[list[Column], list[tuple[str, str]]]:
    """Leave out columns that are the sum of those just before them, which would count twice."""
    sums: list[tuple[str, str]] = []
    for position, column in enumerate(columns):
        for parts in range(2, min(MOST_PARTS, position) + 1):
            before = columns[position - parts : position]
            if _is_sum(column, before):
                sums.append((column.name, " + ".join(part.name for part in before)))
                break
    names = {name for name, _ in sums}
    return [column for column in columns if column.name not in names], sums


def _is_sum(column: Column, parts: list[Column]) -> bool:
    total = np.sum([part.values for part in parts], axis=0)
    known = ~np.isnan(total) & ~np.isnan(column.values)
    if known.sum() < FEWEST_ROWS or not total[known].any():
        return False
    near = np.abs(total[known] - column.values[known]) <= CLOSE * np.maximum(1.0, np.abs(total[known]))
    return bool(near.mean() >= SAME) and all((part.values[known] != 0).any() for part in parts)


def _is_other(column: Column) -> bool:
    """Say whether a column is weather, money, a place or another quantity, judged by its name."""
    named = column.words
    if _quantity(column) is not None and not words.MONEY.search(named) and not _is_peak(column):
        return False
    patterns = (words.WEATHER, words.MONEY, words.PLACE, words.OTHER_QUANTITY, words.TIME)
    return any(pattern.search(named) for pattern in patterns)


def _is_peak(column: Column) -> bool:
    return bool(re.search(r"(?:^|_)(?:max|maximum|min|minimum|peak_demand|reactive|capacity)(?:_|$)", column.words))


def _quantity(column: Column) -> str | None:
    unit = units.in_header(column.name)
    return unit.quantity if unit else None


def _says_electricity(column: Column) -> bool:
    patterns = (words.CONSUMPTION, words.GENERATION, words.EXPORT, words.NET, words.REGISTER)
    return any(pattern.search(column.words) for pattern in patterns)


def _without_alternatives(columns: list[Column]) -> list[Column]:
    """Keep the measured column beside its forecasts and means, one unit, and the total beside its parts."""
    measured = [column for column in columns if not words.ALTERNATIVE.search(column.words)] or columns
    unit = units.in_header(measured[0].name)
    same = [column for column in measured if units.in_header(column.name) == unit]
    totals = [column for column in same if words.TOTAL.search(column.words)]
    return totals[:1] if len(totals) == 1 and len(same) > 1 else same
