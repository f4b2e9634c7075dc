import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from source_files import hours, load, packed, write

from pipeline.errors import FileError
from pipeline.sources import inspect_file
from pipeline.sources.frame import Overrides
from pipeline.sources.json_list import list_blocks

COUNT = 72
ENERGY = sum(1.5 + number / 1000 for number in range(COUNT)) * 2


def expect_two_meters(path: Path, **given_by_hand: object) -> None:
    _, readings, rejected = load(path, **given_by_hand)

    assert sorted(readings.meter.unique()) == ["A", "B"]
    assert len(readings) == 2 * COUNT
    assert readings.energy_kwh.sum() == pytest.approx(ENERGY)
    assert readings.ts.min() == pd.Timestamp("2024-03-01", tz="UTC")
    assert set(readings.duration_s) == {3600}
    assert rejected.empty


def test_the_standard_frame_has_the_agreed_types(tmp_path: Path) -> None:
    _, readings, _ = load(write(tmp_path, hours(3)))

    types = readings.drop(columns="meter").dtypes.astype(str).to_dict()

    assert types == {
        "ts": "datetime64[us, UTC]",
        "duration_s": "int32",
        "energy_kwh": "float64",
        "flag": "int32",
        "line": "int64",
    }
    assert readings.line.tolist() == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("how", ["gz", "bz2", "zip"])
def test_packed_files_are_read(tmp_path: Path, how: str) -> None:
    expect_two_meters(packed(write(tmp_path, hours(COUNT)), how))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_any_encoding_and_line_end_is_read(tmp_path: Path, encoding: str, newline: str) -> None:
    expect_two_meters(write(tmp_path, hours(COUNT).replace("\n", newline), encoding=encoding))


