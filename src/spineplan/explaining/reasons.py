"""Reasons of one patient: each rule that counts as a sentence with the facts behind it and its sources.

`Library` holds what explanations need of the knowledge; `Account` adds one patient: facts, values of the Program, outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from spineplan.compiling.applicable import ApplicableRules, RuleBook
from spineplan.evaluating.compiled import DictValues, RowValues
from spineplan.evaluating.deciding import Directory
from spineplan.explaining.grounds import grounds
from spineplan.explaining.prose import Prose
from spineplan.model.expressions import Expression, Ref, Value
from spineplan.model.facts import PatientFacts, SourceRef
from spineplan.model.knowledge import Knowledge, Option, Position, Rule, fact_name
from spineplan.model.outcome import Outcome
from spineplan.model.plan import Reason, Source


class Looked:
    """What a name is worth, as the reference evaluator asks for it; nothing is copied."""

    def __init__(self, value: Callable[[str], Value]) -> None:
        self.get = value


class Library:
    """What explanations need of the knowledge, made once for any number of patients: rules, positions by option, words."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.book = RuleBook(knowledge)
        self.prose = Prose(knowledge)
        self.positions: dict[str, list[Position]] = {key: [] for key in knowledge.options}
        for position in knowledge.positions.values():
            for option in position.options:
                self.positions[option].append(position)


class Account:
    """Everything that is known when one patient's outcome is explained."""

    def __init__(
        self,
        library: Library,
        directory: Directory,
        patient: PatientFacts,
        values: RowValues | DictValues,
        outcome: Outcome,
        profile: str,
    ) -> None:
        self.library = library
        self.knowledge = library.knowledge
        self.prose = library.prose
        self.directory = directory
        self.patient = patient
        self._values = values
        self.value = values.lookup(patient, directory.quiet)
        self.values = Looked(self.value)
        self.unknowns = values.unknowns(patient, directory.quiet, directory.expressions)
        self.outcome = outcome
        self.profile = profile

    def rules(self, option: str) -> ApplicableRules:
        """The rules that bear on an option."""
        return self.library.book.rules(option)

    def is_true(self, name: str) -> bool:
        """Whether a definition is known to be TRUE."""
        return self._values.is_true(name)

    def missing(self, option: str) -> tuple[str, ...]:
        """The facts that an option which needs information waits for."""
        if self.outcome.statuses[option] != "needs-information":
            return ()
        return self.unknowns.facts_in(self.unknowns.of(*self.directory.names[option].open_parts))

    def sources(self, references: Iterable[SourceRef]) -> tuple[Source, ...]:
        """Sources with title and year."""
        result = []
        for reference in references:
            source = self.knowledge.sources[reference.id]
            result.append(Source(reference.id, reference.locator, source.title, source.year))
        return tuple(result)

    def facts_behind(self, expression: Expression) -> dict[str, Value]:
        """The facts that decided an expression, in order of name."""
        return dict(sorted(grounds(expression, self.values, self.directory.expressions.get).items()))

    def reason(self, rule: Rule, text: str = "") -> Reason:
        """A rule that holds, as a reason."""
        words = text or (f"{rule.why} {rule.do}".strip() if rule.do else rule.why)
        return Reason(words, rule.id, self.facts_behind(Ref(rule.id)), self.sources(rule.sources), rule.verified)

    def holding(self, rules: Iterable[Rule]) -> list[Rule]:
        """The rules that are TRUE."""
        return [rule for rule in rules if self.is_true(rule.id)]

    def labels(self, names: Iterable[str]) -> str:
        """Labels of facts, joined; made facts of one kind are said once."""
        words: dict[str, None] = {}
        for name in names:
            fact = self.knowledge.facts.get(name)
            if fact is not None and fact.field in ("medications", "allergies") and fact.part_of:
                words[self.knowledge.fields[fact.field].title.lower() if fact.field in self.knowledge.fields else fact.field] = (
                    None
                )
            else:
                words[self.prose.label(name)] = None
        return "; ".join(words)


def because(account: Account, option: Option) -> tuple[Reason, ...]:
    """Why an option has its status."""
    status = account.outcome.statuses[option.id]
    rules = account.rules(option.id)
    match status:
        case "ruled-out":
            return tuple(account.reason(rule) for rule in sorted(account.holding(rules.contraindications), key=_strongest_first))
        case "not-indicated":
            return (_not_indicated(account, option),)
        case "advised-against":
            return tuple(_positions_against(account, option))
        case "deferred":
            return tuple(_deferred(account, option))
        case "needs-information":
            return (_needs_information(account, option), *_called_for(account, option))
        case "set-aside":
            return tuple(_set_aside(account, option))
        case _:
            return tuple(_called_for(account, option)) or tuple(_companion_reasons(account, option))


def _strongest_first(rule: Rule) -> tuple[bool, bool, str]:
    """The patient's own diseases before interactions, what is verified before what is not."""
    return (".with." in rule.id, not rule.verified, rule.id)


def companion_of(account: Account, option_id: str) -> tuple[str, ...]:
    """The chosen options that need this one beside them."""
    needing = {
        other
        for other in account.outcome.courses
        for companion in account.rules(other).companions
        if option_id in companion.any_of and account.value(companion.rule.id) is not False
    }
    return tuple(sorted(needing))


def _called_for(account: Account, option: Option) -> list[Reason]:
    return [account.reason(rule) for rule in account.holding(option.indications)]


def _companion_reasons(account: Account, option: Option) -> list[Reason]:
    return [
        account.reason(companion.rule, f"Goes with {account.knowledge.options[other].name}: {companion.rule.why}")
        for other in companion_of(account, option.id)
        for companion in account.rules(other).companions
        if option.id in companion.any_of
    ]


