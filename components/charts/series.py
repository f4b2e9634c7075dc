import pandas as pd
import plotly.graph_objects as go

from components.charts.base import Shown, add_comparison, blank, moments, nothing_figure, nothing_in, revision
from components.theme import ACTUAL, ESTIMATED
from pipeline.definitions import Measure

STEPPED = ("day", "month")


def series(
    frame: pd.DataFrame,
    measure: Measure,
    theme: str,
    *,
    resolution: str = "reading",
    compare_label: str | None = None,
) -> go.Figure:
    """Draw ``time, value, compare_value, estimated`` as a line with gaps; estimated stretches are drawn over it.

    A zoom arrives in relayoutData as xaxis.range[0], xaxis.range[1] in the site's own naive time.
    """
    if nothing_in(frame, "value"):
        return nothing_figure(frame, theme)
    shown = Shown.of(measure, frame["value"], frame["compare_value"])
    times = moments(frame["time"])
    shape = "hvh" if resolution in STEPPED else "linear"
    figure = blank(theme)
    if frame["compare_value"].notna().any():
        add_comparison(figure, frame, times, shown, compare_label or "Compared period", width=1)
    _add_values(figure, frame, times, shown)
    _add_estimated(figure, frame, times, shown)
    figure.update_traces(line_shape=shape)
    return figure.update_layout(
        hovermode="x unified",
        uirevision=revision(times),
        dragmode="zoom",
        yaxis=shown.axis(fixedrange=True),
    )


def _add_values(figure: go.Figure, frame: pd.DataFrame, times: list[str], shown: Shown) -> None:
    figure.add_scatter(
        x=times,
        y=shown.numbers(frame["value"]),
        text=[" · estimated" if estimated else "" for estimated in frame["estimated"].fillna(value=False)],
        name=shown.measure.label,
        mode="lines",
        line={"color": ACTUAL, "width": 1.5},
        hovertemplate=shown.hover() + "%{text}<extra></extra>",
    )


def _add_estimated(figure: go.Figure, frame: pd.DataFrame, times: list[str], shown: Shown) -> None:
    values = shown.numbers(frame["value"])
    places = estimated_stretches(frame["estimated"].fillna(value=False).tolist())
    if not places:
        return
    figure.add_scatter(
        x=[None if place is None else times[place] for place in places],
        y=[None if place is None else values[place] for place in places],
        name="Estimated",
        mode="lines",
        line={"color": ESTIMATED, "width": 2.5},
        hoverinfo="skip",
    )


def estimated_stretches(estimated: list[bool]) -> list[int | None]:
    """Give the places to draw: each estimated run with the neighbours that it hangs on, and None between stretches."""
    last = len(estimated) - 1
    near = [place for place in range(last + 1) if any(estimated[max(place - 1, 0) : place + 2])]
    places: list[int | None] = []
    for place, before in zip(near, [None, *near], strict=False):
        if before is not None and place > before + 1:
            places.append(None)
        places.append(place)
    return places
