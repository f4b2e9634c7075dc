from typing import Any, Final

import plotly.graph_objects as go
import plotly.io as pio

THEMES: Final = ("light", "dark")
COOKIE: Final = "wattscape-theme"

# Okabe and Ito's colours, moved to the brand and to 3:1 contrast on both backgrounds, because a trace keeps its
# colour when only the template is exchanged.
ACTUAL: Final = "#0e8a8c"
COMPARE: Final = "#84909c"
ESTIMATED: Final = "#cf8409"
MISSING: Final = "rgba(128, 138, 150, 0.28)"
MORE: Final = "#c8562c"
LESS: Final = "#2f83c4"
BAND: Final = "rgba(14, 138, 140, 0.18)"
FADED: Final = "rgba(128, 140, 152, 0.40)"
CATEGORIES: Final = (ACTUAL, "#cf8409", "#2f83c4", "#c8562c", "#a8639a", "#5b8f3e", "#7a72c9", "#84909c")
# As CATEGORIES, but dark enough for white words on them (4.5:1).
TILES: Final = ("#0c7a7c", "#96600a", "#2a72ab", "#b04a24", "#8f4f83", "#4b7a32", "#665ebb", "#5f6b77")
SEQUENTIAL: Final = (
    (0.0, "#0b3c49"),
    (0.25, "#0f6f78"),
    (0.5, "#3aa493"),
    (0.75, "#b9cf6a"),
    (0.9, "#f2c14e"),
    (1.0, "#e8871e"),
)
COMPLETENESS: Final = ((0.0, "#c8562c"), (0.5, "#e0b04c"), (0.9, "#7fbfae"), (1.0, "#0e8a8c"))

_FONT: Final = "Inter, system-ui, -apple-system, 'Segoe UI', sans-serif"
_INK: Final = {
    "light": {"text": "#3d4f55", "strong": "#16262b", "grid": "#e6ebec", "line": "#c3cdd0", "card": "#ffffff"},
    "dark": {"text": "#a9bac0", "strong": "#e4ecee", "grid": "#22323a", "line": "#3a4d55", "card": "#142027"},
}
_GROUND: Final = {
    "light": {"land": "#e9eeed", "water": "#ffffff", "border": "#b4c2c5"},
    "dark": {"land": "#203038", "water": "#142027", "border": "#455a63"},
}


def template_name(theme: str | None) -> str:
    """Name the Plotly template of a theme; whatever is not dark is light."""
    return "wattscape_dark" if theme == "dark" else "wattscape_light"


def templates() -> dict[str, dict[str, Any]]:
    """Give both templates as JSON, for the script that exchanges them in the browser."""
    return {theme: pio.templates[template_name(theme)].to_plotly_json() for theme in THEMES}


def _template(theme: str) -> go.layout.Template:
    """Build a template whose backgrounds are transparent, so that the card behind shows."""
    ink = _INK[theme]
    layout = {
        "font": {"family": _FONT, "size": 12, "color": ink["text"]},
        "colorway": list(CATEGORIES),
        "colorscale": {"sequential": list(SEQUENTIAL)},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        "hoverlabel": {
            "bgcolor": ink["card"],
            "bordercolor": ink["line"],
            "font": {"family": _FONT, "size": 12, "color": ink["strong"]},
        },
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom", "font": {"size": 11}},
        "xaxis": _axis(ink) | {"showgrid": False},
        "yaxis": _axis(ink) | {"showline": False, "ticks": "", "ticklabelstandoff": 4, "rangemode": "tozero"},
        "geo": _ground(theme),
        "annotationdefaults": {"font": {"size": 12, "color": ink["text"]}},
        "bargap": 0.25,
    }
    traces = {
        "heatmap": [{"colorbar": _colour_bar()}],
        "scattergeo": [{"marker": {"colorbar": _colour_bar()}}],
        "treemap": [{"marker": {"line": {"color": ink["card"]}}}],
    }
    return go.layout.Template(layout=layout, data=traces)


def _axis(ink: dict[str, str]) -> dict[str, Any]:
    return {
        "automargin": True,
        "gridcolor": ink["grid"],
        "linecolor": ink["line"],
        "showline": True,
        "tickcolor": ink["line"],
        "ticks": "outside",
        "ticklen": 4,
        "tickfont": {"size": 11},
        "title": {"font": {"size": 11}, "standoff": 6},
        "zeroline": True,
        "zerolinecolor": ink["line"],
        "zerolinewidth": 1,
    }


def _colour_bar() -> dict[str, Any]:
    return {"thickness": 8, "outlinewidth": 0, "tickfont": {"size": 11}, "title": {"font": {"size": 11}, "side": "top"}}


def _ground(theme: str) -> dict[str, Any]:
    ground = _GROUND[theme]
    return {
        "bgcolor": "rgba(0,0,0,0)",
        "showland": True,
        "landcolor": ground["land"],
        "showlakes": True,
        "lakecolor": ground["water"],
        "showcountries": True,
        "countrycolor": ground["border"],
        "showsubunits": True,
        "subunitcolor": ground["border"],
        "subunitwidth": 0.5,
        "coastlinecolor": ground["border"],
        "coastlinewidth": 0.7,
        "showframe": False,
    }


for _theme in THEMES:
    pio.templates[template_name(_theme)] = _template(_theme)
