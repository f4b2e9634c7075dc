"""What happens to events after detection: merging, recognising, excusing, pricing."""

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analytics.events.costing import LARGEST, NO_EXPECTED, NO_TARIFF, costs
from pipeline.analytics.events.excuses import holiday_excuse
from pipeline.analytics.events.matching import fingerprint, same_events
from pipeline.analytics.events.merging import merge_neighbours

T0 = pd.Timestamp("2025-03-03", tz="UTC")


def at(hours: float) -> pd.Timestamp:
    return T0 + pd.Timedelta(hours=hours)


def events(*spans: tuple[float, float], kind: str = "high_use", **columns: object) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "meter_id": 1,
            "kind": kind,
            "start": [at(start) for start, _ in spans],
            "end": [at(end) for _, end in spans],
            "score": 1.0,
            "confidence": 0.5,
            "expected_kwh": 10.0,
            "actual_kwh": 30.0,
            "explanation": "More than usual.",
            "evidence": [{} for _ in spans],
        }
    )
    return frame.assign(**columns)


def test_neighbours_of_a_kind_become_one_event_with_the_energy_of_both() -> None:
    merged = merge_neighbours(events((0, 2), (4, 6), (20, 21), confidence=[0.5, 0.9, 0.4], explanation=["a", "b", "c"]))

    assert merged[["start", "end"]].to_numpy().tolist() == [[at(0), at(6)], [at(20), at(21)]]
    assert merged["actual_kwh"].tolist() == [60.0, 30.0]
    assert merged["explanation"].tolist() == ["b", "c"]


def test_events_of_other_kinds_and_meters_stay_apart() -> None:
    both = pd.concat([events((0, 2)), events((1, 3), kind="gap"), events((1, 3), meter_id=2)])

    assert len(merge_neighbours(both)) == 3


def test_energy_that_overlapping_parts_share_counts_once() -> None:
    merged = merge_neighbours(events((0, 4), (2, 6)))

    assert merged["actual_kwh"].tolist() == [30.0 + 15.0]


def test_energy_that_nothing_is_known_of_stays_unknown() -> None:
    merged = merge_neighbours(events((0, 2), (2, 3), expected_kwh=float("nan")))

    assert merged["expected_kwh"].isna().all()


spans = st.lists(
    st.tuples(st.integers(0, 500), st.integers(1, 40)).map(lambda span: (span[0], span[0] + span[1])),
    min_size=1,
    max_size=20,
)


@given(spans)
def test_merged_events_lie_apart_and_cover_what_was_found(found: list[tuple[int, int]]) -> None:
    merged = merge_neighbours(events(*found)).sort_values("start")

    gaps = merged["start"].iloc[1:].to_numpy() - merged["end"].iloc[:-1].to_numpy()
    assert (gaps > pd.Timedelta(hours=3)).all()
    for start, end in found:
        assert ((merged["start"] <= at(start)) & (merged["end"] >= at(end))).any()


@given(spans)
def test_merging_twice_changes_nothing(found: list[tuple[int, int]]) -> None:
    once = merge_neighbours(events(*found))

    pd.testing.assert_frame_equal(merge_neighbours(once), once)


def known(*spans: tuple[float, float], kind: str = "high_use") -> pd.DataFrame:
    return events(*spans, kind=kind).assign(id=range(7, 7 + len(spans)))


def test_an_event_that_has_grown_is_the_one_known_before() -> None:
    assert same_events(known((0, 10)), events((0, 30), (50, 60))).tolist() == [7, pd.NA]


def test_an_event_of_another_kind_or_with_too_little_in_common_is_a_new_one() -> None:
    assert same_events(known((0, 10)), events((0, 10), kind="gap")).isna().all()
    assert same_events(known((0, 10)), events((6, 16))).isna().all()


def test_each_event_is_recognised_once_the_one_with_most_in_common() -> None:
    assert same_events(known((0, 10)), events((0, 4), (4.5, 10))).tolist() == [pd.NA, 7]


def test_nothing_known_means_that_all_is_new() -> None:
    assert same_events(known((0, 1)).iloc[:0], events((0, 10))).isna().all()


@given(spans)
def test_no_known_event_is_taken_twice(found: list[tuple[int, int]]) -> None:
    taken = same_events(known(*found), events(*found)).dropna()

    assert taken.is_unique


