"""Publishing to Tableau as the Exports page asks for it, without a browser."""

from importlib import import_module
from types import ModuleType

import pytest
from flask import Flask

from dashboard.data import ask_now
from dashboard.selection import resolve
from pipeline.errors import UserError
from pipeline.jobs import exports
from pipeline.settings import settings

pytestmark = pytest.mark.usefixtures("demo_warehouse")
Query = dict[str, str]


@pytest.fixture
def page(application: Flask) -> ModuleType:
    del application  # registers it
    return import_module("pages.publishing")


@pytest.fixture
def query() -> Query:
    filters = resolve({"period": "last7"})
    assert filters is not None
    return filters.to_query()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"URL": "https://tableau.example.org", "TOKEN_NAME": "n", "TOKEN_SECRET": "s"}.items():
        monkeypatch.setenv(f"WATTSCAPE_TABLEAU_{name}", value)
    settings.cache_clear()


def test_publishing_without_a_server_says_what_to_set(page: ModuleType, query: Query) -> None:
    with pytest.raises(UserError, match="WATTSCAPE_TABLEAU_URL"):
        page.publish(1, query, "tdsx", None, "overwrite")


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("kind", "mode", "kept"),
    [("tdsx", "append", "append"), ("tdsx", "overwrite", "overwrite"), ("twbx", "append", "overwrite")],
)
def test_a_publication_is_asked_for_with_its_kind_name_and_mode(
    page: ModuleType, query: Query, kind: str, mode: str, kept: str
) -> None:
    number = page.publish(1, query, kind, " Campus ", mode)

    row = ask_now(exports.listed).set_index("id").loc[number]
    assert (row["options"]["publish"], row["options"]["name"]) == (kept, "Campus")
    assert row["kind"] == kind
    exports.cancel_export(number)
    settings.cache_clear()


def test_only_a_data_source_is_added_to(page: ModuleType) -> None:
    assert [page.offer_modes(kind) for kind in ("tdsx", "twbx")] == [False, True]
