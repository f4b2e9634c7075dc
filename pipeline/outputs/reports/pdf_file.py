"""A report as PDF: cover with the key figures, charts, tables, notes; every page says which of how many it is."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
from reportlab.lib.colors import HexColor, white
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    Image,
    KeepTogether,
    LongTable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from pipeline.definitions import MEASURES, format_share
from pipeline.outputs.reports import pictures
from pipeline.outputs.reports.contents import (
    DAILY,
    METERS,
    PARTS,
    RULES,
    Column,
    Figure,
    Report,
    Section,
    cells,
)
from pipeline.outputs.reports.palette import ACTUAL, GRID, LINE, STRONG, TEXT, WARNING

MOST_ROWS, MOST_DAYS = 60, 62
FIGURES_IN_A_ROW = 3
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
SHARES_OF_WIDTH = {
    METERS: (0.22, 0.17, 0.14, 0.15, 0.12, 0.2),
    RULES: (0.18, 0.54, 0.12, 0.16),
    PARTS: (0.46, 0.14, 0.2, 0.2),
}
PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"  # as Matplotlib brings them: Latin, Greek, Cyrillic and more


def write_pdf(path: Path, report: Report) -> None:
    """Write a report to ``path``."""
    _register_fonts()
    document = SimpleDocTemplate(
        str(path),
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=20 * mm,
        title=f"{report.site}, {report.period}",
        author="Wattscape",
        subject="Electricity report",
        lang="en-GB",
    )
    footer = f"{report.site} · {report.period}"
    document.build(list(_story(report)), canvasmaker=lambda *given, **more: _Numbered(*given, footer=footer, **more))


class _Numbered(Canvas):  # type: ignore[misc]  # reportlab has no types
    """Keeps the pages until their number is known."""

    def __init__(self, *given: Any, footer: str, **more: Any) -> None:  # noqa: ANN401 - handed on to reportlab as is
        super().__init__(*given, **more)
        self._footer = footer
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - the name that reportlab calls
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write the foot of every page, then the file."""
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            self.setStrokeColor(HexColor(LINE))
            self.line(MARGIN, 14 * mm, A4[0] - MARGIN, 14 * mm)
            self.setFont(PLAIN, 7.5)
            self.setFillColor(HexColor(TEXT))
            self.drawString(MARGIN, 10 * mm, _fitting(self._footer, WIDTH - 60 * mm))
            self.drawRightString(A4[0] - MARGIN, 10 * mm, f"Wattscape · page {number} of {len(self._pages)}")
            super().showPage()
        super().save()


def _story(report: Report) -> Iterator[Flowable]:
    yield from _cover(report)
    yield PageBreak()
    yield Paragraph("Charts", _style("h1"))
    label = report.measure.label
    yield _chart(f"{label} over the period", "", pictures.course(report))
    yield _chart("Largest parts", f"{label}. {pictures.drawn_parts(report)}", pictures.largest(report))
    yield _chart("Mean day by type of day", label, pictures.day_shape(report))
    yield _chart("Duration curve", "Power, and for what part of the hours it is reached", pictures.duration(report))
    yield PageBreak()
    yield Paragraph("Tables", _style("h1"))
    for section in report.sections:
        yield from _table(section)
    yield CondPageBreak(60 * mm)
    yield Paragraph("Notes on data quality", _style("h1"))
    yield from (Paragraph(_safe(note), _style("note")) for note in report.notes)


def _cover(report: Report) -> Iterator[Flowable]:
    yield Spacer(1, 25 * mm)
    yield Paragraph("Electricity report", _style("kicker"))
    yield Paragraph(_safe(report.site), _style("title"))
    yield Paragraph(_safe(report.period), _style("subtitle"))
    yield Spacer(1, 4 * mm)
    if report.origin.generated:
        yield Paragraph("Contains generated demo data", _style("warning"))
    yield from (Paragraph(_safe(line), _style("body")) for line in _said_of(report))
    yield Spacer(1, 6 * mm)
    yield Paragraph("Key figures", _style("h1"))
    yield _figures(report.figures)
    yield Spacer(1, 4 * mm)
    estimated = format_share(report.figure("share_estimated").value, decimals=1)
    complete = format_share(report.figure("completeness").value, decimals=1)
    yield Paragraph(
        f"{complete} of the expected metered time has a value; {estimated} of the metered time is estimated. "
        "The notes at the end say more.",
        _style("body"),
    )


def _said_of(report: Report) -> Iterator[str]:
    if report.filters.sector is not None:
        yield f"Sector: {report.filters.sector}"
    yield f"Measure of charts and parts: {report.measure.label}"
    yield f"Time zone: {report.origin.timezone}; each day is that of its own site"
    yield f"Data version {report.origin.data_version} · written {datetime.now(UTC):%-d %b %Y, %H:%M} UTC"


def _figures(figures: tuple[Figure, ...]) -> Table:
    filled = [*map(_figure, figures), *[""] * (-len(figures) % FIGURES_IN_A_ROW)]
    rows = [filled[start : start + FIGURES_IN_A_ROW] for start in range(0, len(filled), FIGURES_IN_A_ROW)]
    style = [
        ("BOX", (0, 0), (-1, -1), 0.6, HexColor(LINE)),
        ("INNERGRID", (0, 0), (-1, -1), 0.6, HexColor(GRID)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 7),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 9),
        ("LEFTPADDING", (0, 0), (-1, -1), 9),
    ]
    return Table(rows, colWidths=[WIDTH / FIGURES_IN_A_ROW] * FIGURES_IN_A_ROW, style=TableStyle(style))


def _figure(figure: Figure) -> list[Flowable]:
    return [
        Paragraph(_safe(figure.label), _style("label")),
        Paragraph(_safe(figure.text), _style("value")),
        Paragraph(_safe(figure.note) or "&nbsp;", _style("label")),
    ]


