from collections.abc import Sequence
from math import inf, isfinite
from typing import Literal
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from components.attributes import attributes
from components.icons import icon
from components.theme import ACTUAL

Direction = Literal["better", "worse", "neutral"]

SPARK_WIDTH, SPARK_HEIGHT = 120, 28


def kpi_card(
    label: str,
    value: str,
    unit: str = "",
    *,
    note: str = "",
    change: str = "",
    direction: Direction = "neutral",
    share_estimated: str = "",
    trend: Sequence[float | None] = (),
) -> html.Article:
    """Show one figure as ``format_value`` writes it, with a note, the change, the share estimated and a sparkline."""
    facts = [
        html.Span(change, className=f"kpi-change kpi-{direction}") if change else None,
        html.Span(note, className="kpi-note") if note else None,
        html.Span([icon("estimated"), f"{share_estimated} estimated"], className="kpi-estimated")
        if share_estimated
        else None,
    ]
    return html.Article(
        [
            html.H2(label, className="kpi-label"),
            html.P(_value(f"{value} {unit}".rstrip()), className="kpi-value"),
            html.Div([fact for fact in facts if fact is not None], className="kpi-facts"),
            sparkline(trend) if len(trend) > 1 else None,
        ],
        className="card kpi",
    )


def kpi_row(cards: Sequence[html.Article]) -> html.Div:
    """Set KPI cards side by side; they wrap on narrow screens."""
    return html.Div(list(cards), className="kpi-row")


def kpi_placeholder(count: int = 6) -> html.Div:
    """Hold the place of ``count`` cards, so that nothing jumps when they arrive."""
    waiting = [
        html.Article([html.Span(className="skeleton-line"), html.Span(className="skeleton-line")], className="card kpi")
        for _ in range(count)
    ]
    return html.Div(waiting, className="kpi-row", **attributes(aria_busy="true"))


def panel(
    title: str, *children: Component | str, subtitle: str = "", actions: Sequence[Component] = ()
) -> html.Section:
    """Frame content that is no chart in the same card."""
    heading = [
        html.H2(title, className="card-title"),
        html.P(subtitle, className="card-subtitle") if subtitle else None,
    ]
    return html.Section(
        [
            html.Div(
                [html.Div(heading, className="card-heading"), html.Div(list(actions), className="card-tools")],
                className="card-head",
            ),
            html.Div(list(children), className="panel-body"),
        ],
        className="card panel",
        **attributes(aria_label=title),
    )


def sparkline(values: Sequence[float | None]) -> html.Img:
    """Draw a course without axes, as a picture that needs no script; gaps stay open."""
    line = f'fill="none" stroke="{ACTUAL}" stroke-width="1.5" vector-effect="non-scaling-stroke"'
    frame = f'viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" preserveAspectRatio="none"'
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" {frame}><path d="{_path(values)}" {line}/></svg>'
    return html.Img(src=f"data:image/svg+xml,{quote(picture)}", alt="", className="kpi-spark")


def _value(value: str) -> list[Component | str]:
    """Set the unit smaller than the number in front of it."""
    number, gap, unit = value.partition(" ")
    if not gap or not number[-1].isdigit() or unit[0].isdigit():
        return [value]
    return [number, html.Span(f" {unit}", className="kpi-unit")]


def _path(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None and isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    steps, height, margin, span = len(values) - 1, SPARK_HEIGHT - 4, 2, high - low
    path, pen_down = [], False
    for place, value in enumerate(values):
        if value is None or not isfinite(value):
            pen_down = False
            continue
        x = place / steps * SPARK_WIDTH
        y = margin + height * (1 - (value - low) / span) if 0 < span < inf else SPARK_HEIGHT / 2
        path.append(f"{'L' if pen_down else 'M'}{x:.1f} {y:.1f}")
        pen_down = True
    return "".join(path)
