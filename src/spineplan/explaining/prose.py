"""Expressions and values in plain English, with the labels and units of the facts."""

from __future__ import annotations

from spineplan.model.expressions import (
    And,
    Arithmetic,
    AtLeast,
    Bands,
    Comparison,
    ComparisonOperator,
    Expression,
    IsFalse,
    IsTrue,
    Literal,
    Membership,
    Not,
    Or,
    Ref,
    Value,
)
from spineplan.model.knowledge import Knowledge

_WORDS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least", "=": "equal to", "<>": "other than"}
_OPPOSITE: dict[ComparisonOperator, ComparisonOperator] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "="}
_MADE_PREFIXES = ("takes_", "contraindicated_", "alert_", "dx_")


class Prose:
    """Words for one knowledge base."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._made: dict[str, str] = {}
        for key, owner in knowledge.classes.items():
            self._made[f"takes_{_fold(key)}"] = f"takes any of: {_lower(owner.name)}"
            self._made[f"contraindicated_{_fold(key)}"] = f"{_lower(owner.name)} ruled out"
        for key, option in knowledge.options.items():
            self._made[f"contraindicated_{_fold(key)}"] = f"{_lower(option.name)} ruled out"
        for key, flag in knowledge.red_flags.items():
            self._made[f"alert_{_fold(key)}"] = _lower(flag.title)
        self._made["working_diagnosis"] = "working diagnosis"

    def label(self, name: str) -> str:
        """The label of a fact or definition."""
        if name in self.knowledge.facts:
            return self.knowledge.facts[name].label
        if name in self.knowledge.derived:
            return self.knowledge.derived[name].label
        return self._made.get(name, name.replace("_", " "))

    def value(self, name: str, value: Value) -> str:
        """A value in words, with its unit."""
        if value is None:
            return "not known"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, str):
            declared = self.knowledge.facts.get(name) or self.knowledge.derived.get(name)
            if declared is not None:
                return declared.values.get(value, value)
            return self.knowledge.diagnoses[value].name if value in self.knowledge.diagnoses else value
        unit = self.unit(name)
        return f"{value:g} {unit}".strip()

    def unit(self, name: str) -> str:
        """The unit of a number fact."""
        declared = self.knowledge.facts.get(name) or self.knowledge.derived.get(name)
        return declared.unit if declared else ""

    def say(self, expression: Expression) -> str:
        """An expression as a phrase."""
        match expression:
            case Literal(value):
                return (
                    {True: "always", False: "never"}[value]
                    if isinstance(value, bool)
                    else (f"{value:g}" if isinstance(value, float) else value)
                )
            case Ref(name):
                return self.label(name)
            case Not(operand):
                return self._negated(operand)
            case And(operands):
                between = self._between(operands)
                return between or " and ".join(self._inside(operand, Or) for operand in operands)
            case Or(operands):
                return " or ".join(self._inside(operand, And) for operand in operands)
            case AtLeast(count, operands):
                return f"at least {count} of: {', '.join(map(self.say, operands))}"
            case Comparison(operator, left, right):
                unit = self.unit(left.name) if isinstance(left, Ref) else ""
                return f"{self.say(left)} {_WORDS[operator]} {self.say(right)} {unit}".strip()
            case Membership(subject, values):
                return f"{self.label(subject.name)} is {' or '.join(self.value(subject.name, value) for value in values)}"
            case Arithmetic(operator, left, right):
                return f"({self.say(left)} {operator} {self.say(right)})"
            case IsTrue(operand):
                return f"known: {self.say(operand)}"
            case IsFalse(operand):
                return f"known not to be: {self.say(operand)}"
            case Bands(bands):
                return "; ".join(f"{self.say(band.value)} when {self.say(band.when)}" for band in bands)

    def _negated(self, operand: Expression) -> str:
        match operand:
            case Ref(name):
                label = self.label(name)
                return f"not: {label}" if name.startswith(_MADE_PREFIXES) else f"no {label}"
            case Comparison(operator, left, right):
                return self.say(Comparison(_OPPOSITE[operator], left, right))
            case Membership(subject, values):
                return f"{self.label(subject.name)} is not {' or '.join(self.value(subject.name, value) for value in values)}"
            case _:
                return f"not ({self.say(operand)})"

    def _inside(self, operand: Expression, other: type[And] | type[Or]) -> str:
        text = self.say(operand)
        return f"({text})" if isinstance(operand, other) else text

    def _between(self, operands: tuple[Expression, ...]) -> str:
        match operands:
            case (Comparison(">=", Ref(name), Literal(low)), Comparison("<=", Ref(other), Literal(high))) if name == other:
                return f"{self.label(name)} from {low:g} to {high:g} {self.unit(name)}".strip()
            case _:
                return ""


def _fold(identity: str) -> str:
    return identity.replace("-", "_")


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:] if name[1:2].islower() else name
