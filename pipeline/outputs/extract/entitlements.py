"""Which user sees which site: read from the administrator's file and spread down the site tree."""

import csv
from pathlib import Path

import pandas as pd
from sqlalchemy import Connection, select

from pipeline.errors import FileError
from pipeline.outputs.selected import Selected
from pipeline.outputs.stand_in import STAND_IN
from pipeline.warehouse.schema import site, site_closure

HEADER = ["user", "site"]
LONGEST_NAME = 255
COLUMNS = ["user_name", "site_id", "granted_site_id"]


def entitlements(conn: Connection, selected: Selected, path: Path | None) -> pd.DataFrame:
    """Return the sites of the extract that each user sees: ``user_name, site_id, granted_site_id``, each pair once.

    ``path``: a CSV file with the columns ``user`` and ``site`` (a name, or names from the top separated by `` / ``);
    None gives no row. Of a site that was granted several times over, the nearest grant is named. Raises FileError.
    """
    if path is None:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in COLUMNS})
    places = _places(conn)
    grants = [(user, _site(path, line, place, places)) for line, user, place in _grants(path)]
    granted = pd.DataFrame(grants, columns=["user_name", "granted_site_id"]).drop_duplicates()
    below = pd.DataFrame(
        conn.execute(select(site_closure.c.ancestor_id, site_closure.c.descendant_id, site_closure.c.depth)).all(),
        columns=["granted_site_id", "site_id", "depth"],
    )
    spread = granted.merge(below[below["site_id"].isin(selected.sites["site_id"])], on="granted_site_id")
    nearest = spread.sort_values(["user_name", "site_id", "depth"]).drop_duplicates(["user_name", "site_id"])
    return pd.concat([nearest, _of_stand_in(nearest, selected.sites)], ignore_index=True)[COLUMNS]


def _of_stand_in(seen: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Let the row that stands for the whole selection be seen by those who see the site that it lies below."""
    below = sites.loc[sites["site_id"] == STAND_IN, "parent_site_id"]
    return seen[seen["site_id"].isin(below)].assign(site_id=STAND_IN)


def _grants(path: Path) -> list[tuple[int, str, str]]:
    """Read line, user and site of each grant."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(
            f"The file of entitlements, {path}, cannot be read ({error}): check WATTSCAPE_ENTITLEMENTS_FILE."
        ) from error
    reader = csv.reader(text.splitlines())
    header = [name.strip().lower() for name in next(reader, [])]
    if header != HEADER:
        raise FileError(f"{path.name} must begin with the line 'user,site', not {','.join(header)[:40]!r}.")
    grants = []
    for row in reader:
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) != len(HEADER) or not all(cells) or len(cells[0]) > LONGEST_NAME:
            raise FileError(f"{path.name}, line {reader.line_num}: a grant is a user and a site, separated by a comma.")
        grants.append((reader.line_num, cells[0], cells[1]))
    return grants


def _places(conn: Connection) -> dict[str, list[int]]:
    """Return the sites by name, and by names from the top."""
    rows = conn.execute(select(site.c.id, site.c.parent_id, site.c.name)).all()
    known = {row.id: row for row in rows}
    found: dict[str, list[int]] = {}
    for row in rows:
        names, above = [row.name], row.parent_id
        while above is not None:
            names.insert(0, known[above].name)
            above = known[above].parent_id
        for name in {row.name, " / ".join(names)}:
            found.setdefault(name, []).append(row.id)
    return found


def _site(path: Path, line: int, place: str, places: dict[str, list[int]]) -> int:
    found = places.get(place, [])
    if not found:
        raise FileError(f"{path.name}, line {line}: there is no site called {place!r}.")
    if len(found) > 1:
        raise FileError(
            f"{path.name}, line {line}: {len(found)} sites are called {place!r}: give the names from the top, "
            "separated by ' / '."
        )
    return found[0]
