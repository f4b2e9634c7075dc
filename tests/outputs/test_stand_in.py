"""Extracts of one sector and of one meter: the row that stands for all of it, beside what the pages say."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hyper_files import ask_hyper
from sqlalchemy import select

from pipeline.outputs.export import export
from pipeline.outputs.verify import verify
from pipeline.settings import settings
from pipeline.warehouse.engine import connect
from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries import costs, sites
from pipeline.warehouse.schema import meter, site


@pytest.fixture(scope="module")
def root(modelled_warehouse: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filters]:  # noqa: ARG001
    """Select all, and let one person see all of it and another one site alone."""
    with connect() as conn:
        top = sites.root(conn)
        assert top is not None
        name = conn.scalar(select(site.c.name).join(meter).where(site.c.country == "GB").order_by(site.c.id).limit(1))
        boss = conn.scalar(select(site.c.name).where(site.c.id == top))
    who = tmp_path_factory.mktemp("who") / "who.csv"
    who.write_text(f"user,site\nboss,{boss}\nanna,{name}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WATTSCAPE_ENTITLEMENTS_FILE", str(who))
        settings.cache_clear()
        yield Filters(top, date(2025, 9, 15), date(2025, 12, 1))
    settings.cache_clear()


def in_region(root: Filters, country: str, sector: str) -> Filters:
    """Select a sector of the top node of a country."""
    with connect() as conn:
        number = conn.scalar(
            select(site.c.id).where(site.c.country == country, site.c.kind == "region").order_by(site.c.id).limit(1)
        )
    assert number is not None
    return replace(root, site_id=number, sector=sector)


@pytest.mark.parametrize("where", ["whole", "GB", "DE"])
def test_a_sector_costs_and_emits_what_the_pages_say(root: Filters, tmp_path: Path, where: str) -> None:
    filters = replace(root, sector="household") if where == "whole" else in_region(root, where, "household")
    path = tmp_path / "sector.hyper"

    export(path, filters, "hyper")
    assert verify(path).equal  # before anything opens the file, which changes it

    of_all = "from site_daily join sites using (site_id) where whole_selection"
    ((cost, co2_kg),), (place,) = ask_hyper(
        path,
        f"select sum(cost), sum(co2_kg) {of_all}",
        "select kind, sector, currency from sites where whole_selection",
    )
    with connect() as conn:
        now, _ = costs.amounts(conn, filters)
    assert (cost is None) == (now.cost is None)
    assert cost is None or float(cost) == pytest.approx(float(now.cost or 0), abs=1e-4)
    assert co2_kg == pytest.approx(now.co2_kg)
    assert place[1:] == ["household", now.currency]


def test_a_meter_has_its_cost_and_its_own_forecast(root: Filters, tmp_path: Path) -> None:
    with connect() as conn:
        number = conn.scalar(select(meter.c.id).join(site).where(site.c.country == "GB").order_by(meter.c.id).limit(1))
    filters, path = replace(root, meter_id=number), tmp_path / "meter.hyper"

    export(path, filters, "hyper")

    with connect() as conn:
        now, _ = costs.amounts(conn, filters)
    (cost,), forecasts, counted = ask_hyper(
        path,
        "select sum(cost) from site_daily join sites using (site_id) where whole_selection",
        "select distinct of_whole_selection = (meter_id is not null) from forecasts",
        "select count(*) from sites where whole_selection",
    )
    assert float(cost[0]) == pytest.approx(float(now.cost or 0), abs=1e-4)
    assert forecasts == [[True]]
    assert counted == [[1]]


def test_who_sees_the_site_below_which_it_was_chosen_sees_the_whole(root: Filters, tmp_path: Path) -> None:
    export(tmp_path / "e.hyper", replace(root, sector="household"), "hyper")

    seen = ask_hyper(tmp_path / "e.hyper", "select user_name from entitlements where site_id = 0")[0]

    assert seen == [["boss"]]
