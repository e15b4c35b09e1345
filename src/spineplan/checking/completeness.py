"""What every entry must have beyond being well formed: doses with all parts, a minimum of contraindications, a source behind each threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from spineplan.model.expressions import Expression, names_in
from spineplan.model.knowledge import Knowledge, Option, OptionClass, Regimen
from spineplan.model.problems import Place, Problem

PlaceOf = Callable[[str, str], Place]

_DOSED = frozenset({"drug"})
_MEASURED = frozenset({"physical-agent", "massage", "manual", "exercise", "complementary"})


def completeness_problems(knowledge: Knowledge, place_of: PlaceOf) -> list[Problem]:
    """Every gap in well-formed knowledge."""
    problems: list[Problem] = []
    for option in knowledge.options.values():
        place = place_of("options", option.id)
        problems.extend(Problem(place, what, hint) for what, hint in _regimen_gaps(option))
        problems.extend(Problem(place, what, hint) for what, hint in _unconsidered(knowledge, option))
        if not option.indications:
            problems.append(Problem(place, f"`{option.id}` has no indication", "Say what calls for it."))
    if knowledge.manifest.default_profile not in knowledge.profiles:
        problems.append(
            Problem(
                Place("manifest.yaml"), f"`{knowledge.manifest.default_profile}` is not a profile", "Name one of the profiles."
            )
        )
    for option in knowledge.options.values():
        problems.extend(
            Problem(
                place_of("options", option.id),
                f"the word `{word}` names both `{option.id}` and `{other}`",
                "Keep it at one of them.",
            )
            for word, other in _shared_words(knowledge, option)
        )
    return problems


def _regimen_gaps(option: Option) -> Iterator[tuple[str, str]]:
    for number, regimen in enumerate(option.regimens, start=1):
        missing = list(_missing_parts(option, regimen))
        if regimen.dose and regimen.max_daily and regimen.per_day and regimen.dose.unit == regimen.max_daily.unit:
            least = regimen.dose.low * regimen.per_day
            if least > regimen.max_daily.high:
                what = f"regimen {number} of `{option.id}` gives at least {least:g} {regimen.dose.unit} a day and allows {regimen.max_daily}"
                yield (what, "Correct the dose, the times a day or the daily maximum.")
        if missing:
            yield (f"regimen {number} of `{option.id}` lacks {', '.join(missing)}", "A clinician needs every part of the line.")


def _missing_parts(option: Option, regimen: Regimen) -> Iterator[str]:
    if option.kind in _DOSED:
        for part in ("route", "form", "dose", "max_daily", "days"):
            if not getattr(regimen, part):
                yield part
        if regimen.per_day is None and not regimen.frequency:
            yield "per_day or frequency"
    elif option.kind in _MEASURED:
        if not (regimen.intensity or regimen.what):
            yield "intensity or what"
        for part in ("minutes", "sessions", "interval"):
            if not getattr(regimen, part):
                yield part
    elif not any((regimen.what, regimen.dose, regimen.intensity)):
        yield "what"


def _unconsidered(knowledge: Knowledge, option: Option) -> Iterator[tuple[str, str]]:
    classes = knowledge.inherited(option.id)
    owners: list[Option | OptionClass] = [option, *classes]
    conditions = [rule.when for owner in owners for rule in (*owner.contraindications, *owner.temporary, *owner.cautions)]
    conditions += [
        interaction.when
        for interaction in knowledge.interactions.values()
        if option.id in knowledge.selected(interaction.left) or option.id in knowledge.selected(interaction.right)
    ]
    mentioned = {name for condition in conditions for name in reachable_names(knowledge, condition)}
    for interaction in knowledge.interactions.values():
        for near, far in ((interaction.left, interaction.right), (interaction.right, interaction.left)):
            if option.id in knowledge.selected(near):
                mentioned.add("takes_" + far.replace("-", "_"))
    for owner in classes:
        for fact in owner.must_consider:
            if fact not in mentioned:
                yield (
                    f"`{option.id}` says nothing about `{fact}`, which its class `{owner.id}` demands",
                    "Add a contraindication or caution.",
                )


def reachable_names(knowledge: Knowledge, expression: Expression) -> Iterator[str]:
    """Every fact that an expression reads, through derived facts."""
    seen: set[str] = set()
    waiting = list(names_in(expression))
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        yield name
        if name in knowledge.derived:
            waiting.extend(names_in(knowledge.derived[name].expression))


def _shared_words(knowledge: Knowledge, option: Option) -> Iterator[tuple[str, str]]:
    own = {word.lower() for word in (option.name, *option.synonyms)}
    for other in knowledge.medicines.values():
        for word in sorted(own & {word.lower() for word in (other.name, *other.synonyms)}):
            yield word, other.id
