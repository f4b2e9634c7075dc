"""NEM12 and NEM13, on files made here and on the market's own test files."""

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import FileError, UserError
from pipeline.flags import Flag
from pipeline.sources import gathering, nem
from pipeline.sources.frame import Chunk, Mapping, MeterInfo, Overrides

AS_GUESSED = Overrides()
Write = Callable[[str], Path]
KWH = {"wh": 1e-3, "kwh": 1.0, "mwh": 1e3}


def interval_file(*records: str, minutes: int = 360, unit: str = "kWh", suffix: str = "E1") -> str:
    return "\n".join(
        [
            "100,NEM12,202401011200,MDP,RETAILER",
            f"200,NMI0000001,E1,1,{suffix},N1,S1,{unit},{minutes},",
            *records,
            "900",
            "",
        ]
    )


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "meter.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def load(path: Path, overrides: Overrides = AS_GUESSED) -> Chunk:
    chunks = list(nem.read(nem.inspect(path, overrides)))
    return Chunk(
        pd.concat([chunk.readings for chunk in chunks], ignore_index=True),
        pd.concat([chunk.rejected for chunk in chunks], ignore_index=True),
    )


def test_a_day_of_intervals_is_in_market_time(write: Write) -> None:
    chunk = load(write(interval_file("300,20240101,1,2,3,4,A,,,20240102120000,")))

    assert chunk.readings["ts"].iloc[0] == pd.Timestamp("2023-12-31 14:00Z")
    assert chunk.readings["energy_kwh"].tolist() == [1, 2, 3, 4]
    assert chunk.readings["duration_s"].tolist() == [21_600] * 4
    assert chunk.readings["line"].tolist() == [3] * 4
    assert chunk.readings["flag"].tolist() == [0] * 4
    assert chunk.readings["meter"].unique().tolist() == ["NMI0000001 E1"]


def test_the_frame_is_the_standard_one(write: Write) -> None:
    readings = load(write(interval_file("300,20240101,1,2,3,4,A,,,,"))).readings

    assert readings.dtypes.astype(str).to_dict() == {
        "meter": "category",
        "ts": "datetime64[us, UTC]",
        "duration_s": "int32",
        "energy_kwh": "float64",
        "flag": "int32",
        "line": "int64",
    }


@pytest.mark.parametrize(("unit", "energy"), [("Wh", 0.002), ("KWH", 2.0), ("MWh", 2000.0), ("kW", 12.0)])
def test_units_become_kwh(write: Write, unit: str, energy: float) -> None:
    readings = load(write(interval_file("300,20240101,2,2,2,2,A,,,,", unit=unit))).readings

    assert readings["energy_kwh"].tolist() == pytest.approx([energy] * 4)


@pytest.mark.parametrize(
    ("quality", "flags", "missing"),
    [("A", 0, 0), ("E52", 4, 0), ("F14", 4, 0), ("S14", 4, 0), ("N", 0, 4), ("V", 0, 0), ("", 0, 0)],
)
def test_quality_flags_are_kept(write: Write, quality: str, flags: int, missing: int) -> None:
    readings = load(write(interval_file(f"300,20240101,1,2,3,4,{quality},,,,"))).readings

    assert (readings["flag"] == int(Flag.ESTIMATED_AT_SOURCE)).sum() == flags
    assert readings["energy_kwh"].isna().sum() == missing


def test_events_give_the_quality_of_their_intervals(write: Write) -> None:
    path = write(interval_file("300,20240101,1,2,3,4,V,,,,", "400,1,1,A", "400,2,3,S14,32,", "400,4,4,N,,"))

    readings = load(path).readings

    assert np.flatnonzero(readings["flag"]).tolist() == [1, 2]
    assert np.flatnonzero(readings["energy_kwh"].isna()).tolist() == [3]


def test_unreadable_records_are_rejected_and_the_rest_is_read(write: Write) -> None:
    path = write(
        interval_file(
            "400,1,2,A,,",
            "300,20240101,1,2,3,A",
            "300,2024-01-01,1,2,3,4,A,,,,",
            "300,20240102,1,2,x,4,A,,,,",
            "300,20240103,1,2,3,4,Q,,,,",
            "300,20240104,1,2,3,4,A,,,,",
            "400,3,9,S14,,",
            "777,what",
            "200,NMI0000001,E1,1,E1,N1,S1,kWh,7,",
            "300,20240105,1,2,3,4,A,,,,",
            "200,NMI",
        )
    )

    chunk = load(path)

    assert chunk.readings["energy_kwh"].tolist() == [1, 2, 3, 4]
    assert chunk.rejected["line"].tolist() == [3, 4, 5, 6, 7, 9, 10, 11, 12, 13]
    assert chunk.rejected["text"][1] == "300,20240101,1,2,3,A"
    assert chunk.rejected["reason"].str.len().min() > 10


