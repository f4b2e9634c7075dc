"""The statements behind `pipeline.warehouse.rollups`.

They work on two temporary tables: ``touched_meter`` and ``touched_node`` say which local days to replace. A local day
begins at different instants in different zones (and twice where clocks go back at midnight), so rows are found by a
generous range of ``ts``, which the keys can use, and then chosen by their ``day``.
"""

from pipeline.flags import ESTIMATED, Flag

TEMPORARY_TABLES = (
    """
    create temp table if not exists touched_meter (
        meter_id int primary key, zone text not null, first_day date not null, last_day date not null,
        start_ts timestamptz not null, end_ts timestamptz not null, longest interval not null
    ) on commit drop
    """,
    """
    create temp table if not exists touched_node (
        site_id int primary key, depth int not null, first_day date not null, last_day date not null,
        from_day date not null, to_day date not null, done boolean not null
    ) on commit drop
    """,
    "create temp table if not exists added_hour (like meter_hour) on commit drop",
    "truncate touched_meter, touched_node, added_hour",
)

NOTE_METERS = """
insert into touched_meter
select m.id, s.timezone, d.first_day, d.last_day,
       d.first_day::timestamp at time zone s.timezone - interval '3 hours',
       (d.last_day + 1)::timestamp at time zone s.timezone + interval '3 hours',
       make_interval(secs => coalesce(m.longest_s, 0))
from (
    select id, min(start_ts) as start_ts, max(end_ts) as end_ts
    from unnest(cast(:ids as int[]), cast(:starts as timestamptz[]), cast(:ends as timestamptz[]))
         as given (id, start_ts, end_ts)
    group by id
) given
join meter m on m.id = given.id
join site s on s.id = m.site_id
cross join lateral (
    select (given.start_ts at time zone s.timezone)::date as first_day,
           ((given.end_ts - interval '1 microsecond') at time zone s.timezone)::date as last_day
) d
"""

PERIOD = """
select min(start_ts - longest) as first, max(end_ts) as last,
       coalesce(extract(epoch from max(longest)), 0)::int as longest
from touched_meter
"""

FORGET_METER_HOURS = """
delete from meter_hour h using touched_meter t
where h.meter_id = t.meter_id and h.ts >= t.start_ts and h.ts < t.end_ts and h.day between t.first_day and t.last_day
"""

# A reading of up to an hour belongs whole to the local hour that it starts in.
_SHORT = """
    select r.meter_id, date_trunc('hour', r.ts, t.zone) as hour, (r.ts at time zone t.zone)::date as day,
           r.energy_kwh, r.duration_s, r.flag
    from touched_meter t
    join reading r on r.meter_id = t.meter_id and r.ts >= t.start_ts and r.ts < t.end_ts
    where r.ts >= :first and r.ts < :last and r.duration_s <= 3600
"""

# A longer one is spread evenly: each hour gets its share of the energy, by the seconds that fall into it.
_SPREAD = f"""
    select r.meter_id, date_trunc('hour', p.starts, t.zone), (p.starts at time zone t.zone)::date,
           r.energy_kwh * extract(epoch from p.ends - p.starts)::float8 / r.duration_s,
           extract(epoch from p.ends - p.starts)::int, r.flag | {int(Flag.SPREAD)}
    from touched_meter t
    join reading r on r.meter_id = t.meter_id and r.ts >= t.start_ts - t.longest and r.ts < t.end_ts
    cross join lateral generate_series(
        date_trunc('hour', r.ts, t.zone),
        least(r.ts + make_interval(secs => r.duration_s), t.end_ts) - interval '1 microsecond',
        interval '1 hour'
    ) as clock (hour)
    cross join lateral (
        select greatest(clock.hour, r.ts) as starts,
               least(clock.hour + interval '1 hour', r.ts + make_interval(secs => r.duration_s)) as ends
    ) p
    where r.ts >= :first and r.ts < :last and r.duration_s > 3600 and p.ends > t.start_ts
"""  # noqa: S608 - the flag is a constant


def _meter_hours(pieces: str) -> str:
    return f"""
insert into added_hour (meter_id, ts, day, energy_kwh, peak_kw, hours, covered_hours, estimated_hours, flags)
select p.meter_id, p.hour, min(p.day), sum(p.energy_kwh), sum(p.energy_kwh) * 3600 / sum(p.duration_s), 1,
       sum(p.duration_s) / 3600.0,
       coalesce(sum(p.duration_s) filter (where p.flag & {int(ESTIMATED)} <> 0), 0) / 3600.0, bit_or(p.flag)
from ({pieces}) p
join touched_meter t on t.meter_id = p.meter_id and p.day between t.first_day and t.last_day
group by p.meter_id, p.hour
"""  # noqa: S608 - put together from the constants above


