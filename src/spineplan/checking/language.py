"""The rule language: SQL expressions over facts, parsed by sqlglot, whitelisted node by node and type-checked against the facts.

Everything that is wrong in a text is reported, each with a suggestion. What comes out is an expression of `model.expressions`
that holds only the authors' part of the language. The manual of the language is `tests/language/`.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import sqlglot
from sqlglot import expressions as sql
from sqlglot.errors import SqlglotError

from spineplan.model.expressions import (
    And,
    Arithmetic,
    ArithmeticOperator,
    AtLeast,
    Comparison,
    ComparisonOperator,
    Expression,
    Literal,
    Membership,
    Not,
    Or,
    Ref,
    ValueType,
)
from spineplan.model.problems import did_you_mean

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

_COMPARISONS: dict[type[sql.Expression], ComparisonOperator] = {
    sql.LT: "<",
    sql.LTE: "<=",
    sql.GT: ">",
    sql.GTE: ">=",
    sql.EQ: "=",
    sql.NEQ: "<>",
}
_ARITHMETIC: dict[type[sql.Expression], ArithmeticOperator] = {sql.Add: "+", sql.Sub: "-", sql.Mul: "*", sql.Div: "/"}
_MIRRORED: dict[ComparisonOperator, ComparisonOperator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
_INSTEAD: dict[str, str] = {
    "Null": "Unknown is never written; a fact that is not known makes the condition unknown by itself.",
    "Is": "Write the fact itself, or NOT before it.",
    "Case": "Use bands with `when` and `value`.",
    "Coalesce": "Unknown must stay unknown; decide by a fact.",
    "Like": "Use = or IN with the values of the fact.",
    "ILike": "Use = or IN with the values of the fact.",
    "Cast": "Facts have their type already.",
    "TryCast": "Facts have their type already.",
    "Mod": "Use comparisons.",
    "IntDiv": "Use /.",
    "Round": "Inputs are rounded to the step of their fact already.",
    "Least": "Use bands with `when` and `value`.",
    "Greatest": "Use bands with `when` and `value`.",
    "Alias": "A word stands after the condition that does not belong to it (a unit?). Remove it.",
    "Subquery": "A condition is about one patient only.",
    "Select": "A condition is about one patient only.",
    "DPipe": "Use OR between conditions.",
    "Xor": "Use AND, OR and NOT.",
}


class Symbol(msgspec.Struct, frozen=True):
    """What the checker knows of a name: type and, for numbers, range and step, for categories, values."""

    type: ValueType
    minimum: float = -math.inf
    maximum: float = math.inf
    step: float = 0.0
    values: tuple[str, ...] = ()
    unit: str = ""


class Finding(msgspec.Struct, frozen=True):
    """What is wrong in an expression and what to do."""

    what: str
    suggestion: str = ""


class _UntypableError(Exception):
    """Raised after a finding was noted, where no typed expression can be made."""


class _Interval:
    def __init__(self) -> None:
        self.low, self.low_open, self.high, self.high_open = -math.inf, False, math.inf, False

    def narrow(self, operator: ComparisonOperator, value: float) -> None:
        if operator in (">", ">=", "="):
            is_open = operator == ">"
            if value > self.low or (value == self.low and is_open):
                self.low, self.low_open = value, is_open
        if operator in ("<", "<=", "="):
            is_open = operator == "<"
            if value < self.high or (value == self.high and is_open):
                self.high, self.high_open = value, is_open

    def empty(self, step: float) -> bool:
        low, high = self.low, self.high
        if step and math.isfinite(low) and math.isfinite(high):
            first = (math.floor(low / step + 1e-9) + 1) * step if self.low_open else math.ceil(low / step - 1e-9) * step
            last = (math.ceil(high / step - 1e-9) - 1) * step if self.high_open else math.floor(high / step + 1e-9) * step
            return first > last + 1e-9
        return low > high or (low == high and (self.low_open or self.high_open))


def check_expression(
    text: str, expected: ValueType, symbols: Mapping[str, Symbol], explain_unknown: Callable[[str], str] | None = None
) -> tuple[Expression | None, list[Finding]]:
    """Parse and type-check one expression. The expression is None when anything was found."""
    checker = _Checker(symbols, explain_unknown)
    expression = checker.check(text, expected)
    return (None if checker.findings else expression), checker.findings


class _Checker:
    def __init__(self, symbols: Mapping[str, Symbol], explain_unknown: Callable[[str], str] | None) -> None:
        self.symbols = symbols
        self.explain_unknown = explain_unknown
        self.findings: list[Finding] = []

    def note(self, what: str, suggestion: str = "") -> None:
        finding = Finding(what, suggestion)
        if finding not in self.findings:
            self.findings.append(finding)

    def check(self, text: str, expected: ValueType) -> Expression | None:
        if not text.strip():
            self.note("the condition is empty", "Write TRUE if it always holds.")
            return None
        if ";" in text or "--" in text or "/*" in text:
            self.note("a condition is one expression without `;` and comments", "Put remarks in `why` or `note`.")
            return None
        try:
            tree: Any = sqlglot.parse_one(text, read="duckdb")
        except (SqlglotError, RecursionError) as error:
            detail = (
                str(error)
                .splitlines()[0]
                .split(". Line")[0]
                .split(" for <class")[0]
                .replace("Required keyword: 'expression'", "something")
            )
            self.note(f"`{_short(text)}` is not a SQL expression: {detail}", "Check brackets, quotes and operators.")
            return None
        try:
            expression, found = self.convert(tree)
        except _UntypableError:
            return None
        except RecursionError:
            self.note("the condition is nested too deeply", "Name a part of it as a derived fact.")
            return None
        if found != expected:
            self.note(f"`{_short(text)}` gives a {found}; a {expected} is needed here", _type_hint(expected))
            return None
        self.intervals(expression)
        return expression

    def fail(self, what: str, suggestion: str = "") -> _UntypableError:
        self.note(what, suggestion)
        return _UntypableError()

    def convert(self, node: sql.Expression) -> tuple[Expression, ValueType]:
        kind = type(node)
        if kind is sql.Paren:
            return self.convert(node.this)
        if kind is sql.Boolean:
            return Literal(bool(node.this)), "boolean"
        if kind is sql.Literal:
            return self.literal(node)
        if kind is sql.Neg and isinstance(node.this, sql.Literal) and not node.this.is_string:
            literal, _ = self.literal(node.this)
            assert isinstance(literal, Literal)
            return Literal(-float(literal.value)), "number"
        if kind is sql.Column:
            return self.name(node)
        if kind is sql.Not:
            return Not(self.boolean(node.this, "NOT")), "boolean"
        if kind in (sql.And, sql.Or):
            word = "AND" if kind is sql.And else "OR"
            operands = self.all_boolean(_flatten(node, kind), word)
            return (And(operands) if kind is sql.And else Or(operands)), "boolean"
        if kind in _COMPARISONS:
            return self.comparison(node, _COMPARISONS[kind])
        if kind is sql.Between:
            return self.between(node)
        if kind is sql.In:
            return self.membership(node)
        if kind in _ARITHMETIC:
            return self.arithmetic(node, _ARITHMETIC[kind])
        if kind is sql.Anonymous and str(node.this).upper() == "AT_LEAST":
            return self.at_least(node)
        raise self.outside(node)

    def outside(self, node: sql.Expression) -> _UntypableError:
        kind = type(node).__name__
        shown = _short(node.sql(dialect="duckdb"))
        if isinstance(node, sql.Func):
            name = str(node.this) if isinstance(node, sql.Anonymous) else node.sql_name()
            hint = _INSTEAD.get(kind, "The only function is AT_LEAST(n, a, b, ...).")
            return self.fail(f"the function {name.upper()} is not part of the rule language (`{shown}`)", hint)
        return self.fail(
            f"`{shown}` is not part of the rule language", _INSTEAD.get(kind, "See tests/language for what may be written.")
        )

    def literal(self, node: sql.Expression) -> tuple[Expression, ValueType]:
        if node.is_string:
            return Literal(str(node.this)), "category"
        value = float(node.this)
        if not math.isfinite(value):
            raise self.fail(f"the number {node.this} is too large", "Use a number inside the range of the fact.")
        return Literal(value), "number"

    def name(self, node: sql.Expression) -> tuple[Expression, ValueType]:
        identifier = node.this
        if node.args.get("table") or not isinstance(identifier, sql.Identifier):
            raise self.fail(f"`{_short(node.sql())}` is not a fact", "Names of facts are single words with underscores.")
        if identifier.args.get("quoted"):
            raise self.fail(
                f'"{identifier.this}" stands in double quotes', "Write facts without quotes and category values in single quotes."
            )
        name = str(identifier.this)
        symbol = self.symbols.get(name)
        if symbol is None:
            special = self.explain_unknown(name) if self.explain_unknown else ""
            raise self.fail(f"`{name}` is not a fact", special or did_you_mean(name, self.symbols))
        return Ref(name), symbol.type

    def boolean(self, node: sql.Expression, where: str) -> Expression:
        expression, found = self.convert(node)
        if found != "boolean":
            shown = _short(node.sql())
            raise self.fail(f"{where} needs conditions, but `{shown}` is a {found}", f"Compare it, for example `{shown} >= 1`.")
        return expression

    def all_boolean(self, nodes: list[sql.Expression], where: str) -> tuple[Expression, ...]:
        operands: list[Expression] = []
        failed = False
        for node in nodes:
            try:
                operands.append(self.boolean(node, where))
            except _UntypableError:
                failed = True
        if failed:
            raise _UntypableError
        return tuple(operands)

    def both(
        self, left: sql.Expression, right: sql.Expression
    ) -> tuple[tuple[Expression, ValueType], tuple[Expression, ValueType]]:
        results: list[tuple[Expression, ValueType]] = []
        for node in (left, right):
            try:
                results.append(self.convert(node))
            except _UntypableError:
                continue
        if len(results) < 2:
            raise _UntypableError
        return results[0], results[1]

    def comparison(self, node: sql.Expression, operator: ComparisonOperator) -> tuple[Expression, ValueType]:
        (left, left_type), (right, right_type) = self.both(node.this, node.expression)
        shown = _short(node.sql())
        if "boolean" in (left_type, right_type):
            if {left_type, right_type} == {"boolean"}:
                raise self.fail(f"`{shown}` compares conditions", "Write the condition itself, or NOT before it.")
            other = right_type if left_type == "boolean" else left_type
            raise self.fail(f"`{shown}` compares a boolean with a {other}", "A boolean fact is a condition by itself.")
        if left_type != right_type:
            raise self.fail(
                f"`{shown}` compares a {left_type} with a {right_type}",
                "Compare numbers with numbers, categories with their values.",
            )
        if left_type == "category":
            return self.category_comparison(left, right, operator, shown), "boolean"
        if isinstance(left, Literal):
            left, right, operator = right, left, _MIRRORED[operator]
        if isinstance(left, Literal):
            raise self.fail(f"`{shown}` compares two constants", "Compare a fact.")
        if operator in ("=", "<>") and not (isinstance(left, Ref) and isinstance(right, Ref | Literal)):
            raise self.fail(
                f"`{shown}` tests computed numbers for equality", "Use < or > (or BETWEEN): computed numbers are not exact."
            )
        if isinstance(left, Ref) and isinstance(right, Literal) and isinstance(right.value, float):
            self.plausible(left.name, operator, right.value)
        return Comparison(operator, left, right), "boolean"

    def category_comparison(self, left: Expression, right: Expression, operator: ComparisonOperator, shown: str) -> Expression:
        if isinstance(left, Literal):
            left, right = right, left
        if not isinstance(left, Ref) or not isinstance(right, Literal):
            raise self.fail(f"`{shown}` does not compare a category fact with one of its values", "Write `fact = 'value'`.")
        if operator not in ("=", "<>"):
            raise self.fail(f"`{shown}` orders category values", "Categories have no order; use = or IN.")
        self.category_values(left.name, (str(right.value),))
        member = Membership(left, (str(right.value),))
        return member if operator == "=" else Not(member)

    def category_values(self, fact: str, values: tuple[str, ...]) -> None:
        known = self.symbols[fact].values
        for value in values:
            if value not in known:
                hint = did_you_mean(value, known) or f"Values are: {', '.join(known)}."
                self.note(f"'{value}' is not a value of `{fact}`", hint)

    def plausible(self, fact: str, operator: ComparisonOperator, value: float) -> None:
        symbol = self.symbols[fact]
        shown = f"{value:g}"
        span = f"{symbol.minimum:g} to {symbol.maximum:g}{' ' + symbol.unit if symbol.unit else ''}"
        if not symbol.minimum <= value <= symbol.maximum:
            self.note(f"{shown} is outside the plausible range of `{fact}` ({span})", "Check the number and its unit.")
            return
        if symbol.step and abs(value / symbol.step - round(value / symbol.step)) > 1e-6:
            self.note(f"{shown} is off the step of `{fact}` ({symbol.step:g})", f"Use a multiple of {symbol.step:g}.")
        if (operator == "<" and value <= symbol.minimum) or (operator == ">" and value >= symbol.maximum):
            self.note(f"`{fact} {operator} {shown}` can never hold: the range is {span}", "Check the comparison.")

    def between(self, node: sql.Expression) -> tuple[Expression, ValueType]:
        if node.args.get("symmetric"):
            raise self.fail("BETWEEN SYMMETRIC is not part of the rule language", "Write the smaller number first.")
        subject, kind = self.convert(node.this)
        bounds = [self.convert(node.args["low"]), self.convert(node.args["high"])]
        if kind != "number" or any(bound[1] != "number" for bound in bounds):
            raise self.fail(f"`{_short(node.sql())}`: BETWEEN needs numbers", "Use IN for categories.")
        low, high = bounds[0][0], bounds[1][0]
        if isinstance(low, Literal) and isinstance(high, Literal):
            if float(low.value) > float(high.value):
                self.note(f"`{_short(node.sql())}` can never hold", "Write the smaller number first.")
            if isinstance(subject, Ref):
                for value in (float(low.value), float(high.value)):
                    self.plausible(subject.name, "=", value)
        if isinstance(subject, Literal):
            raise self.fail(f"`{_short(node.sql())}` compares constants", "Compare a fact.")
        return And((Comparison(">=", subject, low), Comparison("<=", subject, high))), "boolean"

    def membership(self, node: sql.Expression) -> tuple[Expression, ValueType]:
        listed = node.expressions
        if not listed or node.args.get("query") or node.args.get("unnest") or node.args.get("field"):
            raise self.fail(f"`{_short(node.sql())}`: IN needs a list of values in brackets", "Write `fact IN ('a', 'b')`.")
        subject, kind = self.convert(node.this)
        if not isinstance(subject, Ref) or kind != "category":
            raise self.fail(f"`{_short(node.sql())}`: IN is for category facts", "Use BETWEEN or comparisons for numbers.")
        values: list[str] = []
        for item in listed:
            if not (isinstance(item, sql.Literal) and item.is_string):
                raise self.fail(f"`{_short(node.sql())}`: IN takes only values in single quotes", "Write `fact IN ('a', 'b')`.")
            values.append(str(item.this))
        self.category_values(subject.name, tuple(values))
        return Membership(subject, tuple(dict.fromkeys(values))), "boolean"

    def arithmetic(self, node: sql.Expression, operator: ArithmeticOperator) -> tuple[Expression, ValueType]:
        (left, left_type), (right, right_type) = self.both(node.this, node.expression)
        shown = _short(node.sql())
        if (left_type, right_type) != ("number", "number"):
            raise self.fail(
                f"`{shown}` calculates with a {left_type if left_type != 'number' else right_type}",
                "Calculate with numbers only.",
            )
        if operator == "/" and not self.never_zero(right):
            raise self.fail(f"`{shown}` might divide by zero", "Divide by a non-zero number or by a fact whose range excludes 0.")
        return Arithmetic(operator, left, right), "number"

    def never_zero(self, divisor: Expression) -> bool:
        if isinstance(divisor, Literal):
            return float(divisor.value) != 0.0
        if isinstance(divisor, Ref):
            symbol = self.symbols[divisor.name]
            return symbol.minimum > 0 or symbol.maximum < 0
        return False

    def at_least(self, node: sql.Expression) -> tuple[Expression, ValueType]:
        arguments = node.expressions
        shown = _short(node.sql())
        first = arguments[0] if arguments else None
        if not (isinstance(first, sql.Literal) and not first.is_string and float(first.this).is_integer()):
            raise self.fail(f"`{shown}`: the first argument of AT_LEAST is a whole number", "Write AT_LEAST(2, a, b, c).")
        operands = self.all_boolean(arguments[1:], "AT_LEAST")
        count = int(float(first.this))
        if not 1 <= count <= len(operands):
            raise self.fail(
                f"`{shown}` asks for {count} of {len(operands)} conditions", "The number must be between 1 and their count."
            )
        return AtLeast(count, operands), "boolean"

    def intervals(self, expression: Expression) -> None:
        """Note conjunctions that no patient can satisfy: empty intervals and two values of one category."""
        if isinstance(expression, And):
            bounds: dict[str, _Interval] = {}
            members: dict[str, set[str]] = {}
            for part in _conjuncts(expression):
                match part:
                    case Comparison(operator, Ref(name), Literal(value)) if isinstance(value, float) and operator != "<>":
                        bounds.setdefault(name, _Interval()).narrow(operator, value)
                    case Membership(Ref(name), values):
                        members[name] = members.get(name, set(values)) & set(values)
            for name, interval in bounds.items():
                if interval.empty(self.symbols[name].step):
                    self.note(
                        f"no value of `{name}` satisfies all its comparisons here", "The condition can never hold: check < and >."
                    )
            for name, left in members.items():
                if not left:
                    self.note(
                        f"`{name}` cannot have two values at once: the condition can never hold",
                        "Use OR, or IN with both values.",
                    )
        match expression:
            case And(operands) | Or(operands) | AtLeast(_, operands):
                for operand in operands:
                    self.intervals(operand)
            case Not(operand):
                self.intervals(operand)


def _conjuncts(expression: Expression) -> list[Expression]:
    if isinstance(expression, And):
        return [part for operand in expression.operands for part in _conjuncts(operand)]
    return [expression]


def _flatten(node: sql.Expression, kind: type[sql.Expression]) -> list[sql.Expression]:
    parts: list[sql.Expression] = []
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if type(current) is kind:
            waiting.extend((current.expression, current.this))
        else:
            parts.append(current)
    return parts


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 90 else flat[:87] + "..."


def _type_hint(expected: ValueType) -> str:
    return {
        "boolean": "Write a condition, for example `age >= 65`.",
        "number": "Write a number or a calculation over number facts.",
        "category": "Write a category value in single quotes.",
    }[expected]