def test_a_quote_that_never_closes_is_refused(write: Write) -> None:
    path = write(interval_file('300,20240101,1,2,3,4,A,,"' + "never" * 50_000))

    with pytest.raises(FileError, match=r"meter\.csv breaks off as a meter data file after line"):
        load(path)


def test_an_empty_value_is_a_gap(write: Write) -> None:
    chunk = load(write(interval_file("300,20240101,1,,3,4,A,,,,")))

    assert np.isnan(chunk.readings["energy_kwh"][1])
    assert len(chunk.rejected) == 0


def test_energy_towards_the_grid_is_export(write: Write) -> None:
    plan = nem.inspect(write(interval_file("300,20240101,1,2,3,4,A,,,,", suffix="B1")), AS_GUESSED)

    assert plan.meters == (MeterInfo("NMI0000001 B1", "export", "kWh", 21_600),)


def test_reactive_energy_is_left_out_with_a_warning(write: Write) -> None:
    reactive = "200,NMI0000001,E1Q1,1,Q1,N1,S1,kVArh,360,\n300,20240101,9,9,9,9,A,,,,"

    plan = nem.inspect(write(interval_file("300,20240101,1,2,3,4,A,,,,", reactive)), AS_GUESSED)

    assert [meter.name for meter in plan.meters] == ["NMI0000001 E1"]
    assert plan.warnings == ("Not read, because it is not active energy: NMI0000001 Q1 (kVArh).",)
    assert pd.concat([chunk.readings for chunk in nem.read(plan)])["energy_kwh"].sum() == 10


def test_a_file_of_reactive_energy_alone_is_refused_by_name(write: Write) -> None:
    path = write(interval_file("300,20240101,1,2,3,4,A,,,,", unit="kVArh", suffix="Q1"))

    with pytest.raises(FileError, match=r"meter\.csv has no channel of active energy.*Q1 \(kVArh\)"):
        nem.inspect(path, AS_GUESSED)


def test_voltage_without_a_unit_is_not_energy(write: Write) -> None:
    with pytest.raises(FileError, match="without unit"):
        nem.inspect(write(interval_file("300,20240101,1,2,3,4,A,,,,", unit="", suffix="V1")), AS_GUESSED)


def test_another_zone_reads_the_stamps_as_its_standard_time(write: Write) -> None:
    path = write(interval_file("300,20240101,1,2,3,4,A,,,,"))

    perth = load(path, Overrides(timezone="Australia/Perth")).readings
    adelaide = load(path, Overrides(timezone="Australia/Adelaide")).readings

    assert perth["ts"][0] == pd.Timestamp("2023-12-31 16:00Z")
    assert adelaide["ts"][0] == pd.Timestamp("2023-12-31 14:30Z")


def test_one_channel_can_be_chosen_and_named(write: Write) -> None:
    second = "200,NMI0000001,E1B1,1,B1,N1,S1,kWh,360,\n300,20240101,9,9,9,9,A,,,,"
    path = write(interval_file("300,20240101,1,2,3,4,A,,,,", second))

    chosen = load(path, Overrides(columns=("B1",), meter="roof")).readings
    both = load(path, Overrides(meter="home")).readings

    assert chosen["meter"].unique().tolist() == ["roof"]
    assert chosen["energy_kwh"].sum() == 36
    assert both["meter"].unique().tolist() == ["home E1", "home B1"]


def test_one_name_does_not_do_for_two_connection_points(write: Write) -> None:
    second = "200,NMI0000002,E1,1,E1,N1,S2,kWh,360,\n300,20240101,9,9,9,9,A,,,,"

    with pytest.raises(UserError, match="several connection points"):
        nem.inspect(write(interval_file("300,20240101,1,2,3,4,A,,,,", second)), Overrides(meter="home"))


def test_a_zone_that_does_not_exist_is_refused(write: Write) -> None:
    with pytest.raises(UserError, match="no time zone 'Mars/Phobos'"):
        nem.inspect(write(interval_file("300,20240101,1,2,3,4,A,,,,")), Overrides(timezone="Mars/Phobos"))


def test_a_mapping_given_whole_is_used(write: Write) -> None:
    path = write(interval_file("300,20240101,1,2,3,4,A,,,,"))

    assert load(path, Overrides(mapping=Mapping(timezone="UTC"))).readings["ts"][0] == pd.Timestamp("2024-01-01 00:00Z")


