import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.charts.base import NOTHING_TO_DRAW, PER_CENT_TICKS, blank, message_figure, nothing_in
from components.theme import COMPLETENESS, MISSING

MOST_METERS = 80
NAMED_METERS = 30


def completeness(frame: pd.DataFrame, theme: str) -> go.Figure:
    """Draw the share of expected readings present per meter and day: ``meter, day, completeness`` (0 to 1).

    The least complete meters come first, at most 80; a day before a meter's first reading stays grey. clickData has
    x = day and y = meter.
    """
    if nothing_in(frame, "completeness"):
        return message_figure(NOTHING_TO_DRAW, theme)
    worst = frame.groupby("meter")["completeness"].mean().nsmallest(MOST_METERS).index
    grid = frame.pivot_table(index="meter", columns="day", values="completeness", aggfunc="mean", dropna=False)
    grid = grid.reindex(worst)
    figure = blank(theme)
    figure.add_heatmap(
        x=[day.strftime("%Y-%m-%d") for day in pd.to_datetime(grid.columns)],
        y=[str(meter) for meter in grid.index],
        z=(100 * grid).to_numpy(dtype=np.float32),
        zmin=0,
        zmax=100,
        ygap=1 if len(grid) <= NAMED_METERS else 0,
        colorscale=[list(stop) for stop in COMPLETENESS],
        colorbar=PER_CENT_TICKS | {"tickvals": [0, 50, 100]},
        hoverongaps=False,
        hovertemplate="%{y}<br>%{x|%a %-d %b %Y}: %{z:.1f} % complete<extra></extra>",
    )
    return figure.update_layout(
        plot_bgcolor=MISSING,
        xaxis={"type": "date", "showgrid": False},
        yaxis={
            "type": "category",
            "autorange": "reversed",
            "showgrid": False,
            "showticklabels": len(grid) <= NAMED_METERS,
        },
    )
