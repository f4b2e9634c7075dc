"""Names come from files: Plotly must not take them for markup."""

from collections.abc import Callable

import component_frames as frames
import pandas as pd
import plotly.graph_objects as go
import pytest

from components import charts
from pipeline.definitions import MEASURES

ENERGY = MEASURES["energy_kwh"]
HOSTILE = '<a href="https://elsewhere.example">&amp;'
DRAWN: dict[str, tuple[Callable[[pd.DataFrame, str], go.Figure], pd.DataFrame]] = {
    "site map": (lambda frame, theme: charts.site_map(frame, ENERGY, theme), frames.sites()),
    "treemap": (lambda frame, theme: charts.treemap(frame, ENERGY, theme), frames.breakdown()),
    "movers": (lambda frame, theme: charts.movers(frame, ENERGY, theme), frames.movers()),
    "ranking": (lambda frame, theme: charts.ranking(frame, ENERGY, theme), frames.ranking()),
}


@pytest.mark.parametrize("chart", DRAWN)
def test_names_from_files_are_no_markup(chart: str) -> None:
    draw, frame = DRAWN[chart]
    hostile = frame.assign(name=[f"{HOSTILE} {number}" for number in range(len(frame))])

    written = str(draw(hostile, "light").to_dict())

    assert "<a" not in written
    assert "&lt;a href=" in written
    assert "&amp;amp;" in written
