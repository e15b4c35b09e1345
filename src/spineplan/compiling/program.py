"""The one way in to compiling: `compile_program(knowledge, profile)`.

Order of the Program: derived facts, alerts and rules (as their names need each other), then per option whether it is called for,
barred or withheld, then choice stage by stage (see `choice`), then statuses. Facts with `applies` are guarded wherever they are read.
"""

from __future__ import annotations

import msgspec

from spineplan.compiling.applicable import ApplicableRules, RuleBook, class_is_taken, class_rules
from spineplan.compiling.choice import compile_choice
from spineplan.model.expressions import (
    And,
    Arithmetic,
    AtLeast,
    Band,
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
    ValueType,
    conjunction,
    disjunction,
    names_in,
    negation,
)
from spineplan.model.facts import FactDeclaration
from spineplan.model.knowledge import Knowledge, Option, Rule, fact_name
from spineplan.model.problems import InputError, Place, Problem
from spineplan.model.program import Definition, Input, Program


def compile_program(knowledge: Knowledge, profile: str) -> Program:
    """The Program of a knowledge base for one profile. Raises InputError when definitions depend on each other in a circle."""
    writer = ProgramWriter(knowledge, profile)
    _write_named(writer)
    for option in knowledge.options.values():
        _write_option(writer, option)
    compile_choice(writer)
    return Program(profile=profile, inputs=writer.inputs(), definitions=tuple(writer.definitions))


class ProgramWriter:
    """Collects definitions in order. Conditions from knowledge pass through `guarded`, which applies the `applies` of facts."""

    def __init__(self, knowledge: Knowledge, profile: str) -> None:
        self.knowledge = knowledge
        self.profile = knowledge.profiles[profile]
        self.definitions: list[Definition] = []
        self.names: set[str] = set()
        book = RuleBook(knowledge)
        self.rules: dict[str, ApplicableRules] = {key: book.rules(key) for key in knowledge.options}
        self._guards: dict[str, Expression] = {}

    def define(
        self, name: str, expression: Expression, type_: ValueType = "boolean", values: tuple[str, ...] = (), hidden: bool = False
    ) -> Expression:
        """Add a definition and return a reference to it; constants and plain references are returned as they are when hidden."""
        if hidden and isinstance(expression, Literal | Ref):
            return expression
        if name not in self.names:
            self.names.add(name)
            self.definitions.append(Definition(name, type_, expression, values, hidden))
        return Ref(name)

    def inputs(self) -> tuple[Input, ...]:
        """The input facts in order of name."""
        return tuple(
            Input(fact.name, fact.type, tuple(fact.values), fact.quiet)
            for fact in sorted(self.knowledge.facts.values(), key=lambda fact: fact.name)
        )

    def guard(self, fact: FactDeclaration) -> Expression | None:
        """The condition outside which atoms on a fact are false; guards of the facts inside it are included."""
        if fact.applies is None:
            return None
        if fact.name not in self._guards:
            self._guards[fact.name] = self.guarded(fact.applies)
        return self._guards[fact.name]

    def guarded(self, expression: Expression) -> Expression:
        """The expression with every atom on a fact joined to the `applies` of that fact."""
        facts = self.knowledge.facts
        match expression:
            case Ref(name):
                fact = facts.get(name)
                guard = self.guard(fact) if fact and fact.type == "boolean" else None
                return conjunction([guard, expression]) if guard is not None else expression
            case Membership() | Comparison():
                guards = [self.guard(facts[name]) for name in dict.fromkeys(names_in(expression)) if name in facts]
                present = [guard for guard in guards if guard is not None]
                return conjunction([*present, expression]) if present else expression
            case Not(operand):
                return negation(self.guarded(operand))
            case And(operands):
                return conjunction([self.guarded(operand) for operand in operands])
            case Or(operands):
                return disjunction([self.guarded(operand) for operand in operands])
            case AtLeast(count, operands):
                return AtLeast(count, tuple(self.guarded(operand) for operand in operands))
            case IsTrue(operand):
                return IsTrue(self.guarded(operand))
            case IsFalse(operand):
                return IsFalse(self.guarded(operand))
            case Bands(bands):
                return Bands(tuple(Band(self.guarded(band.when), self._guarded_value(band.value)) for band in bands))
            case Arithmetic() | Literal():
                return expression

    def _guarded_value(self, value: Expression) -> Expression:
        return value if isinstance(value, Literal | Arithmetic) else self.guarded(value)


class _Named(msgspec.Struct, frozen=True):
    expression: Expression
    type: ValueType = "boolean"
    values: tuple[str, ...] = ()


