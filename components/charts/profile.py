import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from components.charts.base import Shown, nothing_figure, nothing_in
from components.theme import ACTUAL, BAND, template_name
from pipeline.definitions import DAY_TYPES, Measure


def profile(frame: pd.DataFrame, measure: Measure, theme: str) -> go.Figure:
    """Draw the mean day by hour, one panel a day type, in the band from P10 to P90: ``day_type, hour, p10, mean, p90``.

    All values are powers in kW, and so is the measure.
    """
    if nothing_in(frame, "mean"):
        return nothing_figure(frame, theme)
    shown = Shown.of(measure, frame["mean"], frame["p90"], frame["p10"])
    present = [day_type for day_type in DAY_TYPES if (frame["day_type"] == day_type).any()]
    figure = make_subplots(
        cols=len(present),
        shared_yaxes=True,
        horizontal_spacing=0.03,
        subplot_titles=[day_type.capitalize() for day_type in present],
    )
    for place, day_type in enumerate(present):
        hours = frame[frame["day_type"] == day_type].sort_values("hour")
        _add_day_type(figure, hours, shown, place + 1)
    figure.update_xaxes(tickvals=[0, 6, 12, 18], ticktext=["00", "06", "12", "18"], range=[-0.3, 23.3])
    figure.update_yaxes(tickformat=",~g")
    figure.update_annotations(font_size=12, yshift=2)
    return figure.update_layout(
        template=template_name(theme),
        hovermode="x unified",
        yaxis_title_text=shown.unit,
        margin_t=26,
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": -0.08, "yanchor": "top"},
    )


def _add_day_type(figure: go.Figure, hours: pd.DataFrame, shown: Shown, column: int) -> None:
    """Add the band as two lines with the space between them filled, then the mean on top."""
    value = shown.hover()
    edge = {"width": 0, "color": ACTUAL}
    lines = (
        ("p90", "P90", {"line": edge, "showlegend": False}),
        ("p10", "P10 to P90", {"line": edge, "fill": "tonexty", "fillcolor": BAND, "showlegend": column == 1}),
        ("mean", "Mean", {"line": {"width": 2, "color": ACTUAL}, "showlegend": column == 1}),
    )
    for field, name, style in lines:
        label = {"p10": "P10"}.get(field, name)
        figure.add_scatter(
            x=hours["hour"].tolist(),
            y=shown.numbers(hours[field]),
            name=name,
            legendgroup=field,
            mode="lines",
            hovertemplate=f"{value}<extra>{label}</extra>",
            row=1,
            col=column,
            **style,
        )