def test_latin_1_names_that_come_late_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, hours(COUNT).replace("B,", "Zürich,"), encoding="latin-1")

    _, readings, _ = load(path)

    assert sorted(readings.meter.unique()) == ["A", "Zürich"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoted", [False, True])
def test_any_separator_is_read(tmp_path: Path, delimiter: str, *, quoted: bool) -> None:
    rows = [line.split(",") for line in hours(COUNT).splitlines()]
    text = "\n".join(delimiter.join(f'"{cell}"' if quoted else cell for cell in row) for row in rows)

    expect_two_meters(write(tmp_path, text))


def test_decimal_comma_with_semicolons_is_read(tmp_path: Path) -> None:
    rows = [line.split(",") for line in hours(COUNT).splitlines()]
    text = "\n".join(f"{meter};{stamp};{value.replace('.', ',')}" for meter, stamp, value in rows)

    expect_two_meters(write(tmp_path, text))


@pytest.mark.parametrize(
    ("written", "delimiter"),
    [("1,234.5", ";"), ("1.234,5", ";"), ("1 234,5", ";"), ("1'234.5", ";"), ('"1,234.5"', ","), ("1\u00a0234.5", ",")],
)
def test_thousands_are_read(tmp_path: Path, written: str, delimiter: str) -> None:
    stamps = pd.date_range("2024-03-01", periods=30, freq="h")
    text = "\n".join(f"{stamp}{delimiter}{written}" for stamp in stamps)

    _, readings, _ = load(write(tmp_path, f"time{delimiter}kwh\n{text}\n"))

    assert set(readings.energy_kwh) == {1234.5}


def test_grouped_whole_numbers_are_read(tmp_path: Path) -> None:
    stamps = pd.date_range("2024-03-01", periods=30, freq="h")
    text = "time,kwh\n" + "\n".join(f'{stamp},"12,{number + 100}"' for number, stamp in enumerate(stamps))

    _, readings, _ = load(write(tmp_path, text))

    assert readings.energy_kwh.iloc[0] == 12100


def test_preamble_units_row_and_footer_are_seen(tmp_path: Path) -> None:
    body = hours(COUNT).splitlines()
    text = "\n".join(["Report of the utility", "Created: 2024-04-01", "", body[0], ",,kWh", *body[1:], "", "Total,,9"])

    plan, readings, rejected = load(write(tmp_path, text))

    assert len(readings) == 2 * COUNT
    assert readings.line.iloc[0] == 6
    assert plan.mapping is not None
    assert plan.mapping.unit == "kWh"
    assert rejected.line.tolist() == [2 * COUNT + 7]


def test_a_file_without_header_is_read(tmp_path: Path) -> None:
    text = hours(COUNT).split("\n", 1)[1]

    expect_two_meters(write(tmp_path, text))


def test_trailing_separators_are_read(tmp_path: Path) -> None:
    lines = hours(COUNT).splitlines()
    text = "\n".join([lines[0], *(line + "," for line in lines[1:])])

    expect_two_meters(write(tmp_path, text))


def test_wide_columns_are_meters(tmp_path: Path) -> None:
    frame = pd.DataFrame({"Zeit": pd.date_range("2024-03-01", periods=COUNT, freq="h"), "Haus 1": 1.0, "Haus 2": 2.0})
    path = write(tmp_path, frame.to_csv(index=False), "wide.csv")

    plan, readings, _ = load(path)

    assert [meter.name for meter in plan.meters] == ["wide Haus 1", "wide Haus 2"]
    assert readings.groupby("meter").energy_kwh.sum().tolist() == [COUNT * 1.0, COUNT * 2.0]


@pytest.mark.parametrize(
    ("heads", "factor"),
    [
        ([f"{hour:02d}:00" for hour in range(24)], 1),
        ([f"{hour:02d}:00" for hour in range(1, 25)], 1),
        ([f"H{hour}" for hour in range(1, 25)], 1),
        ([str(period) for period in range(1, 49)], 2),
        ([f"{minute // 60:02d}:{minute % 60:02d}" for minute in [*range(30, 1440, 30), 0]], 2),
    ],
)
def test_times_across_are_readings(tmp_path: Path, heads: list[str], factor: int) -> None:
    days = pd.date_range("2024-03-01", periods=3)
    rows = [f"M{meter},{day.date()}," + ",".join(["0.5"] * len(heads)) for meter in (1, 2) for day in days]
    path = write(tmp_path, "meter,date," + ",".join(heads) + "\n" + "\n".join(rows))

    _, readings, _ = load(path)

    assert len(readings) == 2 * 3 * 24 * factor
    assert readings.ts.min() == pd.Timestamp("2024-03-01", tz="UTC")
    assert set(readings.duration_s) == {3600 // factor}


def test_dates_across_are_readings(tmp_path: Path) -> None:
    days = [str(day.date()) for day in pd.date_range("2024-03-01", periods=10)]
    path = write(tmp_path, "meter," + ",".join(days) + "\nA," + ",".join(["24"] * 10) + "\nB," + ",".join(["12"] * 10))

    _, readings, _ = load(path)

    assert readings.groupby("meter").energy_kwh.sum().to_dict() == {"A": 240, "B": 120}
    assert set(readings.duration_s) == {86_400}


def test_a_single_reading_without_a_line_end_is_read(tmp_path: Path) -> None:
    _, readings, _ = load(write(tmp_path, "time,kwh\n2024-03-01 00:00,5"))

    assert readings.energy_kwh.tolist() == [5]


@pytest.mark.parametrize("style", ["%m/%d/%Y", "%d/%m/%Y"])
@pytest.mark.parametrize(("start", "count"), [("2024-01-01", 40), ("2024-05-01", 10)])
def test_dates_across_are_all_read_in_one_order(tmp_path: Path, style: str, start: str, count: int) -> None:
    days = pd.date_range(start, periods=count)
    path = write(tmp_path, "meter," + ",".join(days.strftime(style)) + "\nA," + ",".join(["24"] * count))

    _, readings, _ = load(path)

    assert readings.ts.dt.tz_localize(None).tolist() == days.tolist()


def test_dates_across_of_both_orders_are_refused(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=40)
    heads = [*days[:20].strftime("%m/%d/%Y"), *days[20:].strftime("%d/%m/%Y")]

    with pytest.raises(FileError, match=r"day-first dates \(21/01/2024\) with month-first dates \(01/13/2024\)"):
        inspect_file(write(tmp_path, "meter," + ",".join(heads) + "\nA," + ",".join(["24"] * 40)), Overrides())


def test_json_lines_are_read(tmp_path: Path) -> None:
    frame = pd.read_csv(write(tmp_path, hours(COUNT)))

    expect_two_meters(write(tmp_path, frame.to_json(orient="records", lines=True), "file.jsonl"))


def test_a_broken_json_line_is_rejected(tmp_path: Path) -> None:
    lines = [f'{{"meter": {{"id": "A"}}, "time": "2024-03-01T{hour:02d}:00:00Z", "kwh": {hour}}}' for hour in range(10)]
    lines[4] = '{"meter": '

    _, readings, rejected = load(write(tmp_path, "\n".join(lines), "file.jsonl"))

    assert len(readings) == 9
    assert rejected.line.tolist() == [5]


@pytest.mark.parametrize("indent", [None, 1])
def test_a_list_of_json_objects_is_read(tmp_path: Path, indent: int | None) -> None:
    frame = pd.read_csv(write(tmp_path, hours(COUNT)))

    expect_two_meters(write(tmp_path, frame.to_json(orient="records", indent=indent), "file.json"))


def test_a_json_list_is_read_in_blocks_with_the_number_of_each_object_as_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, '[{"a": 1}, 7, {"a": "ä]},"}\n,\n{"a": {"b": 2}}]', "file.json")

    found = list(list_blocks(path, size=1))

    assert [(block.first_line, json.loads(block.data)) for block in found] == [
        (1, {"a": 1}), (2, 7), (3, {"a": "ä]},"}), (4, {"a": {"b": 2}}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ('[{"time": "2024-03-01 00:00", "kwh": 1}, {"time": "2024-03-', "list that breaks off"),
        ('{"readings": [{"time": "2024-03-01 00:00",\n "kwh": 1}]}', "is JSON, but not one object a line"),
        ("[1, 2, 3]", "is JSON, but not one object a line"),
        ("[{}]", "no line that is a JSON object"),
    ],
)
def test_other_json_is_refused_in_a_sentence_that_says_so(tmp_path: Path, text: str, because: str) -> None:
    with pytest.raises(FileError, match=because):
        inspect_file(write(tmp_path, text, "file.json"), Overrides())


def test_a_table_given_as_json_is_refused_in_a_sentence_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no line that is a JSON object"):
        inspect_file(write(tmp_path, hours(COUNT)), Overrides(format="jsonl"))


@pytest.mark.parametrize("how", ["gz", "bz2", "zip"])
def test_a_refusal_names_the_file_as_it_was_given(tmp_path: Path, how: str) -> None:
    path = packed(write(tmp_path, "name,kwh\nA,1\nB,2\n", "list.csv"), how)

    with pytest.raises(FileError, match=rf"^list.csv.{how}(/list.csv)? has no column with dates"):
        inspect_file(path, Overrides())


@pytest.mark.parametrize("encoding", ["utf-32", "utf-16", "utf-16-be"])
def test_wide_characters_are_read(tmp_path: Path, encoding: str) -> None:
    expect_two_meters(write(tmp_path, hours(COUNT), encoding=encoding))


def test_bare_carriage_returns_with_a_last_line_feed_are_read(tmp_path: Path) -> None:
    expect_two_meters(write(tmp_path, hours(COUNT).replace("\n", "\r") + "\n"))


def test_parquet_is_read(tmp_path: Path) -> None:
    frame = pd.read_csv(write(tmp_path, hours(COUNT)), parse_dates=["timestamp"])
    frame["meter"] = frame.meter.astype("category")
    path = tmp_path / "file.parquet"
    frame.to_parquet(path)

    expect_two_meters(path)


def test_parquet_with_instants_is_read_in_utc(tmp_path: Path) -> None:
    stamps = pd.date_range("2024-03-01", periods=5, freq="h", tz="Asia/Kolkata")
    path = tmp_path / "file.parquet"
    pd.DataFrame({"time": stamps, "kwh": 1.0}).to_parquet(path)

    _, readings, _ = load(path)

    assert readings.ts.iloc[0] == pd.Timestamp("2024-02-29 18:30", tz="UTC")


def test_a_format_given_by_hand_is_used(tmp_path: Path) -> None:
    (plan,) = inspect_file(write(tmp_path, hours(COUNT)), Overrides(format="tsv"))

    assert plan.format == "csv"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)), min_size=3, max_size=30),
    delimiter=st.sampled_from([";", "\t", "|"]),
    decimal=st.sampled_from([".", ","]),
    stamp=st.sampled_from(
        [
            "%Y-%m-%d %H:%M:%S",
            "%d.%m.%Y %H:%M",
            "%m/%d/%Y %I:%M %p",
            "%Y%m%d%H%M",
            "%d-%b-%Y %H:%M",
            "%Y-%m-%dT%H:%M:%SZ",
        ]
    ),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
    name=st.text("ABCxyzäß -_=+@0", min_size=1, max_size=8).map(str.strip).filter(lambda name: name.strip("-=+@_ 0")),
)
def test_a_frame_in_any_dialect_reads_back(
    tmp_path: Path,
    *,
    values: list[float],
    delimiter: str,
    decimal: str,
    stamp: str,
    newline: str,
    encoding: str,
    name: str,
) -> None:
    assume(decimal == "." or any(abs(value) < 1 or abs(value) >= 1000 for value in values))  # 1,000 may be a thousand
    stamps = pd.date_range("2024-01-14 05:00", periods=len(values), freq="15min")
    rows = [
        delimiter.join((name, time.strftime(stamp), f"{value:.3f}".replace(".", decimal)))
        for time, value in zip(stamps, values, strict=True)
    ]
    text = newline.join([delimiter.join(("meter", "time", "energy kWh")), *rows])

    _, readings, rejected = load(write(tmp_path, text, encoding=encoding), timezone="UTC")

    assert rejected.empty
    assert readings.meter.unique().tolist() == [" ".join(name.split())]
    assert readings.ts.dt.tz_localize(None).tolist() == stamps.tolist()
    assert readings.energy_kwh.tolist() == pytest.approx(values, abs=1e-9)