def _named(writer: ProgramWriter) -> dict[str, _Named]:
    """Every definition that knowledge names and that others may read: derived facts, classes taken, alerts, rules, bars."""
    knowledge = writer.knowledge
    named: dict[str, _Named] = {}
    for fact in knowledge.derived.values():
        named[fact.name] = _Named(fact.expression, fact.type, tuple(fact.values))
    for identity in knowledge.classes:
        if class_is_taken(knowledge, identity):
            members = knowledge.classes[identity].members
            names = [*(fact_name("takes", member) for member in members), fact_name("takes_other", identity)]
            named[fact_name("takes", identity)] = _Named(disjunction([Ref(name) for name in names if name in knowledge.facts]))
    diagnoses = sorted(knowledge.diagnoses.values(), key=lambda diagnosis: (diagnosis.priority, diagnosis.id))
    bands = tuple(Band(Ref(fact_name("dx", diagnosis.id)), Literal(diagnosis.id)) for diagnosis in diagnoses)
    named["working_diagnosis"] = _Named(Bands(bands), "category", tuple(sorted(knowledge.diagnoses)) or ("none",))
    for flag in knowledge.red_flags.values():
        named[fact_name("alert", flag.id)] = _Named(flag.rule.when)
    for identity in knowledge.classes:
        rules = class_rules(knowledge, identity)
        _add_rules(named, rules)
        named[fact_name("contraindicated", identity)] = _Named(disjunction([Ref(rule.id) for rule in rules]))
    for identity, rules_of in writer.rules.items():
        for group in (rules_of.contraindications, rules_of.temporary, rules_of.cautions):
            _add_rules(named, group)
        _add_rules(named, knowledge.options[identity].indications)
        named[fact_name("contraindicated", identity)] = _Named(disjunction([Ref(rule.id) for rule in rules_of.contraindications]))
    return named


def _add_rules(named: dict[str, _Named], rules: tuple[Rule, ...]) -> None:
    for rule in rules:
        named[rule.id] = _Named(rule.when)


def _write_named(writer: ProgramWriter) -> None:
    """Write the named definitions in an order in which each comes after what it reads; depth first, by name."""
    named = _named(writer)
    done: set[str] = set()
    active: list[str] = []
    circles: list[Problem] = []

    def visit(name: str) -> None:
        if name in done or name not in named:
            return
        if name in active:
            circle = " -> ".join([*active[active.index(name) :], name])
            circles.append(
                Problem(Place("knowledge"), f"definitions depend on each other in a circle: {circle}", "Break it at one place.")
            )
            return
        active.append(name)
        entry = named[name]
        expression = writer.guarded(entry.expression)
        for needed in sorted(set(names_in(expression))):
            visit(needed)
        active.pop()
        done.add(name)
        writer.define(name, expression, entry.type, entry.values)

    for name in sorted(named):
        visit(name)
    if circles:
        raise InputError(circles)


def _write_option(writer: ProgramWriter, option: Option) -> None:
    """Whether an option is called for, withheld, advised against, and which regimen band holds."""
    knowledge, key = writer.knowledge, option.id
    role = knowledge.roles[option.role]
    called = disjunction([Ref(rule.id) for rule in option.indications])
    writer.define(f"{key}.indicated", conjunction([writer.guarded(role.gate), called]))
    flags: list[Expression] = []
    for flag in knowledge.red_flags.values():
        alert = Ref(fact_name("alert", flag.id))
        if key in flag.withholds_while_unknown.options:
            flags.append(alert)
        elif key in flag.defers.options:
            flags.append(IsTrue(alert))
    writer.define(f"{key}.flagged", disjunction(flags))
    writer.define(f"{key}.paused", disjunction([Ref(rule.id) for rule in writer.rules[key].temporary]))
    writer.define(
        f"{key}.against",
        disjunction([IsTrue(writer.guarded(when)) for when in positions_against(knowledge, writer.profile.id, key)]),
    )
    for companion in writer.rules[key].companions:
        writer.define(companion.rule.id, writer.guarded(companion.rule.when))
    for item in writer.rules[key].monitoring:
        writer.define(item.id, writer.guarded(item.when))
    for position in knowledge.positions.values():
        if key in position.options:
            writer.define(f"position.{position.id}", writer.guarded(position.when))
    _write_regimens(writer, option)


def positions_against(knowledge: Knowledge, profile: str, option: str) -> list[Expression]:
    """The conditions under which a guideline of the profile advises against an option."""
    guidelines = knowledge.profiles[profile].guidelines
    positions = (
        position for position in knowledge.positions.values() if position.guideline in guidelines and option in position.options
    )
    return [position.when for position in positions if position.position == "against"]


def _write_regimens(writer: ProgramWriter, option: Option) -> None:
    """`o.regimen.k`: band k is the one to use. A safe fallback uses the more cautious band while one is unknown."""
    earlier: list[Expression] = []
    possible: list[Expression] = []
    for number, regimen in enumerate(option.regimens, start=1):
        when = writer.guarded(regimen.when)
        if option.safe_fallback:
            chosen = conjunction([*(IsFalse(condition) for condition in earlier), negation(IsFalse(when))])
            possible.append(chosen)
        else:
            band = conjunction([*(negation(condition) for condition in earlier), when])
            possible.append(band)
            chosen = band if isinstance(band, Literal) else IsTrue(band)
        writer.define(f"{option.id}.regimen.{number}", chosen)
        if regimen.maximum is not None:
            writer.define(f"{option.id}.maximum.{number}", regimen.maximum, "number")
        earlier.append(when)
    writer.define(f"{option.id}.dosed", disjunction(possible))