# Hours wait in a table of their own until their months have partitions.
METER_HOURS = _meter_hours(_SHORT)
METER_HOURS_WITH_SPREAD = _meter_hours(f"{_SHORT} union all {_SPREAD}")
MONTHS_OF_HOURS = "select distinct date_trunc('month', ts, 'UTC') from added_hour"
STORE_METER_HOURS = "insert into meter_hour select * from added_hour order by meter_id, ts"

# The highest of (power, minus time): among equal peaks the earliest.
_PEAK_OF_HOURS = "max(array[h.peak_kw, -extract(epoch from h.ts)::float8])"
_PEAK_OF_DAYS = "max(array[d.peak_kw, -extract(epoch from d.peak_ts)::float8])"


def _sums(of: str) -> str:
    return f"""sum({of}.energy_kwh) as energy_kwh, sum({of}.hours) as hours, sum({of}.covered_hours) as covered_hours,
           sum({of}.estimated_hours) as estimated_hours, bit_or({of}.flags) as flags"""


def _days(kind: str, owner: str, touched: str, start: str, end: str) -> str:
    return f"""
insert into {kind}_day ({owner}, day, peak_kw, peak_ts, energy_kwh, hours, covered_hours, estimated_hours, flags)
select {owner}, day, peak[1], to_timestamp(-peak[2]), energy_kwh, hours, covered_hours, estimated_hours, flags
from (
    select h.{owner}, h.day, {_PEAK_OF_HOURS} as peak, {_sums("h")}
    from {touched} t
    join {kind}_hour h on h.{owner} = t.{owner} and h.ts >= {start} and h.ts < {end}
    where h.day between t.first_day and t.last_day
    group by h.{owner}, h.day
) days
"""  # noqa: S608 - put together from the constants of this module


def _months(kind: str, owner: str, touched: str) -> str:
    return f"""
insert into {kind}_month ({owner}, month, peak_kw, peak_ts, energy_kwh, hours, covered_hours, estimated_hours, flags)
select {owner}, month, peak[1], to_timestamp(-peak[2]), energy_kwh, hours, covered_hours, estimated_hours, flags
from (
    select d.{owner}, date_trunc('month', d.day)::date as month, {_PEAK_OF_DAYS} as peak, {_sums("d")}
    from {touched} t
    join {kind}_day d on d.{owner} = t.{owner}
        and d.day >= date_trunc('month', t.first_day)::date
        and d.day < (date_trunc('month', t.last_day) + interval '1 month')::date
    group by d.{owner}, date_trunc('month', d.day)
) months
"""  # noqa: S608 - put together from the constants of this module


def _forget_days(kind: str, owner: str, touched: str) -> str:
    return f"""
delete from {kind}_day d using {touched} t
where d.{owner} = t.{owner} and d.day between t.first_day and t.last_day
"""  # noqa: S608 - put together from the constants of this module


def _forget_months(kind: str, owner: str, touched: str) -> str:
    return f"""
delete from {kind}_month d using {touched} t
where d.{owner} = t.{owner} and d.month between date_trunc('month', t.first_day)::date and t.last_day
"""  # noqa: S608 - put together from the constants of this module


METER_DAYS = _days("meter", "meter_id", "touched_meter", "t.start_ts", "t.end_ts")
METER_MONTHS = _months("meter", "meter_id", "touched_meter")
FORGET_METER_DAYS = _forget_days("meter", "meter_id", "touched_meter")
FORGET_METER_MONTHS = _forget_months("meter", "meter_id", "touched_meter")
# The version is the one that this transaction is about to raise: nobody else can raise it before it ends. Months known
# from before are noted too, because their rows may be gone.
NOTE_CHANGES = """
insert into meter_change (meter_id, month, version)
select known.meter_id, known.month, next.version
from (
    select m.meter_id, m.month from touched_meter t join meter_month m on m.meter_id = t.meter_id
        and m.month >= date_trunc('month', t.first_day)::date and m.month <= t.last_day
    union
    select c.meter_id, c.month from touched_meter t join meter_change c on c.meter_id = t.meter_id
        and c.month >= date_trunc('month', t.first_day)::date and c.month <= t.last_day
) known
cross join (select version + 1 as version from data_version for update) next
on conflict (meter_id, month) do update set version = excluded.version
"""
NODE_DAYS = _days("node", "site_id", "touched_node", "t.first_day - 2", "t.last_day + 3")
NODE_MONTHS = _months("node", "site_id", "touched_node")
FORGET_NODE_DAYS = _forget_days("node", "site_id", "touched_node")
FORGET_NODE_MONTHS = _forget_months("node", "site_id", "touched_node")

