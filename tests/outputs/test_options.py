import pytest

from pipeline.errors import SelectionError
from pipeline.outputs.options import CsvOptions, kind_of


@pytest.mark.parametrize(
    "given_options",
    [{"separator": ",", "decimal": ","}, {"separator": "x"}, {"table": "readings; drop"}, {"encoding": "utf-8"}],
)
def test_options_that_make_no_sense_are_refused(given_options: dict[str, object]) -> None:
    with pytest.raises(SelectionError):
        CsvOptions.from_mapping(given_options)


def test_options_round_trip() -> None:
    options = CsvOptions("hourly", "\t", ",", "lines")

    assert CsvOptions.from_mapping(options.to_mapping()) == options


def test_an_unknown_kind_is_refused() -> None:
    assert kind_of("hyper") == "hyper"
    with pytest.raises(SelectionError, match="csv, hyper, tdsx, twbx"):
        kind_of("xlsx")