def _not_indicated(account: Account, option: Option) -> Reason:
    role = account.knowledge.roles[option.role]
    sources = sorted({source for rule in option.indications for source in rule.sources})
    facts: dict[str, Value] = {}
    for rule in option.indications:
        facts |= account.facts_behind(Ref(rule.id))
    called = any(account.is_true(rule.id) for rule in option.indications)
    if called and role.gate_why:
        text = role.gate_why
        facts = account.facts_behind(role.gate)
    elif called:
        text = f"It is not opened yet: {account.prose.say(role.gate)}."
        facts = account.facts_behind(role.gate)
    else:
        conditions = "; or ".join(account.prose.say(rule.when) for rule in option.indications)
        text = f"Nothing in this case calls for it. It is called for by: {conditions}."
    verified = all(rule.verified for rule in option.indications)
    return Reason(text, f"{option.id}.indicated", dict(sorted(facts.items())), account.sources(sources), verified)


def _positions_against(account: Account, option: Option) -> list[Reason]:
    guidelines = account.knowledge.profiles[account.profile].guidelines
    result = []
    for position in account.library.positions[option.id]:
        name = f"position.{position.id}"
        if position.guideline in guidelines and position.position == "against" and account.is_true(name):
            guideline = account.knowledge.guidelines[position.guideline]
            text = f"{guideline.body} {guideline.year} advises against it{': ' + position.strength if position.strength else ''}."
            result.append(
                Reason(text, position.id, account.facts_behind(Ref(name)), account.sources(position.sources), position.verified)
            )
    return result


def _deferred(account: Account, option: Option) -> list[Reason]:
    result = []
    for flag in account.knowledge.red_flags.values():
        name = fact_name("alert", flag.id)
        if option.id in (flag.defers.options | flag.withholds_while_unknown.options) and account.is_true(name):
            text = f"Withheld until this is cleared: {flag.title}."
            rule = flag.rule
            result.append(Reason(text, rule.id, account.facts_behind(Ref(name)), account.sources(rule.sources), rule.verified))
    paused = account.holding(account.rules(option.id).temporary)
    result.extend(account.reason(rule, f"{rule.why} Withheld until {rule.until}.") for rule in paused)
    if not result:
        later = [stage for stage in account.outcome.courses.get(option.id, ()) if stage != "now"] or _later_stages(option)
        stage = account.knowledge.stages.get(later[0]) if later else None
        opens = stage.opens if stage else ""
        text = f"It belongs to a later stage: {stage.title.lower()}. {opens}" if stage else "It belongs to a later stage."
        facts = account.facts_behind(Ref(f"{option.id}.fits.now"))
        sources = sorted({source for rule in option.indications for source in rule.sources})
        verified = all(rule.verified for rule in option.indications)
        result.append(Reason(text, f"{option.id}.fits.now", facts, account.sources(sources), verified))
        result.extend(_called_for(account, option))
    return result


def _later_stages(option: Option) -> list[str]:
    return [stage for stage in option.stages if stage != "acute"]


def _needs_information(account: Account, option: Option) -> Reason:
    missing = account.missing(option.id)
    text = f"It could be chosen, but this is not known: {account.labels(missing)}."
    sources = sorted({source for rule in option.indications for source in rule.sources})
    return Reason(text, f"{option.id}.eligible.now", {}, account.sources(sources))


def _set_aside(account: Account, option: Option) -> list[Reason]:
    key = option.id
    texts = {
        fact_name("failed", key): f"{option.name} was tried long enough and did not help.",
        fact_name("declined", key): f"The patient declines {option.name}.",
        fact_name("unavailable", key): f"Not available here: {option.name}.",
    }
    result: list[Reason] = []
    for name, text in texts.items():
        if account.values.get(name) is True:
            sources: tuple[SourceRef, ...] = option.trial.sources if option.trial and name.startswith("failed") else ()
            result.append(Reason(text, name, {name: True}, account.sources(sources)))
    takes = fact_name("takes", key)
    if not result and account.values.get(takes) is True:
        result.append(Reason(f"The patient already takes {option.name}; see the current treatment.", takes, {takes: True}))
    if not result:
        result.extend(_blocked(account, option))
    if not result:
        names = ", ".join(companion.rule.why for companion in account.rules(key).companions)
        text = "What must go with it cannot be chosen, or a budget is used up." + (f" {names}" if names else "")
        result.append(Reason(text, f"{key}.accompanied"))
    return result


def _blocked(account: Account, option: Option) -> list[Reason]:
    """The chosen options that exclude this one."""
    knowledge = account.knowledge
    chosen = [key for key, stages in account.outcome.courses.items() if "now" in stages]
    using = [key for key, status in account.outcome.statuses.items() if status == "in-use"]
    result = []
    for other in sorted({*chosen, *using} - {option.id}):
        shared = set(option.exclusive) & set(knowledge.options[other].exclusive)
        if shared and knowledge.options[other].role != option.role:
            text = f"Only one of its group is used at a time, and {knowledge.options[other].name} was chosen before it."
            result.append(Reason(text, f"exclusive.{sorted(shared)[0]}", {}))
            continue
        for interaction in knowledge.interactions.values():
            sides = (knowledge.selected(interaction.left), knowledge.selected(interaction.right))
            crossed = (option.id in sides[0] and other in sides[1]) or (option.id in sides[1] and other in sides[0])
            if crossed and interaction.level in ("contraindicated", "avoid"):
                text = f"Does not go with {knowledge.options[other].name}, which was chosen before it: {interaction.why}"
                result.append(Reason(text, interaction.id, {}, account.sources(interaction.sources), interaction.verified))
    return result
