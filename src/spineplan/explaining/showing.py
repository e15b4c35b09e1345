"""One entry of the knowledge in prose, for `spineplan knowledge show`."""

from __future__ import annotations

from collections.abc import Iterable

from spineplan.compiling.applicable import RuleBook
from spineplan.explaining.prose import Prose
from spineplan.model.explanation import Shown
from spineplan.model.facts import SourceRef
from spineplan.model.knowledge import Knowledge, Regimen, Rule
from spineplan.model.problems import InputError, Place, Problem, did_you_mean

Section = tuple[str, tuple[str, ...]]


def show(knowledge: Knowledge, identity: str) -> Shown:
    """An option, class, medicine, red flag, diagnosis, interaction, fact or source. Raises InputError with suggestions when there is none."""
    wanted = identity.strip()
    shower = _Shower(knowledge)
    collections = (
        ("options", shower.option),
        ("classes", shower.option_class),
        ("medicines", shower.medicine),
        ("red_flags", shower.red_flag),
        ("diagnoses", shower.diagnosis),
        ("interactions", shower.interaction),
        ("derived", shower.derived),
        ("facts", shower.fact),
        ("sources", shower.source),
    )
    for name, make in collections:
        if wanted in getattr(knowledge, name):
            title, sections = make(wanted)
            return Shown(wanted, title, tuple((heading, lines) for heading, lines in sections if lines))
    for option in knowledge.options.values():
        if wanted.lower() in {option.name.lower(), *(word.lower() for word in option.synonyms)}:
            return show(knowledge, option.id)
    names = [key for name, _ in collections for key in getattr(knowledge, name)]
    hint = did_you_mean(wanted, names) or "`spineplan knowledge list` shows every option."
    raise InputError([Problem(Place("ID"), f"`{wanted}` is not an entry of the knowledge", hint)])


