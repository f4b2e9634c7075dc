import logging
from typing import Any

import pytest
from flask import Flask

from dashboard import errors
from pipeline.errors import SelectionError, WarehouseError


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    told: dict[str, Any] = {}
    monkeypatch.setattr(errors, "set_props", lambda _name, props: told.update(props))
    return told


def test_what_a_reader_can_mend_is_said_and_not_logged(shown: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    errors.report(SelectionError("There is no site 9."))

    assert shown["children"] == "There is no site 9."
    assert shown["className"] == "notice notice-warning"
    assert not caplog.records


def test_a_silent_database_is_said_and_logged(shown: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    errors.report(WarehouseError("The database cannot be used."))

    assert shown["children"] == "The database cannot be used."
    assert "cannot be used" in caplog.text


def test_anything_else_is_logged_under_the_number_that_the_reader_sees(
    shown: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        errors.report(ZeroDivisionError("secret detail"))

    incident = shown["children"].split()[1]
    assert incident in caplog.text
    assert "secret detail" not in shown["children"]


def test_plain_requests_answer_in_one_sentence() -> None:
    server = Flask("plain")
    errors.answer_errors(server)

    @server.get("/selection")
    def selection() -> str:
        raise SelectionError("The end must be a date.")

    @server.get("/warehouse")
    def warehouse() -> str:
        raise WarehouseError("The database cannot be used.")

    assert (server.test_client().get("/selection").status_code, server.test_client().get("/selection").text) == (
        400,
        "The end must be a date.\n",
    )
    assert server.test_client().get("/warehouse").status_code == 503
