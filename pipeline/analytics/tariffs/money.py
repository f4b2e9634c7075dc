"""How amounts are rounded, once for all bills."""

from decimal import ROUND_HALF_UP, Decimal

# ISO 4217: currencies whose smallest unit is not a hundredth.
_DECIMALS = dict.fromkeys(("JPY", "KRW", "CLP", "VND", "ISK", "UGX", "XAF", "XOF", "PYG"), 0) | dict.fromkeys(
    ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3
)
_QUANTITY = Decimal("0.001")
_PRICE = Decimal("0.000001")


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Round an amount half up to the currency's smallest unit."""
    return amount.quantize(Decimal(1).scaleb(-decimals(currency)), ROUND_HALF_UP)


def decimals(currency: str) -> int:
    """Return how many decimals amounts of a currency have."""
    return _DECIMALS.get(currency, 2)


def quantity(value: float | Decimal) -> Decimal:
    """Round a measured quantity (kWh, kW) half up to a thousandth."""
    return Decimal(str(value)).quantize(_QUANTITY, ROUND_HALF_UP)


def mean_price(amount: Decimal, energy: Decimal) -> Decimal:
    """Return the price per kWh that an amount comes to, to a millionth; 0 without energy."""
    return (amount / energy).quantize(_PRICE, ROUND_HALF_UP) if energy else Decimal(0)
