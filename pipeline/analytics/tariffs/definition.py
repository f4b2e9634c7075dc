"""A tariff as JSON and back: decimals are strings, so that no digit is lost on the way."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.analytics.tariffs.model import Tariff, TariffError

_TARIFF = TypeAdapter(Tariff)


def to_json(tariff: Tariff) -> dict[str, Any]:
    """Write a version of a tariff as JSON; what is not set is left out."""
    written: dict[str, Any] = _TARIFF.dump_python(tariff, mode="json", exclude_defaults=True)
    return written


def from_json(definition: Mapping[str, Any]) -> Tariff:
    """Read a version of a tariff. Raises TariffError, naming the first field that is wrong."""
    try:
        return _TARIFF.validate_python(dict(definition))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "tariff"
        raise TariffError(f"The tariff cannot be read, {place}: {first['msg']}.") from error
