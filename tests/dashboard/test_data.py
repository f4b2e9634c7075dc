from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from dashboard.data import ask, ask_now, change, data_version
from pipeline.errors import UserError
from pipeline.warehouse.changes import raise_version

pytestmark = pytest.mark.usefixtures("warehouse", "application")


@pytest.fixture
def asked() -> Iterator[list[int]]:
    """Collect what ``count`` below was really asked for."""
    CALLS.clear()
    yield CALLS
    CALLS.clear()


CALLS: list[int] = []


def count(connection: Connection, first: int, *, second: int = 0) -> int | None:
    CALLS.append(first)
    return int(connection.execute(text("select cast(:one as integer)"), {"one": first + second}).scalar_one()) or None


def test_an_answer_is_computed_once_while_the_data_stays(asked: list[int]) -> None:
    assert [ask(count, 1), ask(count, 1)] == [1, 1]
    assert asked == [1]


def test_every_change_of_the_data_makes_answers_anew(asked: list[int]) -> None:
    ask(count, 1)

    change(raise_version)

    assert ask(count, 1) == 1
    assert asked == [1, 1]


def test_each_argument_has_its_own_answer(asked: list[int]) -> None:
    assert [ask(count, 1), ask(count, 2), ask(count, 1, second=5)] == [1, 2, 6]
    assert asked == [1, 2, 1]


def test_an_answer_of_none_is_kept_too(asked: list[int]) -> None:
    assert [ask(count, 0), ask(count, 0)] == [None, None]
    assert asked == [0]


def test_what_changes_without_data_is_always_asked(asked: list[int]) -> None:
    assert [ask_now(count, 1), ask_now(count, 1)] == [1, 1]
    assert asked == [1, 1]


def test_a_failed_change_leaves_nothing_behind() -> None:
    def raise_and_fail(connection: Connection) -> None:
        raise_version(connection)
        raise UserError("no")

    before = ask_now(data_version)

    with pytest.raises(UserError):
        change(raise_and_fail)

    assert ask_now(data_version) == before
