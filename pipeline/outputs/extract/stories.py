"""What is told of the readings, one statement a table: forecasts, anomalies, recommendations, bills and weather.

Of sites there is only what concerns them whole: where a part of a site's meters is selected, its bill is left out.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Double,
    Integer,
    Interval,
    Numeric,
    Select,
    SmallInteger,
    Text,
    and_,
    case,
    cast,
    column,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
    values,
)

from pipeline.outputs import extract_stories as extract
from pipeline.outputs.selected import Selected
from pipeline.outputs.tables import ExportTable
from pipeline.warehouse.arrow import Bulk, query_text, stream
from pipeline.warehouse.forecasts import BEST
from pipeline.warehouse.queries.anomalies import EXCUSED
from pipeline.warehouse.recommendation_decisions import current_decisions
from pipeline.warehouse.schema import meter, site
from pipeline.warehouse.tables.anomalies import anomaly
from pipeline.warehouse.tables.forecasts import forecast, forecast_day, forecast_hour
from pipeline.warehouse.tables.recommendations import recommendation, saving
from pipeline.warehouse.tables.tariffs import bill, bill_line, tariff
from pipeline.warehouse.tables.weather import weather, weather_station

Statement = Select[*tuple[Any, ...]]
SECONDS_A_MINUTE, SECONDS_AN_HOUR = 60, 3600
A_MOMENT, HALF_AN_HOUR, AN_HOUR, A_DAY, A_MONTH = (
    literal_column(f"interval '{length}'", Interval)
    for length in ("1 microsecond", "30 minutes", "1 hour", "1 day", "1 month")
)


def stories(bulk: Bulk, selected: Selected) -> Iterator[ExportTable]:
    """Give the tables, to be read one after the other."""
    for schema, statement in (
        (extract.FORECASTS, forecasts(selected)),
        (extract.ANOMALIES, anomalies(selected)),
        (extract.RECOMMENDATIONS, recommendations(selected)),
        (extract.BILLS, bills(selected)),
        (extract.BILL_LINES, bill_lines(selected)),
        (extract.WEATHER, weather_hours(selected)),
        (extract.WEATHER_STATIONS, weather_stations(selected)),
    ):
        yield ExportTable(
            schema.name, schema.arrow, _batches(bulk, selected, schema.arrow, statement), query_text(statement)
        )


def forecasts(selected: Selected) -> Statement:
    """Forecasts that were issued in the period, or of intervals in it: by the model in use, all scenarios."""
    hours, days = forecast_hour, forecast_day
    owner = func.coalesce(forecast.c.site_id, meter.c.site_id)
    own = or_(forecast.c.site_id.in_(selected.complete_sites), forecast.c.meter_id.in_(_meter_ids(selected)))
    length = case((forecast.c.step == "30min", HALF_AN_HOUR), else_=AN_HOUR)
    step = case((forecast.c.step == "MS", A_MONTH), else_=A_DAY)
    by_hour = select(
        hours.c.forecast_id, hours.c.scenario, hours.c.ts, (hours.c.ts + length).label("end_ts"), *_quantiles(hours)
    ).where(hours.c.model == BEST)
    by_day = select(
        days.c.forecast_id,
        days.c.scenario,
        _instant(cast(days.c.day, DateTime)).label("ts"),
        _instant(cast(days.c.day, DateTime) + step).label("end_ts"),
        *_quantiles(days),
    ).where(days.c.model == BEST)
    points = union_all(
        *(_owned(part, table.c.forecast_id, own) for part, table in ((by_hour, hours), (by_day, days)))
    ).subquery("point")
    start, end = selected.filters.start, selected.filters.end
    issued = _local_day(forecast.c.issued_at - A_MOMENT)
    day = _local_day(points.c.ts)
    columns = [forecast.c[name] for name in ("meter_id", "horizon", "newest", "in_retrospect", "model")]
    selection = selected.selection
    whole = forecast.c.site_id if selection.kind == "node" else forecast.c.meter_id
    alone = selection.ids[0] if len(selection.ids) == 1 else -1
    return (
        select(
            points.c.forecast_id,
            owner.label("site_id"),
            *columns,
            func.coalesce(whole == alone, false()).label("of_whole_selection"),
            forecast.c.issued_at.label("issued_at_utc"),
            points.c.scenario,
            *_clock(points.c.ts, points.c.end_ts),
            *_quantiles(points),
        )
        .join_from(points, forecast, forecast.c.id == points.c.forecast_id)
        .outerjoin(meter, meter.c.id == forecast.c.meter_id)
        .join(site, site.c.id == owner)
        .where(or_(and_(day >= start, day < end), and_(issued >= start, issued < end)))
    )


def anomalies(selected: Selected) -> Statement:
    """Events of the selected meters that touch the period."""
    start, end = (cast(day, DateTime) for day in (selected.filters.start, selected.filters.end))
    same = ("kind", "expected_kwh", "actual_kwh", "currency", "confidence", "score", "owner", "found", "explanation")
    hours = func.extract("epoch", anomaly.c.end_ts - anomaly.c.start_ts) / SECONDS_AN_HOUR
    return (
        select(
            anomaly.c.id.label("anomaly_id"),
            anomaly.c.meter_id,
            meter.c.site_id,
            *(anomaly.c[name] for name in same),
            *_clock(anomaly.c.start_ts, anomaly.c.end_ts),
            cast(hours, Double).label("hours"),
            (anomaly.c.actual_kwh - anomaly.c.expected_kwh).label("deviation_kwh"),
            anomaly.c.cost,
            cast(anomaly.c.rank, Double).label("rank"),
            case((EXCUSED, "excused"), else_=anomaly.c.status).label("status"),
        )
        .join_from(anomaly, meter, meter.c.id == anomaly.c.meter_id)
        .join(site, site.c.id == meter.c.site_id)
        .where(anomaly.c.meter_id.in_(_meter_ids(selected)))
        .where(_local(anomaly.c.start_ts) < end, _local(anomaly.c.end_ts) > start)
    )


def recommendations(selected: Selected) -> Statement:
    """Recommendations that are found now, and what was decided, also where no run finds it any more."""
    found, decided = recommendation, current_decisions().subquery("decided")
    both = found.outerjoin(decided, decided.c.fingerprint == found.c.fingerprint, full=True)
    name = func.coalesce(found.c.fingerprint, decided.c.fingerprint)
    state = func.coalesce(decided.c.state, "open")

    def expected(column_name: str) -> ColumnElement[Any]:
        """Take what is expected now of open ones, and of others what was expected when it was decided."""
        now, then = found.c[column_name], decided.c[column_name]
        return case((and_(state == "open", found.c.fingerprint.is_not(None)), now), else_=func.coalesce(then, now))

    number: ColumnElement[int] = func.coalesce(found.c.site_id, decided.c.site_id)
    return (
        select(
            name.label("recommendation_id"),
            number.label("site_id"),
            expected("kind").label("kind"),
            expected("text").label("recommendation"),
            state.label("state"),
            expected("kwh").label("saving_kwh"),
            expected("money").label("saving_money"),
            expected("currency").label("currency"),
            expected("co2_kg").label("saving_co2_kg"),
            cast(found.c.confidence, Double).label("confidence"),
            found.c.effort,
            func.coalesce(decided.c.reason, "").label("reason"),
            decided.c.done_on,
            saving.c.saved_kwh.label("realised_kwh"),
            saving.c.money.label("realised_money"),
            saving.c.days.label("realised_days"),
        )
        .select_from(both)
        .outerjoin(saving, saving.c.fingerprint == name)
        .where(number.in_(selected.complete_sites))
    )


def bills(selected: Selected) -> Statement:
    """Bills by the sites' own tariffs of the months that the period touches."""
    same = ("site_id", "currency", "total", "energy_kwh", "export_kwh", "peak_kw", "hours", "covered_hours")
    return (
        select(
            _bill_id(bill),
            *(bill.c[name] for name in same),
            bill.c.month.label("day"),
            tariff.c.name.label("tariff"),
            bill.c.peak_ts.label("peak_ts_utc"),
            bill.c.share_estimated,
            func.array_to_string(bill.c.notes, " ").label("notes"),
        )
        .join_from(bill, tariff, tariff.c.id == bill.c.tariff_id)
        .where(_billed(bill, selected))
    )


