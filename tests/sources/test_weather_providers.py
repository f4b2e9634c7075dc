import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pandas as pd
import pytest
from weather_server import Answer, open_meteo, openweathermap, weather_company, weather_server

from pipeline.sources.weather.client import Budget, Client, ProviderError
from pipeline.sources.weather.provider import spot
from pipeline.sources.weather.providers import PROVIDERS

NOW = datetime(2025, 1, 3, 0, 30, tzinfo=UTC)
KEY = "key-that-nobody-may-read"
BERLIN = spot(52.5200066, 13.404954)


def client(url: str, folder: Path, **options: object) -> Client:
    usual = {"budget": Budget(100), "kept_in": folder, "first_wait_s": 0.01, "secrets": {"appid": KEY}}
    return Client(url, **(usual | options))


def error_of(answer: Callable[[str, dict[str, str]], Answer], folder: Path, **options: object) -> tuple[str, int]:
    """Ask a server that answers badly: the sentence it came to, and how often it was asked."""
    with weather_server(answer) as server:
        asking = client(server.url, folder, **options)
        with pytest.raises(ProviderError) as error:
            asking.get("/v1/forecast", {})
        return str(error.value), len(server.asked)


def test_open_meteo_gives_past_and_coming_hours(tmp_path: Path) -> None:
    with weather_server(open_meteo) as server:
        hours = PROVIDERS["open-meteo"].fetch(client(server.url, tmp_path), BERLIN, NOW - timedelta(days=2), NOW)

    assert server.asked[0][0] == "/v1/forecast"
    assert server.asked[0][1]["latitude"] == "52.52"
    assert hours["ts"].iloc[0] == pd.Timestamp("2025-01-01 01:00", tz="UTC")
    assert hours["is_forecast"].sum() == 47  # from 01:00 on
    assert hours.loc[0, ["temperature_c", "humidity_percent", "wind_m_s"]].tolist() == [0.1, 80, 3.5]
    assert hours.loc[0, "solar_w_m2"] == 2  # radiation is that of the hour before its time
    assert pd.Timestamp("2025-01-01 05:00", tz="UTC") not in set(hours["ts"])


def test_open_meteo_is_asked_for_the_archive_where_much_is_missing(tmp_path: Path) -> None:
    with weather_server(open_meteo) as server:
        hours = PROVIDERS["open-meteo"].fetch(
            client(server.url, tmp_path), BERLIN, datetime(2023, 6, 1, tzinfo=UTC), NOW
        )

    archive = [question for path, question in server.asked if path == "/v1/archive"]
    assert [question["start_date"] for question in archive] == ["2023-06-01", "2024-06-01"]
    assert archive[-1]["end_date"] == "2024-10-04"
    assert hours["ts"].is_unique
    assert hours["ts"].iloc[0] == pd.Timestamp("2024-01-01", tz="UTC")


def test_openweathermap_gives_the_missing_hours_of_a_day_and_two_days_ahead(tmp_path: Path) -> None:
    with weather_server(openweathermap) as server:
        since = datetime(2025, 1, 2, 21, tzinfo=UTC)
        hours = PROVIDERS["openweathermap"].fetch(client(server.url, tmp_path), BERLIN, since, NOW)

    past = hours[~hours["is_forecast"]]
    assert past["ts"].dt.hour.tolist() == [21, 22, 23, 0]
    assert past["temperature_c"].unique().tolist() == [5]
    assert hours["is_forecast"].sum() == 47
    assert all(question["appid"] == KEY for _, question in server.asked)


def test_openweathermap_goes_back_no_more_than_a_day(tmp_path: Path) -> None:
    with weather_server(openweathermap) as server:
        PROVIDERS["openweathermap"].fetch(client(server.url, tmp_path), BERLIN, NOW - timedelta(days=90), NOW)

    assert len(server.asked) == 1 + 25


def test_the_weather_company_gives_a_day_back_and_two_ahead_with_wind_in_metres(tmp_path: Path) -> None:
    with weather_server(weather_company) as server:
        hours = PROVIDERS["weather-company"].fetch(client(server.url, tmp_path), BERLIN, NOW - timedelta(days=2), NOW)

    assert hours.groupby("is_forecast")["temperature_c"].agg(["min", "count"]).to_numpy().tolist() == [[4, 24], [8, 48]]
    assert hours["wind_m_s"].iloc[0] == pytest.approx(10)
    assert server.asked[0][1]["geocode"] == "52.52,13.4"


def test_a_refused_key_is_told_without_the_key_and_not_asked_again(tmp_path: Path) -> None:
    sentence, asked = error_of(lambda *_: Answer({"cod": 401, "message": f"Invalid API key {KEY}"}, 401), tmp_path)

    assert "refused the key (HTTP 401): check WATTSCAPE_WEATHER_KEY" in sentence
    assert KEY not in sentence
    assert asked == 1


def test_too_many_calls_are_asked_again_after_the_time_that_was_told(tmp_path: Path) -> None:
    answers = iter([Answer(status=429, headers={"Retry-After": "1"}), Answer({"fine": True})])
    with weather_server(lambda *_: next(answers)) as server:
        began = time.monotonic()
        answer = client(server.url, tmp_path).get("/v1/forecast", {})

    assert answer == {"fine": True}
    assert time.monotonic() - began >= 1
    assert len(server.asked) == 2


def test_a_provider_that_wants_a_long_rest_gets_it(tmp_path: Path) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)

    sentence, asked = error_of(lambda *_: Answer(status=429, headers={"Retry-After": later}), tmp_path)

    assert "no more calls for 3" in sentence
    assert asked == 1