class _Shower:
    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.prose = Prose(knowledge)

    def cite(self, references: Iterable[SourceRef], verified: bool = True) -> str:
        parts = []
        for reference in references:
            source = self.knowledge.sources[reference.id]
            year = f", {source.year}" if source.year else ""
            parts.append(f"{source.title}{year}{', ' + reference.locator if reference.locator else ''} [{reference.id}]")
        text = f" ({'; '.join(parts)})" if parts else ""
        return text if verified else f"{text} unverified"

    def rules(self, rules: Iterable[Rule]) -> tuple[str, ...]:
        return tuple(f"{rule.why} When: {self.prose.say(rule.when)}.{self.cite(rule.sources, rule.verified)}" for rule in rules)

    def regimen(self, regimen: Regimen) -> str:
        parts = [
            str(regimen.dose or ""),
            regimen.form,
            regimen.route,
            f"{regimen.per_day:g} times a day" if regimen.per_day else regimen.frequency,
            f"at most {regimen.max_daily} a day" if regimen.max_daily else "",
            f"{regimen.days} days" if regimen.days else "",
            regimen.what,
            regimen.intensity,
            regimen.minutes,
            regimen.sessions,
            regimen.interval,
            regimen.weeks,
        ]
        text = ", ".join(part for part in parts if part)
        return f"{self.prose.say(regimen.when)}: {text}.{self.cite(regimen.sources, regimen.verified)}"

    def option(self, key: str) -> tuple[str, list[Section]]:
        option = self.knowledge.options[key]
        rules = RuleBook(self.knowledge).rules(key)
        role = self.knowledge.roles[option.role]
        companions = tuple(
            f"{companion.rule.why} One of: {', '.join(companion.any_of)}.{self.cite(companion.rule.sources, companion.rule.verified)}"
            for companion in rules.companions
        )
        positions = tuple(
            f"{self.knowledge.guidelines[position.guideline].title} ({self.knowledge.guidelines[position.guideline].year}): "
            f"{position.position}{', ' + position.strength if position.strength else ''}; when: {self.prose.say(position.when)}."
            f"{self.cite(position.sources, position.verified)}"
            for position in self.knowledge.positions.values()
            if key in position.options
        )
        return option.name, [
            ("What it is", (f"{option.kind}, role: {role.title}; stages: {', '.join(option.stages)}",)),
            ("Also called", (", ".join(option.synonyms),) if option.synonyms else ()),
            ("Called for by", self.rules(option.indications)),
            ("Ruled out by", self.rules(rules.contraindications)),
            ("Withheld while", self.rules(rules.temporary)),
            ("Cautions", self.rules(rules.cautions)),
            ("Goes with", companions),
            ("How", tuple(self.regimen(regimen) for regimen in option.regimens)),
            ("Watch", tuple(f"{item.what}{self.cite(item.sources, item.verified)}" for item in rules.monitoring)),
            ("Guidelines", positions),
            ("Note", (option.note,) if option.note else ()),
        ]

    def option_class(self, key: str) -> tuple[str, list[Section]]:
        found = self.knowledge.classes[key]
        return found.name, [
            ("Members", (", ".join(found.members),)),
            ("Rules out every member", self.rules(found.contraindications)),
            ("Withheld while", self.rules(found.temporary)),
            ("Cautions", self.rules(found.cautions)),
        ]

    def medicine(self, key: str) -> tuple[str, list[Section]]:
        found = self.knowledge.medicines[key]
        codes = ", ".join((*found.codes.atc, *found.codes.rxnorm))
        return found.name, [
            ("Also called", (", ".join(found.synonyms),) if found.synonyms else ()),
            ("Classes", (", ".join(self.knowledge.lineage(key)),)),
            ("Codes", (codes,) if codes else ()),
        ]

    def red_flag(self, key: str) -> tuple[str, list[Section]]:
        flag = self.knowledge.red_flags[key]
        return flag.title, [
            ("Urgency", (flag.urgency,)),
            ("Holds when", (f"{self.prose.say(flag.rule.when)}.",)),
            ("Why", (f"{flag.rule.why}{self.cite(flag.rule.sources, flag.rule.verified)}",)),
            ("Do", (flag.action, flag.within)),
            ("Holds back", (f"{len(flag.defers.options)} options",)),
            ("Holds back while it is not known", (", ".join(sorted(flag.withholds_while_unknown.options)),)),
        ]

    def diagnosis(self, key: str) -> tuple[str, list[Section]]:
        found = self.knowledge.diagnoses[key]
        return found.name, [
            ("Also called", (", ".join(found.synonyms),) if found.synonyms else ()),
            ("ICD-10", (", ".join(found.codes.icd10),)),
            ("Course", (found.course,) if found.course else ()),
            ("Imaging", (found.imaging,) if found.imaging else ()),
            ("Limit", (found.limit,) if found.limit else ()),
            ("Sources", (self.cite(found.sources).strip(),)),
        ]

    def interaction(self, key: str) -> tuple[str, list[Section]]:
        found = self.knowledge.interactions[key]
        return f"{found.left} with {found.right}", [
            ("Level", (found.level,)),
            ("When", (self.prose.say(found.when),)),
            ("Why", (f"{found.why}{self.cite(found.sources, found.verified)}",)),
            ("Do", (found.do,) if found.do else ()),
        ]

    def derived(self, key: str) -> tuple[str, list[Section]]:
        found = self.knowledge.derived[key]
        return found.label, [
            ("Follows from", (self.prose.say(found.expression),)),
            ("Why", (f"{found.why}{self.cite(found.sources, found.verified)}",)),
        ]

    def fact(self, key: str) -> tuple[str, list[Section]]:
        found = self.knowledge.facts[key]
        span = f", {found.minimum:g} to {found.maximum:g} {found.unit}".rstrip() if found.type == "number" else ""
        values = "; ".join(f"{value}: {label}" for value, label in found.values.items())
        return found.label, [
            ("Kind", (f"{found.type}{span}, field {found.field}",)),
            ("Question", (found.question,) if found.question else ()),
            ("Values", (values,) if values else ()),
            ("Also written", (", ".join(found.synonyms),) if found.synonyms else ()),
        ]

    def source(self, key: str) -> tuple[str, list[Section]]:
        found = self.knowledge.sources[key]
        return found.title, [
            ("Year", (str(found.year),) if found.year else ()),
            ("Quality", (found.quality,) if found.quality else ()),
            ("Address", (found.url,) if found.url else ()),
        ]
