"""All charts and components on one page, without a database: ``python tests/components/gallery.py`` serves it.

Its purpose is to be looked at, and to be driven by the browser tests of the components.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import component_frames as frames  # noqa: E402 - found beside this file when run as a script
import dash_bootstrap_components as dbc  # noqa: E402
import pandas as pd  # noqa: E402
from dash import Dash, Input, Output, html  # noqa: E402
from flask import has_request_context, request  # noqa: E402

from components import cards, charts, controls, shell, site_tree, states, tables, uploads  # noqa: E402
from components.chart_card import chart_card  # noqa: E402
from components.theme import COOKIE  # noqa: E402
from pipeline.definitions import MEASURES, SWITCHABLE  # noqa: E402

ENERGY, MEAN = MEASURES["energy_kwh"], MEASURES["mean_kw"]
PAGES = [
    {"name": "Overview", "relative_path": "/", "order": 1, "icon": "overview"},
    {"name": "Consumption", "relative_path": "/consumption", "order": 2, "icon": "consumption"},
    {"name": "Data", "relative_path": "/data", "order": 3, "icon": "data"},
    {"name": "Exports", "relative_path": "/exports", "order": 4, "icon": "exports"},
]


def create_gallery() -> Dash:
    app = Dash("gallery", assets_folder=str(ROOT / "assets"), serve_locally=True, use_async=False)
    app.index_string = shell.index_string(app.get_asset_url)
    app.title = "Gallery"
    app.layout = lambda: layout(request.cookies.get(COOKIE, "light") if has_request_context() else "light")
    shell.connect_scripts(app)
    _fill_tree(app)
    return app


def _fill_tree(app: Dash) -> None:
    @app.callback(Output("filter-site-tree", "data"), Output("filter-site", "data"), Input("filter-period", "value"))
    def fill(_period: str) -> tuple[list[dict[str, object]], int]:
        return site_tree.site_nodes(frames.tree()), 13


def layout(theme: str) -> html.Div:
    content = html.Div(
        [
            shell.page_header("Gallery", "Every chart and component with made-up numbers.", dbc.Button("Export")),
            _kpis(),
            _charts(theme),
            _parts(),
            states.not_found("/nowhere"),
        ]
    )
    return shell.shell(PAGES, content, controls.filter_bar([MEASURES[key] for key in SWITCHABLE]), theme=theme)


def _kpis() -> html.Div:
    course = [1.0, 3, 2, None, 5, 4, 6, 5]
    return cards.kpi_row(
        [
            cards.kpi_card(
                "Energy", "1,284 MWh", change="+3.1 %", direction="worse", note="against days before", trend=course
            ),
            cards.kpi_card("Peak power", "4.62 MW", note="Tue 14 Jan 2025, 17:00"),
            cards.kpi_card("Mean power", "1.73 MW", change="\N{MINUS SIGN}2.0 %", direction="better"),
            cards.kpi_card("Load factor", "37.4 %", note="mean / peak"),
            cards.kpi_card("Base load", "812 kW"),
            cards.kpi_card("Share estimated", "4.2 %", share_estimated="4.2 %"),
        ]
    )


def _charts(theme: str) -> html.Div:
    figures = {
        "trend": (charts.trend(frames.trend(), ENERGY, theme, compare_label="Year before"), "span-8"),
        "map": (charts.site_map(frames.sites(), ENERGY, theme), "span-4"),
        "treemap": (charts.treemap(frames.breakdown(), ENERGY, theme), "span-6"),
        "movers": (charts.movers(frames.movers(), ENERGY, theme), "span-6"),
        "series": (
            charts.series(frames.series(), MEAN, theme, resolution="hour", compare_label="Days before"),
            "span-12",
        ),
        "carpet": (charts.carpet(frames.carpet(), MEAN, theme), "span-8"),
        "ranking": (charts.ranking(frames.ranking(), ENERGY, theme), "span-4"),
        "profile": (charts.profile(frames.profile(), MEAN, theme), "span-6"),
        "duration": (charts.duration_curve(frames.duration_curve(), MEAN, theme), "span-6"),
        "overlay": (charts.overlay(frames.overlay(), MEAN, theme), "span-8"),
        "histogram": (charts.histogram(frames.histogram(), MEAN, theme), "span-4"),
        "completeness": (charts.completeness(frames.completeness(), theme), "span-8"),
        "flags": (charts.flags_by_rule(frames.flags(), theme), "span-4"),
        "long-trend": (charts.trend(frames.trend(400), ENERGY, theme), "span-6"),
        "power-map": (charts.site_map(frames.sites(), MEAN, theme), "span-6"),
        "timeline": (
            charts.anomaly_timeline(
                frames.anomalies(), theme, start=frames.START, end=frames.START + pd.Timedelta(days=60)
            ),
            "span-12",
        ),
        "anomaly": (charts.anomaly_course(frames.anomaly_course(), theme), "span-8"),
        "like-days": (charts.like_days(frames.like_days(), theme), "span-4"),
        "bills": (charts.bill_months(frames.bills(), "EUR", theme, chosen="2025-03-01"), "span-6"),
        "periods": (charts.tariff_periods(frames.tariff_periods(), "EUR", theme), "span-6"),
        "comparison": (charts.tariff_comparison(frames.tariff_comparison(), "EUR", theme), "span-6"),
        "peak": (charts.coincident_peak(frames.coincident_peak(), theme), "span-6"),
        "empty": (charts.message_figure("No reading in this period.", theme), "span-6"),
    }
    boxes = [
        html.Div(
            chart_card(name, name.capitalize(), "kWh per day, each site's own day", csv_href="/x.csv", figure=figure),
            className=span,
        )
        for name, (figure, span) in figures.items()
    ]
    return html.Div(boxes, className="card-grid")


def _parts() -> html.Div:
    rows = frames.ranking()
    columns = [
        tables.column("name", "Site", flex=2),
        tables.column("kind", "Kind"),
        tables.column("value", "Energy kWh", number=",.0f"),
        tables.column("share", "Share", number=".1%"),
    ]
    loads = [
        {"name": "meters-2025.csv", "state": "running", "share": 0.42, "detail": "1.2 of 2.9 million readings"},
        {"name": "more.parquet", "state": "running", "share": None, "detail": "Reading"},
        {"name": "old.xlsx", "state": "done", "share": 1.0, "detail": "35,040 readings of 4 meters"},
        {"name": "notes.txt", "state": "refused", "share": None, "detail": "notes.txt holds no column with dates."},
        {"name": "next.csv", "state": "waiting", "share": None, "detail": ""},
    ]
    fields = [
        {
            "key": "zone",
            "label": "Time zone",
            "value": "Europe/London",
            "options": None,
            "reason": "The site's own zone.",
        },
        {
            "key": "unit",
            "label": "Unit",
            "value": "kWh",
            "options": {"kWh": "kWh", "MW": "MW"},
            "reason": "From the header.",
        },
        {
            "key": "stamp",
            "label": "Stamps mark",
            "value": "start",
            "options": {"start": "Start", "end": "End"},
            "reason": "",
        },
    ]
    return html.Div(
        [
            html.Div(cards.panel("Table", tables.table("grid", columns, rows, label="Ranking")), className="span-6"),
            html.Div(
                cards.panel(
                    "Loading",
                    uploads.upload_zone(
                        "upload", "CSV, Excel, Parquet, JSON lines, Green Button, NEM12 · up to 512 MB"
                    ),
                    uploads.progress_list(loads),
                ),
                className="span-6",
            ),
            html.Div(cards.panel("Mapping", uploads.mapping_form("mapping", fields)), className="span-6"),
            html.Div(cards.panel("Preview", uploads.preview_table(rows.head(4), "First rows")), className="span-6"),
            html.Div(cards.panel("Empty", states.empty_state("No file has been loaded yet.")), className="span-6"),
            html.Div(cards.panel("Waiting", states.skeleton(), cards.kpi_placeholder(2)), className="span-6"),
            html.Div(controls.chip("Sector: office", "sector"), className="span-6"),
            html.Div(
                shell.freshness("Data to 22 Nov 2026 23:45", generated=True), className="span-6", id="fresh-sample"
            ),
        ],
        className="card-grid gallery-parts",
    )


if __name__ == "__main__":
    create_gallery().run(port=8077, debug=False)
