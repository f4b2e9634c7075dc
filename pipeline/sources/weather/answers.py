"""Reading what a provider answered: every value is checked, because the shape is not ours."""

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from pipeline.sources.weather.client import UnusableAnswerError

YEAR_2200 = 7_258_118_400


def mapping_in(answer: object, key: str) -> Mapping[str, object]:
    """Return the object under a key. Raises UnusableAnswerError."""
    found = answer.get(key) if isinstance(answer, Mapping) else None
    if not isinstance(found, Mapping):
        raise _unknown_shape(key)
    return found


def sequence_in(answer: object, key: str) -> Sequence[object]:
    """Return the list under a key. Raises UnusableAnswerError."""
    found = answer.get(key) if isinstance(answer, Mapping) else None
    if not isinstance(found, list):
        raise _unknown_shape(key)
    return found


def numbers_in(answer: object, key: str, count: int) -> list[float | None]:
    """Return the list of ``count`` numbers under a key; all missing where there is no such list.

    Raises UnusableAnswerError where the list has another length.
    """
    found = answer.get(key) if isinstance(answer, Mapping) else None
    if not isinstance(found, list):
        return [None] * count
    if len(found) != count:
        raise _unknown_shape(key)
    return [number(value) for value in found]


def instants_in(answer: object, key: str) -> list[int]:
    """Return the list of seconds since 1970 under a key. Raises UnusableAnswerError."""
    found = sequence_in(answer, key)
    instants = [value for value in found if is_instant(value)]
    if len(instants) < len(found):
        raise _unknown_shape(key)
    return instants


def is_instant(value: object) -> TypeGuard[int]:
    """Say whether a value is seconds since 1970 of a time that weather may be of."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < YEAR_2200


def number(value: object) -> float | None:
    """Return a number, None for what is none or has more digits than any."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _unknown_shape(key: str) -> UnusableAnswerError:
    return UnusableAnswerError(f"Its answer has no usable {key!r}: its interface may have changed.")
