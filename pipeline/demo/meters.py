"""Which meters the demo has: an ordered list whose beginning already shows every sector, zone and kind of meter."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from math import ceil

import numpy as np

from pipeline.demo.places import REGIONS, City, Region, Sector, SiteSpec
from pipeline.sources.frame import Direction

HOUR_S = 3600


@dataclass(frozen=True)
class Kind:
    """A kind of meter.

    ``mean_kw`` is the range its mean is drawn from; ``heating`` and ``cooling`` are the extra load per K outside the
    change points, as a share of the mean; ``noise`` is the standard deviation of the logarithm of the load and
    ``solar_share`` the size of the solar panels in kWp per kW of mean load.
    """

    label: str
    mean_kw: tuple[float, float]
    noise: float
    profile: str
    heating: float = 0.012
    cooling: float = 0.02
    direction: Direction = "import"
    step_s: int = HOUR_S
    solar_share: float = 0.0
    register: bool = False
    charges_car: bool = False
    single_home: bool = False


HOME = Kind("home", (0.25, 0.65), 0.42, "home", cooling=0.035, single_home=True)
SOLAR_HOME = Kind(
    "solar home", (0.35, 0.7), 0.4, "home", cooling=0.035, direction="net", solar_share=6.0, single_home=True
)
CAR_HOME = Kind("home with car", (0.35, 0.6), 0.4, "home", cooling=0.035, charges_car=True, single_home=True)
WARM_HOME = Kind("home with heat pump", (0.3, 0.5), 0.35, "home", heating=0.12, cooling=0.05, single_home=True)
BLOCK = Kind("block of flats", (9.0, 24.0), 0.07, "home", heating=0.014, cooling=0.03, step_s=1800)
ARCADE = Kind("arcade", (45.0, 90.0), 0.05, "shop", cooling=0.028)
SHOP = Kind("shop", (4.0, 14.0), 0.08, "shop", cooling=0.025)
COLD_STORE = Kind("cold store", (12.0, 28.0), 0.05, "flat", heating=0.0, cooling=0.03)
FLOORS = Kind("floors", (40.0, 110.0), 0.05, "office", heating=0.016, cooling=0.032)
SERVERS = Kind("server room", (15.0, 40.0), 0.03, "flat", heating=0.0, cooling=0.01, step_s=1800)
SCHOOL_GRID = Kind("supply", (22.0, 45.0), 0.06, "school", heating=0.018, cooling=0.02, solar_share=4.0)
SCHOOL_SOLAR = Kind("solar panels", (0, 0), 0.0, "school", direction="generation", solar_share=4.0)
SCHOOL_EXPORT = Kind("export", (0, 0), 0.0, "school", direction="export", solar_share=4.0)
SPORTS_HALL = Kind("sports hall", (6.0, 14.0), 0.1, "school", heating=0.02)
KITCHEN = Kind("kitchen", (3.0, 8.0), 0.12, "school", heating=0.0)
WORKS = Kind("main supply", (180.0, 420.0), 0.06, "two shifts", heating=0.005, cooling=0.006, register=True)
LINE = Kind("line", (90.0, 260.0), 0.09, "two shifts", heating=0.002, cooling=0.004)
FURNACE = Kind("furnace", (120.0, 300.0), 0.07, "three shifts", heating=0.0, cooling=0.0, step_s=900)
AIR = Kind("compressed air", (25.0, 70.0), 0.08, "two shifts", heating=0.0, cooling=0.006, step_s=900)

# The solar panels of a school share the load and the sky of its supply: these three follow each other.
KINDS: dict[Sector, tuple[Kind, ...]] = {
    "household": (HOME, SOLAR_HOME, BLOCK, HOME, CAR_HOME, HOME, WARM_HOME, HOME),
    "shop": (ARCADE, SHOP, COLD_STORE, SHOP, SHOP),
    "office": (FLOORS, SERVERS, FLOORS, FLOORS),
    "school": (SCHOOL_GRID, SCHOOL_SOLAR, SCHOOL_EXPORT, SPORTS_HALL, KITCHEN, SPORTS_HALL),
    "factory": (WORKS, FURNACE, LINE, AIR, LINE, LINE, LINE),
}
SHARE: dict[Sector, int] = {"household": 16, "shop": 8, "office": 7, "school": 6, "factory": 7}


@dataclass(frozen=True)
class DemoMeter:
    """A meter with its place, its mean load in kW and a stream of random numbers of its own."""

    index: int
    name: str
    kind: Kind
    region: Region
    city: City
    site: SiteSpec
    seed: int
    mean_kw: float = field(init=False)

    def __post_init__(self) -> None:
        rich = 1.0 if self.region.country != "IN" or self.site.sector != "household" else 0.7
        drawn = self.draws("mean").uniform(*self.source_kind.mean_kw)
        object.__setattr__(self, "mean_kw", float(drawn) * rich)

    @property
    def source_kind(self) -> Kind:
        """The kind that has the load: for solar panels and export meters, the supply beside them."""
        return SCHOOL_GRID if self.kind in (SCHOOL_SOLAR, SCHOOL_EXPORT) else self.kind

    @property
    def solar_kwp(self) -> float:
        """Size of the solar panels behind the meter."""
        return round(self.mean_kw * self.kind.solar_share, 1)

    @property
    def capacity_kw(self) -> float:
        """What the connection can carry: homes by their fuse, others by their load in steps of 10 kW."""
        return 14.0 if self.kind.single_home else ceil(self.mean_kw * 0.6) * 10.0

    def draws(self, purpose: str) -> np.random.Generator:
        """Give the random numbers of this meter (and those that share its load) for one purpose."""
        load = f"{self.site.name}/supply" if self.source_kind is SCHOOL_GRID else self.name
        return np.random.default_rng([self.seed, *f"{load}:{purpose}".encode()])


def demo_meters(number: int, seed: int) -> list[DemoMeter]:
    """Return the first ``number`` meters of the demo."""
    return list(islice(_all_meters(seed), number))


def _all_meters(seed: int) -> Iterator[DemoMeter]:
    index = count()
    for turn in count():
        for region, city, site in _sites_in_turn():
            size = SHARE[site.sector] if turn < max(SHARE.values()) else turn + 1
            if turn < size:
                kinds = KINDS[site.sector]
                kind = kinds[turn % len(kinds)]
                yield DemoMeter(next(index), f"{site.name} {turn + 1:02d} {kind.label}", kind, region, city, site, seed)


def _sites_in_turn() -> Iterator[tuple[Region, City, SiteSpec]]:
    """Walk the grid of 5 regions and 6 places along its diagonal: any six in a row have all sectors and zones."""
    for step in range(30):
        region = REGIONS[step % 5]
        city, site = region.sites[step % 6]
        yield region, city, site
