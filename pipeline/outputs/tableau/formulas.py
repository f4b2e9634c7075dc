"""An expression over the tables of the warehouse as a formula of Tableau, so that both compute the same."""

from collections.abc import Callable, Mapping

from sqlalchemy import Case, Cast, TypeCoerce
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ColumnClause, Grouping
from sqlalchemy.sql.functions import FunctionElement

OPERATORS: Mapping[object, str] = {
    operators.truediv: "/",
    operators.mul: "*",
    operators.add: "+",
    operators.sub: "-",
    operators.gt: ">",
    operators.ge: ">=",
}
FUNCTIONS = {"sum": "SUM", "max": "MAX", "min": "MIN"}
Named = Callable[[str], str]


def formula(expression: object, named: Named) -> str:
    """Write an expression of sums, maxima, ratios and cases; ``named`` gives the field of a column.

    Raises TypeError for an expression that has no counterpart here.
    """
    plain = _plain(expression)
    match plain:
        case ColumnClause():
            return named(plain.name)
        case BindParameter():
            return f"{plain.value:g}"
        case Case():
            return _case(plain, named)
        case FunctionElement():
            return _function(plain, named)
        case BinaryExpression() if plain.operator in OPERATORS:
            left, right = (_operand(side, named) for side in (plain.left, plain.right))
            return f"{left} {OPERATORS[plain.operator]} {right}"
    raise TypeError(f"There is no formula for {type(plain).__name__}: {plain}")


def _plain(expression: object) -> object:
    """Take off what tells PostgreSQL about types and brackets."""
    while isinstance(expression, Cast | TypeCoerce | Grouping):
        expression = expression.element if isinstance(expression, Grouping) else expression.clause
    return expression


def _operand(side: object, named: Named) -> str:
    """Write a side of a ratio or comparison, in brackets unless it is one field, number or sum."""
    text = formula(side, named)
    compound = isinstance(_plain(side), BinaryExpression) or text.startswith("IF ")
    return f"({text})" if compound else text


def _case(expression: Case[float], named: Named) -> str:
    branches = " ELSEIF ".join(
        f"{formula(condition, named)} THEN {formula(value, named)}" for condition, value in expression.whens
    )
    otherwise = f" ELSE {formula(expression.else_, named)}" if expression.else_ is not None else ""
    return f"IF {branches}{otherwise} END"


def _function(expression: FunctionElement[float], named: Named) -> str:
    arguments = [formula(one, named) for one in expression.clauses]
    name = expression.name
    if name == "nullif":
        value, nothing = arguments
        return f"IF {value} != {nothing} THEN {value} END"
    if name in FUNCTIONS and len(arguments) == 1:
        return f"{FUNCTIONS[name]}({arguments[0]})"
    raise TypeError(f"There is no formula for the function {name}: {expression}")
