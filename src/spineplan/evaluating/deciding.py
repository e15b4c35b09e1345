"""From a Program's values to the Outcome of one patient: urgency, statuses, courses, doses, what is missing, questions.

`outcome_of` decodes the values of any evaluator, so the reference and the compiled path give the same Outcome.
`Directory.results` names what an outcome needs, so that the compiled Program can be restricted to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import msgspec

from spineplan.evaluating.compiled import DictValues, RowValues
from spineplan.evaluating.unknowns import Missing, Needs, together
from spineplan.model.expressions import Expression, names_in
from spineplan.model.facts import PatientFacts
from spineplan.model.knowledge import PLAN_STAGES, Knowledge, PlanStage, fact_name
from spineplan.model.outcome import URGENCIES, Outcome, Question, Status
from spineplan.model.program import Program

_CHOSEN, _WANTED = 0, 1
_SAFETY_WEIGHT = {"emergency": 1_000, "urgent": 100, "soon": 10, "routine": 1}


class OptionNames(msgspec.Struct, frozen=True):
    """The names of an option's definitions, made once."""

    id: str
    status: str
    chosen: tuple[str, ...]
    wanted: tuple[str, ...]
    regimens: tuple[str, ...]
    open_parts: tuple[str, ...]


class Directory(msgspec.Struct, frozen=True, dict=True):
    """What decoding and explaining need of knowledge and Program: names, expressions of the readable definitions, fields of facts.

    `marks` are all names of chosen (kind 0), wanted (1) and regimen (2) definitions, `meanings` their option, kind and number.
    `quiet` are the input facts for which silence means no.
    """

    options: tuple[OptionNames, ...]
    marks: tuple[str, ...]
    meanings: tuple[tuple[str, int, int], ...]
    alerts: tuple[tuple[str, str, int], ...]
    unmet: tuple[tuple[str, str], ...]
    expressions: dict[str, Expression]
    quiet: frozenset[str]
    fields: dict[str, str]
    field_order: dict[str, int]

    @cached_property
    def meaning(self) -> dict[str, tuple[str, int, int]]:
        """What each mark means: option, kind and number."""
        return dict(zip(self.marks, self.meanings, strict=True))

    @cached_property
    def statuses(self) -> tuple[str, ...]:
        """The status definitions in the order of the options."""
        return tuple(option.status for option in self.options)

    @cached_property
    def names(self) -> dict[str, OptionNames]:
        """The names of each option."""
        return {option.id: option for option in self.options}

    def results(self) -> frozenset[str]:
        """The definitions whose values an outcome is decoded from."""
        names = {*self.marks, *(option.status for option in self.options)}
        names |= {name for _, name, _ in self.alerts}
        names |= {name for _, name in self.unmet}
        return frozenset(names)

    def roots(self) -> tuple[str, ...]:
        """The definitions whose missing facts make the questions."""
        return (*(name for option in self.options for name in option.open_parts), *(name for _, name, _ in self.alerts))


def make_directory(knowledge: Knowledge, program: Program) -> Directory:
    """The Directory of a compiled knowledge base."""
    visible = {definition.name: definition for definition in program.definitions if not definition.hidden}
    options = tuple(
        OptionNames(
            id=key,
            status=f"{key}.status",
            chosen=tuple(f"{key}.chosen.{stage}" for stage in PLAN_STAGES),
            wanted=tuple(f"{key}.wanted.{stage}" for stage in PLAN_STAGES),
            regimens=tuple(f"{key}.regimen.{number}" for number in range(1, len(option.regimens) + 1)),
            open_parts=tuple(f"{key}.eligible.{stage}" for stage in PLAN_STAGES),
        )
        for key, option in sorted(knowledge.options.items())
    )
    alerts = tuple(
        (key, fact_name("alert", key), URGENCIES.index(flag.urgency)) for key, flag in sorted(knowledge.red_flags.items())
    )
    unmet = tuple((key, f"role.{key}.unmet") for key, role in sorted(knowledge.roles.items()) if role.unmet is not None)
    definitions = {definition.name: definition.expression for definition in program.definitions}
    choice = {name for option in options for name in (option.status, *option.chosen, *option.wanted)}
    readable = _reached([name for name in visible if name not in choice and ".blocked." not in name], definitions)
    kinds = [
        (name, (option.id, kind, number))
        for option in options
        for kind, names in enumerate((option.chosen, option.wanted, option.regimens))
        for number, name in enumerate(names)
    ]
    return Directory(
        options=options,
        marks=tuple(name for name, _ in kinds),
        meanings=tuple(meaning for _, meaning in kinds),
        alerts=alerts,
        unmet=unmet,
        expressions={name: definitions[name] for name in sorted(readable)},
        quiet=frozenset(item.name for item in program.inputs if item.quiet),
        fields={name: fact.field for name, fact in knowledge.facts.items()},
        field_order={key: field.order for key, field in knowledge.fields.items()},
    )


