"""Which unknown input facts an unknown value waits for: only those that can still change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from spineplan.evaluating.reference import evaluate
from spineplan.model.expressions import And, AtLeast, Bands, Expression, IsFalse, IsTrue, Literal, Not, Or, Ref, Value, names_in

Missing = frozenset[str]
Node = tuple[str, Any]
_NOTHING: Missing = frozenset()
_REF, _AND, _OR, _NOT, _LITERAL, _IS_TRUE, _IS_FALSE, _AT_LEAST, _BANDS, _ATOM = (
    *("ref", "and", "or", "not", "literal", "is true", "is false", "at least", "bands", "atom"),
)


class Outline:
    """The expressions of all defined names in a form that is quick to walk; made name by name when first needed."""

    def __init__(self, expressions: Mapping[str, Expression]) -> None:
        self._expressions = expressions
        self._nodes: dict[str, Node | None] = {}

    def node(self, name: str) -> Node | None:
        """The outline of a defined name; None for an input fact."""
        try:
            return self._nodes[name]
        except KeyError:
            expression = self._expressions.get(name)
            node = None if expression is None else _outline(expression)
            self._nodes[name] = node
            return node


def _outline(part: Expression) -> Node:
    match part:
        case Ref(name):
            return _REF, name
        case And(operands):
            return _AND, tuple(map(_outline, operands))
        case Or(operands):
            return _OR, tuple(map(_outline, operands))
        case Not(operand):
            return _NOT, _outline(operand)
        case Literal(value):
            return _LITERAL, value
        case IsTrue(operand):
            return _IS_TRUE, _outline(operand)
        case IsFalse(operand):
            return _IS_FALSE, _outline(operand)
        case AtLeast(count, operands):
            return _AT_LEAST, (count, tuple(map(_outline, operands)))
        case Bands(bands):
            return _BANDS, tuple((_outline(band.when), _outline(band.value)) for band in bands)
        case _:
            return _ATOM, (part, tuple(dict.fromkeys(names_in(part))))


class Unknowns:
    """Finds missing facts for one patient; what was found for a name is remembered.

    `value` gives the value of facts and definitions (unknown: None).
    """

    def __init__(self, value: Callable[[str], Value], outline: Outline) -> None:
        self._value = value
        self._outline = outline
        self._found: dict[str, tuple[Value, Missing]] = {}

    def of(self, name: str) -> Missing:
        """The input facts that an unknown name waits for; empty when it is known."""
        return self._name(name)[1]

    def of_expression(self, expression: Expression) -> Missing:
        """The input facts that an unknown expression waits for; empty when it is known."""
        return self._judge(_outline(expression))[1]

    def _name(self, name: str) -> tuple[Value, Missing]:
        value = self._value(name)
        if value is not None:
            return value, _NOTHING
        found = self._found.get(name)
        if found is None:
            inner = self._outline.node(name)
            found = (None, frozenset((name,))) if inner is None else self._judge(inner)
            self._found[name] = found
        return found

    def _judge(self, node: Node) -> tuple[Value, Missing]:
        """Value and, where it is unknown, what it waits for; hidden definitions are judged by their expression."""
        kind, content = node
        if kind == _REF:
            return self._name(content)
        if kind in (_AND, _OR):
            decisive = kind == _OR
            look = self._value
            gathered: list[Missing] = []
            for operand in content:
                if operand[0] == _REF:
                    value = look(operand[1])
                    if value is None:
                        value, missing = self._name(operand[1])
                else:
                    value, missing = self._judge(operand)
                if value is decisive:
                    return decisive, _NOTHING
                if value is None:
                    gathered.append(missing)
            if not gathered:
                return not decisive, _NOTHING
            return None, gathered[0] if len(gathered) == 1 else _NOTHING.union(*gathered)
        if kind == _NOT:
            value, missing = self._judge(content)
            return (None if value is None else not value), missing
        if kind == _LITERAL:
            return content, _NOTHING
        if kind == _IS_TRUE:
            return self._judge(content)[0] is True, _NOTHING
        if kind == _IS_FALSE:
            return self._judge(content)[0] is False, _NOTHING
        if kind == _AT_LEAST:
            return self._counting(*content)
        if kind == _BANDS:
            for when, result in content:
                holds, missing = self._judge(when)
                if holds is None:
                    return None, missing
                if holds:
                    return self._judge(result)
            return None, _NOTHING
        expression, names = content
        known = {name: self._name(name) for name in names}
        value = evaluate(expression, {name: pair[0] for name, pair in known.items()})
        return (value, _NOTHING) if value is not None else (None, _NOTHING.union(*(pair[1] for pair in known.values())))

    def _counting(self, count: int, operands: tuple[Node, ...]) -> tuple[Value, Missing]:
        judged = [self._judge(operand) for operand in operands]
        true = sum(value is True for value, _ in judged)
        unknown = sum(value is None for value, _ in judged)
        if true >= count:
            return True, _NOTHING
        if true + unknown < count:
            return False, _NOTHING
        return None, _NOTHING.union(*(missing for value, missing in judged if value is None))