def test_a_fault_is_tried_three_times(tmp_path: Path) -> None:
    sentence, asked = error_of(lambda *_: Answer(status=500), tmp_path)

    assert sentence.startswith("It has a fault (HTTP 500). The last weather stays")
    assert asked == 3


def test_a_fault_that_passes_is_none(tmp_path: Path) -> None:
    answers = iter([Answer(status=503, headers={"Retry-After": "soon"}), Answer({"fine": True})])
    with weather_server(lambda *_: next(answers)) as server:
        assert client(server.url, tmp_path).get("/", {}) == {"fine": True}


def test_a_slow_provider_is_not_waited_for(tmp_path: Path) -> None:
    sentence, asked = error_of(lambda *_: Answer({}, after_s=0.5), tmp_path, timeout_s=0.05)

    assert "did not answer within 0.05 seconds" in sentence
    assert asked == 3


def test_an_answer_that_trickles_in_is_not_waited_for_either(tmp_path: Path) -> None:
    began = time.monotonic()

    sentence, asked = error_of(lambda *_: Answer("[" + " " * 200 + "]", between_s=0.05), tmp_path, timeout_s=0.2)

    assert "did not answer within 0.2 seconds" in sentence
    assert asked == 3
    assert time.monotonic() - began < 5  # the whole answer would take 10 s a try


def test_an_answer_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.sources.weather.client.LARGEST_ANSWER", 1000)

    sentence, asked = error_of(lambda *_: Answer("[" + "1," * 1000), tmp_path)

    assert "too large" in sentence
    assert asked == 1


@pytest.mark.parametrize("body", ["", "{", "<html>Sorry</html>", "[" * 100_000])
def test_an_answer_that_is_no_json_is_refused_and_not_kept(tmp_path: Path, body: str) -> None:
    sentence, asked = error_of(lambda *_: Answer(body), tmp_path)

    assert "is not JSON" in sentence
    assert asked == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("status", "word"), [(302, "HTTP 302"), (404, "check WATTSCAPE_WEATHER_URL"), (400, "HTTP 400")]
)
def test_other_answers_are_told_by_their_status(tmp_path: Path, status: int, word: str) -> None:
    sentence, asked = error_of(lambda *_: Answer(status=status, headers={"Location": "http://127.0.0.1:1/"}), tmp_path)

    assert word in sentence
    assert asked == 1


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="cannot be reached"):
        client("http://127.0.0.1:1", tmp_path).get("/", {})


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {"hourly": []},
        {"hourly": {"time": "now"}},
        {"hourly": {"time": ["2025-01-01T00:00"], "temperature_2m": [1]}},
        {"hourly": {"time": [1735689600], "temperature_2m": [1, 2]}},
        {"hourly": {"time": [10**30], "temperature_2m": [1]}},
        {"hourly": {"time": [-(10**12)], "temperature_2m": [1]}},
    ],
)
def test_an_answer_of_another_shape_is_told(tmp_path: Path, answer: object) -> None:
    with weather_server(lambda *_: Answer(answer)) as server, pytest.raises(ProviderError, match="interface may"):
        PROVIDERS["open-meteo"].fetch(client(server.url, tmp_path), BERLIN, NOW - timedelta(days=1), NOW)


def test_numbers_that_no_weather_has_count_as_missing(tmp_path: Path) -> None:
    hourly = {"time": [1735862400, 1735866000, 1735869600], "temperature_2m": [10**400, 1e300, 3.5]}
    with weather_server(lambda *_: Answer({"hourly": hourly})) as server:
        hours = PROVIDERS["open-meteo"].fetch(client(server.url, tmp_path), BERLIN, NOW - timedelta(days=1), NOW)

    assert hours["temperature_c"].tolist() == [3.5]


def test_hours_without_a_time_are_an_answer_of_another_shape(tmp_path: Path) -> None:
    with (
        weather_server(lambda *_: Answer({"hourly": [{"temp": 1}]})) as server,
        pytest.raises(ProviderError, match="hours"),
    ):
        PROVIDERS["openweathermap"].fetch(client(server.url, tmp_path), BERLIN, NOW, NOW)


def test_the_calls_of_a_day_are_counted_tries_included(tmp_path: Path) -> None:
    budget = Budget(2)
    sentence, asked = error_of(lambda *_: Answer(status=500), tmp_path, budget=budget)

    assert "The 2 calls that may be made in a day are used up" in sentence
    assert (asked, budget.used) == (2, 2)


def test_an_answer_is_used_again_until_it_is_old(tmp_path: Path) -> None:
    with weather_server(open_meteo) as server:
        asking = client(server.url, tmp_path)
        first, second = asking.get("/v1/forecast", {"a": "1"}), asking.get("/v1/forecast", {"a": "1"})
        asking.get("/v1/forecast", {"a": "2"})
        again = client(server.url, tmp_path, keep_s=0)
        again.get("/v1/forecast", {"a": "1"})
        again.forget_old()

    assert first == second
    assert len(server.asked) == 3
    assert not list(tmp_path.glob("*.json"))


def test_the_key_is_in_no_log_and_no_kept_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with weather_server(open_meteo) as server:
        asking = client(server.url, tmp_path)
        asking.get("/v1/forecast", {})
    with pytest.raises(ProviderError):
        client("http://127.0.0.1:1", tmp_path).get("/else", {})

    assert server.asked[0][1]["appid"] == KEY
    assert KEY not in caplog.text
    assert KEY not in repr(asking)
    assert all(KEY not in kept.name + kept.read_text() for kept in tmp_path.iterdir())
    assert json.loads(next(tmp_path.iterdir()).read_text())["timezone"] == "GMT"


def test_places_are_named_by_their_coordinates() -> None:
    assert BERLIN.name == "52.52° N, 13.40° E"
    assert spot(-33.87, -151.2).name == "33.87° S, 151.20° W"
