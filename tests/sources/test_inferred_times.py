from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from source_files import load, rows, stamps_of, write

from pipeline.errors import FileError
from pipeline.sources import inspect_file
from pipeline.sources.frame import Overrides


class TestDates:
    def test_one_late_day_above_12_decides_for_day_first(self, tmp_path: Path) -> None:
        path = write(tmp_path, rows(stamps_of("2024-01-01", 13, "D", "%d/%m/%Y")))

        plan, readings, _ = load(path)

        assert plan.mapping is not None
        assert plan.mapping.day_first is True
        assert "above 12" in str(plan.details["day_first"])
        assert readings.ts.dt.day.tolist() == list(range(1, 14))

    def test_the_whole_column_overrules_its_first_rows(self, tmp_path: Path) -> None:
        stamps = stamps_of("2024-01-01", 24 * 45, "2min", "%m/%d/%Y %H:%M") * 60
        path = write(tmp_path, rows([*stamps, *stamps_of("2024-01-13", 5, "2min", "%m/%d/%Y %H:%M")]))

        plan, readings, _ = load(path)

        assert plan.mapping is not None
        assert plan.mapping.day_first is False
        assert readings.ts.iloc[-1].month == 1

    def test_even_steps_decide_where_no_part_is_above_12(self, tmp_path: Path) -> None:
        path = write(tmp_path, rows(stamps_of("2024-05-01", 10, "D", "%m/%d/%Y")))

        plan, readings, _ = load(path)

        assert plan.mapping is not None
        assert plan.mapping.day_first is False
        assert any("both ways" in warning for warning in plan.warnings)
        assert readings.ts.dt.month.unique().tolist() == [5]

    def test_mixed_orders_with_unclear_dates_are_refused(self, tmp_path: Path) -> None:
        stamps = [*stamps_of("2024-01-10", 20, "D", "%d/%m/%Y"), *stamps_of("2024-02-01", 20, "D", "%m/%d/%Y")]

        with pytest.raises(FileError, match="mixes day-first dates"):
            inspect_file(write(tmp_path, rows(stamps)), Overrides())

    def test_exchanged_days_are_exchanged_back(self, tmp_path: Path) -> None:
        days = pd.date_range("2024-01-01", "2024-05-23")
        written = [day.strftime("%m/%d/%Y" if 6 <= day.day <= 12 else "%d/%m/%Y") for day in days]

        plan, readings, _ = load(write(tmp_path, rows(written)))

        assert any("scrambled" in warning for warning in plan.warnings)
        assert readings.ts.dt.tz_localize(None).tolist() == days.tolist()

    @pytest.mark.parametrize(
        ("header", "row"),
        [
            ("Date;Time;kWh", "%d.%m.%Y;%H:%M;1"),
            ("date;hour;kWh", "%Y-%m-%d;%H;1"),
            ("timestamp;kWh", "%Y-%m-%dT%H:%M:%S+00:00;1"),
            ("Zeitraum Datum;kWh", "%d.%m.%Y %H:%M - %d.%m.%Y %H:59;1"),
            ("time;kWh", "%b %d, %Y %I:%M %p;1"),
        ],
    )
    def test_many_ways_to_write_an_hour(self, tmp_path: Path, header: str, row: str) -> None:
        stamps = pd.date_range("2024-03-01", periods=48, freq="h")

        _, readings, rejected = load(write(tmp_path, "\n".join([header, *stamps.strftime(row)])))

        assert rejected.empty
        assert readings.ts.dt.tz_localize(None).tolist() == stamps.tolist()

    @pytest.mark.parametrize(("code", "unit"), [("s", 1), ("ms", 1000), ("us", 10**6)])
    def test_seconds_since_1970_are_utc(self, tmp_path: Path, code: str, unit: int) -> None:
        stamps = pd.date_range("2024-03-01", periods=48, freq="15min")
        written = [str(int(stamp.timestamp()) * unit) for stamp in stamps]

        plan, readings, _ = load(write(tmp_path, rows(written, header="timestamp,kwh")), timezone="Asia/Tokyo")

        assert plan.mapping is not None
        assert plan.mapping.time_code == code
        assert readings.ts.dt.tz_localize(None).tolist() == stamps.tolist()

    def test_excel_days_are_read_to_the_second(self, tmp_path: Path) -> None:
        written = [f"{45352 + number / 96:.10f}" for number in range(96)]

        _, readings, _ = load(write(tmp_path, rows(written, header="Date,kwh")))

        assert readings.ts.iloc[0] == pd.Timestamp("2024-03-01", tz="UTC")
        assert set(readings.ts.diff().dropna().dt.total_seconds()) == {900}

    def test_settlement_periods_count_from_midnight(self, tmp_path: Path) -> None:
        text = "\n".join(
            [
                "date,period,kwh",
                *(f"2024-03-31,{period},1" for period in range(1, 47)),
                *(f"2024-04-01,{period},1" for period in range(1, 49)),
            ]
        )

        _, readings, _ = load(write(tmp_path, text), timezone="Europe/London")

        assert readings.ts.iloc[0] == pd.Timestamp("2024-03-31", tz="UTC")
        assert (readings.ts.diff().dropna() == pd.Timedelta("30min")).all()

    @pytest.mark.parametrize(
        ("zone", "step"),
        [("Europe/Berlin", "h"), ("America/New_York", "30min"), ("America/Havana", "h"), ("America/St_Johns", "15min")],
    )
    def test_abbreviations_of_the_zone_tell_the_doubled_hour_apart(self, tmp_path: Path, zone: str, step: str) -> None:
        instants = pd.date_range("2023-10-20", "2023-11-10", freq=step, tz=zone)

        _, readings, rejected = load(
            write(tmp_path, rows(instants.strftime("%Y-%m-%d %H:%M %Z").tolist())), timezone=zone
        )

        assert rejected.empty
        assert readings.ts.tolist() == instants.tz_convert("UTC").tolist()

    def test_an_abbreviation_that_no_zone_has_is_rejected(self, tmp_path: Path) -> None:
        stamps = [f"{stamp} CET" for stamp in stamps_of("2024-03-01", 48, "h")]
        stamps[5] = stamps[5].replace("CET", "XYZ")

        _, readings, rejected = load(write(tmp_path, rows(stamps)))

        assert (len(readings), rejected.line.tolist()) == (47, [7])

    @pytest.mark.parametrize(("usual", "odd"), [("Z", ""), ("", "Z")])
    def test_a_time_without_the_offset_that_others_have_is_rejected(self, tmp_path: Path, usual: str, odd: str) -> None:
        stamps = [f"{stamp}{usual}" for stamp in stamps_of("2024-03-01", 48, "h", "%d.%m.%Y %H:%M")]
        stamps[5] = stamps[5].removesuffix("Z") + odd

        _, readings, rejected = load(write(tmp_path, rows(stamps)), timezone="Asia/Kolkata")

        assert (len(readings), rejected.line.tolist()) == (47, [7])
        assert "offset from UTC" in rejected.reason[0]

    def test_the_two_hours_2a_and_2b_are_the_doubled_one(self, tmp_path: Path) -> None:
        instants = pd.date_range("2023-10-28", "2023-10-31", freq="h", tz="Europe/Berlin")
        stamps = instants.strftime("%d.%m.%Y %H:%M").tolist()
        doubled = stamps.index("29.10.2023 02:00")
        stamps[doubled : doubled + 2] = ["29.10.2023 2A:00", "29.10.2023 2B:00"]

        _, readings, rejected = load(write(tmp_path, rows(stamps)), timezone="Europe/Berlin")

        assert rejected.empty
        assert readings.ts.tolist() == instants.tz_convert("UTC").tolist()

    @pytest.mark.parametrize("day", ["01/01/0024", "01/01/0069", "01/01/1899"])
    def test_a_year_of_four_digits_is_taken_as_it_stands(self, tmp_path: Path, day: str) -> None:
        _, readings, rejected = load(write(tmp_path, rows([*stamps_of("2024-03-01", 31, "D", "%d/%m/%Y"), day])))

        assert (len(readings), len(rejected)) == (31, 1)

    @pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Sydney"])
    @pytest.mark.parametrize(("step", "most"), [("h", 25), ("30min", 50), ("15min", 100)])
    @pytest.mark.parametrize("wide", [False, True])
    def test_periods_beyond_24_hours_belong_to_the_day_that_counts_them(
        self, tmp_path: Path, zone: str, step: str, most: int, *, wide: bool
    ) -> None:
        instants = pd.date_range("2023-01-01", "2023-12-31", freq=step, tz=zone, inclusive="left")
        counted = pd.DataFrame({"date": instants.strftime("%Y-%m-%d"), "kwh": range(1, len(instants) + 1)})
        counted.insert(1, "period", counted.groupby("date").cumcount() + 1)
        if wide:
            counted = counted.pivot_table(index="date", columns="period", values="kwh").reindex(
                columns=range(1, most + 1)
            )
        path = write(tmp_path, counted.to_csv(index=wide, float_format="%d"))

        _, readings, rejected = load(path, timezone=zone)

        known = readings.dropna().sort_values("energy_kwh")
        assert rejected.empty
        assert known.ts.tolist() == instants.tz_convert("UTC").tolist()

    def test_a_period_that_the_day_does_not_have_is_rejected(self, tmp_path: Path) -> None:
        days = [*pd.date_range("2022-03-24", "2022-03-29"), *pd.date_range("2023-03-24", "2023-03-29")]
        short = {"2022-03-27", "2023-03-26"}
        lines = [f"{day.date()},{n},1" for day in days for n in range(1, 47 if str(day.date()) in short else 49)]

        _, readings, rejected = load(
            write(tmp_path, "\n".join(["date,period,kwh", *lines, "2023-03-26,47,9"])), timezone="Europe/London"
        )

        assert (len(readings), readings.energy_kwh.max(), len(rejected)) == (12 * 48 - 4, 1, 1)

    def test_values_that_fall_with_time_are_no_register(self, tmp_path: Path) -> None:
        newest_first = stamps_of("2024-03-01", 100, "h")[::-1]

        falling, _, _ = load(write(tmp_path, rows(newest_first, list(range(1, 101)))))
        rising, _, _ = load(write(tmp_path, rows(newest_first, list(range(100, 0, -1)))))

        assert falling.mapping is not None
        assert rising.mapping is not None
        assert (falling.mapping.quantity, rising.mapping.quantity) == ("energy", "register")


