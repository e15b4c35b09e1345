"""Expressions as SQL text for DuckDB, which serves as the outside oracle for the meaning of the rule language."""

from __future__ import annotations

from itertools import combinations

from spineplan.model.expressions import (
    And,
    Arithmetic,
    AtLeast,
    Bands,
    Comparison,
    Expression,
    IsFalse,
    IsTrue,
    Literal,
    Membership,
    Not,
    Or,
    Ref,
)


def to_sql(expression: Expression) -> str:
    """The SQL of an expression; names become quoted columns (BOOLEAN, DOUBLE, VARCHAR), unknown is NULL."""
    match expression:
        case Literal(value):
            if isinstance(value, bool):
                return "TRUE" if value else "FALSE"
            return f"CAST({value!r} AS DOUBLE)" if isinstance(value, float | int) else _quote(value)
        case Ref(name):
            return f'"{name}"'
        case Not(operand):
            return f"(NOT {to_sql(operand)})"
        case And(operands):
            return f"({' AND '.join(map(to_sql, operands))})" if operands else "TRUE"
        case Or(operands):
            return f"({' OR '.join(map(to_sql, operands))})" if operands else "FALSE"
        case AtLeast(count, operands):
            groups = [f"({' AND '.join(map(to_sql, group))})" for group in combinations(operands, count)]
            return f"({' OR '.join(groups)})"
        case Comparison(operator, left, right):
            return f"({to_sql(left)} {operator} {to_sql(right)})"
        case Membership(subject, values):
            return f"({to_sql(subject)} IN ({', '.join(map(_quote, values))}))"
        case Arithmetic(operator, left, right):
            return f"({to_sql(left)} {operator} {to_sql(right)})"
        case IsTrue(operand):
            return f"({to_sql(operand)} IS TRUE)"
        case IsFalse(operand):
            return f"({to_sql(operand)} IS FALSE)"
        case Bands(bands):
            arms: list[str] = []
            for band in bands:
                when = to_sql(band.when)
                arms.append(f"WHEN {when} IS NULL THEN NULL WHEN {when} THEN {to_sql(band.value)}")
            return f"(CASE {' '.join(arms)} ELSE NULL END)"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
