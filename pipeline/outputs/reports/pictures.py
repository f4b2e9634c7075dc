"""The charts of a report, drawn by Matplotlib without a screen: a report in, pictures out."""

import io
from collections.abc import Callable

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.definitions import DAY_TYPES, MEASURES, Measure, Scale, format_share, format_value, scale
from pipeline.outputs.reports.contents import PARTS, Report
from pipeline.outputs.reports.palette import ACTUAL, CATEGORIES, GRID, LINE, STRONG, TEXT

DPI = 180
MOST_BARS = 15
LONGEST_NAME = 32
WIDE, HALF = (7.1, 2.1), (7.1, 1.75)


def course(report: Report) -> bytes:
    """Draw the measure over the period, beside what it is compared with."""

    def draw(axes: Axes) -> None:
        frame = report.course
        shown = _scale(report.measure, frame["value"], frame["compare_value"])
        times = frame["time"].to_numpy()
        if len(frame) <= 62:  # noqa: PLR2004 - two months of days
            width = np.diff(times).min() * 0.8 if len(times) > 1 else np.timedelta64(16, "h")
            axes.bar(times, frame["value"] * shown.factor, width=width, color=ACTUAL, label="Measured", align="edge")
        else:
            axes.plot(times, frame["value"] * shown.factor, color=ACTUAL, linewidth=1.1, label="Measured")
        if frame["compare_value"].notna().any():
            compared = frame["compare_value"] * shown.factor
            axes.plot(times, compared, color=STRONG, linewidth=1.1, linestyle=":", zorder=3, label="Compared with")
            _legend(axes)
        locator = mdates.AutoDateLocator(maxticks=9)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))
        _axis(axes, report.measure, shown)

    return _picture(draw if report.course["value"].notna().any() else _saying(report.nothing), WIDE)


def day_shape(report: Report) -> bytes:
    """Draw the mean day by type of day."""

    def draw(axes: Axes) -> None:
        frame = report.profile
        shown = _scale(report.measure, frame["mean"])
        for day_type, colour in zip(DAY_TYPES, CATEGORIES, strict=True):
            hours = frame[frame["day_type"] == day_type]
            if len(hours):
                name = day_type.capitalize()
                axes.plot(hours["hour"], hours["mean"] * shown.factor, color=colour, linewidth=1.5, label=name)
        axes.set_xlim(0, 23)
        axes.set_xticks(range(0, 24, 3), [f"{hour:02}:00" for hour in range(0, 24, 3)])
        _legend(axes)
        _axis(axes, report.measure, shown)

    return _picture(draw if report.profile["mean"].notna().any() else _saying(report.nothing), HALF)


def duration(report: Report) -> bytes:
    """Draw for what part of the time a power is reached."""

    def draw(axes: Axes) -> None:
        frame = report.duration
        shown = _scale(MEASURES["peak_kw"], frame["power_kw"])
        axes.fill_between(frame["share_of_time"], frame["power_kw"] * shown.factor, color=ACTUAL, alpha=0.18, lw=0)
        axes.plot(frame["share_of_time"], frame["power_kw"] * shown.factor, color=ACTUAL, linewidth=1.5)
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _place: format_share(share)))
        axes.set_xlabel("Share of the hours", color=TEXT, fontsize=8)
        _axis(axes, MEASURES["peak_kw"], shown)

    return _picture(draw if report.duration["power_kw"].notna().any() else _saying(report.nothing), HALF)


def largest(report: Report) -> bytes:
    """Draw the largest parts of the selection; `drawn_parts` says how many there are."""

    def draw(axes: Axes) -> None:
        frame = report.section(PARTS).frame.head(MOST_BARS).iloc[::-1]
        shown = _scale(report.measure, frame["value"])
        places = range(len(frame))
        values = (frame["value"] * shown.factor).fillna(0.0)
        axes.barh(list(places), values, color=ACTUAL, height=0.65)
        axes.set_yticks(list(places), [_short(name) for name in frame["name"]])
        for place, value, drawn in zip(places, frame["value"], values, strict=True):
            axes.annotate(
                format_value(report.measure, value), (max(drawn, 0.0), place), (4, 0),
                textcoords="offset points", va="center", fontsize=7, color=TEXT,
            )  # fmt: skip
        axes.margins(x=0.14)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x", color=GRID, linewidth=0.7)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.xaxis.set_major_formatter(_numbers(report.measure))
        axes.set_xlabel(shown.unit or report.measure.label, color=TEXT, fontsize=8)

    frame = report.section(PARTS).frame
    known = frame["value"].notna().any()
    height = 0.7 + 0.24 * min(len(frame), MOST_BARS) if known else 1.2
    return _picture(draw if known else _saying(report.nothing), (WIDE[0], height))


def drawn_parts(report: Report) -> str:
    """Say how many of the parts are drawn."""
    count = len(report.section(PARTS).frame)
    return f"The {MOST_BARS} largest of {count:,}." if count > MOST_BARS else f"All {count:,}."


def _picture(draw: Callable[[Axes], None], size: tuple[float, float]) -> bytes:
    figure = Figure(figsize=size, dpi=DPI, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis="y", color=GRID, linewidth=0.7)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(LINE)
    axes.tick_params(colors=TEXT, labelsize=8, length=3, color=LINE)
    draw(axes)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _saying(sentence: str) -> Callable[[Axes], None]:
    def say(axes: Axes) -> None:
        axes.set_axis_off()
        axes.text(0.5, 0.5, sentence, ha="center", va="center", color=STRONG, fontsize=9, wrap=True, parse_math=False)

    return say


def _axis(axes: Axes, measure: Measure, shown: Scale) -> None:
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(_numbers(measure))
    axes.set_ylabel(shown.unit or measure.label, color=TEXT, fontsize=8)
    low, _high = axes.get_ylim()
    axes.set_ylim(bottom=min(low, 0.0))


def _numbers(measure: Measure) -> FuncFormatter:
    return FuncFormatter(lambda value, _place: f"{value:,g}" if measure.unit else f"{round(value * 100, 3):,g} %")


def _scale(measure: Measure, *columns: pd.Series) -> Scale:
    sizes = [float(column.abs().max()) for column in columns if column.notna().any()]
    return scale(measure, max(sizes, default=None))


def _legend(axes: Axes) -> None:
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize=8, labelcolor=TEXT)


def _short(name: object) -> str:
    """Cut a long name, and keep Matplotlib from reading ``$`` as mathematics."""
    text = str(name)
    cut = text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}\N{HORIZONTAL ELLIPSIS}"
    return cut.replace("$", r"\$")
