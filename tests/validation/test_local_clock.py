"""Local days and offsets against the zone database itself."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.validation.clock import SATURDAY, SUNDAY, WORKDAY, day_types, local_days, offsets, to_utc
from pipeline.validation.model import DAY, HOUR, SECOND

ZONES = ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "UTC"]
SECONDS = st.integers(0, 2_000_000_000)


@settings(deadline=None)  # the first look at a zone takes longer
@given(second=SECONDS, zone=st.sampled_from(ZONES))
def test_offsets_are_those_of_the_zone_database(second: int, zone: str) -> None:
    expected = datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(zone)).utcoffset()

    assert expected is not None
    assert offsets(np.array([second * SECOND]), zone).tolist() == [int(expected.total_seconds()) * SECOND]


@settings(deadline=None)  # the first look at a zone takes longer
@given(second=SECONDS, zone=st.sampled_from(ZONES))
def test_wall_times_lead_back_to_an_instant_with_that_wall_time(second: int, zone: str) -> None:
    instant = np.array([second * SECOND])
    wall = instant + offsets(instant, zone)

    back = to_utc(wall, zone)

    assert (back + offsets(back, zone)).tolist() == wall.tolist()
    assert back[0] <= instant[0]


@pytest.mark.parametrize(
    ("zone", "day", "half_hours"),
    [
        ("Europe/Berlin", "2024-03-31", 46),
        ("Europe/Berlin", "2024-10-27", 50),
        ("Australia/Lord_Howe", "2024-10-06", 47),
        ("Australia/Lord_Howe", "2024-04-07", 49),
        ("America/Sao_Paulo", "2017-10-15", 46),
    ],
)
def test_days_on_which_clocks_change_have_their_own_length(zone: str, day: str, half_hours: int) -> None:
    noon = int(datetime.fromisoformat(day + "T12:00").replace(tzinfo=UTC).timestamp()) * SECOND
    start = np.arange(noon - 4 * DAY, noon + 4 * DAY, HOUR // 2)

    days = local_days(start, zone)

    number = (datetime.fromisoformat(day) - datetime(1970, 1, 1)).days  # noqa: DTZ001 -- dates, not instants
    assert dict(zip(days.number.tolist(), days.size.tolist(), strict=True))[number] == half_hours
    assert days.size.sum() == len(start)


def test_days_without_readings_are_left_out() -> None:
    days = local_days(np.array([0, 5 * DAY]), "UTC")

    assert days.number.tolist() == [0, 5]
    assert local_days(np.empty(0, np.int64), "UTC").number.tolist() == []


def test_public_holidays_count_as_sundays() -> None:
    christmas_2024 = (datetime(2024, 12, 25) - datetime(1970, 1, 1)).days  # noqa: DTZ001 -- dates, not instants
    days = np.array([christmas_2024, christmas_2024 + 2, christmas_2024 + 3, christmas_2024 + 4])

    assert day_types(days, "DE", "BY").tolist() == [SUNDAY, WORKDAY, SATURDAY, SUNDAY]
    assert day_types(days, None, None).tolist()[0] == WORKDAY


def test_a_country_without_a_calendar_has_no_holidays() -> None:
    assert day_types(np.array([0]), "XX", None).tolist() == [WORKDAY]