def test_accumulated_energy_lasts_from_one_reading_to_the_next(write: Write) -> None:
    record = (
        "250,NMI0000001,11,1,11,11,S1,E,00100,20240101000000,A,,,00131,20240201103000,E61,,,31,KWH,20240301,20240202"
    )
    path = write(f"100,NEM13,202402021200,MDP,RETAILER\n{record}\n550,N,,A,\n900\n")

    chunk = load(path)

    assert chunk.readings["ts"].tolist() == [pd.Timestamp("2023-12-31 14:00Z")]
    assert chunk.readings["duration_s"].tolist() == [31 * 86_400 + 37_800]
    assert chunk.readings["energy_kwh"].tolist() == [31]
    assert chunk.readings["flag"].tolist() == [Flag.ESTIMATED_AT_SOURCE]


@pytest.mark.parametrize(("quantity", "direction"), [("31", "export"), ("-31", "net")])
def test_accumulated_energy_towards_the_grid_has_either_sign(write: Write, quantity: str, direction: str) -> None:
    record = f"250,NMI0000001,11,1,11,11,S1,I,,20240101000000,A,,,,20240201000000,A,,,{quantity},KWH"

    plan = nem.inspect(write(f"100,NEM13,202402021200,MDP,RETAILER\n{record}\n900\n"), AS_GUESSED)

    assert plan.meters[0].direction == direction
    assert plan.meters[0].step_s is None


def test_an_accumulation_that_goes_back_in_time_is_rejected(write: Write) -> None:
    good = "250,NMI0000001,11,1,11,11,S1,E,100,20240101,A,,,131,20240201,A,,,31,KWH"
    bad = "250,NMI0000001,11,1,11,11,S1,E,100,20240301,A,,,131,20240201,A,,,31,KWH"

    chunk = load(write(f"100,NEM13,202402021200,MDP,RETAILER\n{good}\n{bad}\n900\n"))

    assert chunk.readings["line"].tolist() == [2]
    assert chunk.rejected["line"].tolist() == [3]


def test_long_files_come_in_several_chunks(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "CHUNK_ROWS", 8)
    path = write(interval_file(*(f"300,202401{day:02},1,2,3,4,A,,,," for day in range(1, 8))))

    sizes = [len(chunk.readings) for chunk in nem.read(nem.inspect(path, AS_GUESSED))]

    assert sizes == [8, 8, 8, 4]


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b"100,NEM12,200405\n", True),
        (b"\xef\xbb\xbf\r\n100,NEM13,2004\n", True),
        (b"200,NMI0000001,E1,", True),
        (b"100,200,300\n", False),
        (b"date,kWh\n", False),
    ],
)
def test_the_format_is_told_by_its_beginning(head: bytes, known: bool) -> None:  # noqa: FBT001
    assert nem.recognises(Path("any"), head) is known


def plain(path: Path, folder: Path) -> Path:
    if not zipfile.is_zipfile(path):
        return path
    with zipfile.ZipFile(path) as archive:
        return Path(archive.extract(archive.namelist()[0], folder))


def expected_kwh(text: str) -> float:
    """Sum a file by hand: active energy that is not null, in kWh; what is not made of whole records is left out."""
    total, minutes, factor, values, quality = 0.0, 0, 0.0, np.zeros(0), np.zeros(0, dtype="U1")
    for row in [*csv.reader(io.StringIO(text)), ["900"]]:
        kind = row[0] if row else ""
        if kind == "400":
            quality[int(row[1]) - 1 : int(row[2])] = row[3][0]
            continue
        total += factor * float(values[quality != "N"].sum())
        values, quality = np.zeros(0), np.zeros(0, dtype="U1")
        if kind == "200":
            minutes, factor = int(row[8]), KWH.get(row[7].lower(), 0.0)
        elif kind == "300" and len(row) > 1440 // minutes + 2:
            values = np.array(row[2 : 1440 // minutes + 2], float)
            quality = np.full(len(values), row[1440 // minutes + 2][:1])
        elif kind == "250" and row[15][:1] != "N":
            total += KWH.get(row[19].lower(), 0.0) * float(row[18])
    return total


@pytest.mark.shared
def test_the_market_s_own_files_add_up(shared_data: Path, tmp_path: Path) -> None:
    files = [path for path in sorted((shared_data / "nem12").iterdir()) if path.name != "LICENSE"]
    refused = 0

    for file in files:
        path = plain(file, tmp_path)
        assert nem.recognises(path, path.read_bytes()[:65_536]), file.name
        expected = expected_kwh(path.read_text(encoding="utf-8", errors="replace"))
        try:
            readings = load(path).readings
        except FileError:
            refused += 1
            assert expected == 0, file.name
            continue
        assert readings["energy_kwh"].sum() == pytest.approx(expected), file.name
        assert readings["ts"].notna().all()

    assert len(files) == 169
    assert refused == 9
