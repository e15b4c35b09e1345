"""The names that expressions may use: declared facts, derived facts, and the facts made from options, classes, diagnoses and alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from spineplan.checking.language import Symbol
from spineplan.loading.schema import ClassForm, DiagnosisForm, FactForm, MedicineForm, OptionForm
from spineplan.model.expressions import ValueType
from spineplan.model.facts import Codes, FactDeclaration
from spineplan.model.knowledge import fact_name

TAKEN_KINDS = frozenset({"drug", "supplement"})
DAILY_RANGES: dict[str, tuple[float, float, float, str]] = {
    "mg": (0.0, 100_000.0, 0.001, "mg/day"),
    "mcg_per_hour": (0.0, 500.0, 0.1, "mcg/h"),
}
EVERYWHERE_EXCEPT = frozenset({"physical-agent"})


def fact_symbol(form: FactForm) -> Symbol:
    """The symbol of a declared fact."""
    if form.type == "number" and form.range:
        return Symbol("number", form.range[0], form.range[1], form.step or 0.0, unit=form.unit)
    return Symbol(form.type, values=tuple(form.values))


def declared(name: str, form: FactForm) -> FactDeclaration:
    """A declared fact, without its `applies` condition."""
    low, high = form.range or (0.0, 0.0)
    return FactDeclaration(
        name=name,
        type=form.type,
        label=form.label,
        field=form.field,
        question=form.question or f"{form.label[:1].upper()}{form.label[1:]}?",
        unit=form.unit,
        minimum=low,
        maximum=high,
        step=form.step or 0.0,
        values=dict(form.values),
        synonyms=tuple(form.synonyms),
        codes=Codes(**{key: tuple(getattr(form.codes, key)) for key in ("icd10", "snomed", "loinc", "rxnorm", "atc")}),
        confirm=form.confirm,
        none_settles=form.none_settles,
        valid_days=form.valid_days,
        within_days=form.within_days,
        history=form.history,
    )


def class_members(
    classes: Mapping[str, ClassForm], options: Mapping[str, OptionForm], medicines: Mapping[str, MedicineForm]
) -> dict[str, tuple[str, ...]]:
    """All members of each class, through subclasses; sorted."""
    children: dict[str, set[str]] = {name: set() for name in classes}
    direct: dict[str, set[str]] = {name: set(form.members) for name, form in classes.items()}
    for name, form in classes.items():
        for parent in form.parents:
            if parent in children:
                children[parent].add(name)
    entries: Iterable[tuple[str, list[str]]] = [
        *((name, form.classes) for name, form in options.items()),
        *((name, form.classes) for name, form in medicines.items()),
    ]
    for name, own in entries:
        for class_name in own:
            if class_name in direct:
                direct[class_name].add(name)
    result: dict[str, tuple[str, ...]] = {}
    for name in classes:
        gathered: set[str] = set()
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current not in seen:
                seen.add(current)
                gathered |= direct[current]
                waiting.extend(children[current])
        result[name] = tuple(sorted(gathered))
    return result


def automatic_facts(
    options: Mapping[str, OptionForm],
    medicines: Mapping[str, MedicineForm],
    classes: Mapping[str, ClassForm],
    members: Mapping[str, tuple[str, ...]],
    diagnoses: Mapping[str, DiagnosisForm],
) -> dict[str, FactDeclaration]:
    """The input facts that nobody declares: what is taken, not tolerated, declined, available, tried, diagnosed."""
    made: dict[str, FactDeclaration] = {}

    def add(
        prefix: str,
        identity: str,
        label: str,
        field: str,
        question: str = "",
        quiet: bool = False,
        synonyms: tuple[str, ...] = (),
    ) -> None:
        name = fact_name(prefix, identity)
        made[name] = FactDeclaration(
            name=name,
            type="boolean",
            label=label,
            field=field,
            question=question,
            quiet=quiet,
            part_of=identity,
            synonyms=synonyms,
        )

    def add_taken(identity: str, name: str, daily: str) -> None:
        add("takes", identity, f"takes {name}", "medications", f"Does the patient take {name}?")
        add("allergic_to", identity, f"allergy to {name}", "allergies", f"Is the patient allergic to {name}?")
        if daily:
            low, high, step, unit = DAILY_RANGES[daily]
            fact = fact_name(f"daily_{daily}", identity)
            made[fact] = FactDeclaration(
                name=fact,
                type="number",
                label=f"daily amount of {name}",
                field="medications",
                unit=unit,
                minimum=low,
                maximum=high,
                step=step,
                question=f"How much {name} does the patient take a day?",
                part_of=identity,
            )

    for identity, option in options.items():
        name = _lower(option.name)
        add("declined", identity, f"{name} declined", "preferences", quiet=True)
        add("unavailable", identity, f"{name} not available", "setting", quiet=True)
        add(
            "failed",
            identity,
            f"{name} failed in an adequate trial",
            "tried",
            f"Was {name} tried long enough, and did it fail?",
            quiet=True,
        )
        add("tried_short", identity, f"{name} tried too short or too low", "tried", quiet=True)
        add("not_tolerated", identity, f"{name} not tolerated", "tried", quiet=True)
        if option.kind in TAKEN_KINDS:
            add_taken(identity, name, option.daily)
    for identity, medicine in medicines.items():
        if not medicine.contains:
            add_taken(identity, _lower(medicine.name), medicine.daily)
    for identity, form in classes.items():
        if is_medicinal(identity, classes, members, options, medicines):
            name = _lower(form.name)
            add("takes_other", identity, f"takes another of the {name}", "medications", quiet=False)
            add("allergic_to", identity, f"allergy to {name}", "allergies", f"Is the patient allergic to {name}?")
    for identity, diagnosis in diagnoses.items():
        question = f"Is the diagnosis: {_lower(diagnosis.name)}?"
        add("dx", identity, _lower(diagnosis.name), "diagnosis", question, synonyms=tuple(diagnosis.synonyms))
    return made


def is_medicinal(
    identity: str,
    classes: Mapping[str, ClassForm],
    members: Mapping[str, tuple[str, ...]],
    options: Mapping[str, OptionForm],
    medicines: Mapping[str, MedicineForm],
) -> bool:
    """Whether a class is about substances, so that a patient can take it or be allergic to it."""
    if classes[identity].atc:
        return True
    inside = members[identity]
    kinds = {options[member].kind for member in inside if member in options}
    return not inside or bool(kinds & TAKEN_KINDS) or any(member in medicines for member in inside) or kinds == {"block"}


def boolean_symbols(names: Iterable[str]) -> dict[str, Symbol]:
    """Plain boolean symbols."""
    return dict.fromkeys(names, Symbol("boolean"))


def symbol_of(declaration: FactDeclaration) -> Symbol:
    """The symbol of any input fact."""
    kind: ValueType = declaration.type
    if kind == "number":
        return Symbol("number", declaration.minimum, declaration.maximum, declaration.step, unit=declaration.unit)
    return Symbol(kind, values=tuple(declaration.values))


def _lower(name: str) -> str:
    """A name as it stands inside a sentence: lower-case first letter unless it is an abbreviation."""
    return name[:1].lower() + name[1:] if len(name) > 1 and name[1:2].islower() else name
