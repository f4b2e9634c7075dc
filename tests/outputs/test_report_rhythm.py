"""When reports are due: on the clock of the site, over every change of it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SelectionError
from pipeline.outputs.reports.rhythm import Every, Rhythm
from pipeline.warehouse.filters import Period

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns"]
).map(ZoneInfo)
RHYTHMS = st.one_of(
    st.builds(Rhythm, st.just("day"), st.just(0), st.times().map(lambda at: at.replace(second=0, microsecond=0))),
    st.builds(Rhythm, st.just("week"), st.integers(1, 7), st.just(time(2, 30))),
    st.builds(Rhythm, st.just("month"), st.integers(1, 31), st.just(time(2, 30))),
)
INSTANTS = st.datetimes(datetime(2009, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - of UTC


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@given(RHYTHMS, ZONES, INSTANTS)
def test_the_next_run_is_later_and_nothing_lies_between(rhythm: Rhythm, zone: ZoneInfo, after: datetime) -> None:
    run = rhythm.next_run(zone, after)

    assert run > after
    assert rhythm.last_run(zone, run) == run
    assert rhythm.last_run(zone, run - timedelta(microseconds=1)) <= after
    assert run - after <= timedelta(days=33)


@given(st.times(), ZONES, INSTANTS)
def test_a_daily_report_runs_once_on_every_day_that_there_is(at: time, zone: ZoneInfo, after: datetime) -> None:
    rhythm, runs = Rhythm("day", 0, at.replace(second=0, microsecond=0)), [after]

    for _ in range(40):
        runs.append(rhythm.next_run(zone, runs[-1]))

    days = [run.astimezone(zone).date() for run in runs[1:]]
    skipped = {date(2011, 12, 30)} if zone.key == "Pacific/Apia" else set()
    between = {days[0] + timedelta(days=number) for number in range((days[-1] - days[0]).days + 1)}
    assert len(set(days)) == len(days)
    assert set(days) == between - skipped


@given(RHYTHMS, ZONES, INSTANTS)
def test_a_run_shows_its_time_on_the_clock_unless_the_clock_skips_it(
    rhythm: Rhythm, zone: ZoneInfo, after: datetime
) -> None:
    shown = rhythm.next_run(zone, after).astimezone(zone)

    wanted = datetime.combine(shown.date(), rhythm.at, zone)
    is_there = wanted.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wanted.replace(tzinfo=None)
    assert not is_there or (shown.time(), shown.fold) == (rhythm.at, 0)


@pytest.mark.parametrize(
    ("at", "after", "run"),
    [
        (time(2, 30), utc(2025, 3, 29, 12), utc(2025, 3, 30, 1, 30)),  # 02:30 is skipped: 03:30
        (time(2, 30), utc(2025, 10, 25, 12), utc(2025, 10, 26, 0, 30)),  # shown twice: the first
        (time(2, 30), utc(2025, 10, 26, 0, 30), utc(2025, 10, 27, 1, 30)),  # and not the second
    ],
)
def test_a_report_at_half_past_two_in_berlin(at: time, after: datetime, run: datetime) -> None:
    assert Rhythm("day", 0, at).next_run(BERLIN, after) == run


@pytest.mark.parametrize(
    ("every", "day", "run", "period"),
    [
        ("day", 0, date(2025, 3, 1), Period(date(2025, 2, 28), date(2025, 3, 1))),
        ("week", 1, date(2025, 3, 3), Period(date(2025, 2, 24), date(2025, 3, 3))),
        ("month", 15, date(2025, 1, 15), Period(date(2024, 12, 1), date(2025, 1, 1))),
    ],
)
def test_a_run_reports_of_the_days_before_it(every: Every, day: int, run: date, period: Period) -> None:
    assert Rhythm(every, day, time(6)).period(run) == period


def test_the_31st_is_the_last_day_of_a_short_month() -> None:
    rhythm = Rhythm("month", 31, time(6))

    assert rhythm.next_run(BERLIN, utc(2024, 2, 1)) == utc(2024, 2, 29, 5)


@pytest.mark.parametrize(("every", "day"), [("week", 0), ("week", 8), ("month", 0), ("month", 32), ("day", 1)])
def test_a_day_that_does_not_exist_is_refused(every: Every, day: int) -> None:
    with pytest.raises(SelectionError, match=f"The day of a report every {every} must be from"):
        Rhythm(every, day, time(6))


def test_a_rhythm_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SelectionError, match="every day, week, month, not 'year'"):
        Rhythm("year", 1, time(6))  # type: ignore[arg-type]
