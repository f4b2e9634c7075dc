"""What every weather provider is to the rest of the product."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import pandas as pd

from pipeline.sources.weather.client import Client

DECIMALS = 2  # of a coordinate: about a kilometre, finer than any model's grid


@dataclass(frozen=True)
class Spot:
    """A place on Earth, rounded so that neighbours share an answer."""

    latitude: float
    longitude: float

    @property
    def name(self) -> str:
        """Name the place by its coordinates."""
        north = "N" if self.latitude >= 0 else "S"
        east = "E" if self.longitude >= 0 else "W"
        return f"{abs(self.latitude):.{DECIMALS}f}° {north}, {abs(self.longitude):.{DECIMALS}f}° {east}"


def spot(latitude: float, longitude: float) -> Spot:
    """Round coordinates to what a provider is asked for."""
    return Spot(round(latitude, DECIMALS), round(longitude, DECIMALS))


class Provider(Protocol):
    """Gives weather at a place: past hours as far as it can, and a forecast."""

    @property
    def name(self) -> str:
        """The name in the settings and in the warehouse."""

    @property
    def label(self) -> str:
        """The name for readers."""

    @property
    def base_url(self) -> str:
        """Where it is asked, unless the settings say otherwise."""

    @property
    def key_parameter(self) -> str:
        """What the key is called in a question."""

    @property
    def needs_key(self) -> bool:
        """Whether it answers nothing without a key."""

    def fetch(self, client: Client, place: Spot, since: datetime, now: datetime) -> pd.DataFrame:
        """Return the hours from ``since`` on, past and to come, in the frame of this package.

        ``since`` is where the stored weather ends. Raises ProviderError.
        """
