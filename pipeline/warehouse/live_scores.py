"""Forecasts of the past against what then happened: scored again by each run, until all their actuals are there.

The scores are those of the backtest (`pipeline.analytics.forecast`): MASE takes its scale from there, skill is against
the seasonal naive forecast that was issued with it. Intervals that the load does not cover yet are left out.
"""

from sqlalchemy import Connection, text

SCORE = text("""
with due as (
    select old.id, old.site_id, old.meter_id, old.horizon, old.step, new.issued_at as until,
        (new.issued_at at time zone site.timezone)::date as today
    from forecast as old
    join forecast as new on new.newest and new.horizon = old.horizon
        and (new.site_id = old.site_id or new.meter_id = old.meter_id)
    left join meter on meter.id = old.meter_id
    join site on site.id = coalesce(old.site_id, meter.site_id)
    where not old.newest and not old.fully_scored
),
hour_of as (
    select due.*, value.model, value.ts, value.p10_kwh, value.p50_kwh, value.p90_kwh
    from due join forecast_hour as value on value.forecast_id = due.id
    where value.scenario = 'base' and value.model in ('best', 'seasonal_naive') and value.ts < due.until
),
day_of as (
    select due.*, value.model, value.day, value.p10_kwh, value.p50_kwh, value.p90_kwh
    from due join forecast_day as value on value.forecast_id = due.id
    where value.scenario = 'base' and value.model in ('best', 'seasonal_naive')
),
pair as (
    select value.id, value.model, sum(actual.energy_kwh) as actual, value.p10_kwh, value.p50_kwh, value.p90_kwh
    from hour_of as value join node_hour as actual on actual.site_id = value.site_id and actual.ts = value.ts
    group by value.id, value.model, value.ts, value.p10_kwh, value.p50_kwh, value.p90_kwh
    union all
    select value.id, value.model, actual.energy_kwh, value.p10_kwh, value.p50_kwh, value.p90_kwh
    from hour_of as value join meter_hour as actual on actual.meter_id = value.meter_id and actual.ts = value.ts
    where value.step = 'h'
    union all
    select value.id, value.model, actual.energy_kwh, value.p10_kwh, value.p50_kwh, value.p90_kwh
    from hour_of as value join reading as actual on actual.meter_id = value.meter_id and actual.ts = value.ts
    where value.step = '30min' and actual.duration_s = 1800
    union all
    select value.id, value.model, actual.energy_kwh, value.p10_kwh, value.p50_kwh, value.p90_kwh
    from day_of as value join node_day as actual on actual.site_id = value.site_id and actual.day = value.day
    where value.horizon = 'days' and value.day < value.today
    union all
    select value.id, value.model, actual.energy_kwh, value.p10_kwh, value.p50_kwh, value.p90_kwh
    from day_of as value join meter_day as actual on actual.meter_id = value.meter_id and actual.day = value.day
    where value.horizon = 'days' and value.day < value.today
    union all
    select value.id, value.model, actual.energy_kwh, value.p10_kwh, value.p50_kwh, value.p90_kwh
    from day_of as value join node_month as actual on actual.site_id = value.site_id and actual.month = value.day
    where value.horizon = 'months' and value.day + interval '1 month' <= value.today
    union all
    select value.id, value.model, actual.energy_kwh, value.p10_kwh, value.p50_kwh, value.p90_kwh
    from day_of as value join meter_month as actual on actual.meter_id = value.meter_id and actual.month = value.day
    where value.horizon = 'months' and value.day + interval '1 month' <= value.today
),
score as (
    select id, model, count(*) as intervals, avg(abs(p50_kwh - actual)) as mae,
        sum(abs(p50_kwh - actual)) / nullif(sum(abs(actual)), 0) as wape,
        sum(p50_kwh - actual) / nullif(sum(abs(actual)), 0) as bias,
        avg((actual between p10_kwh and p90_kwh)::integer)::double precision as coverage,
        avg(
            greatest(0.1 * (actual - p10_kwh), -0.9 * (actual - p10_kwh))
            + greatest(0.5 * (actual - p50_kwh), -0.5 * (actual - p50_kwh))
            + greatest(0.9 * (actual - p90_kwh), -0.1 * (actual - p90_kwh))
        ) / 3 as pinball
    from pair
    group by id, model
),
scale as (
    select forecast_id as id, max(mae_kwh / nullif(mase, 0)) as mae
    from forecast_score
    where evidence = 'backtest'
    group by forecast_id
)
insert into forecast_score (
    forecast_id, evidence, model, mae_kwh, wape, mase, pinball_kwh, coverage, bias, skill, origins, intervals, selected
)
select score.id, 'live', score.model, score.mae, score.wape, score.mae / nullif(scale.mae, 0), score.pinball,
    score.coverage, score.bias, 1 - score.mae / nullif(naive.mae, 0), 1, score.intervals, score.model = 'best'
from score
left join scale on scale.id = score.id
left join score as naive on naive.id = score.id and naive.model = 'seasonal_naive'
on conflict (forecast_id, evidence, model) do update set
    mae_kwh = excluded.mae_kwh, wape = excluded.wape, mase = excluded.mase, pinball_kwh = excluded.pinball_kwh,
    coverage = excluded.coverage, bias = excluded.bias, skill = excluded.skill, intervals = excluded.intervals
""")
CLOSE = text("""
update forecast set fully_scored = true
from forecast_score as score
where score.forecast_id = forecast.id and score.evidence = 'live' and score.model = 'best'
    and not forecast.fully_scored and not forecast.newest
    and score.intervals >= (
        select count(*) from forecast_hour as value
        where value.forecast_id = forecast.id and value.model = 'best' and value.scenario = 'base'
    ) + (
        select count(*) from forecast_day as value
        where value.forecast_id = forecast.id and value.model = 'best' and value.scenario = 'base'
    )
""")


def score_past_forecasts(conn: Connection) -> int:
    """Score every forecast that has become past in part or whole; returns how many scores were written."""
    written = conn.execute(SCORE).rowcount
    conn.execute(CLOSE)
    return int(written)