def bill_lines(selected: Selected) -> Statement:
    """Their lines."""
    same = ("kind", "label", "period", "unit", "price", "amount", "of_energy")
    return select(
        _bill_id(bill_line),
        bill_line.c.number.label("line"),
        *(bill_line.c[name] for name in same),
        cast(bill_line.c.quantity, Numeric(18, 6)).label("quantity"),
    ).where(_billed(bill_line, selected))


def weather_hours(selected: Selected) -> Statement:
    """Hours of the period, and those of the weather forecast, once for each zone that a station serves."""
    served = selected.sites[["station_id", "timezone"]].dropna().drop_duplicates()
    pairs = [(int(number), str(zone)) for number, zone in served.itertuples(index=False)] or [(-1, "UTC")]
    zones = values(column("station_id", Integer), column("timezone", Text), name="served").data(pairs)
    start, end = selected.filters.start, selected.filters.end
    day = _local_day(weather.c.ts, zones.c.timezone)
    numbers = ("temperature_c", "humidity_percent", "wind_m_s", "solar_w_m2")
    return (
        select(
            weather.c.station_id,
            zones.c.timezone,
            *_clock(weather.c.ts, weather.c.ts + AN_HOUR, zones.c.timezone),
            *(cast(weather.c[name], Double).label(name) for name in numbers),
            weather.c.is_forecast,
        )
        .join_from(weather, zones, zones.c.station_id == weather.c.station_id)
        .where(day >= start, or_(day < end, weather.c.is_forecast))
    )


