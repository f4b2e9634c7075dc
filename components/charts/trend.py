import pandas as pd
import plotly.graph_objects as go

from components.charts.base import (
    PARTLY_ESTIMATED,
    Shown,
    add_comparison,
    blank,
    estimated_notes,
    moments,
    nothing_figure,
    nothing_in,
    revision,
)
from components.theme import ACTUAL, ESTIMATED
from pipeline.definitions import Measure

MOST_BARS = 130
PALE_AMBER = "rgba(207, 132, 9, 0.45)"
HATCHED = {
    "color": ESTIMATED,
    "pattern": {"shape": "/", "fgcolor": ACTUAL, "bgcolor": PALE_AMBER, "size": 6, "solidity": 0.4},
}


def trend(frame: pd.DataFrame, measure: Measure, theme: str, *, compare_label: str | None = None) -> go.Figure:
    """Draw the measure per step against the compared period: ``time, value, compare_value, share_estimated``.

    Steps that are estimated in part are hatched; a step without a value is a gap. clickData's x is the step's start.
    """
    if nothing_in(frame, "value"):
        return nothing_figure(frame, theme)
    shown = Shown.of(measure, frame["value"], frame["compare_value"])
    times = moments(frame["time"])
    figure = blank(theme)
    if len(frame) <= MOST_BARS:
        _add_bars(figure, frame, times, shown)
    else:
        _add_line(figure, frame, times, shown)
    if frame["compare_value"].notna().any():
        add_comparison(figure, frame, times, shown, compare_label or "Compared period", width=1.5)
    return figure.update_layout(hovermode="x unified", uirevision=revision(times), yaxis=shown.axis())


def _add_bars(figure: go.Figure, frame: pd.DataFrame, times: list[str], shown: Shown) -> None:
    """Add measured and partly estimated steps as two traces, so that the legend explains the hatching."""
    marked = (frame["share_estimated"] > PARTLY_ESTIMATED).to_numpy()
    kinds = ((~marked, shown.measure.label, {"color": ACTUAL}), (marked, "Partly estimated", HATCHED))
    for chosen, name, marker in kinds:
        if chosen.any():
            steps = frame[chosen]
            figure.add_bar(
                x=[time for time, is_chosen in zip(times, chosen, strict=True) if is_chosen],
                y=shown.numbers(steps["value"]),
                text=estimated_notes(steps["share_estimated"]),
                textposition="none",
                name=name,
                marker=marker,
                hovertemplate=shown.hover() + "%{text}<extra></extra>",
            )
    figure.update_layout(barmode="relative")  # "overlay" would make a lone bar as thin as a line


def _add_line(figure: go.Figure, frame: pd.DataFrame, times: list[str], shown: Shown) -> None:
    values = shown.numbers(frame["value"])
    figure.add_scatter(
        x=times,
        y=values,
        text=estimated_notes(frame["share_estimated"]),
        name=shown.measure.label,
        mode="lines",
        line={"color": ACTUAL, "width": 1.5},
        hovertemplate=shown.hover() + "%{text}<extra></extra>",
    )
    marked = [place for place, share in enumerate(frame["share_estimated"]) if share > PARTLY_ESTIMATED]
    if marked:
        figure.add_scatter(
            x=[times[place] for place in marked],
            y=[values[place] for place in marked],
            name="Partly estimated",
            mode="markers",
            marker={"color": ESTIMATED, "size": 4},
            hoverinfo="skip",
        )
