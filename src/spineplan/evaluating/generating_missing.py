"""Adds to the generated source, for each name that is unknown, the set of input facts it waits for: one integer, one bit a fact.

The meaning is that of `unknowns.Unknowns`: only what can still change the value counts. Straight-line code finds the missing facts of
all names at once, so that a case of which little is known takes hardly longer than one of which all is known. For one patient only.
"""

from __future__ import annotations

from spineplan.evaluating.generating import TRUTHS, Generated, Generator, Plane
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
    names_in,
)
from spineplan.model.program import Definition, Program

_NONE = "0"


def generate_deciding(program: Program, wanted: frozenset[str], roots: tuple[str, ...]) -> Generated:
    """The source of a Program with the results `wanted` and the missing facts of `roots`."""
    return _MissingGenerator(program, wanted, roots).generate()


class _MissingGenerator(Generator):
    def __init__(self, program: Program, wanted: frozenset[str], roots: tuple[str, ...]) -> None:
        super().__init__(program, wanted, TRUTHS)
        self.roots = roots
        self.cone: set[str] = set()
        waiting = list(roots)
        while waiting:
            name = waiting.pop()
            if name not in self.cone:
                self.cone.add(name)
                if name in self.definitions:
                    waiting.extend(names_in(self.definitions[name].expression))
        self.sets: dict[str, str] = {}

    def always_needed(self) -> set[Plane]:
        """Both planes of every name that a missing fact may stand behind."""
        planes: set[Plane] = set()
        for name in self.cone:
            definition = self.definitions.get(name)
            if definition is not None and definition.type == "boolean":
                planes |= {(name, "t"), (name, "f")}
            else:
                planes.add((name, "v"))
        return planes

    def generate(self) -> Generated:
        """The source, with the missing facts of the roots as fifth result."""
        asked = [name for name in self.inputs if name in self.cone]
        self.asked = tuple(sorted(asked, key=lambda name: self.inputs[name].type != "boolean"))
        for name in self.asked:
            self.sets[name] = f"{self.short[name]}m"
        if self.asked:
            self.lines.append(f"({', '.join(self.sets[name] for name in self.asked)},) = M")
        return super().generate()._replace(asked=self.asked, missing_results=self.roots)

    def further_results(self) -> str:
        """The sets of the roots."""
        return "(" + "".join(f"{self.set_of(name)}, " for name in self.roots) + ")"

    def define(self, definition: Definition, needed: set[Plane]) -> None:
        """The definition, and the line that finds what it waits for."""
        super().define(definition, needed)
        name = definition.name
        if name not in self.cone or name in self.crisp:
            return
        expression = definition.expression
        whole = self.union(expression)
        known = self.known(definition)
        if whole == _NONE or "one" in known:
            return
        self.sets[name] = f"{self.short[name]}m"
        self.lines.append(f"{self.sets[name]} = 0 if {' or '.join(known)} else {whole}")

    def known(self, definition: Definition) -> list[str]:
        """The conditions any of which makes a definition known."""
        name = definition.name
        if definition.type == "boolean":
            return self.sides(Ref(name))
        if definition.type == "number":
            return [f"{self.short[name]} is not None"]
        return [self.category_plane(name, value) for value in self.category_values(name)]

    def sides(self, expression: Expression) -> list[str]:
        """The two planes of an expression: known to be true, known to be false."""
        return [side for side in (self.plane(expression, True), self.plane(expression, False)) if side != "zero"] or ["zero"]

    def set_of(self, name: str) -> str:
        """The variable with what a name waits for."""
        return self.sets.get(name, _NONE)

    def union(self, expression: Expression) -> str:
        """What an expression that is unknown waits for."""
        match expression:
            case And(operands) | Or(operands) | AtLeast(_, operands):
                return _joined([self.missing(operand) for operand in operands])
            case Not(operand):
                return self.union(operand)
            case _:
                return self.missing(expression)

    def missing(self, expression: Expression) -> str:
        """What an expression waits for; nothing when it is known."""
        match expression:
            case Literal() | IsTrue() | IsFalse():
                return _NONE
            case Ref(name):
                return self.set_of(name)
            case Not(operand):
                return self.missing(operand)
            case Comparison() | Membership() | Arithmetic():
                return _joined([self.set_of(name) for name in names_in(expression)])
            case And() | Or() | AtLeast():
                inner = self.union(expression)
                return inner if inner == _NONE else f"(0 if {' or '.join(self.sides(expression))} else {inner})"
            case Bands(bands):
                text = _NONE
                for band in reversed(bands):
                    true, false = self.plane(band.when, True), self.plane(band.when, False)
                    value = self.missing(band.value)
                    text = f"({value} if {true} else {text} if {false} else {self.missing(band.when)})"
                return text


def _joined(parts: list[str]) -> str:
    kept = [part for part in dict.fromkeys(parts) if part != _NONE]
    if not kept:
        return _NONE
    return kept[0] if len(kept) == 1 else f"({' | '.join(kept)})"
