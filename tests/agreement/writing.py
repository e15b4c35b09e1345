"""An expression of the authors' part as an author would write it: with as few brackets as the precedence of SQL allows."""

from __future__ import annotations

from spineplan.model.expressions import And, Arithmetic, AtLeast, Comparison, Expression, Literal, Membership, Not, Or, Ref

OR, AND, NOT, COMPARISON, SUM, PRODUCT, ATOM = range(7)


def written(expression: Expression, around: int = OR) -> str:
    """The text of an expression in a place that binds as tightly as `around`. Raises TypeError for what authors cannot write."""
    text, binding = _text(expression)
    return f"({text})" if binding < around else text


def _text(expression: Expression) -> tuple[str, int]:
    match expression:
        case Literal(bool(value)):
            return ("TRUE" if value else "FALSE"), ATOM
        case Literal(float(value)):
            return repr(value), ATOM
        case Ref(name):
            return name, ATOM
        case Not(Membership(subject, (single,))):
            return f"{written(subject, ATOM)} <> {_quoted(single)}", COMPARISON
        case Not(Membership(subject, values)):
            return f"{written(subject, ATOM)} NOT IN ({', '.join(map(_quoted, values))})", COMPARISON
        case Not(And((Comparison(">=", low_of, low), Comparison("<=", high_of, high)))) if low_of == high_of:
            return f"{written(low_of, SUM)} NOT BETWEEN {written(low, SUM)} AND {written(high, SUM)}", COMPARISON
        case Not(operand):
            return f"NOT {written(operand, NOT)}", NOT
        case And((Comparison(">=", low_of, low), Comparison("<=", high_of, high))) if low_of == high_of:
            return f"{written(low_of, SUM)} BETWEEN {written(low, SUM)} AND {written(high, SUM)}", COMPARISON
        case And(operands):
            return " AND ".join(written(operand, NOT) for operand in operands), AND
        case Or(operands):
            return " OR ".join(written(operand, AND) for operand in operands), OR
        case AtLeast(count, operands):
            return f"AT_LEAST({count}, {', '.join(written(operand) for operand in operands)})", ATOM
        case Comparison(operator, left, right):
            return f"{written(left, SUM)} {operator} {written(right, SUM)}", COMPARISON
        case Membership(subject, (single,)):
            return f"{subject.name} = {_quoted(single)}", COMPARISON
        case Membership(subject, values):
            return f"{subject.name} IN ({', '.join(map(_quoted, values))})", COMPARISON
        case Arithmetic(operator, left, right) if operator in "+-":
            return f"{written(left, SUM)} {operator} {written(right, PRODUCT)}", SUM
        case Arithmetic(operator, left, right):
            return f"{written(left, PRODUCT)} {operator} {written(right, ATOM)}", PRODUCT
        case _:
            raise TypeError(f"authors cannot write {expression}")


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
