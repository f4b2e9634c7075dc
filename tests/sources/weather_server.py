"""A local server that answers like a weather provider, or badly."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Answer:
    body: object = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0.0
    between_s: float = 0.0  # the bytes of the body


Question = tuple[str, dict[str, str]]


@dataclass
class WeatherServer:
    url: str
    asked: list[Question]


@contextmanager
def weather_server(answer: Callable[[str, dict[str, str]], Answer]) -> Iterator[WeatherServer]:
    """Serve on a free port of this machine until the end of the block."""
    asked: list[Question] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            question = {name: values[0] for name, values in parse_qs(address.query).items()}
            asked.append((address.path, question))
            given = answer(address.path, question)
            time.sleep(given.after_s)
            body = given.body if isinstance(given.body, str) else json.dumps(given.body)
            try:
                self.send_response(given.status)
                for name, value in given.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for part in [body] if not given.between_s else body:
                    self.wfile.write(part.encode())
                    time.sleep(given.between_s)
            except (BrokenPipeError, ConnectionResetError):
                return  # the client did not want to wait

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name http.server wants
            del format, arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield WeatherServer(f"http://127.0.0.1:{server.server_port}", asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def open_meteo(_path: str, question: dict[str, str]) -> Answer:
    """Answer as Open-Meteo does: four days by the hour around 3 January 2025, in Unix time."""
    first = 1735689600 if "start_date" not in question else 1704067200
    hours = range(96)
    return Answer(
        {
            "latitude": 52.52,
            "longitude": 13.419998,
            "generationtime_ms": 0.1,
            "utc_offset_seconds": 0,
            "timezone": "GMT",
            "hourly_units": {"time": "unixtime", "temperature_2m": "°C"},
            "hourly": {
                "time": [first + 3600 * hour for hour in hours],
                "temperature_2m": [None if hour == 5 else hour / 10 for hour in hours],
                "relative_humidity_2m": [80] * len(hours),
                "wind_speed_10m": [3.5] * len(hours),
                "shortwave_radiation": [float(hour) for hour in hours],
            },
        }
    )


def openweathermap(path: str, question: dict[str, str]) -> Answer:
    """Answer as One Call 3.0 does: 48 hours ahead, or one hour of the past."""

    def hour(at: int, degrees: float) -> dict[str, object]:
        weather = [{"id": 803, "main": "Clouds", "description": "broken clouds", "icon": "04d"}]
        return {"dt": at, "temp": degrees, "humidity": 89, "wind_speed": 3.13, "weather": weather}

    place = {"lat": 33.44, "lon": -94.04, "timezone": "America/Chicago", "timezone_offset": -18000}
    if path.endswith("timemachine"):
        return Answer(place | {"data": [hour(int(question["dt"]), 5.0)]})
    first = 1735862400  # 3 January 2025, 00:00
    return Answer(place | {"hourly": [hour(first + 3600 * step, 7.0) for step in range(48)]})


def weather_company(path: str, _question: dict[str, str]) -> Answer:
    """Answer as The Weather Company does: arrays by the hour, wind in km/h."""
    past = "historical" in path
    first = 1735862400 - (24 * 3600 if past else 0)
    count = 24 if past else 48
    return Answer(
        {
            "validTimeUtc": [first + 3600 * step for step in range(count)],
            "temperature": [4 if past else 8] * count,
            "relativeHumidity": [70] * count,
            "windSpeed": [36] * count,
        }
    )