def _reached(waiting: list[str], definitions: Mapping[str, Expression]) -> set[str]:
    """The definitions that are read from some names, directly or through others."""
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in definitions and name not in found:
            found.add(name)
            waiting.extend(names_in(definitions[name]))
    return found


def outcome_of(directory: Directory, values: RowValues | DictValues, patient: PatientFacts) -> Outcome:
    """Decode the values of a Program for a patient."""
    found = values.categories(directory.statuses)
    statuses: dict[str, Status] = dict(zip(directory.names, found, strict=True))  # type: ignore[arg-type]  # these are the category's values
    chosen: dict[str, list[PlanStage]] = {}
    regimens: dict[str, int] = {}
    asking: dict[str, bool] = {}
    for name in values.true_among(directory.marks):
        option_id, kind, number = directory.meaning[name]
        if kind == _CHOSEN:
            chosen.setdefault(option_id, []).append(PLAN_STAGES[number])
        elif kind == _WANTED:
            asking[option_id] = asking.get(option_id, False) or number == 0
        else:
            regimens.setdefault(option_id, number)
    unknowns = values.unknowns(patient, directory.quiet, directory.expressions)
    waiting = [(option_id, now) for option_id, now in asking.items() if statuses[option_id] in ("needs-information", "deferred")]
    needs = [(option_id, 2.0 if now else 1.0, unknowns.of(*directory.names[option_id].open_parts)) for option_id, now in waiting]
    alerts: list[tuple[int, str]] = []
    open_alerts: list[tuple[int, str]] = []
    for key, name, urgency in directory.alerts:
        holds = values.get(name)
        if holds:
            alerts.append((urgency, key))
        elif holds is None:
            open_alerts.append((urgency, key))
            needs.append((key, _SAFETY_WEIGHT[URGENCIES[urgency]], unknowns.of(name)))
    alerts.sort()
    open_alerts.sort()
    questions = _questions(directory, unknowns, needs, patient.null)
    return Outcome(
        urgency=URGENCIES[alerts[0][0]] if alerts else "routine",
        alerts=tuple(key for _, key in alerts),
        open_alerts=tuple(key for _, key in open_alerts),
        statuses=statuses,
        courses={option_id: tuple(stages) for option_id, stages in chosen.items()},
        regimens=regimens,
        waiting=tuple(option_id for option_id, _ in waiting),
        questions=questions,
        unmet=tuple(key for key, name in directory.unmet if values.is_true(name)),
        provisional=bool(questions),
    )


def _questions(
    directory: Directory, unknowns: Needs, needs: list[tuple[str, float, Missing]], null: frozenset[str]
) -> tuple[Question, ...]:
    """Missing facts grouped into the fields that are asked at once; alerts weigh most, then the options that could be chosen now.

    `needs`: what waits (an option or alert), its weight, and the facts it waits for. What waits for several fields counts fully for
    the first of them on the form: laboratory values follow when the warning signs have been asked.
    """
    by_field: dict[str, Missing] = {}
    for fact in unknowns.facts_in(together(missing for _, _, missing in needs)):
        if fact not in null:
            field = directory.fields[fact]
            by_field[field] = by_field.get(field, 0) | unknowns.set_of(fact)
    fields = sorted(by_field, key=lambda field: (directory.field_order.get(field, 0), field))
    decides: dict[str, list[str]] = {field: [] for field in fields}
    first: dict[str, float] = dict.fromkeys(fields, 0.0)
    later: dict[str, float] = dict.fromkeys(fields, 0.0)
    for key, weight, missing in needs:
        touched = [field for field in fields if missing & by_field[field]]
        for place, field in enumerate(touched):
            decides[field].append(key)
            (later if place else first)[field] += weight
    order = sorted(fields, key=lambda field: (-first[field], -later[field], directory.field_order.get(field, 0), field))
    return tuple(
        Question(field, unknowns.facts_in(by_field[field]), tuple(sorted(decides[field])), rank)
        for rank, field in enumerate(order, start=1)
    )
