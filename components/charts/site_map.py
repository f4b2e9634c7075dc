from math import cos, radians, sqrt
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from components.charts import map_labels
from components.charts.base import Shown, blank, nothing_figure, nothing_in, numbers, plain, written
from components.theme import ACTUAL, SEQUENTIAL
from pipeline.definitions import MEASURES, Measure

LARGEST_DISC = 36
SMALLEST_DISC = 6
NAMED_SITES = 6
USUAL_WIDTH = 360.0  # pixels of the map in its card; wider, names stand further from their discs than they need
NARROWEST, SURROUNDINGS = 1.5, 8.0  # degrees of longitude: of several sites, and of one alone
DETAILED_BELOW = 90.0  # degrees; coarse outlines look angular when closer than this
SHAPE = 1.45  # width by height


def site_map(frame: pd.DataFrame, measure: Measure, theme: str) -> go.Figure:
    """Draw each site as a disc, its area by energy, its colour by the measure where that is not energy.

    Needs ``site_id, name, sector, latitude, longitude, energy_kwh, value``. customdata of a point is [site_id, energy,
    value, sector]; sites without coordinates are left out.
    """
    if nothing_in(frame, "latitude"):
        return nothing_figure(frame, theme, "No site here has coordinates.")
    placed = frame.dropna(subset=["latitude", "longitude"]).sort_values("energy_kwh", ascending=False)
    figure = blank(theme)
    figure.add_scattergeo(
        lon=placed["longitude"].tolist(),
        lat=placed["latitude"].tolist(),
        mode="markers",
        hovertext=plain(placed["name"]),
        marker=_discs(placed, measure),
        customdata=_facts(placed, measure),
        hovertemplate=_hover(measure),
    )
    view = _view(placed)
    _add_names(figure, placed, view)
    return figure.update_layout(geo=view, margin={"l": 0, "r": 0, "t": 0, "b": 0}, showlegend=False)


def _discs(placed: pd.DataFrame, measure: Measure) -> dict[str, Any]:
    energy = placed["energy_kwh"].clip(lower=0).fillna(0)
    marker: dict[str, Any] = {
        "size": numbers(energy),
        "sizemode": "area",
        "sizeref": 2 * max(float(energy.max()), 1e-9) / LARGEST_DISC**2,
        "sizemin": SMALLEST_DISC,
        "opacity": 0.8,
        "line": {"width": 1, "color": "rgba(255, 255, 255, 0.8)"},
    }
    if measure.key == "energy_kwh" or placed["value"].isna().all():
        return marker | {"color": ACTUAL}
    shown = Shown.of(measure, placed["value"])
    axis = shown.axis()
    bar = {"title_text": axis["title_text"], "tickformat": axis["tickformat"], "len": 0.7}
    colours = shown.numbers(placed["value"])
    return marker | {
        "color": colours,
        "showscale": True,
        "colorbar": bar,
        "colorscale": [list(stop) for stop in SEQUENTIAL],
    }


def _facts(placed: pd.DataFrame, measure: Measure) -> list[list[Any]]:
    energy = written(MEASURES["energy_kwh"], placed["energy_kwh"])
    columns = (
        placed["site_id"].tolist(),
        energy,
        written(measure, placed["value"]),
        plain(placed["sector"].fillna("")),
    )
    return [list(facts) for facts in zip(*columns, strict=True)]


def _hover(measure: Measure) -> str:
    value = "" if measure.key == "energy_kwh" else f"<br>{measure.label}: %{{customdata[2]}}"
    return f"<b>%{{hovertext}}</b> %{{customdata[3]}}<br>Energy: %{{customdata[1]}}{value}<extra></extra>"


def _view(placed: pd.DataFrame) -> dict[str, Any]:
    """Frame the sites with room round them, in the shape that most cards have; a single site gets its surroundings."""
    west, east = float(placed["longitude"].min()), float(placed["longitude"].max())
    south, north = float(placed["latitude"].min()), float(placed["latitude"].max())
    middle_lon, middle_lat = (west + east) / 2, (south + north) / 2
    stretch = max(cos(radians(middle_lat)), 0.2)  # Mercator draws a degree of latitude 1 / cos(latitude) times as long
    least = NARROWEST if len(placed) > 1 else SURROUNDINGS
    wide = min(max(east - west, (north - south) / stretch * SHAPE, least) * 1.5, 360.0)
    high = wide / SHAPE * stretch
    return {
        "projection_type": "mercator",
        "lonaxis_range": [middle_lon - wide / 2, middle_lon + wide / 2],
        "lataxis_range": [max(middle_lat - high / 2, -80.0), min(middle_lat + high / 2, 80.0)],
        "resolution": 50 if wide < DETAILED_BELOW else 110,
    }


def _add_names(figure: go.Figure, placed: pd.DataFrame, view: dict[str, Any]) -> None:
    """Name the largest sites that have room; Plotly would write names of a map across their own discs."""
    west, east = view["lonaxis_range"]
    pixels = USUAL_WIDTH / (east - west)
    energy = placed["energy_kwh"].clip(lower=0).fillna(0)
    largest = max(float(energy.max()), 1e-9)
    discs = [
        map_labels.Disc((lon - west) * pixels, map_labels.northing(lat) * pixels, _radius(kwh / largest))
        for lon, lat, kwh in zip(placed["longitude"], placed["latitude"], energy, strict=True)
    ]
    labels = map_labels.placed(placed["name"].astype(str).tolist(), discs, USUAL_WIDTH, NAMED_SITES)
    figure.add_scattergeo(
        lon=[west + label.x / pixels for label in labels],
        lat=[map_labels.latitude(label.y / pixels) for label in labels],
        mode="text",
        text=plain(label.name for label in labels),
        textfont_size=11,
        hoverinfo="skip",
    )


def _radius(share: float) -> float:
    """Return the pixels that Plotly draws a share of the largest energy with."""
    return max(LARGEST_DISC / 2 * sqrt(share), SMALLEST_DISC)