# Where zones are mixed, one hour is shared by two local days: a change of one also changes the other's part of
# ``hours``, so two more days on each side are replaced, and two more beyond are looked at.
_NOTE_NODES = """
insert into touched_node
select n.site_id, node.depth, n.first_day - node.margin, n.last_day + node.margin,
       n.first_day - 2 * node.margin, n.last_day + 2 * node.margin, n.site_id = any(cast(:done as int[]))
from ({nodes}) n
cross join lateral (
    select (select max(c.depth) from site_closure c where c.descendant_id = n.site_id) as depth,
           (select case when count(distinct s.timezone) > 1 then 2 else 0 end
            from site_closure c join site s on s.id = c.descendant_id where c.ancestor_id = n.site_id) as margin
) node
"""

NODES_ABOVE_METERS = _NOTE_NODES.format(
    nodes="""
    select c.ancestor_id as site_id, min(t.first_day) as first_day, max(t.last_day) as last_day
    from touched_meter t join meter m on m.id = t.meter_id join site_closure c on c.descendant_id = m.site_id
    group by c.ancestor_id
"""
)
WHOLE_NODES = _NOTE_NODES.format(
    nodes="select unnest(cast(:ids as int[])) as site_id, date '1900-01-10' as first_day, date '2199-12-20' as last_day"
)

FORGET_NODE_HOURS = """
delete from node_hour h using touched_node t
where t.depth = :depth and not t.done and h.site_id = t.site_id and h.ts >= t.first_day - 2 and h.ts < t.last_day + 3
  and h.day between t.first_day and t.last_day
"""

# Net consumption: what is drawn, less what is fed in; own generation is inside both already and only informs.
# An hour shared by two local days is divided between them by the meter-hours of each, so that hours add up, too.
NODE_HOURS = """
insert into node_hour (site_id, ts, day, energy_kwh, peak_kw, hours, covered_hours, estimated_hours, flags)
select n.site_id, n.ts, n.day, n.energy_kwh, n.peak_kw, n.hours, n.covered_hours, n.estimated_hours, n.flags
from (
    select site_id, ts, day, sum(energy_kwh) as energy_kwh, sum(power_kw) as peak_kw,
           sum(covered_hours) / sum(sum(covered_hours)) over (partition by site_id, ts) as hours,
           sum(covered_hours) as covered_hours, sum(estimated_hours) as estimated_hours, bit_or(flags) as flags
    from (
        select t.site_id, h.ts, h.day,
               case m.direction when 'export' then -h.energy_kwh else h.energy_kwh end as energy_kwh,
               case m.direction when 'export' then -h.peak_kw else h.peak_kw end as power_kw,
               h.covered_hours, h.estimated_hours, h.flags
        from touched_node t
        join meter m on m.site_id = t.site_id and m.direction <> 'generation'
        join meter_hour h on h.meter_id = m.id and h.ts >= t.from_day - 2 and h.ts < t.to_day + 3
        where t.depth = :depth and not t.done and h.day between t.from_day and t.to_day
        union all
        select t.site_id, date_trunc('hour', h.ts, parent.timezone), h.day, sum(h.energy_kwh),
               sum(h.peak_kw * h.covered_hours) / sum(h.covered_hours),
               sum(h.covered_hours), sum(h.estimated_hours), bit_or(h.flags)
        from touched_node t
        join site parent on parent.id = t.site_id
        join site child on child.parent_id = t.site_id
        join node_hour h on h.site_id = child.id and h.ts >= t.from_day - 2 and h.ts < t.to_day + 3
        where t.depth = :depth and h.day between t.from_day and t.to_day
        group by t.site_id, child.id, 2, h.day
    ) part
    group by site_id, ts, day
) n
join touched_node t on t.site_id = n.site_id and n.day between t.first_day and t.last_day
order by n.site_id, n.ts, n.day
"""
