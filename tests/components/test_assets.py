import json
import re
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs_version

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "assets"
SOURCES = [*(ROOT / "components").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]


@pytest.mark.parametrize("name", ["world_50m", "world_110m"])
def test_map_outlines_have_the_layers_that_plotly_draws(name: str) -> None:
    outlines = json.loads((ASSETS / "geo" / f"{name}.json").read_text(encoding="utf-8"))

    assert {"land", "coastlines", "countries", "lakes", "subunits"} <= set(outlines["objects"])


def test_map_outlines_are_those_of_the_plotly_that_draws_them() -> None:
    note = (ASSETS / "VENDORED.md").read_text(encoding="utf-8")

    row = next(line for line in note.splitlines() if "geo/world_50m.json" in line and line.startswith("|"))
    assert f"| {get_plotlyjs_version()} |" in row


def test_every_icon_that_is_asked_for_has_an_outline() -> None:
    styled = set(re.findall(r"\.icon-([a-z-]+) \{", (ASSETS / "icons.css").read_text(encoding="utf-8")))
    asked = {
        name
        for source in SOURCES
        for name in re.findall(r"\bicon(?:_name)?(?:\(|=)\"([a-z-]+)\"", source.read_text(encoding="utf-8"))
    } - {"danger", "warning", "success", "info", "primary"}

    assert asked <= styled
    assert styled == {outline.stem for outline in (ASSETS / "icons").glob("*.svg")}


def test_nothing_is_fetched_from_elsewhere() -> None:
    own = [path for path in [*ASSETS.glob("*.css"), *ASSETS.glob("*.js")] if path.name != "bootstrap.min.css"]

    for path in own:
        assert not re.findall(r"https?://", path.read_text(encoding="utf-8")), path.name
    bootstrap = (ASSETS / "bootstrap.min.css").read_text(encoding="utf-8")
    assert not re.findall(r"(?:url\(|@import )\"?https?://", bootstrap)


def test_components_carry_no_inline_style() -> None:
    for source in (ROOT / "components").rglob("*.py"):
        assert not re.findall(r"\bstyle=\{", source.read_text(encoding="utf-8")), source.name


def test_every_class_that_components_write_is_styled() -> None:
    styles = "".join(path.read_text(encoding="utf-8") for path in ASSETS.glob("*.css"))
    written = {
        name
        for source in (ROOT / "components").rglob("*.py")
        for names in re.findall(r"class_?[nN]ame=\"([^\"{}]+)\"", source.read_text(encoding="utf-8"))
        for name in names.split()
    }

    unstyled = {name for name in written if f".{name}" not in styles}
    assert unstyled <= {"kpi-note", "control-segments", "control-site", "mapping-field"}
