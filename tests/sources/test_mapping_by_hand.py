from pathlib import Path

import pandas as pd
import pytest
from source_files import hours, load, rows, stamps_of, write

from pipeline.errors import FileError, UserError
from pipeline.sources import (
    inspect_file,
    overrides_from_json,
    overrides_to_json,
    plan_from_json,
    plan_to_json,
    preview,
    read_plan,
)
from pipeline.sources.frame import Mapping, Overrides


class TestMissingAndRejected:
    def test_marks_for_missing_are_gaps(self, tmp_path: Path) -> None:
        marks: list[object] = ["?", "-", "MISSING", "EMPTY", "", "NaN", "NULL", "N/A"]

        _, readings, rejected = load(write(tmp_path, rows(stamps_of("2024-03-01", 30, "h"), [1, *marks, *[2] * 21])))

        assert rejected.empty
        assert readings.energy_kwh.isna().sum() == len(marks)

    def test_a_column_that_starts_later_has_no_gap_before(self, tmp_path: Path) -> None:
        lines = [f"{stamp},1,{2 if hour > 9 else ''}" for hour, stamp in enumerate(stamps_of("2024-03-01", 30, "h"))]

        _, readings, _ = load(write(tmp_path, "\n".join(["time,a,b", *lines])))

        assert readings.groupby("meter").size().tolist() == [30, 20]

    def test_unreadable_lines_are_kept_with_number_and_reason(self, tmp_path: Path) -> None:
        lines = hours(30).splitlines()
        lines[4], lines[9], lines[14], lines[19] = (
            "A,yesterday,1",
            "A,2024-03-01 08:00:00,1.2.3",
            "A,2024-03-01",
            ",2024-03-01 08:00:00,1",
        )

        _, readings, rejected = load(write(tmp_path, "\n".join(lines)))

        assert len(readings) == 56
        assert rejected.line.tolist() == [5, 10, 15, 20]
        assert rejected.text.tolist() == [lines[4], lines[9], lines[14], lines[19]]
        assert "yesterday" in rejected.reason[0]
        assert "1.2.3" in rejected.reason[1]
        assert "fields" in rejected.reason[2]
        assert "no meter" in rejected.reason[3]

    def test_line_numbers_count_line_ends_inside_quotes(self, tmp_path: Path) -> None:
        lines = ["note,time,kwh", *(f'"two\nlines, here",{stamp},1' for stamp in stamps_of("2024-03-01", 30, "h"))]
        lines[11] = lines[11].replace(",1", ",x")

        _, readings, rejected = load(write(tmp_path, "\n".join(lines)))

        assert readings.line.tolist()[:3] == [2, 4, 6]
        assert rejected.line.tolist() == [22]


class TestByHand:
    def test_a_plan_survives_json(self, tmp_path: Path) -> None:
        path = write(tmp_path, hours(30))
        (plan,) = inspect_file(path, Overrides(timezone="Asia/Kolkata"))

        again = plan_from_json(plan_to_json(plan), path)

        assert again == plan
        assert next(read_plan(again)).readings.equals(next(read_plan(plan)).readings)

    def test_overrides_survive_json(self) -> None:
        given = Overrides(
            timezone="UTC", columns=("a", "b"), mapping=Mapping(time_columns=("t",), value_columns=("a",))
        )

        assert overrides_from_json(overrides_to_json(given)) == given

    def test_an_unknown_option_is_named(self) -> None:
        with pytest.raises(UserError, match="surprise"):
            overrides_from_json({"surprise": 1})

    def test_a_mapping_by_hand_is_followed(self, tmp_path: Path) -> None:
        path = write(tmp_path, "\n".join(["when,a,b", *(f"{stamp},1,2" for stamp in stamps_of("2024-03-01", 30, "h"))]))
        mapping = Mapping(time_columns=("when",), value_columns=("b",), unit="MWh", stamp="end", step_s=3600)

        _, readings, _ = load(path, mapping=mapping)

        assert readings.energy_kwh.iloc[0] == 2000
        assert readings.ts.iloc[0] == pd.Timestamp("2024-02-29 23:00", tz="UTC")

    def test_a_mapping_must_name_columns_that_exist(self, tmp_path: Path) -> None:
        with pytest.raises(FileError, match="'x', which the mapping names"):
            inspect_file(
                write(tmp_path, hours(30)), Overrides(mapping=Mapping(time_columns=("x",), value_columns=("kwh",)))
            )

    def test_every_decision_has_a_reason(self, tmp_path: Path) -> None:
        (plan,) = inspect_file(write(tmp_path, hours(30)), Overrides())

        assert {"time", "meters", "values", "timezone", "step", "stamp", "unit"} <= plan.details.keys()
        assert any("No time zone" in warning for warning in plan.warnings)

    def test_the_preview_is_the_standard_frame(self, tmp_path: Path) -> None:
        (plan,) = inspect_file(write(tmp_path, hours(30)), Overrides())

        shown = preview(plan, 5)

        assert len(shown) == 5
        assert shown.meter.dtype == "category"

    def test_an_unknown_zone_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="There is no time zone"):
            inspect_file(write(tmp_path, hours(30)), Overrides(timezone="Mars/Phobos"))
