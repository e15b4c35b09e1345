"""The published plan of one patient, from an Account: elements with courses and reasons, alerts, questions, current treatment, follow-up."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import msgspec

from spineplan import __version__
from spineplan.evaluating.reference import evaluate
from spineplan.explaining.reasons import Account, because, companion_of
from spineplan.model.expressions import Ref
from spineplan.model.facts import PatientFacts
from spineplan.model.knowledge import Option, PlanStage, Regimen, fact_name
from spineplan.model.outcome import Question
from spineplan.model.plan import (
    SCHEMA_VERSION,
    Alert,
    AssumptionLine,
    Course,
    CurrentTreatment,
    Element,
    FollowUp,
    KnowledgeVersion,
    MonitoringLine,
    PatientStrip,
    Plan,
    PositionLine,
    QuestionLine,
    Reason,
    RegimenLine,
    UnmetLine,
)

_TIMES = {1.0: "once a day", 2.0: "twice a day", 3.0: "three times a day", 4.0: "four times a day"}


def build_plan(account: Account) -> Plan:
    """The plan. Order: elements by role, then id; everything else by urgency or rank. The same inputs give the same plan."""
    knowledge, outcome, patient = account.knowledge, account.outcome, account.patient
    order = {key: role.order for key, role in knowledge.roles.items()}
    options = sorted(knowledge.options.values(), key=lambda option: (order[option.role], option.id))
    return Plan(
        spineplan=__version__,
        schema_version=SCHEMA_VERSION,
        knowledge=KnowledgeVersion(knowledge.manifest.version, knowledge.sha256),
        profile=account.profile,
        as_of=patient.as_of,
        case_sha256=case_hash(patient),
        provisional=outcome.provisional,
        intended_use=knowledge.manifest.intended_use,
        limits=_limits(account),
        patient=_strip(account),
        urgency=outcome.urgency,
        urgency_open=outcome.open_alerts,
        alerts=tuple(_alert(account, key) for key in outcome.alerts),
        elements=tuple(_element(account, option) for option in options),
        questions=tuple(_question(account, question) for question in outcome.questions),
        unmet=tuple(_unmet(account, key) for key in outcome.unmet),
        assumptions=tuple(AssumptionLine(item.fact, item.value, item.why) for item in sorted(patient.assumptions)),
        not_checked=tuple(sorted(patient.not_checked)),
        current_treatment=_current_treatment(account),
        follow_up=_follow_up(account),
    )


def case_hash(patient: PatientFacts) -> str:
    """A hash over the normalised case: what is known, doubtful, null, tried and taken, and the date; not the order it was written in."""
    content = {
        "as_of": patient.as_of,
        "values": dict(sorted(patient.values.items())),
        "doubtful": sorted(patient.doubtful),
        "null": sorted(patient.null),
        "not_checked": sorted(patient.not_checked),
        "medicines": sorted(msgspec.to_builtins(patient.medicines), key=str),
        "tried": sorted(msgspec.to_builtins(patient.tried), key=str),
        "allergies": patient.allergy_state,
        "goal": patient.goal,
    }
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def _limits(account: Account) -> tuple[str, ...]:
    """The product's limits, and those of this patient's diagnoses."""
    knowledge = account.knowledge
    own = [
        f"{diagnosis.name}: {diagnosis.limit}"
        for diagnosis in knowledge.diagnoses.values()
        if diagnosis.limit and account.values.get(fact_name("dx", diagnosis.id)) is True
    ]
    return (*own, *knowledge.manifest.limits)


def _strip(account: Account) -> PatientStrip:
    values, prose, patient = account.values, account.prose, account.patient

    def say(name: str) -> str:
        value = values.get(name)
        return "not recorded" if value is None else prose.value(name, value)

    pregnant = values.get("pregnant")
    sex = values.get("sex")
    fact = account.knowledge.facts.get("pregnant")
    inapplicable = fact is not None and fact.applies is not None and _applies(account, "pregnant") is False
    pregnancy = (
        "does not apply"
        if inapplicable
        else {True: "pregnant", False: "not pregnant", None: "not recorded"}[pregnant if pregnant is None else bool(pregnant)]
    )
    if pregnant is True and values.get("pregnancy_week") is not None:
        pregnancy = f"pregnant, week {values.get('pregnancy_week'):g}"
    kidney = say("egfr")
    origin = patient.origins.get("egfr")
    if origin is not None and origin.date and kidney != "not recorded":
        kidney = f"{kidney} ({origin.date})"
    allergies = sorted(
        prose.label(name) for name, value in patient.values.items() if name.startswith("allergic_to_") and value is True
    )
    diagnoses = [
        diagnosis.name
        for diagnosis in sorted(account.knowledge.diagnoses.values(), key=lambda item: (item.priority, item.id))
        if values.get(fact_name("dx", diagnosis.id)) is True
    ]
    return PatientStrip(
        age=say("age"),
        sex="not recorded" if sex is None else prose.value("sex", sex),
        weight=say("weight_kg"),
        pregnancy=pregnancy,
        kidney=kidney,
        allergies=", ".join(label.removeprefix("allergy to ") for label in allergies) or patient.allergy_state,
        allergy_state=patient.allergy_state,
        diagnosis=", ".join(diagnoses) or "not recorded",
        phase=say("phase"),
        pain=_of_maximum(account, "pain_nrs"),
        goal=patient.goal,
    )


def _of_maximum(account: Account, name: str) -> str:
    """A score with the top of its scale."""
    value, fact = account.value(name), account.knowledge.facts.get(name)
    return f"{value:g} of {fact.maximum:g}" if isinstance(value, float) and fact is not None else "not recorded"


def _applies(account: Account, name: str) -> object:
    applies = account.knowledge.facts[name].applies
    return None if applies is None else evaluate(applies, account.values)


def _alert(account: Account, key: str) -> Alert:
    flag = account.knowledge.red_flags[key]
    rule = flag.rule
    facts = account.facts_behind(Ref(fact_name("alert", key)))
    reason = Reason(rule.why, rule.id, facts, account.sources(rule.sources), rule.verified)
    return Alert(key, flag.title, flag.urgency, flag.action, flag.within, (reason,))


def _element(account: Account, option: Option) -> Element:
    outcome = account.outcome
    status = outcome.statuses[option.id]
    stages = outcome.courses.get(option.id, ())
    shown = status in ("recommended", "deferred", "alternative", "in-use", "needs-information")
    courses = tuple(_course(account, option, stage) for stage in stages) if shown else ()
    if status in ("alternative", "in-use"):
        courses = (_course(account, option, "now"),)
    rules = account.rules(option.id)
    chosen = _chosen_in_role(account, option)
    cautions = tuple(account.reason(rule) for rule in account.holding(rules.cautions)) if shown else ()
    reasons = because(account, option)
    first = chosen or _waiting_in_role(account, option)
    if status == "alternative" and first:
        reasons = (*reasons, _criterion(account, option, first))
    return Element(
        id=option.id,
        name=option.name,
        kind=option.kind,
        role=option.role,
        status=status,
        courses=courses,
        cautions=cautions,
        monitoring=_monitoring(account, option) if shown else (),
        because=reasons,
        positions=_positions(account, option),
        missing=account.missing(option.id),
        chosen=chosen if status in ("alternative", "set-aside") else "",
        companion_of=companion_of(account, option.id) if stages else (),
        aims=option.aims,
        advice=option.advice,
        note=option.note,
    )


def _chosen_in_role(account: Account, option: Option) -> str:
    """What was chosen now in place of an option: in its role the one of its exclusive group, else the last that found room."""
    options, outcome = account.knowledge.options, account.outcome
    chosen = [
        other
        for key, other in options.items()
        if other.role == option.role
        and key != option.id
        and ("now" in outcome.courses.get(key, ()) or outcome.statuses[key] == "in-use")
    ]
    rivals = [other for other in chosen if set(other.exclusive) & set(option.exclusive)]
    crowded = len(chosen) >= account.knowledge.roles[option.role].capacity
    candidates = rivals or (chosen if crowded else [])
    ranked = sorted(candidates, key=lambda other: (_line(account, other), other.burden, other.id))
    return ranked[-1].id if ranked else ""


def _waiting_in_role(account: Account, option: Option) -> str:
    """An option of the same role that would come first and waits for information."""
    options = account.knowledge.options
    waiting = [key for key in account.outcome.waiting if key != option.id and options[key].role == option.role]
    return (sorted(waiting) or [""])[0]


def _criterion(account: Account, option: Option, chosen_id: str) -> Reason:
    """By which criterion the chosen option came before this one."""
    chosen = account.knowledge.options[chosen_id]
    if account.outcome.statuses[chosen_id] == "needs-information":
        return Reason(f"{chosen.name} would come first and waits for information.", "choice.waiting")
    if account.outcome.statuses[chosen_id] == "in-use":
        return Reason(f"{chosen.name} is already taken and fills this role.", "choice.in-use")
    mine, theirs = _line(account, option), _line(account, chosen)
    if mine != theirs:
        return Reason(f"{chosen.name} was chosen: line {theirs} of therapy comes before line {mine}.", "choice.line")
    my_cautions = bool(account.holding(account.rules(option.id).cautions))
    their_cautions = bool(account.holding(account.rules(chosen_id).cautions))
    if my_cautions and not their_cautions:
        return Reason(f"{chosen.name} was chosen: no caution applies to it, and one applies here.", "choice.caution")
    if option.burden != chosen.burden:
        return Reason(
            f"{chosen.name} was chosen: it is the lighter burden ({chosen.burden} against {option.burden}).", "choice.burden"
        )
    return Reason(f"Either would do: {chosen.name} has the same rank.", "choice.equal")


def _line(account: Account, option: Option) -> int:
    for band in option.lines:
        if evaluate(band.when, account.values) is True:
            return band.line
    return option.lines[-1].line


def _monitoring(account: Account, option: Option) -> tuple[MonitoringLine, ...]:
    items = [item for item in account.rules(option.id).monitoring if account.values.get(item.id) is not False]
    return tuple(MonitoringLine(item.what, account.sources(item.sources), item.verified) for item in items)


def _positions(account: Account, option: Option) -> tuple[PositionLine, ...]:
    """One line for each guideline: what it says in this case, or that it is silent."""
    knowledge = account.knowledge
    lines: list[PositionLine] = []
    holding = [item for item in account.library.positions[option.id] if account.is_true(f"position.{item.id}")]
    for key, guideline in sorted(knowledge.guidelines.items()):
        found = [position for position in holding if position.guideline == key]
        for position in found:
            source = account.sources(position.sources)[0]
            lines.append(PositionLine(key, position.position, position.strength, guideline.year, source, position.verified))
        if not found:
            lines.append(PositionLine(key, "silent", "", guideline.year, account.sources(guideline.sources)[0]))
    return tuple(lines)


def _course(account: Account, option: Option, stage: PlanStage) -> Course:
    patient = account.patient
    index = account.outcome.regimens.get(option.id)
    regimen = option.regimens[index] if index is not None else None
    line = _regimen_line(account, option, regimen, index) if regimen is not None and index is not None else None
    if stage == "now":
        begins = patient.as_of
        days = regimen.days if regimen is not None else None
        until = (date.fromisoformat(patient.as_of) + timedelta(days=days)).isoformat() if days else "review"
    else:
        opened = account.knowledge.stages.get(stage)
        begins = opened.opens if opened else stage
        until = f"{regimen.days} days after it begins" if regimen is not None and regimen.days else "review"
    return Course(stage, line, begins, until)


def _regimen_line(account: Account, option: Option, regimen: Regimen, index: int) -> RegimenLine:
    frequency = regimen.frequency
    if not frequency and regimen.per_day is not None:
        frequency = _TIMES.get(regimen.per_day, f"{regimen.per_day:g} times a day")
    dose = str(regimen.dose) if regimen.dose else ""
    max_daily = str(regimen.max_daily) if regimen.max_daily else ""
    ceiling = account.values.get(f"{option.id}.maximum.{index + 1}") if regimen.maximum is not None else None
    maximum = f"{ceiling:g} {regimen.maximum_unit}" if isinstance(ceiling, float) else ""
    parts = [
        regimen.what,
        ", ".join(part for part in (_amount(regimen), regimen.route, frequency) if part),
        regimen.intensity,
        _counted(regimen.minutes, "minute"),
        _counted(regimen.sessions, "session"),
        "" if regimen.interval == frequency else regimen.interval,
        f"for {_counted(regimen.weeks, 'week')}" if regimen.weeks else "",
        f"at most {max_daily} a day" if max_daily else "",
        f"ceiling for this patient {maximum}" if maximum else "",
        f"for {_counted(str(regimen.days), 'day')}" if regimen.days else "",
    ]
    return RegimenLine(
        text="; ".join(part for part in parts if part),
        route=regimen.route,
        form=regimen.form,
        dose=dose,
        frequency=frequency,
        max_daily=max_daily,
        maximum=maximum,
        days=regimen.days,
        what=regimen.what,
        intensity=regimen.intensity,
        minutes=regimen.minutes,
        sessions=regimen.sessions,
        interval=regimen.interval,
        weeks=regimen.weeks,
        note=regimen.note,
        sources=account.sources(regimen.sources),
        verified=regimen.verified,
    )


def _amount(regimen: Regimen) -> str:
    """Dose and form, without saying the strength or the unit twice ("tablet 500 mg", "1 tablet (B1 15 mg)")."""
    if regimen.dose is None or str(regimen.dose) in regimen.form:
        return regimen.form
    number, unit = str(regimen.dose), regimen.dose.unit
    if regimen.form.split()[:1] in ([unit], [f"{unit}s"]):
        return f"{number.removesuffix(unit).strip()} {regimen.form}"
    return f"{number} {regimen.form}".strip()


def _counted(text: str, unit: str) -> str:
    """A number with its unit in the right form; a text that ends in words has its unit already."""
    if not text or not text[-1].isdigit():
        return text
    return f"{text} {unit}" if text == "1" else f"{text} {unit}s"


def _question(account: Account, question: Question) -> QuestionLine:
    field = account.knowledge.fields.get(question.field)
    if len(question.facts) == 1:
        text = account.knowledge.facts[question.facts[0]].question
    elif field is not None and field.kind == "list" and len(question.facts) > 6:
        text = field.question
    else:
        text = f"{field.question if field else question.field} ({account.labels(question.facts)})"
    return QuestionLine(question.field, question.facts, text, question.decides, question.rank)


def _unmet(account: Account, role_id: str) -> UnmetLine:
    unmet = account.knowledge.roles[role_id].unmet
    assert unmet is not None
    return UnmetLine(role_id, unmet.why, unmet.next)


def _current_treatment(account: Account) -> tuple[CurrentTreatment, ...]:
    """What to do with each medicine that the patient takes, by the status of the option it is."""
    lines: dict[str, CurrentTreatment] = {}
    for medicine in account.patient.medicines:
        for key in medicine.ids:
            entry = account.knowledge.options.get(key) or account.knowledge.medicines.get(key)
            if entry is None:
                continue
            stopping = entry.stopping or "stop"
            lines[key] = _treatment(account, key, entry.name, stopping)
    return tuple(lines[key] for key in sorted(lines))


def _treatment(account: Account, key: str, name: str, stopping: str) -> CurrentTreatment:
    status = account.outcome.statuses.get(key)
    if status is None:
        return CurrentTreatment(
            name,
            "continue",
            (Reason("It is not part of the plan for the back; other reasons for it are not judged.", "current"),),
        )
    reasons = (*_overdrawn(account, key), *because(account, account.knowledge.options[key]))
    if status in ("ruled-out", "advised-against", "set-aside"):
        return CurrentTreatment(name, stopping, reasons)
    if status == "not-indicated":
        text = f"The back pain does not call for {name}; continue only if another reason for it holds, and review it."
        return CurrentTreatment(name, "continue", (Reason(text, f"{key}.indicated", reasons[0].facts, reasons[0].sources),))
    if status == "deferred":
        return CurrentTreatment(name, "hold", reasons)
    return CurrentTreatment(name, "continue", reasons)


def _overdrawn(account: Account, key: str) -> tuple[Reason, ...]:
    """Budgets that the current medicines overdraw, for an option that draws on them."""
    result = []
    for name in account.knowledge.options[key].loads:
        load = account.knowledge.loads[name]
        current, limit = account.value(f"load.{name}.current"), account.value(f"load.{name}.limit")
        if isinstance(current, float) and isinstance(limit, float) and current > limit:
            text = f"Reduce it: {load.title} is {current:g} {load.unit} a day, above the limit of {limit:g}. {load.why}"
            facts = account.facts_behind(Ref(f"load.{name}.current"))
            result.append(Reason(text, f"load.{name}", facts, account.sources(load.sources), load.verified))
    return tuple(result)


def _follow_up(account: Account) -> tuple[FollowUp, ...]:
    """The chosen reviews, earliest first."""
    lines: list[tuple[int, FollowUp]] = []
    for option in account.knowledge.options.values():
        if option.kind != "monitoring" or "now" not in account.outcome.courses.get(option.id, ()):
            continue
        index = account.outcome.regimens.get(option.id)
        regimen = option.regimens[index] if index is not None else None
        if regimen is None:
            continue
        day = regimen.interval or (f"day {regimen.days}" if regimen.days else "")
        lines.append((regimen.days or 0, FollowUp(day, regimen.what, regimen.note, option.id)))
    return tuple(line for _, line in sorted(lines, key=lambda item: (item[0], item[1].element)))
