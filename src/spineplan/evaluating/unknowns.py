"""Which unknown input facts an unknown value waits for: only those that can still change it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from spineplan.evaluating.reference import evaluate
from spineplan.model.expressions import And, AtLeast, Bands, Expression, IsFalse, IsTrue, Literal, Not, Or, Ref, Value, names_in

Missing = int  # a set of input facts: bit n stands for the n-th fact that the outline has met
Judged = tuple[Value, Missing]
Node = tuple[str, Any]
_NOTHING: Missing = 0
_REF, _AND, _OR, _NOT, _LITERAL, _IS_TRUE, _IS_FALSE, _AT_LEAST, _BANDS, _ATOM = (
    *("ref", "and", "or", "not", "literal", "is true", "is false", "at least", "bands", "atom"),
)


class Outline:
    """The expressions of all defined names in a form that is quick to walk; made name by name when first needed."""

    def __init__(self, expressions: Mapping[str, Expression]) -> None:
        self._expressions = expressions
        self._nodes: dict[str, Node | None] = {}
        self._bits: dict[str, int] = {}
        self._facts: list[str] = []

    def bit(self, fact: str) -> int:
        """The set that holds only this input fact."""
        found = self._bits.get(fact)
        if found is None:
            found = 1 << len(self._facts)
            self._bits[fact] = found
            self._facts.append(fact)
        return found

    def facts_in(self, missing: Missing) -> tuple[str, ...]:
        """The names of a set of facts, sorted."""
        return names_of(missing, self._facts)

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


class Needs(Protocol):
    """What tells for which input facts unknown names wait."""

    def of(self, *names: str) -> Missing:
        """The input facts that unknown names wait for, as a set for `facts_in`; empty for known names."""
        ...

    def facts_in(self, missing: Missing) -> tuple[str, ...]:
        """The names of a set of facts, sorted."""
        ...

    def set_of(self, fact: str) -> Missing:
        """The set that holds only this input fact."""
        ...


class Unknowns:
    """Finds missing facts for one patient; what was found for a name is remembered.

    `value` gives the value of facts and definitions (unknown: None).
    """

    def __init__(self, value: Callable[[str], Value], outline: Outline) -> None:
        self._value = value
        self._outline = outline
        self._found: dict[str, Judged] = {}

    def of(self, *names: str) -> Missing:
        """The input facts that unknown names wait for, as a set for `facts_in`; empty for known names."""
        missing = _NOTHING
        for name in names:
            missing |= self._name(name)[1]
        return missing

    def facts_in(self, missing: Missing) -> tuple[str, ...]:
        """The names of a set of facts, sorted."""
        return self._outline.facts_in(missing)

    def set_of(self, fact: str) -> Missing:
        """The set that holds only this input fact."""
        return self._outline.bit(fact)

    def _name(self, name: str) -> Judged:
        value = self._value(name)
        if value is not None:
            return value, _NOTHING
        found = self._found.get(name)
        if found is None:
            inner = self._outline.node(name)
            found = (None, self._outline.bit(name)) if inner is None else self._judge(inner)
            self._found[name] = found
        return found

    def _judge(self, node: Node) -> Judged:
        """Value and, where it is unknown, what it waits for; hidden definitions are judged by their expression."""
        return _JUDGES[node[0]](self, node[1])

    def _and(self, operands: tuple[Node, ...]) -> Judged:
        return self._junction(operands, False)

    def _or(self, operands: tuple[Node, ...]) -> Judged:
        return self._junction(operands, True)

    def _junction(self, operands: tuple[Node, ...], decisive: bool) -> Judged:
        look = self._value
        gathered = _NOTHING
        unknown = False
        for operand in operands:
            if operand[0] is _REF:
                value = look(operand[1])
                if value is None:
                    value, missing = self._name(operand[1])
            else:
                value, missing = self._judge(operand)
            if value is decisive:
                return decisive, _NOTHING
            if value is None:
                unknown = True
                gathered |= missing
        return (None, gathered) if unknown else (not decisive, _NOTHING)

    def _not(self, operand: Node) -> Judged:
        value, missing = self._judge(operand)
        return (None if value is None else not value), missing

    def _literal(self, value: Value) -> Judged:
        return value, _NOTHING

    def _is_true(self, operand: Node) -> Judged:
        return self._judge(operand)[0] is True, _NOTHING

    def _is_false(self, operand: Node) -> Judged:
        return self._judge(operand)[0] is False, _NOTHING

    def _bands(self, bands: tuple[tuple[Node, Node], ...]) -> Judged:
        for when, result in bands:
            holds, missing = self._judge(when)
            if holds is None:
                return None, missing
            if holds:
                return self._judge(result)
        return None, _NOTHING

    def _atom(self, content: tuple[Expression, tuple[str, ...]]) -> Judged:
        expression, names = content
        known = {name: self._name(name) for name in names}
        value = evaluate(expression, {name: pair[0] for name, pair in known.items()})
        return (value, _NOTHING) if value is not None else (None, together(pair[1] for pair in known.values()))

    def _counting(self, content: tuple[int, tuple[Node, ...]]) -> Judged:
        count, operands = content
        judged = [self._judge(operand) for operand in operands]
        true = sum(value is True for value, _ in judged)
        unknown = sum(value is None for value, _ in judged)
        if true >= count:
            return True, _NOTHING
        if true + unknown < count:
            return False, _NOTHING
        return None, together(missing for value, missing in judged if value is None)


def names_of(missing: Missing, facts: Sequence[str]) -> tuple[str, ...]:
    """The facts whose bits are set, sorted by name."""
    names = []
    while missing:
        lowest = missing & -missing
        names.append(facts[lowest.bit_length() - 1])
        missing ^= lowest
    return tuple(sorted(names))


def together(sets: Iterable[Missing]) -> Missing:
    """The union of sets of facts."""
    gathered = _NOTHING
    for missing in sets:
        gathered |= missing
    return gathered


_JUDGES: dict[str, Callable[[Unknowns, Any], Judged]] = {
    _REF: Unknowns._name,
    _AND: Unknowns._and,
    _OR: Unknowns._or,
    _NOT: Unknowns._not,
    _LITERAL: Unknowns._literal,
    _IS_TRUE: Unknowns._is_true,
    _IS_FALSE: Unknowns._is_false,
    _AT_LEAST: Unknowns._counting,
    _BANDS: Unknowns._bands,
    _ATOM: Unknowns._atom,
}
