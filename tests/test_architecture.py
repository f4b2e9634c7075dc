"""The arrows of the design: who may import whom."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIPELINE_ORDER = ["sources", "validation", "warehouse", "analytics", "outputs", "steps", "commands"]
FORBIDDEN = {
    "pipeline": {"app", "pages", "components", "dashboard", "dash", "flask"},
    "components": {"app", "pages", "dashboard", "sqlalchemy", "flask"},
    "dashboard": {"app", "pages", "components"},
    "pages": {"app", "sqlalchemy"},
}
COMPONENTS_MAY_READ = {"pipeline.definitions", "pipeline.flags"}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def starts_with(name: str, prefixes: set[str]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_no_folder_imports_against_the_arrows(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files(folder)
        for name in imports(path)
        if starts_with(name, FORBIDDEN[folder])
    ]

    assert files(folder)
    assert not wrong


def test_components_read_only_definitions_from_the_pipeline() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files("components")
        for name in imports(path)
        if starts_with(name, {"pipeline"}) and name != "pipeline" and not starts_with(name, COMPONENTS_MAY_READ)
    ]

    assert not wrong


@pytest.mark.parametrize(("position", "layer"), list(enumerate(PIPELINE_ORDER)))
def test_data_flows_one_way_inside_the_pipeline(position: int, layer: str) -> None:
    later = {f"pipeline.{name}" for name in PIPELINE_ORDER[position + 1 :]}

    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files(f"pipeline/{layer}")
        for name in imports(path)
        if starts_with(name, later)
    ]

    assert not wrong


def test_models_are_pure_functions_that_know_no_database() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files("pipeline/analytics")
        for name in imports(path)
        if starts_with(name, {"sqlalchemy", "psycopg", "pipeline.warehouse", "pipeline.settings"})
    ]

    assert files("pipeline/analytics")
    assert not wrong


def test_no_two_test_files_share_a_name() -> None:
    names = Counter(path.name for path in files("tests") if path.name != "conftest.py")

    assert [name for name, count in names.items() if count > 1] == [], "they are modules of one namespace"
