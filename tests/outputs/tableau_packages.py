"""What tests of publishing share: who signs in, and packages to publish."""

import random
import zipfile
from pathlib import Path

import tableau_held
from pydantic import SecretStr
from tableau_held import TableauServer

from pipeline.outputs.tableau.account import Account, ConnectedApp, Token
from pipeline.outputs.tableau.publishing import Publication, publish

TOKEN = Token(tableau_held.TOKEN_NAME, SecretStr(tableau_held.TOKEN_SECRET))
APP = ConnectedApp(
    tableau_held.CLIENT_ID, tableau_held.SECRET_ID, SecretStr(tableau_held.SECRET_VALUE), "analyst@example.org"
)


def account(server: TableauServer, **changes: object) -> Account:
    values = {"url": server.url, "site": server.site, "credentials": TOKEN, "timeout_s": 5.0, "wait_s": 5.0}
    return Account(**(values | changes))  # type: ignore[arg-type]  # each test names what it changes


def package(folder: Path, size: int = 2000, name: str = "campus.tdsx") -> Path:
    """Write a package with incompressible content, so that what arrives can be told from what was sent."""
    path = folder / name
    with zipfile.ZipFile(path, "w") as file:
        document = "<workbook/>" if name.endswith(".twbx") else "<datasource/>"
        file.writestr(f"campus{path.suffix[:-1]}", document)
        file.writestr("Data/Extracts/campus.hyper", random.Random(size).randbytes(size))  # noqa: S311 - no secret
    return path


def sent(path: Path, server: TableauServer, **options: object) -> Publication:
    return publish(path, "Campus", account(server), **options)  # type: ignore[arg-type]  # as above
