import pytest
from flask import Flask

from dashboard.selection import resolve

pytestmark = pytest.mark.usefixtures("warehouse")


def test_an_empty_warehouse_selects_nothing_and_leads_to_the_upload(application: Flask) -> None:
    del application
    from pages import shell  # noqa: PLC0415 - its callbacks need the application

    selection, shown = shell.select({}, "/", None, None)

    assert resolve({}) is None
    assert selection is None
    assert "Load a file" in str(shown)