def _chart(title: str, subtitle: str, picture: bytes) -> Flowable:
    drawn = Image(io.BytesIO(picture))
    drawn.drawWidth, drawn.drawHeight = WIDTH, WIDTH * drawn.imageHeight / drawn.imageWidth
    said = [Paragraph(_safe(subtitle), _style("caption"))] if subtitle else []
    return KeepTogether([Paragraph(_safe(title), _style("h2")), *said, drawn, Spacer(1, 4 * mm)])


def _table(section: Section) -> Iterator[Flowable]:
    yield CondPageBreak(50 * mm)  # a heading does not stand alone, and a long table may break
    yield Paragraph(_safe(section.title), _style("table"))
    count = len(section.frame)
    if not count:
        yield Paragraph("None.", _style("body"))
        return
    if section.name == DAILY and count > MOST_DAYS:
        yield Paragraph(f"{count:,} days; all of them are in the report as Excel or CSV.", _style("body"))
        return
    most = MOST_DAYS if section.name == DAILY else MOST_ROWS
    if count > most:
        more = f"The first {MOST_ROWS} of {count:,} rows; all of them are in the report as Excel or CSV."
        yield Paragraph(more, _style("caption"))
    shown = Section(section.name, section.title, section.columns, section.frame.head(most))
    heads = [Paragraph(_safe(column.heading), _style(_side(column, "head"))) for column in section.columns]
    rows = [
        [
            Paragraph(_written(column, value), _style(_side(column, "cell")))
            for column, value in zip(section.columns, row, strict=True)
        ]
        for row in cells(shown)
    ]
    widths = SHARES_OF_WIDTH.get(section.name, (1 / len(heads),) * len(heads))
    yield LongTable(
        [heads, *rows], colWidths=[share * WIDTH for share in widths], repeatRows=1, style=_table_style(), hAlign="LEFT"
    )
    yield Spacer(1, 5 * mm)


def _table_style() -> TableStyle:
    return TableStyle(
        [
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, HexColor(LINE)),
            ("LINEBELOW", (0, 1), (-1, -1), 0.4, HexColor(GRID)),
            ("BACKGROUND", (0, 0), (-1, -1), white),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 2.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ]
    )


def _written(column: Column, value: Any) -> str:  # noqa: ANN401 - a cell of a frame
    if value is None:
        return "\N{EN DASH}"
    match column.kind:
        case "day":
            text = f"{value:%a %-d %b %Y}"
        case "month":
            text = f"{value:%b %Y}"
        case "number":
            text = f"{value:,.{2 if column.key == 'cost' or column.unit not in _UNITS else 1}f}"
        case "share":
            text = format_share(float(value), decimals=1)
        case "count":
            text = f"{value:,}"
        case _:
            text = str(value)
    return _safe(text)


_UNITS = {measure.unit for measure in MEASURES.values()}


def _side(column: Column, style: str) -> str:
    return style if column.kind in ("text", "day", "month") else f"{style}-right"


def _fitting(text: str, width: float) -> str:
    """Cut a line that is too long for the foot of a page."""
    if pdfmetrics.stringWidth(text, PLAIN, 7.5) <= width:
        return text
    while pdfmetrics.stringWidth(f"{text}\N{HORIZONTAL ELLIPSIS}", PLAIN, 7.5) > width:
        text = text[:-1]
    return f"{text}\N{HORIZONTAL ELLIPSIS}"


def _safe(text: object) -> str:
    """Keep names from files from being read as markup."""
    return escape("".join(sign if sign.isprintable() else " " for sign in str(text)))


@cache
def _register_fonts() -> None:
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))


@cache
def _style(name: str) -> ParagraphStyle:
    text, strong = HexColor(TEXT), HexColor(STRONG)
    plain = ParagraphStyle("body", fontName=PLAIN, fontSize=9, leading=13, textColor=text)
    cell = ParagraphStyle("cell", plain, fontSize=7.5, leading=9.5, splitLongWords=1)
    head = ParagraphStyle("head", cell, fontName=BOLD, textColor=strong)
    big = ParagraphStyle("h1", plain, fontName=BOLD, fontSize=15, leading=20, textColor=strong)
    small = ParagraphStyle("h2", plain, fontName=BOLD, fontSize=10.5, leading=14, textColor=strong)
    made = {
        "body": plain,
        "kicker": ParagraphStyle("kicker", plain, fontName=BOLD, textColor=HexColor(ACTUAL)),
        "title": ParagraphStyle("title", plain, fontName=BOLD, fontSize=26, leading=32, textColor=strong),
        "subtitle": ParagraphStyle("subtitle", plain, fontSize=14, leading=20),
        "warning": ParagraphStyle("warning", plain, fontName=BOLD, textColor=HexColor(WARNING), spaceAfter=4),
        "h1": ParagraphStyle("h1", big, spaceBefore=6, spaceAfter=6),
        "h2": ParagraphStyle("h2", small, spaceBefore=4, spaceAfter=2, keepWithNext=1),
        "table": ParagraphStyle("table", small, spaceBefore=4, spaceAfter=2),
        "caption": ParagraphStyle("caption", plain, fontSize=8, leading=11, spaceAfter=2),
        "label": ParagraphStyle("label", plain, fontSize=8, leading=11),
        "value": ParagraphStyle("value", plain, fontName=BOLD, fontSize=15, leading=21, textColor=strong),
        "note": ParagraphStyle("note", plain, spaceAfter=4),
        "cell": cell,
        "cell-right": ParagraphStyle("cell-right", cell, alignment=TA_RIGHT),
        "head": head,
        "head-right": ParagraphStyle("head-right", head, alignment=TA_RIGHT),
    }
    return made[name]
