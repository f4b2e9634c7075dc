"""What the names of columns say, in the words that exports of electricity data use."""

import re


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|_)(?:{'|'.join(words.split())})(?:_|$)")


def plain(name: str) -> str:
    """Return a name in lower case with underscores: ``TotalDemand (MW)`` is ``total_demand_mw``."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[^a-z0-9äöüéèàñçß#]+", "_", split.lower()).strip("_")


TIME = _pattern(
    r"date\w* time\w* datetime\w* timestamp\w* datum uhrzeit zeit\w* day tag dt start end from to von bis "
    r"begin beginn ts when at hora fecha heure jour"
    r"  settlementdate settlement_date reading_datetime interval_start interval_end instant period_start "
    r"period_end read_at"
    r" tstp month year\w* monat mtu\w* ut utc utc_time local_time"
)
END_OF_INTERVAL = _pattern(
    r"settlementdate interval_?end\w* period_?end\w* end end_?time end_?date\w* ending to bis hour_?ending "
    r"he time_?ending"
)
START_OF_INTERVAL = _pattern(
    r"interval_?start\w* period_?start\w* start start_?time start_?date\w* from von begin\w* mtu\w*"
)
UTC = _pattern(r"utc gmt utc_?time\w* time_?utc zulu")
PERIOD = _pattern(
    r"period\w* settlement_?period sp interval interval_?n\w* slot hour hours hr he hour_?ending stunde "
    r"heure hora halfhour half_hour trading_?period tp"
)
HOUR = _pattern(r"hour hours hr he hour_?ending stunde heure hora")

ENTITY = _pattern(
    r"meters? meter_?(?:id|no|nr|name|number|serial|code|point) meterid customer\w* cust trace\w* nmi mpan "
    r"mprn site\w* house\w* home lclid lcl id uid state states region\w* zone\w* area name account\w*"
    r"  building\w* station feeder\w* substation consumer\w* client\w* usage_?point channel register_?id "
    r"device\w* sensor\w* esiid household\w*"
    r"  province country circuit point series zähler\w* zählpunkt zaehler\w* location entity asset plant "
    r"unit_?id facility tag_?name"
)
NOT_ENTITY = _pattern(
    r"category label quality status flag\w* type\w* period_?type holiday season weekday day_?type "
    r"comment\w* note\w* event\w* tariff rate"
    r" condition\w* direction source stdortou tou unit units uom fuel kind month year"
)
ESTIMATED = _pattern(r"estimated is_?estimated estimate est estimated_?flag geschätzt")
UNIT = _pattern(r"unit units uom einheit")

WEATHER = _pattern(
    r"temp\w* humid\w* wind_?speed\w* windspeed\w* wind_?dir\w* wind_?deg winddeg windspeed_100m gust\w* "
    r"dew\w* pressure\w* rain\w* snow\w* cloud\w* radiation\w*"
    r" irradia\w* ghi dni dhi visib\w* precip\w* diffuse\w* sunshine clearsky\w* mxld sea_?level\w* weather\w*"
)
MONEY = _pattern(
    r"price\w* cost\w* rrp apx tariff\w* rate charge\w* amount_?due usd eur gbp aud cad inr bill\w* revenue fee"
)
PLACE = _pattern(
    r"lat latitude lon lng long longitude altitude elevation sqft sqm floor\w* area_?m2 postcode zip "
    r"zipcode year_?built"
)
OTHER_QUANTITY = _pattern(
    r"voltage\w* volt volts current\w* amp amps ampere\w* intensity\w* reactive\w* kvar\w* kva kvarh mvar "
    r"frequency hz power_?factor pf"
    r"  \w*score number\w* capacity\w* shortage\w* gas water steam heat carbon co2\w* emission\w* "
    r"schedule\w* od max_?od ud count number occupants holiday"
    r" peak_?demand max_?demand\w* maximum\w* minimum\w* max\w* min\w* off_?peak mid_?peak on_?peak solar_?on wind_?on"
    r"  hour hours minute\w* day month year week\w* season\w* flag\w* quality status var sem\w* sjv\w* "
    r"weekday rank index_?no row\w* unnamed"
)
ALTERNATIVE = _pattern(
    r"forecast\w* predicted prediction cleaned clean adjusted corrected planned day_?ahead expected "
    r"baseline imputed interpolated"
    r" mean avg average median std stddev baseline scheduled"
)

GENERATION = _pattern(
    r"generation\w* generated solar\w* wind pv production produced gg gross_?generation einspeisung "
    r"erzeugung photovoltaic"
)
EXPORT = _pattern(r"export\w* feed_?in fed_?in exported injection sent_?out surplus")
NET = _pattern(r"net net_?load residual\w*")
CONSUMPTION = _pattern(
    r"consumption consumed usage used use energy\w* demand\w* totaldemand load\w* power active_?power "
    r"active import\w* general_?supply verbrauch bezug last strom"
    r" lastgang electric\w* elec consommation conso consumo mains"
)
POWER = _pattern(r"power active_?power leistung puissance potencia watts")
REGISTER = _pattern(
    r"register\w* cumulative cumul\w* meter_?reading\w* meter_?read index zählerstand zaehlerstand stand "
    r"total_?read\w* odometer"
)
GENERIC = _pattern(r"value\w* val reading\w* amount quantity total sum data wert valor measure\w* y")
TOTAL = _pattern(r"total\w* sum global overall all main\w* gross")
