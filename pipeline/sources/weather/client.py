"""Asking a weather provider: with a time-out, a few tries, a daily budget, and answers kept on disk.

The key of a provider never appears in a log, an error or the name of a kept answer.
"""

import hashlib
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_base, wait_exponential_jitter

from pipeline.errors import WattscapeError

TRIES = 3
LONGEST_WAIT_S = 30.0  # a provider that wants more is asked again by the next run
CLIENT_ERRORS, SERVER_ERRORS = 400, 500
UNAUTHORIZED, FORBIDDEN, TOO_MANY = 401, 403, 429
LARGEST_ANSWER = 32 << 20

# These write every address that is asked, key included.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class ProviderError(WattscapeError):
    """A weather provider that gave no usable answer; the sentence says why and what to do."""


class UnusableAnswerError(ProviderError):
    """An answer to one question that cannot be used; other questions may be answered well."""


class _AskAgainError(Exception):
    """A try that may go better later; ``after_s`` is how long the provider wants to be left alone."""

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s


@dataclass
class Budget:
    """How many calls are left today."""

    most: int
    used: int = 0

    def take(self) -> None:
        """Count one call. Raises ProviderError where none is left."""
        if self.used >= self.most:
            raise ProviderError(
                f"The {self.most} calls that may be made in a day are used up; the rest comes tomorrow (UTC)."
            )
        self.used += 1


@dataclass
class Client:
    """Asks one provider. ``first_wait_s`` is the wait after a first failure, which doubles with each."""

    base_url: str
    budget: Budget
    kept_in: Path
    timeout_s: float = 20.0
    keep_s: float = 3600.0
    first_wait_s: float = 1.0
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def get(self, path: str, parameters: Mapping[str, str]) -> object:
        """Return the JSON at a path, from the kept answers where one is young enough.

        Raises ProviderError where there is no usable answer after a few tries.
        """
        kept = self.kept_in / f"{self._digest(path, parameters)}.json"
        if kept.is_file() and time.time() - kept.stat().st_mtime < self.keep_s:
            return _decoded(kept.read_bytes())
        answer = self._ask(path, parameters)
        decoded = _decoded(answer)
        self.kept_in.mkdir(parents=True, exist_ok=True)
        aside = kept.with_suffix(".part")
        aside.write_bytes(answer)
        aside.replace(kept)
        return decoded

    def forget_old(self) -> None:
        """Delete kept answers that are too old to be used."""
        for kept in self.kept_in.glob("*.json"):
            if time.time() - kept.stat().st_mtime >= self.keep_s:
                kept.unlink(missing_ok=True)

    def _digest(self, path: str, parameters: Mapping[str, str]) -> str:
        asked = json.dumps([self.base_url, path, sorted(parameters.items())])
        return hashlib.sha256(asked.encode()).hexdigest()

    def _ask(self, path: str, parameters: Mapping[str, str]) -> bytes:
        tries = Retrying(
            retry=retry_if_exception_type(_AskAgainError),
            stop=stop_after_attempt(TRIES),
            wait=_AsToldOrLonger(wait_exponential_jitter(multiplier=self.first_wait_s, max=LONGEST_WAIT_S, jitter=0.1)),
            reraise=True,
        )
        try:
            answer: bytes = tries(self._try, path, parameters)
        except _AskAgainError as error:
            raise ProviderError(
                f"{error.reason} The last weather stays; it is asked again with the next run."
            ) from None
        return answer

    def _try(self, path: str, parameters: Mapping[str, str]) -> bytes:
        self.budget.take()
        address, until = self.base_url.rstrip("/") + path, time.monotonic() + self.timeout_s
        try:
            with httpx.stream(
                "GET",
                address,
                params={**parameters, **self.secrets},
                timeout=self.timeout_s,
                follow_redirects=False,
            ) as answer:
                _check_status(answer)
                return _body(answer, until)
        except (httpx.TimeoutException, TimeoutError):
            raise _AskAgainError(f"It did not answer within {self.timeout_s:g} seconds.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _AskAgainError(f"It cannot be reached ({type(error).__name__}).") from None


class _AsToldOrLonger(wait_base):
    """Wait as long as the provider said (Retry-After), or else by the other rule."""

    def __init__(self, otherwise: wait_base) -> None:
        self._otherwise = otherwise

    def __call__(self, retry_state: RetryCallState) -> float:
        error = retry_state.outcome.exception() if retry_state.outcome else None
        told = error.after_s if isinstance(error, _AskAgainError) else None
        return self._otherwise(retry_state) if told is None else told


def _check_status(answer: httpx.Response) -> None:
    status = answer.status_code
    if status in (UNAUTHORIZED, FORBIDDEN):
        raise ProviderError(f"It refused the key (HTTP {status}): check WATTSCAPE_WEATHER_KEY.")
    if status == TOO_MANY:
        after_s = _retry_after(answer)
        if after_s is not None and after_s > LONGEST_WAIT_S:
            raise ProviderError(f"It wants no more calls for {after_s:.0f} seconds (HTTP 429).")
        raise _AskAgainError("It wants fewer calls (HTTP 429).", after_s)
    if status >= SERVER_ERRORS:
        raise _AskAgainError(f"It has a fault (HTTP {status}).", _bounded(_retry_after(answer)))
    if status >= CLIENT_ERRORS or not answer.is_success:
        raise UnusableAnswerError(f"It did not understand the question (HTTP {status}): check WATTSCAPE_WEATHER_URL.")


def _body(answer: httpx.Response, until: float) -> bytes:
    """Read the answer whole. Raises TimeoutError for one that trickles in: httpx waits anew for each part of it."""
    read = bytearray()
    for part in answer.iter_bytes():
        read += part
        if len(read) > LARGEST_ANSWER:
            raise UnusableAnswerError("Its answer is too large to be one about the weather.")
        if time.monotonic() > until:
            raise TimeoutError
    return bytes(read)


def _retry_after(answer: httpx.Response) -> float | None:
    """Read the header Retry-After: seconds, or a date (RFC 9110, 10.2.3)."""
    written = answer.headers.get("Retry-After", "").strip()
    if written.isascii() and written.isdecimal():
        return float(written)
    try:
        return max(0.0, parsedate_to_datetime(written).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _bounded(seconds: float | None) -> float | None:
    return None if seconds is None else min(seconds, LONGEST_WAIT_S)


def _decoded(answer: bytes) -> object:
    try:
        decoded: object = json.loads(answer)
    except (ValueError, RecursionError):
        raise UnusableAnswerError("Its answer is not JSON: check WATTSCAPE_WEATHER_URL.") from None
    return decoded
