"""What the forecast means for the month in progress: its energy, highest power and cost."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, DateTime, func, select, text

from pipeline.warehouse.filters import Filters
from pipeline.warehouse.queries.forecasts import belongs, issue
from pipeline.warehouse.queries.prices import currency_of
from pipeline.warehouse.schema import meter, site
from pipeline.warehouse.tables.forecasts import forecast, forecast_month_end

Quantiles = tuple[float, float, float]
NUMBERS = ("p10", "p50", "p90")


@dataclass(frozen=True)
class Month:
    """The month in progress when the newest forecast was issued; ranges are P10, P50, P90.

    ``peak_kw`` is the highest mean power over an hour of the whole month, ``rest_peak_kw`` of its days left,
    ``so_far_kw`` of those before and ``year_kw`` of the eleven months before, with their naive local times.
    """

    month: date
    days_left: int
    so_far_kwh: float
    energy_kwh: Quantiles
    so_far_kw: float | None
    so_far_kw_at: datetime | None
    peak_kw: Quantiles | None
    rest_peak_kw: Quantiles | None
    year_kw: float | None
    year_kw_at: datetime | None
    chance_of_new_peak: float | None


@dataclass(frozen=True)
class Cost:
    """What the energy of a month costs; ``amounts`` are P10, P50, P90. Without, ``reason`` says what is missing."""

    amounts: tuple[Decimal, Decimal, Decimal] | None
    currency: str = ""
    reason: str = ""


def month(conn: Connection, filters: Filters) -> Month | None:
    """Return the projection of the month for the selected meter or site; None where there is no forecast by day."""
    if issue(conn, filters, "days") is None:
        return None
    row = forecast_month_end.c
    at = (func.timezone(site.c.timezone, row[name], type_=DateTime()) for name in ("so_far_kw_ts", "year_kw_ts"))
    so_far_at, year_at = at
    statement = (
        select(forecast_month_end, so_far_at.label("so_far_at"), year_at.label("year_at"))
        .join_from(forecast_month_end, forecast, forecast.c.id == row.forecast_id)
        .outerjoin(meter, meter.c.id == forecast.c.meter_id)
        .join(site, site.c.id == func.coalesce(forecast.c.site_id, meter.c.site_id))
        .where(belongs(filters), forecast.c.newest)
        .order_by(row.forecast_id.desc())
        .limit(1)
    )
    found = conn.execute(statement).mappings().one_or_none()
    if found is None:
        return None

    def quantiles(pattern: str) -> Quantiles | None:
        low, middle, high = (found[pattern.format(name)] for name in NUMBERS)
        return None if middle is None else (low, middle, high)

    energy = quantiles("{}_kwh")
    return (
        None
        if energy is None
        else Month(
            month=found["month"],
            days_left=found["days_left"],
            so_far_kwh=found["so_far_kwh"],
            energy_kwh=energy,
            so_far_kw=found["so_far_kw"],
            so_far_kw_at=found["so_far_at"],
            peak_kw=quantiles("{}_kw"),
            rest_peak_kw=quantiles("rest_{}_kw"),
            year_kw=found["year_kw"],
            year_kw_at=found["year_at"],
            chance_of_new_peak=found["chance_of_new_peak"],
        )
    )


# Of each site with a tariff: what was used so far at the price of its hour, and what is forecast for each day left at
# the mean price of that day, times how much dearer the hours in which energy was used so far were than the mean hour.
COST = text("""
with month as (
    select :month as first, (:month + interval '1 month')::date as next
),
paying as (
    select site.id, site.timezone
    from site join site_closure on site_closure.descendant_id = site.id
    where site_closure.ancestor_id = :site_id and exists (select from site_price where site_price.site_id = site.id)
),
hour as (
    select paying.id, (price.ts at time zone paying.timezone)::date as day, price.price::double precision as price,
        price.export_price::double precision as export_price, price.import_kwh, price.export_kwh
    from paying
    cross join month
    join site_price as price on price.site_id = paying.id
        and price.ts >= month.first::timestamp at time zone paying.timezone
        and price.ts < month.next::timestamp at time zone paying.timezone
),
ahead as (
    select paying.id, value.day, value.p50_kwh
    from paying
    cross join month
    join forecast on forecast.site_id = paying.id and forecast.newest and forecast.horizon = 'days'
    join forecast_day as value on value.forecast_id = forecast.id and value.model = 'best' and value.scenario = 'base'
    where value.day < month.next
),
so_far as (
    select id, sum(price * import_kwh) - sum(coalesce(export_price, 0) * export_kwh) as cost,
        coalesce(sum(price * import_kwh) / nullif(sum(import_kwh), 0) / nullif(avg(price), 0), 1) as dearer
    from hour
    where not exists (select from ahead where ahead.id = hour.id and ahead.day <= hour.day)
    group by id
),
price_of_day as (
    select id, day, avg(price) as price from hour group by id, day
)
select
    coalesce((select sum(cost) from so_far), 0) as so_far,
    coalesce((
        select sum(ahead.p50_kwh * price_of_day.price * coalesce(so_far.dearer, 1))
        from ahead join price_of_day using (id, day) left join so_far using (id)
    ), 0) as ahead,
    (select count(*) from paying) as sites,
    (select count(*) from ahead left join price_of_day using (id, day) where price_of_day.price is null) as unpriced
""")


def cost(conn: Connection, filters: Filters, of: Month) -> Cost:
    """Price the month at the tariffs of the sites below: the lines of energy with their taxes, no charge for power.

    The range is that of the energy still to come, at the same mean price.
    """
    if filters.meter_id is not None:
        return Cost(None, reason="A tariff is of a site: select the site to see what its month costs.")
    currency = currency_of(conn, filters.site_id)
    found = conn.execute(COST, {"site_id": filters.site_id, "month": of.month}).one()
    if not found.sites or found.unpriced:
        return Cost(
            None, reason="No price is known for the month: assign a tariff and run `python -m pipeline tariffs`."
        )
    if currency is None:
        return Cost(None, reason="The sites below pay in several currencies: select one of them.")
    _, middle, _ = (value - of.so_far_kwh for value in of.energy_kwh)
    amounts = tuple(
        Decimal(found.so_far + found.ahead * ((value - of.so_far_kwh) / middle if middle else 1)).quantize(
            Decimal("0.01")
        )
        for value in of.energy_kwh
    )
    return Cost((amounts[0], amounts[1], amounts[2]), currency)
