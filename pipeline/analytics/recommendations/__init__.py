"""What a site could save: shapes of its days, its place among its peers, and rules that each find one kind of waste.

`shapes` groups normalised days, `indicators` measures a site, `peers` finds the best fifth of those like it, `quality`
refuses data that proves nothing, `rules` find savings hour by hour, `ranking` values and orders them. Every rule works
on the load that the rules before it have left, so the savings of a site never count an hour's energy twice.
Start at `ranking.recommend`, which takes a `model.SiteYear`.
"""