def test_a_fingerprint_tells_events_apart() -> None:
    one = fingerprint(1, "gap", at(0), at(1))

    assert one == fingerprint(1, "gap", at(0), at(1))
    assert len({one, fingerprint(2, "gap", at(0), at(1)), fingerprint(1, "gap", at(0), at(2))}) == 3


def utc(text: str, zone: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz=zone).tz_convert("UTC")


def test_a_day_off_is_excused_by_its_name() -> None:
    day = utc("2025-12-25", "Europe/Berlin"), utc("2025-12-26", "Europe/Berlin")

    assert holiday_excuse(*day, "Europe/Berlin", "DE", "BY") == "Christmas Day"
    assert holiday_excuse(*day, "Europe/Berlin", "DE", "no such part") == "Christmas Day"


@pytest.mark.parametrize("country", [None, "XX"])
def test_without_a_known_country_there_is_no_holiday(country: str | None) -> None:
    day = utc("2025-12-25", "Europe/Berlin"), utc("2025-12-26", "Europe/Berlin")

    assert holiday_excuse(*day, "Europe/Berlin", country, None) is None


def test_a_week_with_one_holiday_is_not_excused() -> None:
    week = utc("2025-04-28", "Europe/Berlin"), utc("2025-05-05", "Europe/Berlin")

    assert holiday_excuse(*week, "Europe/Berlin", "DE", None) is None


def test_the_holiday_is_that_of_the_site_not_of_greenwich() -> None:
    night = pd.Timestamp("2025-08-14 19:00", tz="UTC"), pd.Timestamp("2025-08-14 23:00", tz="UTC")

    assert holiday_excuse(*night, "Asia/Kolkata", "IN", None) == "Independence Day"
    assert holiday_excuse(*night, "Europe/London", "IN", None) is None


def prices(hours: int = 48, first: float = 0.1, second: float = 0.3) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "site_id": 5,
            "ts": pd.date_range(T0, periods=hours, freq="h"),
            "price_per_kwh": [first] * (hours // 2) + [second] * (hours - hours // 2),
            "currency": "EUR",
        }
    )


def test_a_cost_is_the_deviation_at_the_mean_price_of_its_hours() -> None:
    priced = costs(events((0, 24), (23, 25)).assign(site_id=5), prices())

    assert priced["cost"].tolist() == [Decimal("2.0000"), Decimal("4.0000")]
    assert priced["currency"].tolist() == ["EUR", "EUR"]


def test_less_than_expected_costs_less_than_nothing() -> None:
    priced = costs(events((0, 24), expected_kwh=40.0).assign(site_id=5), prices())

    assert priced["cost"].tolist() == [Decimal("-1.0000")]


def test_without_price_or_expectation_the_reason_is_said() -> None:
    found = pd.concat([events((0, 1)).assign(site_id=6), events((400, 401)).assign(site_id=5)], ignore_index=True)
    unknown = events((0, 1), expected_kwh=float("nan")).assign(site_id=5)

    assert costs(found, prices())["cost_reason"].tolist() == [NO_TARIFF, NO_TARIFF]
    assert costs(unknown, prices())[["cost", "cost_reason"]].to_numpy().tolist() == [[None, NO_EXPECTED]]


def test_an_event_within_an_hour_has_that_hours_price() -> None:
    assert costs(events((30.5, 30.75)).assign(site_id=5), prices())["cost"].tolist() == [Decimal("6.0000")]


@pytest.mark.parametrize("factor", [1e12, 1e30, 1e300])
def test_a_cost_that_nobody_could_be_billed_is_none_and_says_what_is_wrong(factor: float) -> None:
    found = events((0, 24), (24, 48), expected_kwh=[10.0, 10.0 * factor], actual_kwh=[30.0 * factor, 10.0])

    priced = costs(found.assign(site_id=5), prices())

    assert priced["cost"].tolist() == [None, None]
    assert priced["currency"].tolist() == [None, None]
    assert priced["cost_reason"].str.contains("readings are in another unit, or wrong").all()


@given(st.floats(-1e11, 1e11))
def test_a_cost_of_any_size_up_to_the_largest_fits_into_the_warehouse(deviation_kwh: float) -> None:
    found = events((0, 24), expected_kwh=0.0, actual_kwh=deviation_kwh)

    [cost] = costs(found.assign(site_id=5), prices())["cost"]

    assert abs(cost) < Decimal(LARGEST)
