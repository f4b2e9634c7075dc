import json

import plotly.io as pio
import pytest

from components import theme


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", theme.THEMES)
def test_templates_are_registered_and_transparent(name: str) -> None:
    template = pio.templates[theme.template_name(name)]

    assert template.layout.paper_bgcolor == template.layout.plot_bgcolor == "rgba(0,0,0,0)"


@pytest.mark.parametrize("unknown", [None, "", "light", "neon"])
def test_what_is_not_dark_is_light(unknown: str | None) -> None:
    assert theme.template_name(unknown) == "wattscape_light"


def test_both_templates_reach_the_browser_as_small_json() -> None:
    sent = json.dumps(theme.templates())

    assert set(json.loads(sent)) == {"light", "dark"}
    assert len(sent) < 10_000


@pytest.mark.parametrize("background", ["#ffffff", "#142027"])
@pytest.mark.parametrize("colour", [theme.ACTUAL, theme.COMPARE, theme.MORE, theme.LESS, theme.ESTIMATED])
def test_lines_stand_out_on_both_backgrounds(colour: str, background: str) -> None:
    assert contrast(colour, background) >= 3 - 0.05


@pytest.mark.parametrize("tile", theme.TILES)
def test_white_words_can_be_read_on_tiles(tile: str) -> None:
    assert contrast(tile, "#ffffff") >= 4.5


@pytest.mark.parametrize("name", theme.THEMES)
def test_axis_words_can_be_read_on_cards(name: str) -> None:
    layout = pio.templates[theme.template_name(name)].layout

    assert contrast(layout.font.color, layout.hoverlabel.bgcolor) >= 4.5