class TestSteps:
    @pytest.mark.parametrize(("step", "seconds"), [("15min", 900), ("h", 3600), ("D", 86_400)])
    def test_lines_in_no_order_have_the_step_of_their_times(self, tmp_path: Path, step: str, seconds: int) -> None:
        stamps = stamps_of("2024-03-01", 400, step)
        lines = [f"{meter},{stamp},1" for meter in "AB" for stamp in stamps]
        shuffled = np.random.default_rng(1).permutation(lines).tolist()

        plan, readings, rejected = load(write(tmp_path, "\n".join(["meter,time,kwh", *shuffled])))

        assert plan.mapping is not None
        assert (plan.mapping.step_s, set(readings.duration_s), len(rejected)) == (seconds, {seconds}, 0)

    def test_meters_with_different_steps_keep_their_own(self, tmp_path: Path) -> None:
        lines = [f"A,{stamp},1" for stamp in stamps_of("2024-03-01", 48, "30min")] + [
            f"B,{stamp},1" for stamp in stamps_of("2024-03-01", 24, "h")
        ]

        plan, readings, _ = load(write(tmp_path, "\n".join(["meter,time,kwh", *lines])))

        assert {meter.name: meter.step_s for meter in plan.meters} == {"A": 1800, "B": 3600}
        assert readings.groupby("meter").duration_s.first().to_dict() == {"A": 1800, "B": 3600}

    def test_months_have_their_own_lengths(self, tmp_path: Path) -> None:
        _, readings, _ = load(write(tmp_path, rows(stamps_of("2023-01-01", 14, "MS", "%Y-%m-%d"))))

        assert (readings.duration_s // 86_400).tolist()[:4] == [31, 28, 31, 30]

    def test_days_of_the_clock_change_have_23_and_25_hours(self, tmp_path: Path) -> None:
        _, readings, _ = load(write(tmp_path, rows(stamps_of("2024-01-01", 366, "D"))), timezone="Europe/Berlin")

        assert readings.duration_s.value_counts().to_dict() == {86_400: 364, 82_800: 1, 90_000: 1}
        assert readings.ts.iloc[0] == pd.Timestamp("2023-12-31 23:00", tz="UTC")

    def test_newest_first_is_read(self, tmp_path: Path) -> None:
        plan, readings, _ = load(write(tmp_path, rows(stamps_of("2024-03-01", 48, "h")[::-1])))

        assert plan.mapping is not None
        assert plan.mapping.newest_first
        assert set(readings.duration_s) == {3600}


class TestStamps:
    @pytest.mark.parametrize("header", ["Interval End,kwh", "SETTLEMENTDATE,kwh", "time_ending,kwh"])
    def test_a_header_names_the_end(self, tmp_path: Path, header: str) -> None:
        _, readings, _ = load(write(tmp_path, rows(stamps_of("2024-03-01 05:00", 30, "h"), header=header)))

        assert readings.ts.iloc[0] == pd.Timestamp("2024-03-01 04:00", tz="UTC")

    def test_24_00_is_an_end(self, tmp_path: Path) -> None:
        stamps = [f"2024-03-{day:02d} {hour:02d}:00" for day in (1, 2) for hour in range(1, 25)]

        _, readings, _ = load(write(tmp_path, rows(stamps[3:])))

        assert readings.ts.iloc[0] == pd.Timestamp("2024-03-01 03:00", tz="UTC")
        assert readings.ts.iloc[-1] == pd.Timestamp("2024-03-02 23:00", tz="UTC")

    def test_whole_days_by_ends_are_ends(self, tmp_path: Path) -> None:
        _, readings, _ = load(write(tmp_path, rows(stamps_of("2024-03-01 00:05", 288 * 3, "5min"))))

        assert readings.ts.iloc[0] == pd.Timestamp("2024-03-01", tz="UTC")

    def test_midnight_of_the_day_that_ends(self, tmp_path: Path) -> None:
        stamps = [f"2024-03-{day:02d} {hour % 24:02d}:00" for day in (1, 2, 3) for hour in range(1, 25)]

        plan, readings, _ = load(write(tmp_path, rows(stamps)))

        assert plan.mapping is not None
        assert plan.mapping.midnight_ends_day
        assert readings.ts.dt.tz_localize(None).tolist() == pd.date_range("2024-03-01", periods=72, freq="h").tolist()
