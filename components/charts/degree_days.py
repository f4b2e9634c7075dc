import pandas as pd
import plotly.graph_objects as go

from components.charts.base import blank, message_figure, nothing_in, numbers
from components.theme import LESS, MORE

NO_WEATHER = "No weather is known for these months."
SIDES = {"heating": ("Heating", LESS), "cooling": ("Cooling", MORE)}


def degree_days(frame: pd.DataFrame, theme: str) -> go.Figure:
    """Draw degree days by month next to the same days a year before.

    Columns: ``month, heating, cooling, heating_before, cooling_before``; cooling is drawn downwards.
    """
    if nothing_in(frame, "heating", "cooling"):
        return message_figure(NO_WEATHER, theme)
    figure = blank(theme)
    months = frame["month"].dt.strftime("%Y-%m-%d").tolist()
    for offset, (suffix, when, opacity) in enumerate((("_before", " a year before", 0.4), ("", "", 1.0))):
        for side, (label, colour) in SIDES.items():
            sign = 1 if side == "heating" else -1
            values = frame[f"{side}{suffix}"]
            if not (values.fillna(0) > 0).any():
                continue
            figure.add_bar(
                x=months,
                y=numbers(values * sign),
                name=label + when,
                offsetgroup=str(offset),
                marker={"color": colour, "opacity": opacity},
                customdata=numbers(values),
                hovertemplate=f"%{{x|%B %Y}}<br>%{{customdata:,.0f}} °C·d {label.lower()}{when}<extra></extra>",
            )
    return figure.update_layout(
        barmode="relative",
        xaxis={"tickformat": "%b\n%Y", "hoverformat": "%B %Y"},
        yaxis={"title_text": "Degree days, cooling below zero", "tickformat": ",~g"},
    )
