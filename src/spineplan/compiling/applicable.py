"""Which rules apply to an option: its own, its classes', allergy and intolerance, and interactions with current medicines.

Compiler and explanations read the same rules from here, so that what decides is what is shown.
"""

from __future__ import annotations

import msgspec

from spineplan.model.expressions import Expression, Ref, conjunction, disjunction
from spineplan.model.knowledge import Companion, Interaction, Knowledge, Monitoring, Option, OptionClass, Rule, fact_name


class ApplicableRules(msgspec.Struct, frozen=True):
    """All rules of one option, inherited ones included, each section sorted by rule id."""

    contraindications: tuple[Rule, ...]
    temporary: tuple[Rule, ...]
    cautions: tuple[Rule, ...]
    companions: tuple[Companion, ...]
    monitoring: tuple[Monitoring, ...]


def takes_any(knowledge: Knowledge, selector: str, excluding: str = "") -> Expression:
    """Whether the patient takes anything a selector stands for, optionally leaving one id out."""
    if not excluding and selector in knowledge.classes:
        return Ref(fact_name("takes", selector)) if class_is_taken(knowledge, selector) else disjunction([])
    members = [member for member in knowledge.selected(selector) if member != excluding]
    names = [fact_name("takes", member) for member in members]
    if selector in knowledge.classes:
        names.append(fact_name("takes_other", selector))
    return disjunction([Ref(name) for name in names if name in knowledge.facts])


def class_is_taken(knowledge: Knowledge, identity: str) -> bool:
    """Whether a class is about substances that a patient can take."""
    return fact_name("takes_other", identity) in knowledge.facts


def interaction_rules(knowledge: Knowledge, interaction: Interaction, option: str = "", selector: str = "") -> list[Rule]:
    """The rules that an interaction puts on an option (or on a whole class), because of what the patient already takes."""
    rules: dict[str, Rule] = {}
    for near, far in ((interaction.left, interaction.right), (interaction.right, interaction.left)):
        if option and option not in knowledge.selected(near):
            continue
        if selector and selector != near:
            continue
        shared = bool(option) and option in knowledge.selected(far)
        takes = takes_any(knowledge, far, excluding=option if shared else "")
        identity = f"{interaction.id}.with.{far}" + (f".for.{option}" if shared else "")
        condition = conjunction([takes, interaction.when])
        rules[identity] = Rule(identity, condition, interaction.why, interaction.sources, interaction.verified, do=interaction.do)
    return [rules[key] for key in sorted(rules)]


class RuleBook:
    """The applicable rules of every option of a knowledge base; each is gathered once."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self._rules: dict[str, ApplicableRules] = {}
        self._interactions: dict[str, list[Interaction]] = {}
        for interaction in knowledge.interactions.values():
            if interaction.level != "silent":
                members = dict.fromkeys((*knowledge.selected(interaction.left), *knowledge.selected(interaction.right)))
                for member in members:
                    self._interactions.setdefault(member, []).append(interaction)

    def rules(self, option_id: str) -> ApplicableRules:
        """Every rule that bears on an option."""
        if option_id not in self._rules:
            self._rules[option_id] = self._gather(option_id)
        return self._rules[option_id]

    def _gather(self, option_id: str) -> ApplicableRules:
        knowledge = self.knowledge
        owners: list[Option | OptionClass] = [knowledge.options[option_id], *knowledge.inherited(option_id)]
        barred = [rule for owner in owners for rule in owner.contraindications]
        barred.extend(personal_rules(knowledge, option_id))
        cautions = [rule for owner in owners for rule in owner.cautions]
        for interaction in self._interactions.get(option_id, ()):
            rules = interaction_rules(knowledge, interaction, option=option_id)
            (cautions if interaction.level == "caution" else barred).extend(rules)
        return ApplicableRules(
            contraindications=_by_id(barred),
            temporary=_by_id([rule for owner in owners for rule in owner.temporary]),
            cautions=_by_id(cautions),
            companions=tuple(sorted((item for owner in owners for item in owner.companions), key=lambda item: item.rule.id)),
            monitoring=tuple(sorted((item for owner in owners for item in owner.monitoring), key=lambda item: item.id)),
        )


def personal_rules(knowledge: Knowledge, option_id: str) -> list[Rule]:
    """Allergy to the option or one of its classes, and intolerance in an earlier trial."""
    option = knowledge.options[option_id]
    lineage = knowledge.lineage(option_id)
    related = {member for name in lineage if knowledge.classes[name].cross_allergy for member in knowledge.classes[name].members}
    names = sorted({fact_name("allergic_to", identity) for identity in (option_id, *lineage, *related)})
    allergies = [Ref(name) for name in names if name in knowledge.facts]
    rules = []
    if allergies:
        rules.append(
            Rule(
                f"{option_id}.allergy",
                disjunction(list(allergies)),
                f"The patient is allergic to {option.name} or its class.",
                (),
                True,
            )
        )
    intolerance = Ref(fact_name("not_tolerated", option_id))
    rules.append(Rule(f"{option_id}.intolerance", intolerance, f"{option.name} was not tolerated before.", (), True))
    return rules


def class_rules(knowledge: Knowledge, class_id: str) -> tuple[Rule, ...]:
    """The contraindications that hold for every member of a class: its own, its parents', its interactions, allergy to it."""
    owners: dict[str, None] = {}
    waiting = [class_id]
    while waiting:
        current = waiting.pop()
        if current not in owners:
            owners[current] = None
            waiting.extend(knowledge.classes[current].parents)
    rules = [rule for owner in owners for rule in knowledge.classes[owner].contraindications]
    for interaction in knowledge.interactions.values():
        if interaction.level in ("contraindicated", "avoid"):
            rules.extend(rule for owner in owners for rule in interaction_rules(knowledge, interaction, selector=owner))
    related = {
        member for owner in owners if knowledge.classes[owner].cross_allergy for member in knowledge.classes[owner].members
    }
    names = sorted({fact_name("allergic_to", identity) for identity in (*owners, *related)})
    allergies = [Ref(name) for name in names if name in knowledge.facts]
    if allergies:
        name = knowledge.classes[class_id].name
        rules.append(Rule(f"{class_id}.allergy", disjunction(list(allergies)), f"The patient is allergic to {name}.", (), True))
    return _by_id(rules)


def _by_id(rules: list[Rule]) -> tuple[Rule, ...]:
    unique = {rule.id: rule for rule in rules}
    return tuple(unique[key] for key in sorted(unique))
