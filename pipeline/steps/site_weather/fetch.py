"""Asking the weather provider of the settings for every place that a site lies at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from pipeline.settings import Settings
from pipeline.sources.weather.client import Budget, Client, ProviderError, UnusableAnswerError
from pipeline.sources.weather.provider import Provider, Spot, spot
from pipeline.sources.weather.providers import PROVIDERS
from pipeline.warehouse.changes import raise_version
from pipeline.warehouse.engine import begin, connect
from pipeline.warehouse.load import Progress
from pipeline.warehouse.weather_state import (
    ProviderState,
    keep_provider_state,
    provider_state,
    sites_to_ask_for,
)
from pipeline.warehouse.weather_stations import Station, ensure_station, last_measured, store_hours

OLDEST = timedelta(days=5 * 366)  # how far back a new place is asked for
OVERLAP = timedelta(hours=24)  # asked for again: the newest hours are corrected most


@dataclass(frozen=True)
class Fetched:
    """What came of asking: ``hours`` stored at ``places``; ``notice`` says what went wrong, for the Weather page."""

    places: int = 0
    hours: int = 0
    notice: str = ""


def fetch(settings: Settings, progress: Progress, now: datetime | None = None) -> Fetched:
    """Ask the provider for all places and store each answer; where none is set there is nothing to do.

    A provider that fails leaves what is stored and a notice; the places that were answered before stay answered. An
    answer that cannot be used keeps no other place from being asked for.
    """
    if settings.weather_provider is None:
        return Fetched()
    provider, asked_at = PROVIDERS[settings.weather_provider], now or datetime.now(UTC)
    with connect() as conn:
        before = provider_state(conn, provider.name, asked_at.date())
        wanted = _wanted(conn, asked_at)
    if not wanted:
        return Fetched()
    budget = Budget(settings.weather_calls_a_day, before.calls)
    done = Fetched(notice=_missing_key(provider, settings))
    if not done.notice:
        done = _ask_for_all(_client(provider, settings, budget), provider, wanted, asked_at, progress)
    with begin() as conn:
        success = asked_at if done.places else None
        keep_provider_state(conn, ProviderState(provider.name, budget.used, success, done.notice), asked_at.date())
        raise_version(conn)
    return done


def _ask_for_all(
    client: Client, provider: Provider, wanted: Sequence[tuple[Spot, datetime]], asked_at: datetime, progress: Progress
) -> Fetched:
    """Ask place by place, and store each answer with the calls it took, so that a crash forgets neither."""
    client.forget_old()
    done = Fetched()
    for number, (place, since) in enumerate(wanted):
        progress(number / len(wanted), f"asking {provider.label}")
        try:
            hours = provider.fetch(client, place, since, asked_at)
        except UnusableAnswerError as error:  # the next place may be answered well
            done = replace(done, notice=f"{provider.label}, {place.name}: {error}")
            continue
        except ProviderError as error:
            return replace(done, notice=f"{provider.label}: {error}")
        state = ProviderState(provider.name, client.budget.used, asked_at, done.notice)
        with begin() as conn:
            station = ensure_station(conn, Station(place.name, place.latitude, place.longitude, provider.name))
            stored = store_hours(conn, station, hours)
            keep_provider_state(conn, state, asked_at.date())
        done = replace(done, places=done.places + 1, hours=done.hours + stored)
    return done


def _client(provider: Provider, settings: Settings, budget: Budget) -> Client:
    key = settings.weather_key
    return Client(
        base_url=settings.weather_url or provider.base_url,
        budget=budget,
        kept_in=settings.data_folder / "weather",
        timeout_s=settings.weather_timeout_seconds,
        keep_s=settings.weather_cache_minutes * 60,
        secrets={} if key is None else {provider.key_parameter: key.get_secret_value()},
    )


def _missing_key(provider: Provider, settings: Settings) -> str:
    if provider.needs_key and settings.weather_key is None:
        return f"{provider.label} answers nothing without a key: set WATTSCAPE_WEATHER_KEY."
    return ""


def _wanted(conn: Connection, now: datetime) -> list[tuple[Spot, datetime]]:
    """List the places to ask about and since when: where the stored weather ends, or where the readings begin.

    Those that have waited longest come first, so that a budget that is too small for all of them serves all in turn.
    """
    since: dict[Spot, datetime] = {}
    for site in sites_to_ask_for(conn):
        place = spot(site.latitude, site.longitude)
        first = site.first_ts.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        since[place] = min(first, since.get(place, first))
    begins = [(place, _begin(conn, place, first, now)) for place, first in since.items()]
    return sorted(begins, key=lambda each: each[1])


def _begin(conn: Connection, place: Spot, first: datetime, now: datetime) -> datetime:
    known = last_measured(conn, place.name)
    return max(first, now - OLDEST) if known is None else known.to_pydatetime() - OVERLAP