def weather_stations(selected: Selected) -> Statement:
    """Stations that serve the sites."""
    same = ("provider", "latitude", "longitude", "generated")
    serving = [int(number) for number in selected.sites["station_id"].dropna().unique()]
    return select(
        weather_station.c.id.label("station_id"),
        weather_station.c.name.label("station"),
        *(weather_station.c[name] for name in same),
    ).where(weather_station.c.id.in_(serving))


def _batches(bulk: Bulk, selected: Selected, schema: pa.Schema, statement: Statement) -> Iterator[pa.RecordBatch]:
    for batch in stream(bulk, statement):
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        if "calendar_id" in schema.names:
            columns["calendar_id"] = selected.calendar_of(batch["site_id"])
        yield pa.record_batch([columns[field.name].cast(field.type) for field in schema], schema=schema)


def _meter_ids(selected: Selected) -> list[int]:
    found: list[int] = selected.meters["meter_id"].tolist()
    return found


def _owned(part: Statement, number: ColumnElement[int], own: ColumnElement[bool]) -> Statement:
    owner = func.coalesce(forecast.c.site_id, meter.c.site_id)
    return (
        part.join(forecast, forecast.c.id == number)
        .outerjoin(meter, meter.c.id == forecast.c.meter_id)
        .join(site, site.c.id == owner)
        .where(own)
    )


def _quantiles(points: Any) -> list[ColumnElement[float]]:  # noqa: ANN401 - a table or a subquery
    return [points.c[f"{name}_kwh"] for name in ("p10", "p50", "p90")]


def _clock(
    start: ColumnElement[Any], end: ColumnElement[Any], zone: ColumnElement[str] = site.c.timezone
) -> list[ColumnElement[Any]]:
    offset = func.extract("epoch", _local(start, zone) - _local(start, literal("UTC"))) / SECONDS_A_MINUTE
    return [
        start.label("ts_utc"),
        _local(start, zone).label("ts_local"),
        cast(offset, SmallInteger).label("utc_offset_min"),
        end.label("interval_end_utc"),
        _local_day(start, zone).label("day"),
    ]


def _local(instant: ColumnElement[Any], zone: ColumnElement[str] = site.c.timezone) -> ColumnElement[Any]:
    return func.timezone(zone, instant, type_=DateTime())


def _local_day(instant: ColumnElement[Any], zone: ColumnElement[str] = site.c.timezone) -> ColumnElement[Any]:
    return cast(_local(instant, zone), Date)


def _instant(local: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.timezone(site.c.timezone, local, type_=DateTime(timezone=True))


def _bill_id(table: Any) -> ColumnElement[str]:  # noqa: ANN401 - bill or bill_line
    return func.concat(table.c.site_id, "-", table.c.month, "-", table.c.tariff_id, type_=Text()).label("bill_id")


def _billed(table: Any, selected: Selected) -> ColumnElement[bool]:  # noqa: ANN401 - bill or bill_line
    first = selected.filters.start.replace(day=1)
    own = and_(table.c.assigned, table.c.site_id.in_(selected.complete_sites))
    return and_(own, table.c.month >= first, table.c.month < selected.filters.end)
