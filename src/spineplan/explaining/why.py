"""Why and why not: every rule that bears on one option, judged for this patient, with the determining ones marked."""

from __future__ import annotations

from spineplan.explaining.reasons import Account
from spineplan.model.explanation import Argument, FactLine, Verdict, Why
from spineplan.model.expressions import Ref
from spineplan.model.knowledge import Knowledge, Option, Rule, fact_name
from spineplan.model.plan import Element, Plan
from spineplan.model.problems import InputError, Place, Problem, did_you_mean

_SUMMARIES = {
    "ruled-out": "{name} is ruled out.",
    "not-indicated": "Nothing in this case calls for {name}.",
    "advised-against": "The chosen guideline profile advises against {name}.",
    "deferred": "{name} is deferred.",
    "needs-information": "{name} could be chosen, but something is not known yet.",
    "in-use": "The patient already takes {name}, and it stays.",
    "set-aside": "{name} is set aside.",
    "recommended": "{name} is recommended.",
    "alternative": "{name} would be safe and fits, but another was chosen.",
}


def build_why(account: Account, plan: Plan, asked: str) -> Why:
    """The arguments for and against an option. Raises InputError with suggestions when there is no such option."""
    option = find_option(account.knowledge, asked)
    element = next(element for element in plan.elements if element.id == option.id)
    rules = account.rules(option.id)
    for_: list[Argument] = []
    against: list[Argument] = []
    open_: list[Argument] = []
    for rule in option.indications:
        argument = _argument(account, rule, "indication", element)
        (for_ if argument.verdict == "holds" else open_ if argument.verdict == "not known" else against).append(argument)
    sections = (("contraindication", rules.contraindications), ("temporary", rules.temporary), ("caution", rules.cautions))
    for section, group in sections:
        for rule in group:
            argument = _argument(account, rule, section, element)
            if argument.verdict == "holds":
                against.append(argument)
            elif argument.verdict == "not known":
                open_.append(argument)
    against.extend(_withheld(account, option, element))
    known = {argument.rule for argument in (*for_, *against)}
    order = {reason.rule: number for number, reason in enumerate(element.because)}
    against.extend(_others(account, element, known))
    return Why(
        element=element,
        role=account.knowledge.roles[option.role].title,
        summary=_summary(account, element),
        arguments_for=tuple(for_),
        arguments_against=tuple(sorted(against, key=lambda argument: order.get(argument.rule, len(order)))),
        not_judged=tuple(open_),
    )


def find_option(knowledge: Knowledge, asked: str) -> Option:
    """The option with this id, name or synonym. Raises InputError when there is none."""
    wanted = asked.strip().lower()
    names: dict[str, str] = {}
    for option in knowledge.options.values():
        for word in (*option.synonyms, option.name, option.id, option.id.replace("-", " ")):
            names[word.lower()] = option.id
    if wanted in names:
        return knowledge.options[names[wanted]]
    hint = did_you_mean(wanted, names) or "`spineplan knowledge list` shows every option."
    raise InputError([Problem(Place("ELEMENT"), f"`{asked}` is not an option", hint)])


def _argument(account: Account, rule: Rule, section: str, element: Element) -> Argument:
    value = account.values.get(rule.id)
    verdict: Verdict = "not known" if value is None else ("holds" if value else "does not hold")
    determining = any(reason.rule == rule.id for reason in element.because)
    if verdict == "not known":
        names = _open_names(account, rule)
        facts = tuple(FactLine(name, account.prose.label(name), "not known") for name in names)
    else:
        facts = _fact_lines(account, rule)
    return Argument(
        rule=rule.id,
        section=section,
        text=rule.why,
        condition=account.prose.say(rule.when),
        verdict=verdict,
        determining=determining,
        facts=facts,
        sources=account.sources(rule.sources),
        verified=rule.verified,
        do=rule.do,
    )


def _open_names(account: Account, rule: Rule) -> list[str]:
    return list(account.unknowns.facts_in(account.unknowns.of(rule.id)))


def _fact_lines(account: Account, rule: Rule) -> tuple[FactLine, ...]:
    lines = []
    for name, value in account.facts_behind(Ref(rule.id)).items():
        origin = account.patient.origins.get(name)
        words = account.prose.value(name, value)
        if origin is not None:
            lines.append(
                FactLine(
                    name, account.prose.label(name), words, " ".join(filter(None, (origin.text, origin.reference))), origin.date
                )
            )
        elif name in account.knowledge.facts:
            lines.append(FactLine(name, account.prose.label(name), words, "assumed: the list it belongs to was given without it"))
        else:
            lines.append(FactLine(name, account.prose.label(name), words, "follows from other facts"))
    return tuple(lines)


def _withheld(account: Account, option: Option, element: Element) -> list[Argument]:
    """Red flags that hold the option back."""
    result = []
    for flag in account.knowledge.red_flags.values():
        rule = flag.rule
        if option.id in flag.defers.options and account.is_true(fact_name("alert", flag.id)):
            result.append(
                Argument(
                    rule=rule.id,
                    section="red flag",
                    text=f"Withheld until this is cleared: {flag.title}.",
                    condition=account.prose.say(rule.when),
                    verdict="holds",
                    determining=any(reason.rule == rule.id for reason in element.because),
                    facts=(),
                    sources=account.sources(rule.sources),
                    verified=rule.verified,
                )
            )
    return result


def _others(account: Account, element: Element, known: set[str]) -> list[Argument]:
    """Reasons of the plan that are not rules of the option: stage, choice, availability, failed trials."""
    if element.status in ("recommended", "in-use"):
        return []
    return [
        Argument(
            rule=reason.rule,
            section="choice",
            text=reason.text,
            condition="",
            verdict="holds",
            determining=True,
            facts=tuple(
                FactLine(name, account.prose.label(name), account.prose.value(name, value))
                for name, value in reason.facts.items()
            ),
            sources=reason.sources,
            verified=reason.verified,
        )
        for reason in element.because
        if reason.rule not in known
    ]


def _summary(account: Account, element: Element) -> str:
    text = _SUMMARIES[element.status].format(name=element.name)
    determining = element.because[0].text if element.because else ""
    chosen = account.knowledge.options[element.chosen].name if element.chosen else ""
    instead = f" Chosen instead: {chosen}." if chosen and chosen not in determining else ""
    return f"{text} {determining}{instead}".strip()
