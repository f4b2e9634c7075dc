import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from pipeline import VERSION
from pipeline.settings import Settings

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def documented() -> dict[str, tuple[str, str]]:
    rows = [line.strip("| \n").split(" | ") for line in README.splitlines() if line.startswith("| `WATTSCAPE_")]
    return {name.strip("`"): (default.strip("`"), meaning) for name, default, meaning in rows}


def declared() -> dict[str, tuple[str, str]]:
    return {
        f"WATTSCAPE_{name.upper()}": ("unset" if field.default is None else str(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    }


def test_the_readme_lists_every_setting_with_its_default_and_meaning() -> None:
    assert documented() == declared()


def test_the_version_is_the_one_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["version"] == VERSION


def test_settings_cannot_be_changed_after_start() -> None:
    settings: BaseSettings = Settings()

    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1  # type: ignore[attr-defined]


def test_a_port_outside_the_range_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTSCAPE_PORT", "70000")

    with pytest.raises(ValidationError, match="less than or equal to 65535"):
        Settings()


def test_a_secret_is_not_shown_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTSCAPE_DATABASE_URL", "postgresql://me:verysecret@db/wattscape")

    assert "verysecret" not in repr(Settings())
