import pandas as pd
import plotly.graph_objects as go

from components.charts.base import Shown, blank, nothing_figure, nothing_in, written
from components.theme import ACTUAL, LESS, MORE
from pipeline.definitions import Measure

TOTALS = ("before", "now")
ROOM = 0.35  # of the height of the steps, below and above them


def waterfall(frame: pd.DataFrame, measure: Measure, theme: str) -> go.Figure:
    """Draw the way from one total to another: ``key, label, amount``, totals first and last (``before``, ``now``).

    The axis starts near the steps, because these would be too small to see beside whole totals; the labels say all.
    """
    if nothing_in(frame, "amount"):
        return nothing_figure(frame, theme, "There is nothing in one of the two periods to compare with.")
    shown = Shown.of(measure, frame["amount"])
    is_total = frame["key"].isin(TOTALS)
    words = [
        _signed(text, total=total) for text, total in zip(written(measure, frame["amount"]), is_total, strict=True)
    ]
    figure = blank(theme)
    figure.add_waterfall(
        x=frame["label"].tolist(),
        y=shown.numbers(frame["amount"]),
        measure=["absolute" if total else "relative" for total in is_total],
        text=words,
        textposition="outside",
        constraintext="none",
        textfont_size=11,
        cliponaxis=False,
        increasing_marker_color=MORE,
        decreasing_marker_color=LESS,
        totals_marker_color=ACTUAL,
        connector={"line": {"width": 1, "dash": "dot"}},
        hovertemplate="%{x}<br>%{text}<extra></extra>",
    )
    return figure.update_layout(
        showlegend=False,
        yaxis=shown.axis(range=_range(frame, shown)),
        xaxis={"type": "category", "showgrid": False},
        margin_t=36,
    )


def _range(frame: pd.DataFrame, shown: Shown) -> list[float]:
    """Frame the levels between the steps; zero stays in sight where it is near."""
    steps = frame.loc[~frame["key"].eq("now"), "amount"].astype(float).cumsum() * shown.factor
    low, high = float(steps.min()), float(steps.max())
    margin = (high - low or abs(high) or 1.0) * ROOM
    bottom = low - 2 * margin
    return [0.0 if bottom < 0 <= low else bottom, high + margin]


def _signed(text: str, *, total: bool) -> str:
    """Put a plus before a step upwards, none before a total, and the unit below, because screens may be narrow."""
    number, _, unit = text.rpartition(" ")
    sign = "" if total or number.startswith("\N{MINUS SIGN}") or not number.strip("0.") else "+"
    return f"{sign}{number}<br>{unit}"
