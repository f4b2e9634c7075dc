import pandas as pd
import plotly.graph_objects as go

from components.charts.base import Shown, blank, message_figure, moments, plain
from components.theme import ACTUAL, BAND, COMPARE
from pipeline.definitions import Measure, format_value

NOTHING_MEASURED = "Nothing is measured yet: mark what was done, with its day."


def realised(frame: pd.DataFrame, measure: Measure, theme: str) -> go.Figure:
    """Draw what was saved, with its uncertainty, beside what was expected: ``label, saved_kwh, uncertainty_kwh,
    expected_kwh``; customdata of a bar is its fingerprint, where the frame has one.
    """  # noqa: D205 - the columns belong to the sentence
    if frame.empty:
        return message_figure(NOTHING_MEASURED, theme)
    ordered = frame.iloc[::-1]
    shown = Shown.of(measure, ordered["saved_kwh"], ordered["expected_kwh"], ordered["uncertainty_kwh"])
    names = plain(ordered["label"])
    figure = blank(theme)
    figure.add_bar(
        y=names,
        x=shown.numbers(ordered["expected_kwh"]),
        orientation="h",
        name="Expected",
        marker_color=COMPARE,
        hovertemplate=shown.hover("x") + "<extra>Expected</extra>",
    )
    figure.add_bar(
        y=names,
        x=shown.numbers(ordered["saved_kwh"]),
        orientation="h",
        name="Saved, with its uncertainty",
        marker_color=ACTUAL,
        error_x={
            "type": "data",
            "array": shown.numbers(ordered["uncertainty_kwh"]),
            "color": "#84909c",
            "thickness": 1.5,
        },
        customdata=ordered["fingerprint"].tolist(),
        hovertext=[
            f"{format_value(measure, saved)} \N{PLUS-MINUS SIGN} {format_value(measure, width)}"
            for saved, width in zip(ordered["saved_kwh"], ordered["uncertainty_kwh"], strict=True)
        ],
        hovertemplate="%{hovertext}<extra>Saved</extra>",
    )
    return figure.update_layout(
        xaxis=shown.axis(showgrid=True),
        yaxis={"type": "category", "showgrid": False},
        barmode="group",
        legend={"traceorder": "normal"},
    )


def cusum(frame: pd.DataFrame, measure: Measure, theme: str) -> go.Figure:
    """Draw what has been saved up to each day since a measure: ``day, cumulative_kwh``.

    Rising means less than the baseline says, falling more; a bend is a day on which something changed.
    """
    if frame.empty:
        return message_figure(NOTHING_MEASURED, theme)
    shown = Shown.of(measure, frame["cumulative_kwh"])
    figure = blank(theme)
    figure.add_scatter(
        x=moments(frame["day"]),
        y=shown.numbers(frame["cumulative_kwh"]),
        mode="lines",
        name="Saved so far",
        line={"color": ACTUAL, "width": 2},
        fill="tozeroy",
        fillcolor=BAND,
        hovertemplate=shown.hover() + "<extra>Saved so far</extra>",
    )
    return figure.update_layout(yaxis=shown.axis(), showlegend=False, hovermode="x unified")
