"""Where the demo happens: a made-up energy company in real places, so that the map and the clocks are real ones."""

from dataclasses import dataclass
from typing import Literal

Sector = Literal["household", "shop", "office", "school", "factory"]
MonthDay = tuple[int, int]

COMPANY = "Meridian Energy"


@dataclass(frozen=True)
class Climate:
    """Hourly temperature and cloud of a city as a few harmonics; temperatures in C, days of the year from 1.

    ``second_c`` adds a half-yearly wave (the heat before and after a monsoon), ``weather_c`` is the standard deviation
    of what comes and goes over some days, ``cloud`` the mean share of the sky covered.
    """

    mean_c: float
    yearly_c: float
    warmest_day: int
    daily_c: float
    weather_c: float
    cloud: float
    second_c: float = 0.0
    monsoon: bool = False


@dataclass(frozen=True)
class SiteSpec:
    """A place with meters; ``latitude`` and ``longitude`` in degrees."""

    name: str
    sector: Sector
    latitude: float
    longitude: float
    floor_area_m2: float


@dataclass(frozen=True)
class City:
    """A city with its climate and its three places."""

    name: str
    latitude: float
    longitude: float
    climate: Climate
    sites: tuple[SiteSpec, ...]


@dataclass(frozen=True)
class Region:
    """A region with one time zone and one calendar; spans of closed days are (first, last) as (month, day)."""

    name: str
    country: str
    subdivision: str
    timezone: str
    cities: tuple[City, City]
    school_breaks: tuple[tuple[MonthDay, MonthDay], ...]
    works_breaks: tuple[tuple[MonthDay, MonthDay], ...]

    @property
    def sites(self) -> list[tuple[City, SiteSpec]]:
        """All places of the region, each with its city."""
        return [(city, site) for city in self.cities for site in city.sites]


def _city(name: str, latitude: float, longitude: float, climate: Climate, *sites: tuple[str, Sector, int]) -> City:
    spots = ((0.012, -0.021), (-0.018, 0.026), (0.031, 0.044))
    return City(
        name,
        latitude,
        longitude,
        climate,
        tuple(
            SiteSpec(site, sector, round(latitude + north, 4), round(longitude + east, 4), float(area))
            for (site, sector, area), (north, east) in zip(sites, spots, strict=True)
        ),
    )


CHRISTMAS_WORKS = ((12, 24), (1, 1))

REGIONS: tuple[Region, ...] = (
    Region(
        "Scotland",
        "GB",
        "SCT",
        "Europe/London",
        (
            _city(
                "Glasgow",
                55.861,
                -4.250,
                Climate(9.6, 5.9, 205, 2.6, 2.6, 0.68),
                ("Kelvinside Homes", "household", 9_200),
                ("Clyde Quay Offices", "office", 14_500),
                ("Govan Works", "factory", 22_000),
            ),
            _city(
                "Edinburgh",
                55.953,
                -3.188,
                Climate(9.4, 6.0, 206, 2.7, 2.5, 0.66),
                ("Leith Homes", "household", 7_400),
                ("Tollcross Market", "shop", 8_800),
                ("Canonmills School", "school", 9_700),
            ),
        ),
        (((2, 12), (2, 16)), ((4, 2), (4, 15)), ((6, 27), (8, 14)), ((10, 13), (10, 20)), ((12, 21), (1, 5))),
        (((7, 14), (7, 25)), CHRISTMAS_WORKS),
    ),
    Region(
        "South East England",
        "GB",
        "ENG",
        "Europe/London",
        (
            _city(
                "Brighton",
                50.823,
                -0.138,
                Climate(11.6, 6.3, 212, 2.7, 2.3, 0.56),
                ("Hove Homes", "household", 8_100),
                ("Lanes Offices", "office", 11_000),
                ("Shoreham Works", "factory", 18_500),
            ),
            _city(
                "Oxford",
                51.752,
                -1.258,
                Climate(11.2, 7.1, 206, 3.9, 2.6, 0.60),
                ("Jericho Homes", "household", 6_600),
                ("Botley Market", "shop", 12_400),
                ("Cowley School", "school", 11_900),
            ),
        ),
        (((2, 12), (2, 18)), ((4, 2), (4, 16)), ((7, 23), (9, 2)), ((10, 24), (10, 31)), ((12, 20), (1, 4))),
        (((8, 4), (8, 15)), CHRISTMAS_WORKS),
    ),
    Region(
        "Bavaria",
        "DE",
        "BY",
        "Europe/Berlin",
        (
            _city(
                "Munich",
                48.137,
                11.575,
                Climate(9.9, 10.0, 202, 4.5, 3.6, 0.57),
                ("Schwabing Homes", "household", 10_300),
                ("Isar Offices", "office", 19_000),
                ("Allach Works", "factory", 31_000),
            ),
            _city(
                "Nuremberg",
                49.453,
                11.077,
                Climate(10.1, 9.9, 202, 4.8, 3.5, 0.58),
                ("Gostenhof Homes", "household", 7_900),
                ("Langwasser Market", "shop", 15_600),
                ("Erlenstegen School", "school", 8_300),
            ),
        ),
        (((2, 16), (2, 20)), ((4, 3), (4, 17)), ((8, 1), (9, 14)), ((11, 2), (11, 6)), ((12, 23), (1, 6))),
        (((8, 3), (8, 21)), CHRISTMAS_WORKS),
    ),
    Region(
        "Karnataka",
        "IN",
        "KA",
        "Asia/Kolkata",
        (
            _city(
                "Bengaluru",
                12.972,
                77.594,
                Climate(24.3, 2.6, 112, 4.9, 1.1, 0.38, monsoon=True),
                ("Indiranagar Homes", "household", 8_700),
                ("Whitefield Offices", "office", 26_000),
                ("Peenya Works", "factory", 27_500),
            ),
            _city(
                "Mysuru",
                12.296,
                76.639,
                Climate(24.9, 2.7, 110, 5.2, 1.1, 0.36, monsoon=True),
                ("Gokulam Homes", "household", 6_900),
                ("Devaraja Market", "shop", 7_700),
                ("Saraswathi School", "school", 6_200),
            ),
        ),
        (((4, 11), (5, 28)), ((10, 3), (10, 20)), ((12, 24), (1, 1))),
        (((10, 19), (10, 25)),),
    ),
    Region(
        "Maharashtra",
        "IN",
        "MH",
        "Asia/Kolkata",
        (
            _city(
                "Mumbai",
                19.076,
                72.878,
                Climate(27.7, 2.4, 138, 3.2, 0.9, 0.36, second_c=1.2, monsoon=True),
                ("Bandra Homes", "household", 9_800),
                ("Powai Offices", "office", 24_000),
                ("Vikhroli Works", "factory", 29_000),
            ),
            _city(
                "Pune",
                18.520,
                73.857,
                Climate(25.3, 3.8, 122, 5.8, 1.2, 0.33, second_c=0.6, monsoon=True),
                ("Kothrud Homes", "household", 8_400),
                ("Camp Market", "shop", 9_900),
                ("Aundh School", "school", 7_600),
            ),
        ),
        (((5, 1), (6, 12)), ((10, 18), (11, 5)), ((12, 25), (1, 1))),
        (((10, 20), (10, 26)),),
    ),
)
