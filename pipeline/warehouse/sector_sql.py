"""The statements that keep ``sector_hour``: what the sites of each sector below a node use together, hour by hour.

Energy of many sites adds up from their days, but the power of all together has to be added up by the hour. Done when
it is asked for, that is a row for each hour of each site: 2 s for forty sites over three years. Like the nodes
themselves the rows are built from the leaves up; a child that is of the sector counts whole, and hides what is below
it. They replace what `rollup_sql.TEMPORARY_TABLES` says was touched.
"""

FORGET_SECTOR_HOURS = """
delete from sector_hour h using touched_node t
where t.depth = :depth and h.site_id = t.site_id and h.ts >= t.first_day - 2 and h.ts < t.last_day + 3
  and h.day between t.first_day and t.last_day
"""


def _of_children(rollup: str, sector: str, counted: str) -> str:
    """Select the hours of each child as those of its parent's clock."""
    return f"""
        select t.site_id, {sector} as sector, date_trunc('hour', h.ts, parent.timezone) as ts, h.day,
               sum(h.energy_kwh) as energy_kwh, sum(h.peak_kw * h.covered_hours) / sum(h.covered_hours) as power_kw,
               sum(h.covered_hours) as covered_hours, sum(h.estimated_hours) as estimated_hours,
               bit_or(h.flags) as flags
        from touched_node t
        join site parent on parent.id = t.site_id
        join site child on child.parent_id = t.site_id
        join {rollup} h on h.site_id = child.id and h.ts >= t.from_day - 2 and h.ts < t.to_day + 3
        where t.depth = :depth and h.day between t.from_day and t.to_day and {counted}
        group by t.site_id, {sector}, child.id, 3, h.day
    """  # noqa: S608 - put together from the constants below


# An hour shared by two local days is divided between them as in `rollup_sql.NODE_HOURS`.
SECTOR_HOURS = f"""
insert into sector_hour (site_id, sector, ts, day, energy_kwh, peak_kw, hours, covered_hours, estimated_hours, flags)
select n.site_id, n.sector, n.ts, n.day, n.energy_kwh, n.peak_kw, n.hours, n.covered_hours, n.estimated_hours, n.flags
from (
    select site_id, sector, ts, day, sum(energy_kwh) as energy_kwh, sum(power_kw) as peak_kw,
           sum(covered_hours) / sum(sum(covered_hours)) over (partition by site_id, sector, ts) as hours,
           sum(covered_hours) as covered_hours, sum(estimated_hours) as estimated_hours, bit_or(flags) as flags
    from (
        {_of_children("node_hour", "child.sector", "child.sector is not null")}
        union all
        {_of_children("sector_hour", "h.sector", "h.sector is distinct from child.sector")}
    ) part
    group by site_id, sector, ts, day
) n
join touched_node t on t.site_id = n.site_id and n.day between t.first_day and t.last_day
order by n.site_id, n.sector, n.ts, n.day
"""  # noqa: S608 - put together from the constants of this module
