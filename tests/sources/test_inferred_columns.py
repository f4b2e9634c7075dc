from pathlib import Path

import numpy as np
import pytest
from source_files import hours, load, rows, stamps_of, write

from pipeline.errors import FileError, UserError
from pipeline.flags import Flag
from pipeline.sources import inspect_file
from pipeline.sources.frame import Overrides


class TestUnits:
    @pytest.mark.parametrize(
        ("header", "kwh"),
        [
            ("energy (kWh)", 1), ("Usage MWh", 1000), ("Energy Met (MU)", 1e6), ("e_Wh", 0.001),
            ("KWH/hh (per half hour)", 1), ("load_MW", 500), ("power [kW]", 0.5), ("P (W)", 0.0005), ("gwh", 1e6),
        ],
    )  # fmt: skip
    def test_the_header_names_the_unit(self, tmp_path: Path, header: str, kwh: float) -> None:
        text = rows(stamps_of("2024-03-01", 30, "30min"), [1] * 30, header=f"time,{header}")

        _, readings, _ = load(write(tmp_path, text))

        assert readings.energy_kwh.iloc[0] == pytest.approx(kwh)

    def test_no_unit_is_kwh_with_a_warning(self, tmp_path: Path) -> None:
        plan, _, _ = load(write(tmp_path, rows(stamps_of("2024-03-01", 30, "h"), header="time,value")))

        assert any("read as kWh" in warning for warning in plan.warnings)

    def test_a_unit_by_hand_wins(self, tmp_path: Path) -> None:
        _, readings, _ = load(write(tmp_path, rows(stamps_of("2024-03-01", 30, "30min"), [1] * 30)), unit="mw")

        assert readings.energy_kwh.iloc[0] == 500

    def test_an_unknown_unit_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="not known"):
            inspect_file(write(tmp_path, hours(30)), Overrides(unit="furlong"))

    def test_a_column_of_units_is_read(self, tmp_path: Path) -> None:
        text = "\n".join(["time,value,unit", *(f"{stamp},2,MWh" for stamp in stamps_of("2024-03-01", 30, "h"))])

        _, readings, _ = load(write(tmp_path, text))

        assert readings.energy_kwh.iloc[0] == 2000

    def test_registers_only_rise(self, tmp_path: Path) -> None:
        values: list[object] = (51_000 + np.cumsum(np.abs(np.sin(np.arange(60))))).round(3).tolist()

        plan, readings, _ = load(write(tmp_path, rows(stamps_of("2024-03-01", 60, "h"), values)))

        assert plan.mapping is not None
        assert plan.mapping.quantity == "register"
        assert plan.meters[0].register
        assert readings.energy_kwh.tolist() == values


class TestColumns:
    def test_a_meter_may_be_called_y(self, tmp_path: Path) -> None:
        lines = [f"y,{stamp},{1 + number % 5}" for number, stamp in enumerate(stamps_of("2024-03-01", 30, "30min"))]

        _, readings, _ = load(write(tmp_path, "\n".join(["meter,time,kwh", *lines])))

        assert readings.meter.unique().tolist() == ["y"]

    def test_price_weather_and_forecast_are_left_alone(self, tmp_path: Path) -> None:
        header = "time,temperature,price EUR,load MW,load forecast MW,reactive power,voltage"
        text = "\n".join([header, *(f"{stamp},20,50,1,1,1,230" for stamp in stamps_of("2024-03-01", 30, "h"))])

        plan, _, _ = load(write(tmp_path, text))

        assert plan.mapping is not None
        assert plan.mapping.value_columns == ("load MW",)

    def test_a_column_by_hand_wins(self, tmp_path: Path) -> None:
        text = "\n".join(["time,a kWh,b", *(f"{stamp},1,2" for stamp in stamps_of("2024-03-01", 30, "h"))])

        _, readings, _ = load(write(tmp_path, text), columns=("B",))

        assert set(readings.energy_kwh) == {2.0}

    def test_a_column_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(FileError, match="has no column 'nope'"):
            inspect_file(write(tmp_path, hours(30)), Overrides(columns=("nope",)))

    def test_sums_of_other_columns_are_left_out(self, tmp_path: Path) -> None:
        lines = [
            f"{stamp},{number % 5},{number % 3},{number % 5 + number % 3}"
            for number, stamp in enumerate(stamps_of("2024-03-01", 30, "h"))
        ]

        plan, _, _ = load(write(tmp_path, "\n".join(["time,North,South,Both", *lines])))

        assert plan.mapping is not None
        assert plan.mapping.value_columns == ("North", "South")
        assert any("“Both” is the sum" in warning for warning in plan.warnings)

    def test_two_columns_name_the_meter_where_one_does_not(self, tmp_path: Path) -> None:
        lines = [
            f"{site},{channel},{stamp},1"
            for site in "AB"
            for channel in ("E1", "B1")
            for stamp in stamps_of("2024-03-01", 30, "h")
        ]

        _, readings, _ = load(write(tmp_path, "\n".join(["site,channel,time,kwh", *lines])))

        assert sorted(readings.meter.unique()) == ["A B1", "A E1", "B B1", "B E1"]

    def test_a_name_by_hand_is_used(self, tmp_path: Path) -> None:
        plan, _, _ = load(write(tmp_path, rows(stamps_of("2024-03-01", 30, "h"))), meter="Main incomer")

        assert [meter.name for meter in plan.meters] == ["Main incomer"]

    def test_directions_come_from_names_and_signs(self, tmp_path: Path) -> None:
        lines = [f"{stamp},1,2,{(-1) ** number}" for number, stamp in enumerate(stamps_of("2024-03-01", 30, "h"))]

        plan, _, _ = load(write(tmp_path, "\n".join(["time,Import kWh,Export kWh,Feeder kWh", *lines])))

        assert [meter.direction for meter in plan.meters] == ["import", "export", "net"]

    def test_the_source_may_mark_values_as_estimated(self, tmp_path: Path) -> None:
        lines = [f"{stamp},1,{hour % 2 == 0}" for hour, stamp in enumerate(stamps_of("2024-03-01", 30, "h"))]

        _, readings, _ = load(write(tmp_path, "\n".join(["time,kwh,estimated", *lines])))

        assert readings.flag.tolist()[:2] == [int(Flag.ESTIMATED_AT_SOURCE), 0]
