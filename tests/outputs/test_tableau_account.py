import pytest
from pydantic import SecretStr

from pipeline.errors import UserError
from pipeline.outputs.tableau.account import account_of, is_configured
from pipeline.settings import Settings

SETTINGS = [
    ({}, "WATTSCAPE_TABLEAU_URL"),
    ({"tableau_url": "tableau.example.org"}, "is not an address"),
    ({"tableau_url": "https://t.org"}, "nothing to sign in"),
    ({"tableau_url": "https://t.org", "tableau_token_name": "x"}, "set WATTSCAPE_TABLEAU_TOKEN_SECRET"),
    (
        {"tableau_url": "https://t.org", "tableau_client_id": "x", "tableau_secret_id": "y"},
        "set WATTSCAPE_TABLEAU_SECRET_VALUE and WATTSCAPE_TABLEAU_USER",
    ),
    ({"tableau_url": "https://t.org", "tableau_project": "Energy//Campus"}, "an empty name"),
]


@pytest.mark.parametrize(("values", "sentence"), SETTINGS)
def test_settings_that_are_missing_are_named(values: dict[str, str], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        account_of(Settings(**values))  # type: ignore[arg-type]  # as the environment gives them


def test_an_account_is_read_from_the_settings() -> None:
    settings = Settings(
        tableau_url="https://tableau.example.org/",
        tableau_site="energy",
        tableau_project="Energy / Campus",
        tableau_token_name="t",  # noqa: S106 - the name of a token
        tableau_token_secret=SecretStr("s"),
    )

    found = account_of(settings)

    assert (found.url, found.project) == ("https://tableau.example.org", ("Energy", "Campus"))
    assert found.place == "the site energy of tableau.example.org"
    assert is_configured(settings)
    assert not is_configured(Settings())
