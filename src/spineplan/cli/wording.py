"""Words for what the plan names by id: titles of roles, alerts, options and fields, labels of facts, short forms of sources.

`Wording` is made from the knowledge that made the plan. An id that the knowledge does not have is shown as it is, never dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from spineplan.cli.layout import Span
from spineplan.model.expressions import Value
from spineplan.model.facts import DerivedFact, FactDeclaration
from spineplan.model.knowledge import Guideline, Knowledge, Profile, fact_name
from spineplan.model.plan import PositionLine, Reason, Source

UNVERIFIED = "UNVERIFIED"
POSITION_SIGNS: dict[str, str] = {"against": "-", "conditional": "~", "for": "+", "silent": "."}
URGENCY_SIGNS: dict[str, str] = {"emergency": "!!!", "urgent": "!!", "soon": "!", "routine": "i"}

_ACRONYM = 4


class Role(NamedTuple):
    """The title of a role and its place in the order of choice."""

    title: str
    order: int


class Wording(NamedTuple):
    """Titles and labels by id."""

    roles: Mapping[str, Role] = {}
    alerts: Mapping[str, str] = {}
    options: Mapping[str, str] = {}
    fields: Mapping[str, str] = {}
    facts: Mapping[str, FactDeclaration | DerivedFact] = {}
    stages: Mapping[str, tuple[str, str]] = {}
    profiles: Mapping[str, str] = {}
    guidelines: Mapping[str, str] = {}
    diagnoses: Mapping[str, str] = {}
    made: Mapping[str, str] = {}
    short_guidelines: Mapping[str, str] = {}

    def role(self, identity: str) -> str:
        """The title of a role."""
        found = self.roles.get(identity)
        return found.title if found else identity

    def role_order(self, identity: str) -> int:
        """The place of a role in the order of choice; unknown roles come last."""
        found = self.roles.get(identity)
        return found.order if found else 1_000_000

    def thing(self, identity: str) -> str:
        """The name of an option, or the title of an alert."""
        return self.options.get(identity) or self.alerts.get(identity) or identity

    def things(self, identities: Iterable[str], most: int = 0) -> str:
        """Names joined by commas; past `most` (0: all) the others are counted."""
        names = [self.thing(identity) for identity in identities]
        return counted(names, most)

    def fact(self, name: str) -> str:
        """The label of a fact."""
        found = self.facts.get(name)
        return found.label if found else self.made.get(name, name.replace("_", " "))

    def not_said(self, names: Iterable[str], question: str) -> str:
        """The labels of facts that a question is about and does not name itself; none where it asks for a single one."""
        return counted(self.not_named(names, question))

    def not_named(self, names: Iterable[str], question: str) -> list[str]:
        """The labels of facts that a question is about and does not name itself; a whole list (allergies) needs no label beside it."""
        names = list(names)
        lists = {field.lower() for field in self.fields.values()}
        labels = self.labels(name for name in names if self.asked([name]) not in question) if len(names) > 1 else []
        return [] if len(labels) == 1 and labels[0] in lists else labels

    def recorded(self, name: str) -> bool:
        """Whether a fact was given, and does not follow from others."""
        return isinstance(self.facts.get(name), FactDeclaration)

    def asked(self, names: Iterable[str], most: int = 0) -> str:
        """Labels of facts to be asked, joined; past `most` (0: all) the others are counted."""
        return counted(self.labels(names), most)

    def labels(self, names: Iterable[str]) -> list[str]:
        """Labels of facts to be asked, each once; facts made from one list (medicines, allergies) are named by the list."""
        labels: dict[str, None] = {}
        for name in names:
            found = self.facts.get(name)
            listed = self.fields.get(found.field, "") if isinstance(found, FactDeclaration) and found.part_of else ""
            labels[listed.lower() or self.fact(name)] = None
        return list(labels)

    def belongings(self, names: Iterable[str]) -> list[str]:
        """What facts are asked with (warning signs, laboratory values), each once; a fact that belongs to nothing by its own label."""
        titles: dict[str, None] = {}
        for name in names:
            found = self.facts.get(name)
            title = self.fields.get(found.field, "") if isinstance(found, FactDeclaration) else ""
            titles[title.lower() or self.fact(name)] = None
        return list(titles)

    def guideline(self, identity: str, year: int) -> str:
        """A guideline in two words, `NICE 2020`: from the profile that follows it or from its id, in full where two would look alike."""
        return self.short_guidelines.get(identity) or (identity if str(year) in identity else f"{identity} {year}")

    def value(self, name: str, value: Value) -> str:
        """A fact of the patient in words: `eGFR 54 mL/min/1.73 m2`, `heart failure: yes`."""
        label = self.fact(name)
        if isinstance(value, bool):
            return f"{label}: {'yes' if value else 'no'}"
        if value is None:
            return f"{label}: not known"
        declared = self.facts.get(name)
        if isinstance(value, int | float):
            return f"{label} {value:g} {declared.unit if declared else ''}".rstrip()
        shown = declared.values.get(value) if declared else self.diagnoses.get(value)
        return f"{label}: {shown or value}"


def wording(knowledge: Knowledge) -> Wording:
    """The wording of a knowledge base."""
    return Wording(
        roles={identity: Role(role.title, role.order) for identity, role in knowledge.roles.items()},
        alerts={identity: flag.title for identity, flag in knowledge.red_flags.items()},
        options={identity: option.name for identity, option in knowledge.options.items()},
        fields={identity: field.title for identity, field in knowledge.fields.items()},
        facts={**knowledge.facts, **knowledge.derived},
        stages={identity: (stage.title, stage.opens) for identity, stage in knowledge.stages.items()},
        profiles={identity: profile.title for identity, profile in knowledge.profiles.items()},
        guidelines={identity: guideline.title for identity, guideline in knowledge.guidelines.items()},
        diagnoses={identity: diagnosis.name for identity, diagnosis in knowledge.diagnoses.items()},
        made=_made(knowledge),
        short_guidelines=short_guidelines(knowledge.guidelines, knowledge.profiles),
    )


def short_guidelines(guidelines: Mapping[str, Guideline], profiles: Mapping[str, Profile]) -> dict[str, str]:
    """Each guideline in two words, the name of its body and the year; those that would look alike are left out."""
    short: dict[str, str] = {}
    for identity, guideline in guidelines.items():
        followed = profiles.get(identity)
        start = identity.split("-")[0]
        word = followed.title.split()[0] if followed else start.upper() if len(start) <= _ACRONYM else start.title()
        short[identity] = f"{word} {guideline.year}"
    names = list(short.values())
    return {identity: name for identity, name in short.items() if names.count(name) == 1}


def _made(knowledge: Knowledge) -> dict[str, str]:
    """Labels of the facts that are made from classes, options and alerts and so have none of their own."""
    labels: dict[str, str] = {}
    for identity, group in knowledge.classes.items():
        labels[fact_name("takes", identity)] = f"takes any of {group.name}"
        labels[fact_name("contraindicated", identity)] = f"{group.name} ruled out"
    for identity, option in knowledge.options.items():
        labels[fact_name("contraindicated", identity)] = f"{option.name} ruled out"
    for identity, flag in knowledge.red_flags.items():
        labels[fact_name("alert", identity)] = flag.title
    return labels


class Cited:
    """Collects the sources that a text cites, for the list at its end."""

    def __init__(self, located: bool = True) -> None:
        """`located` names the place inside each source as well."""
        self._located = located
        self._sources: dict[str, Source] = {}

    def short(self, sources: Iterable[Source], verified: bool = True) -> str:
        """The sources in brackets with place and year, and a mark where not verified: `[S59 section 4.3, 2015; unverified]`."""
        parts = []
        for source in sources:
            if source.id == UNVERIFIED:
                verified = False
                continue
            self._sources.setdefault(source.id, source)
            named = f"{source.id} {source.locator}".strip() if self._located else source.id
            parts.append(f"{named}{', ' if self._located else ' '}{source.year}" if source.year else named)
        if not verified:
            parts.append("unverified")
        return f"[{'; '.join(parts)}]" if parts else ""

    def reason(self, reason: Reason) -> list[Span]:
        """The sentence with its sources."""
        return [Span(reason.text), *self.tail(reason.sources, reason.verified)]

    def tail(self, sources: Iterable[Source], verified: bool = True) -> list[Span]:
        """The sources in brackets as a quiet span after a text, or nothing."""
        short = self.short(sources, verified)
        return [Span(f" {short}", "quiet")] if short else []

    def position(self, line: PositionLine) -> str:
        """A guideline with year, strength and source, without its position."""
        self._sources.setdefault(line.source.id, line.source)
        year = "" if str(line.year) in line.guideline else f" {line.year}"
        strength = f" ({line.strength})" if line.strength else ""
        return f"{line.guideline}{year}{strength}{'' if line.verified else ' [unverified]'}"

    def all(self) -> tuple[Source, ...]:
        """Every source cited so far, by id."""
        return tuple(self._sources[identity] for identity in sorted(self._sources) if identity != UNVERIFIED)


def counted(names: list[str], most: int = 0) -> str:
    """Names in a row, with semicolons where a name has a comma of its own; past `most` (0: all) the others are counted."""
    mark = "; " if any("," in name for name in names) else ", "
    if most and len(names) > most + 1:
        return f"{mark.join(names[:most])} and {len(names) - most} more"
    return mark.join(names)


def number_of(count: int, one: str, many: str = "") -> str:
    """A count with its noun: `1 problem`, `2 problems`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
