"""The rule language: SQL expressions over facts, parsed by sqlglot, whitelisted node by node and type-checked against the facts.

Everything that is wrong in a text is reported, each with a suggestion. What comes out is an expression of `model.expressions`
that holds only the authors' part of the language. The manual of the language is `tests/language/`.
"""

from __future__ import annotations

import difflib
import logging
import math
from collections.abc import Callable, Mapping
from typing import Any

import sqlglot
from sqlglot import TokenType
from sqlglot import expressions as sql
from sqlglot.errors import SqlglotError

from spineplan.checking.intervals import contradictions, largest_size
from spineplan.checking.symbols import Finding, Symbol
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
    names_in,
)
from spineplan.model.problems import did_you_mean

__all__ = ["Finding", "Symbol", "check_expression"]

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


_SPELLINGS: dict[str, str] = {
    "!": "Write NOT.",
    "==": "Write = once.",
    "[": "Lists stand in round brackets: `fact IN ('a', 'b')`.",
}
"""What the parser takes for a sign of ours, and what to write instead."""

_LARGEST_LITERAL = 1e9
_LARGEST_RESULT = 1e100
"""Far inside Float64, so that no calculation comes near infinity."""


class _UntypableError(Exception):
    """Raised after a finding was noted, where no typed expression can be made."""


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
            return self.read(text, expected)
        except _UntypableError:
            return None
        except RecursionError:
            self.note("the condition is nested too deeply", "Name a part of it as a derived fact.")
            return None

    def read(self, text: str, expected: ValueType) -> Expression:
        try:
            tokens = sqlglot.tokenize(text, read="duckdb")
            tree: Any = sqlglot.parse_one(text, read="duckdb")
        except SqlglotError as error:
            detail = str(error).splitlines()[0].split(". Line")[0].split(" for <class")[0]
            detail = detail.replace("Required keyword: 'expression'", "something")
            raise self.fail(
                f"`{_short(text)}` is not a SQL expression: {_short(detail)}", "Check brackets, quotes and operators."
            ) from error
        for token in tokens:
            if token.text in _SPELLINGS and token.token_type is not TokenType.STRING:
                self.note(f"`{token.text}` is not part of the rule language", _SPELLINGS[token.text])
        expression, found = self.convert(tree)
        if found != expected:
            raise self.fail(f"`{_short(text)}` gives a {found}; a {expected} is needed here", _type_hint(expected))
        self.not_too_large(expression, tree)
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
            operands, complete = self.all_boolean(_flatten(node, kind), word)
            if kind is sql.And:
                for finding in contradictions(operands, self.symbols):
                    self.note(finding.what, finding.suggestion)
            if not complete:
                raise _UntypableError
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
        if not abs(value) <= _LARGEST_LITERAL:
            raise self.fail(f"the number {_short(str(node.this))} is too large", "Use a number inside the range of the fact.")
        return Literal(value), "number"

    def name(self, node: sql.Expression) -> tuple[Expression, ValueType]:
        identifier = node.this
        if node.args.get("table") or not isinstance(identifier, sql.Identifier):
            raise self.fail(f"`{_short(node.sql())}` is not a fact", "Names of facts are single words with underscores.")
        if identifier.args.get("quoted"):
            raise self.fail(
                f'"{_short(str(identifier.this))}" stands in double quotes',
                "Write facts without quotes and category values in single quotes.",
            )
        name = str(identifier.this)
        symbol = self.symbols.get(name)
        if symbol is None:
            special = self.explain_unknown(name) if self.explain_unknown else ""
            raise self.fail(f"`{_short(name)}` is not a fact", special or did_you_mean(name, self.symbols))
        return Ref(name), symbol.type

    def boolean(self, node: sql.Expression, where: str) -> Expression:
        expression, found = self.convert(node)
        if found != "boolean":
            raise self.fail(f"{where} needs conditions, but `{_short(node.sql())}` is a {found}", self.compared(expression, node))
        return expression

    def compared(self, expression: Expression, node: sql.Expression) -> str:
        """How a number or category becomes a condition, with an example that would be accepted."""
        shown = _short(node.sql())
        if isinstance(expression, Literal):
            return "Compare it with a fact; a list of values stands in brackets after IN."
        if not isinstance(expression, Ref):
            return f"Compare it, for example `{shown} >= 1`."
        symbol = self.symbols[expression.name]
        if symbol.type == "category":
            return f"Compare it, for example `{shown} = {_quoted(symbol.values[0])}`." if symbol.values else "Compare it."
        middle = (symbol.minimum + symbol.maximum) / 2
        if not math.isfinite(middle):
            middle = 1.0
        if symbol.step:
            middle = round(middle / symbol.step) * symbol.step
        return f"Compare it, for example `{shown} >= {middle:g}`."

    def all_boolean(self, nodes: list[sql.Expression], where: str) -> tuple[tuple[Expression, ...], bool]:
        """Those that are conditions, and whether all are."""
        operands: list[Expression] = []
        for node in nodes:
            try:
                operands.append(self.boolean(node, where))
            except _UntypableError:
                continue
        return tuple(operands), len(operands) == len(nodes)

    def all_of(self, nodes: list[sql.Expression]) -> list[tuple[Expression, ValueType]]:
        """Every part with its type, once the problems of all parts are noted."""
        results: list[tuple[Expression, ValueType]] = []
        for node in nodes:
            try:
                results.append(self.convert(node))
            except _UntypableError:
                continue
        if len(results) < len(nodes):
            raise _UntypableError
        return results

    def unquoted(self, fact: sql.Expression, value: sql.Expression) -> None:
        """Where a category fact is compared with a name that is no fact, that was meant for a value."""
        symbol, name = self.symbols.get(_plain_name(fact)), _plain_name(value)
        if symbol is None or symbol.type != "category" or not name or name in self.symbols:
            return
        near = name if name in symbol.values else _only_near(name, symbol.values)
        if near:
            hint = f"Write the value in single quotes: `{_plain_name(fact)} = {_quoted(near)}`."
        else:
            hint = f"Values stand in single quotes: {', '.join(map(_quoted, symbol.values))}."
        raise self.fail(f"`{_short(name)}` is not a fact", hint)

    def comparison(self, node: sql.Expression, operator: ComparisonOperator) -> tuple[Expression, ValueType]:
        self.unquoted(node.this, node.expression)
        self.unquoted(node.expression, node.this)
        (left, left_type), (right, right_type) = self.all_of([node.this, node.expression])
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
        if not any(names_in(left)) and not any(names_in(right)):
            raise self.fail(f"`{shown}` compares two constants", "Compare a fact.")
        self.not_too_large(left, node.this)
        self.not_too_large(right, node.expression)
        if isinstance(left, Literal):
            left, right, operator = right, left, _MIRRORED[operator]
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
        if operator == "=":
            return member
        # A condition of its own, not the NOT of one: where the fact does not apply, `<>` is no as every comparison is.
        others = tuple(value for value in self.symbols[left.name].values if value != right.value)
        return Membership(left, others) if others else Not(member)

    def not_too_large(self, expression: Expression, node: sql.Expression) -> None:
        if isinstance(expression, Arithmetic) and not largest_size(expression, self.symbols) <= _LARGEST_RESULT:
            self.note(f"`{_short(node.sql())}` can become too large to calculate with", "Check the factors and divisors.")

    def category_values(self, fact: str, values: tuple[str, ...]) -> None:
        known = self.symbols[fact].values
        for value in values:
            if value not in known:
                shown = _short(value)
                hint = did_you_mean(value, known) or f"Values are: {', '.join(known)}."
                self.note(f"'{shown}' is not a value of `{fact}`", hint)

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
        nodes = [node.this, node.args["low"], node.args["high"]]
        (subject, kind), *bounds = self.all_of(nodes)
        if kind != "number" or any(bound[1] != "number" for bound in bounds):
            raise self.fail(f"`{_short(node.sql())}`: BETWEEN needs numbers", "Use IN for categories.")
        if not any(names_in(subject)):
            raise self.fail(f"`{_short(node.sql())}` compares constants", "Compare a fact.")
        (low, _), (high, _) = bounds
        if isinstance(low, Literal) and isinstance(high, Literal) and float(low.value) > float(high.value):
            self.note(f"`{_short(node.sql())}` can never hold", "Write the smaller number first.")
        for part, part_node in zip((subject, low, high), nodes, strict=True):
            self.not_too_large(part, part_node)
            if isinstance(subject, Ref) and isinstance(part, Literal):
                self.plausible(subject.name, "=", float(part.value))
        return And((Comparison(">=", subject, low), Comparison("<=", subject, high))), "boolean"

    def membership(self, node: sql.Expression) -> tuple[Expression, ValueType]:
        listed = node.expressions
        if not listed or node.args.get("query") or node.args.get("unnest") or node.args.get("field"):
            raise self.fail(f"`{_short(node.sql())}`: IN needs a list of values in brackets", "Write `fact IN ('a', 'b')`.")
        subject, kind = self.convert(node.this)
        if not isinstance(subject, Ref) or kind != "category":
            raise self.fail(f"`{_short(node.sql())}`: IN is for category facts", "Use BETWEEN or comparisons for numbers.")
        values = tuple(dict.fromkeys(str(item.this) for item in listed if isinstance(item, sql.Literal) and item.is_string))
        self.category_values(subject.name, values)
        if not all(isinstance(item, sql.Literal) and item.is_string for item in listed):
            raise self.fail(f"`{_short(node.sql())}`: IN takes only values in single quotes", "Write `fact IN ('a', 'b')`.")
        return Membership(subject, values), "boolean"

    def arithmetic(self, node: sql.Expression, operator: ArithmeticOperator) -> tuple[Expression, ValueType]:
        (left, left_type), (right, right_type) = self.all_of([node.this, node.expression])
        if (left_type, right_type) != ("number", "number"):
            wrong = left_type if left_type != "number" else right_type
            raise self.fail(f"`{_short(node.sql())}` calculates with a {wrong}", "Calculate with numbers only.")
        if operator == "/" and not self.never_zero(right):
            raise self.fail(
                f"`{_short(node.sql())}` might divide by zero", "Divide by a non-zero number or by a fact whose range excludes 0."
            )
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
        count = int(first.this) if isinstance(first, sql.Literal) and not first.is_string and _is_count(str(first.this)) else None
        if count is None:
            self.note(f"`{shown}`: the first argument of AT_LEAST is a whole number", "Write AT_LEAST(2, a, b, c).")
        operands, complete = self.all_boolean(arguments[1:], "AT_LEAST")
        for index, operand in enumerate(operands):
            if operand in operands[:index]:
                self.note(f"`{shown}` counts the same condition twice", "Write each condition once.")
        if count is None or not complete:
            raise _UntypableError
        if not 1 <= count <= len(operands):
            raise self.fail(
                f"`{shown}` asks for {count} of {len(operands)} conditions", "The number must be between 1 and their count."
            )
        return AtLeast(count, operands), "boolean"


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


def _plain_name(node: sql.Expression) -> str:
    """The name that a node is, or an empty text."""
    while type(node) is sql.Paren:
        node = node.this
    if type(node) is not sql.Column or node.args.get("table") or not isinstance(node.this, sql.Identifier):
        return ""
    return "" if node.this.args.get("quoted") else str(node.this.this)


def _only_near(name: str, values: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name.lower(), values, n=1)
    return near[0] if near else ""


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _is_count(text: str) -> bool:
    return text.isdecimal() and len(text) < 10


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 90 else flat[:87] + "..."


def _type_hint(expected: ValueType) -> str:
    return {
        "boolean": "Write a condition, for example `age >= 65`.",
        "number": "Write a number or a calculation over number facts.",
        "category": "Write a category value in single quotes.",
    }[expected]
