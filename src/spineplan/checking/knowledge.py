"""Documents to Knowledge: every name resolved, every expression parsed and typed, every statement with its sources; or every problem.

The one way in is `check_knowledge`. Order of files and keys has no influence on what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from spineplan.checking.completeness import completeness_problems
from spineplan.checking.language import Symbol, check_expression
from spineplan.checking.vocabulary import (
    EVERYWHERE_EXCEPT,
    automatic_facts,
    boolean_symbols,
    class_members,
    declared,
    fact_symbol,
    is_medicinal,
    symbol_of,
)
from spineplan.loading.folders import LoadedKnowledge
from spineplan.loading.schema import (
    CodesForm,
    CompanionForm,
    DerivedForm,
    InheritableForm,
    LineForm,
    MonitoringForm,
    OptionForm,
    RegimenForm,
    RuleForm,
    SelectorForm,
    SourceAt,
    TermEffectForm,
)
from spineplan.loading.yaml_files import Document, PathKey
from spineplan.model.expressions import FALSE, TRUE, Band, Bands, Expression, Literal, Ref, ValueType, disjunction
from spineplan.model.facts import Codes, Constraint, DerivedFact, FactDeclaration, Field, SourceRef, Term, TermEffect
from spineplan.model.knowledge import (
    PLAN_STAGES,
    Companion,
    Diagnosis,
    Disagreement,
    Guideline,
    Hazard,
    Interaction,
    Knowledge,
    LimitBand,
    LineBand,
    Load,
    Manifest,
    Medicine,
    Monitoring,
    Option,
    OptionClass,
    Position,
    Profile,
    Quantity,
    RedFlag,
    Regimen,
    Role,
    Rule,
    Selector,
    Source,
    Stage,
    Trial,
    Unmet,
    fact_name,
)
from spineplan.model.problems import InputError, Place, Problem, did_you_mean

UNVERIFIED = "UNVERIFIED"
_QUANTITY = re.compile(r"^\s*(?P<low>\d+(?:\.\d+)?)(?:\s*-\s*(?P<high>\d+(?:\.\d+)?))?\s*(?P<unit>\D.*)?$")


class At(NamedTuple):
    """A place to report: a document and a path inside it."""

    document: Document
    path: PathKey

    def into(self, *steps: str | int) -> At:
        """A place further inside."""
        return At(self.document, (*self.path, *steps))

    @property
    def place(self) -> Place:
        """The place for a problem."""
        return self.document.place(self.path)


def check_knowledge(loaded: LoadedKnowledge) -> Knowledge:
    """Checked Knowledge from loaded documents. Raises InputError with every problem of form and meaning."""
    builder = _Builder(loaded)
    knowledge = builder.build()
    problems = [*loaded.problems, *builder.problems]
    if not problems:
        problems = completeness_problems(knowledge, builder.place_of)
    if problems:
        raise InputError(problems)
    return knowledge


class _Builder:
    """Gathers the sections of all files, then builds each collection; problems are noted and building goes on."""

    def __init__(self, loaded: LoadedKnowledge) -> None:
        self.loaded = loaded
        self.problems: list[Problem] = []
        self.sections: dict[str, dict[str, tuple[At, Any]]] = {}
        self.columns: dict[str, tuple[At, Any]] = {}
        self.rows: list[tuple[At, str, str, Any]] = []
        self._gather()
        self.options: dict[str, OptionForm] = self._forms("options")
        self.classes = self._forms("classes")
        self.medicines = self._forms("medicines")
        self.members = class_members(self.classes, self.options, self.medicines)
        self.input_facts = self._input_facts()
        self.plain, self.full = self._symbols()

    def note(self, at: At, what: str, suggestion: str = "") -> None:
        self.problems.append(Problem(at.place, what, suggestion))

    def place_of(self, section: str, identity: str) -> Place:
        """Where an entry stands."""
        entry = self.sections.get(section, {}).get(identity)
        return entry[0].place if entry else Place("knowledge")

    def _gather(self) -> None:
        names = [name for name in type(self.loaded.files[0].form).model_fields if name != "matrix"] if self.loaded.files else []
        self.sections = {name: {} for name in names}
        for document, form in self.loaded.files:
            for name in names:
                for key, entry in getattr(form, name).items():
                    at = At(document, (name, key))
                    if key in self.sections[name]:
                        first = self.sections[name][key][0].place
                        self.note(
                            at, f"`{key}` is already in {name}", f"It stands at {first}. One clinical question has one place."
                        )
                        continue
                    self.sections[name][key] = (at, entry)
            for key, column in form.matrix.columns.items():
                self.columns[key] = (At(document, ("matrix", "columns", key)), column)
            for row, cells in form.matrix.rows.items():
                self.rows.extend((At(document, ("matrix", "rows", row, key)), row, key, cell) for key, cell in cells.items())
        for name in self.sections:
            self.sections[name] = dict(sorted(self.sections[name].items()))
        self.rows.sort(key=lambda row: (row[1], row[2]))

    def _forms(self, section: str) -> dict[str, Any]:
        return {key: form for key, (_, form) in self.sections.get(section, {}).items()}

    def entries(self, section: str) -> Iterable[tuple[str, At, Any]]:
        """The entries of a section by key."""
        for key, (at, form) in self.sections.get(section, {}).items():
            yield key, at, form

    # --- names ---------------------------------------------------------------------------------------------------------

    def _input_facts(self) -> dict[str, FactDeclaration]:
        facts = {key: declared(key, form) for key, _, form in self.entries("facts")}
        made = automatic_facts(self.options, self.medicines, self.classes, self.members, self._forms("diagnoses"))
        for name in sorted(set(facts) & set(made)):
            at = self.sections["facts"][name][0]
            self.note(at, f"`{name}` is made from `{made[name].part_of}`", "Do not declare it.")
        for key, at, form in self.entries("facts"):
            if form.type == "number" and (not form.range or not form.step or form.range[0] >= form.range[1]):
                self.note(at, f"the number `{key}` needs a `range` (low, high) and a `step`", "Give the plausible range.")
            if form.type == "category" and not form.values:
                self.note(at, f"the category `{key}` needs `values`", "Give each value with its label.")
            if form.field not in self.sections.get("fields", {}):
                self.note(at, f"`{form.field}` is not a field", did_you_mean(form.field, self.sections.get("fields", {})))
        return dict(sorted({**facts, **made}.items()))

    def _symbols(self) -> tuple[dict[str, Symbol], dict[str, Symbol]]:
        plain = {name: symbol_of(declaration) for name, declaration in self.input_facts.items()}
        plain |= {key: fact_symbol(form) for key, _, form in self.entries("facts")}
        for key, at, form in self.entries("derived"):
            if key in plain:
                self.note(at, f"`{key}` is a fact already", "Choose another name.")
            low, high = form.range or (-1e12, 1e12)
            plain[key] = Symbol(form.type, low, high, form.step or 0.0, tuple(form.values), form.unit)
        plain |= boolean_symbols(fact_name("alert", key) for key in self._forms("red_flags"))
        medicinal = [key for key in self.classes if is_medicinal(key, self.classes, self.members, self.options, self.medicines)]
        plain |= boolean_symbols(fact_name("takes", key) for key in medicinal)
        diagnoses = tuple(sorted(self._forms("diagnoses"))) or ("none",)
        plain["working_diagnosis"] = Symbol("category", values=diagnoses)
        full = plain | boolean_symbols(fact_name("contraindicated", key) for key in (*self.classes, *self.options))
        return plain, full

    def explain_name(self, name: str) -> str:
        """A special suggestion for names that exist elsewhere."""
        if name in self.full:
            return "It depends on the contraindications themselves and may not stand inside one."
        return ""

    # --- small parts ---------------------------------------------------------------------------------------------------

    def expression(self, at: At, text: str, expected: ValueType = "boolean", outcome_names: bool = False) -> Expression:
        """A typed expression; problems are noted and a harmless constant stands in."""
        symbols = self.full if outcome_names else self.plain
        expression, findings = check_expression(text, expected, symbols, self.explain_name)
        for finding in findings:
            self.note(at, finding.what, finding.suggestion)
        if expression is not None:
            return expression
        return {"boolean": FALSE, "number": Literal(0.0), "category": Literal("")}[expected]

    def sources(self, at: At, listed: Iterable[str | SourceAt] | None) -> tuple[SourceRef, ...]:
        """Source references; unknown sources are noted."""
        known = self.sections.get("sources", {})
        result = set()
        for item in listed or ():
            reference = SourceRef(item) if isinstance(item, str) else SourceRef(item.id, item.at)
            if reference.id not in known:
                self.note(
                    at.into("source"),
                    f"`{reference.id}` is not a source",
                    did_you_mean(reference.id, known) or "Add it under sources/.",
                )
            result.add(reference)
        return tuple(sorted(result))

    def verified(self, form: Any) -> bool:
        """False when the form says so, or when nothing but unconfirmed knowledge stands behind it."""
        names = {item if isinstance(item, str) else item.id for item in form.source}
        return bool(form.verified) and UNVERIFIED not in names

    def rule(self, owner: str, section: str, key: str, at: At, form: RuleForm, outcome_names: bool = False) -> Rule:
        """One rule."""
        if section == "temporary" and not form.until:
            self.note(at, "a temporary bar needs `until`", "Say when it is over, for example `until: the fever has gone`.")
        return Rule(
            id=f"{owner}.{section}.{key}",
            when=self.expression(at.into("when"), form.when, outcome_names=outcome_names),
            why=form.why,
            sources=self.sources(at, form.source),
            verified=self.verified(form),
            until=form.until,
            do=form.do,
        )

    def rules(
        self, owner: str, section: str, at: At, forms: dict[str, RuleForm], outcome_names: bool = False
    ) -> tuple[Rule, ...]:
        """The rules of one section, by key."""
        return tuple(
            self.rule(owner, section, key, at.into(section, key), form, outcome_names) for key, form in sorted(forms.items())
        )

    def companions(self, owner: str, at: At, forms: dict[str, CompanionForm]) -> tuple[Companion, ...]:
        """Required co-prescriptions."""
        result = []
        for key, form in sorted(forms.items()):
            here = at.into("companions", key)
            for identity in form.any_of:
                self.known(here.into("any_of"), identity, self.options, "an option")
            rule = self.rule(owner, "companions", key, here, form)
            satisfied = self.expression(here.into("satisfied_by"), form.satisfied_by)
            result.append(Companion(rule, tuple(sorted(set(form.any_of))), satisfied))
        return tuple(result)

    def monitoring(self, owner: str, at: At, forms: dict[str, MonitoringForm]) -> tuple[Monitoring, ...]:
        """What to watch."""
        return tuple(
            Monitoring(
                id=f"{owner}.monitoring.{key}",
                when=self.expression(at.into("monitoring", key, "when"), form.when),
                what=form.what,
                sources=self.sources(at.into("monitoring", key), form.source),
                verified=self.verified(form),
            )
            for key, form in sorted(forms.items())
        )

    def known(self, at: At, name: str, names: Iterable[str], what: str) -> bool:
        """Note a name that does not exist."""
        pool = list(names)
        if name in pool:
            return True
        self.note(at, f"`{name}` is not {what}", did_you_mean(name, pool))
        return False

    def quantity(self, at: At, text: str) -> Quantity | None:
        """`200-400 mg` as a Quantity."""
        if not text:
            return None
        match = _QUANTITY.match(text)
        if not match or not match["unit"]:
            self.note(at, f"`{text}` is not an amount with a unit", "Write for example `200-400 mg`.")
            return None
        low = float(match["low"])
        return Quantity(low, float(match["high"] or low), match["unit"].strip())

    @staticmethod
    def codes(form: CodesForm, atc: Iterable[str] = ()) -> Codes:
        """Codes of an entry."""
        return Codes(
            icd10=tuple(sorted(form.icd10)),
            snomed=tuple(sorted(form.snomed)),
            loinc=tuple(sorted(form.loinc)),
            rxnorm=tuple(sorted(form.rxnorm)),
            atc=tuple(sorted({*form.atc, *atc})),
        )

    def selector(self, at: At, form: SelectorForm) -> Selector:
        """The options of a selector, resolved."""
        chosen: set[str] = set(self.options) if form.all else set()
        for role in form.roles:
            self.known(at, role, self.sections.get("roles", {}), "a role")
        chosen |= {key for key, option in self.options.items() if option.kind in form.kinds or option.role in form.roles}
        chosen |= self.expand(at, [*form.classes, *form.options])
        return Selector(frozenset(chosen - self.expand(at.into("except"), form.except_)))

    def expand(self, at: At, names: Iterable[str]) -> set[str]:
        """Option ids for options and classes."""
        found: set[str] = set()
        for name in names:
            if self.known(at, name, [*self.options, *self.classes], "an option or class"):
                found |= set(self.members.get(name, (name,)))
        return found & set(self.options)

    # --- collections ---------------------------------------------------------------------------------------------------

    def each(self, section: str, make: Callable[[str, At, Any], Any]) -> dict[str, Any]:
        """Build a collection from a section."""
        return {key: make(key, at, form) for key, at, form in self.entries(section)}

    def build(self) -> Knowledge:
        """The whole Knowledge (with stand-ins where problems were noted)."""
        matrix = self.matrix()
        manifest = self.loaded.manifest
        return Knowledge(
            manifest=Manifest(
                name=manifest.name if manifest else "",
                version=manifest.version if manifest else "",
                released=str(manifest.released) if manifest else "",
                default_profile=manifest.default_profile if manifest else "",
                intended_use=manifest.intended_use if manifest else "",
                limits=tuple(manifest.limits) if manifest else (),
            ),
            sha256=self.loaded.sha256,
            sources=self.each("sources", lambda key, _, form: Source(key, form.title, form.year, form.url, form.quality)),
            fields=self.each("fields", lambda key, _, form: Field(key, form.title, form.question, form.kind, form.order)),
            facts=self.facts(),
            derived=self.each("derived", self.derived),
            constraints=self.each(
                "constraints", lambda key, at, form: Constraint(key, self.expression(at, form.holds), form.why)
            ),
            terms=self.terms(),
            diagnoses=self.each("diagnoses", self.diagnosis),
            red_flags=self.each("red_flags", self.red_flag),
            classes=self.each("classes", lambda key, at, form: self.option_class(key, at, form, matrix)),
            medicines=self.each("medicines", self.medicine),
            options=self.each("options", lambda key, at, form: self.option(key, at, form, matrix)),
            interactions=self.each("interactions", self.interaction),
            guidelines=self.each("guidelines", self.guideline),
            positions=self.each("positions", self.position),
            disagreements=self.each("disagreements", self.disagreement),
            profiles=self.each("profiles", self.profile),
            roles=self.each("roles", self.role),
            stages=self.each("stages", lambda key, _, form: Stage(key, form.title, form.order, form.opens)),
            loads=self.each("loads", self.load),
            hazards=self.each("hazards", self.hazard),
        )

    def facts(self) -> dict[str, FactDeclaration]:
        """All input facts with their `applies` conditions."""
        result = dict(self.input_facts)
        for key, at, form in self.entries("facts"):
            if form.applies is not None:
                result[key] = msgspec.structs.replace(result[key], applies=self.expression(at.into("applies"), form.applies))
            if form.history:
                self.known(at.into("history"), form.history, self.input_facts, "a fact")
        return result

    def derived(self, key: str, at: At, form: DerivedForm) -> DerivedFact:
        """One derived fact."""
        if (form.expression is None) == (form.bands is None):
            self.note(at, "a derived fact has either `expression` or `bands`", "Write one of them.")
        if form.type == "category" and not form.values:
            self.note(at, f"the category `{key}` needs `values`", "Give each value with its label.")
        if form.type == "category" and form.bands is None:
            self.note(at, f"the derived category `{key}` needs `bands`", "Give each value with its condition.")
        if form.bands is not None:
            expression = self.bands(at.into("bands"), form)
        else:
            expression = self.expression(at.into("expression"), form.expression or "FALSE", form.type)
        low, high = form.range or (-1e12, 1e12)
        return DerivedFact(
            name=key,
            type=form.type,
            label=form.label,
            expression=expression,
            why=form.why,
            sources=self.sources(at, form.source),
            verified=self.verified(form),
            unit=form.unit,
            minimum=low,
            maximum=high,
            step=form.step or 0.0,
            values=dict(form.values),
        )

    def bands(self, at: At, form: DerivedForm) -> Expression:
        """Ordered bands."""
        bands: list[Band] = []
        forms = form.bands or []
        for index, band in enumerate(forms):
            here = at.into(index)
            last = index == len(forms) - 1
            if (band.when is None) != last:
                self.note(here, "every band but the last has `when`", "The last band is what holds otherwise.")
            when = TRUE if band.when is None else self.expression(here.into("when"), band.when)
            if form.type == "category":
                self.known(here.into("value"), band.value, form.values, "one of the values")
                value: Expression = Literal(band.value)
            else:
                value = self.expression(here.into("value"), band.value, form.type)
            bands.append(Band(when, value))
        return Bands(tuple(bands))

    def terms(self) -> dict[str, Term]:
        """Phrases, in lower case."""
        return {
            key.lower(): Term(
                phrase=key.lower(),
                field=form.field,
                effect=self.effect(at, form) or TermEffect(),
                dated=self.effect(at.into("dated"), form.dated),
                dated_recent=self.effect(at.into("dated_recent"), form.dated_recent),
                negated=self.effect(at.into("negated"), form.negated),
                within_days=form.within_days,
            )
            for key, at, form in self.entries("terms")
        }

    def effect(self, at: At, form: TermEffectForm | None) -> TermEffect | None:
        """What a phrase does."""
        if form is None:
            return None
        for name in (*form.set, *form.unknown):
            self.known(at, name, self.input_facts, "a fact that can be given")
        return TermEffect(
            {name: float(value) if type(value) is int else value for name, value in form.set.items()}, tuple(sorted(form.unknown))
        )

    def diagnosis(self, key: str, at: At, form: Any) -> Diagnosis:
        """One diagnosis."""
        return Diagnosis(
            id=key,
            name=form.name,
            synonyms=tuple(sorted(form.synonyms)),
            codes=self.codes(form.codes),
            priority=form.priority,
            course=form.course,
            imaging=form.imaging.advice if form.imaging else "",
            limit=form.limit,
            sources=self.sources(at, form.source),
        )

    def red_flag(self, key: str, at: At, form: Any) -> RedFlag:
        """One alert."""
        rule = Rule(
            f"{key}.alert",
            self.expression(at.into("when"), form.when),
            form.why,
            self.sources(at, form.source),
            self.verified(form),
        )
        return RedFlag(
            id=key,
            title=form.title,
            urgency=form.urgency,
            rule=rule,
            action=form.action,
            within=form.within,
            defers=self.selector(at.into("defers"), form.defers),
            withholds_while_unknown=self.selector(at.into("withholds_while_unknown"), form.withholds_while_unknown),
        )

    def matrix(self) -> dict[str, dict[str, list[Rule]]]:
        """The contraindication matrix as rules: owner -> section -> rules."""
        result: dict[str, dict[str, list[Rule]]] = {}
        for at, owner, key, cell in self.rows:
            if not self.known(at, owner, [*self.options, *self.classes], "an option or class") or key not in self.columns:
                if key not in self.columns:
                    self.note(at, f"`{key}` is not a column of the matrix", did_you_mean(key, self.columns))
                continue
            column_at, column = self.columns[key]
            condition = column.local if cell.level == "L" and column.local else column.when
            section = "cautions" if cell.level == "R" else ("temporary" if column.temporary else "contraindications")
            why = cell.why or column.why
            rule = Rule(
                id=f"{owner}.matrix.{key}",
                when=self.expression(column_at.into("when"), condition),
                why=f"{why[:1].upper()}{why[1:]}{'' if why.endswith('.') else '.'}",
                sources=self.sources(at, cell.source),
                verified=self.verified(cell),
                until=column.temporary if section == "temporary" else "",
            )
            result.setdefault(owner, {}).setdefault(section, []).append(rule)
        return result

    def inheritable(self, key: str, at: At, form: InheritableForm, matrix: dict[str, dict[str, list[Rule]]]) -> dict[str, Any]:
        """The parts that classes and options share."""
        extra = matrix.get(key, {})
        return {
            section: (*self.rules(key, section, at, getattr(form, section)), *extra.get(section, ()))
            for section in ("contraindications", "cautions", "temporary")
        } | {
            "companions": self.companions(key, at, form.companions),
            "monitoring": self.monitoring(key, at, form.monitoring),
        }

    def option_class(self, key: str, at: At, form: Any, matrix: dict[str, dict[str, list[Rule]]]) -> OptionClass:
        """One class."""
        for parent in form.parents:
            self.known(at.into("parents"), parent, self.classes, "a class")
        for member in form.members:
            self.known(at.into("members"), member, [*self.options, *self.medicines], "an option or medicine")
        for fact in form.must_consider:
            self.known(at.into("must_consider"), fact, self.plain, "a fact")
        return OptionClass(
            id=key,
            name=form.name,
            parents=tuple(sorted(form.parents)),
            members=self.members[key],
            atc=tuple(sorted(form.atc)),
            must_consider=tuple(sorted(form.must_consider)),
            synonyms=tuple(sorted(form.synonyms)),
            stopping=form.stopping,
            cross_allergy=form.cross_allergy,
            **self.inheritable(key, at, form, matrix),
        )

    def medicine(self, key: str, at: At, form: Any) -> Medicine:
        """One medicine."""
        if key in self.options:
            self.note(at, f"`{key}` is an option already", "Remove it here.")
        for name in form.classes:
            self.known(at.into("classes"), name, self.classes, "a class")
        for name in form.contains:
            self.known(at.into("contains"), name, [*self.options, *self.medicines], "an option or medicine")
        return Medicine(
            id=key,
            name=form.name,
            classes=tuple(sorted({*form.classes, *self.adopted(key)})),
            synonyms=tuple(sorted(form.synonyms)),
            codes=self.codes(form.codes, form.atc),
            contains=tuple(sorted(form.contains)),
            daily=form.daily,
            stopping=form.stopping,
        )

    def adopted(self, identity: str) -> list[str]:
        """The classes that name an entry among their members."""
        return [name for name, form in self.classes.items() if identity in form.members]

    def option(self, key: str, at: At, form: OptionForm, matrix: dict[str, dict[str, list[Rule]]]) -> Option:
        """One option."""
        self.known(at.into("role"), form.role, self.sections.get("roles", {}), "a role")
        for name in form.classes:
            self.known(at.into("classes"), name, self.classes, "a class")
        for name in form.loads:
            self.known(at.into("loads"), name, self.sections.get("loads", {}), "a load")
        everywhere = form.everywhere if form.everywhere is not None else not (form.needs or form.kind in EVERYWHERE_EXCEPT)
        trial = None
        if form.trial:
            trial = Trial(form.trial.days, self.sources(at.into("trial"), form.trial.source), self.verified(form.trial))
        return Option(
            id=key,
            name=form.name,
            kind=form.kind,
            role=form.role,
            classes=tuple(sorted({*form.classes, *self.adopted(key)})),
            stages=tuple(stage for stage in ("acute", "after-acute", "maintenance") if stage in form.stages),
            indications=self.rules(key, "indications", at, form.indications, outcome_names=True),
            regimens=self.regimens(key, at.into("regimens"), form.regimens),
            lines=self.lines(at.into("line"), form.line),
            burden=form.burden,
            exclusive=tuple(sorted(form.exclusive)),
            safe_fallback=form.safe_fallback,
            active_companion=form.active_companion,
            counts_as_active=form.counts_as_active,
            plan_ahead=form.plan_ahead,
            invasive=form.invasive,
            needs="" if everywhere else form.needs or key,
            everywhere=everywhere,
            loads=dict(sorted(form.loads.items())),
            daily=form.daily,
            trial=trial,
            aims=tuple(sorted(form.aims)),
            stopping=self.stopping(key, form),
            synonyms=tuple(sorted(form.synonyms)),
            codes=self.codes(form.codes, form.atc),
            advice=form.advice,
            note=form.note,
            file=at.document.file,
            **self.inheritable(key, at, form, matrix),
        )

    def stopping(self, key: str, form: OptionForm) -> str:
        """How a current one is stopped: its own word, or its classes'."""
        if form.stopping:
            return form.stopping
        inherited = [self.classes[name].stopping for name in self.classes if key in self.members[name]]
        return "taper" if "taper" in inherited else "stop"

    def lines(self, at: At, form: int | list[LineForm]) -> tuple[LineBand, ...]:
        """The line of therapy as bands."""
        if isinstance(form, int):
            return (LineBand(TRUE, form),)
        bands = []
        for index, band in enumerate(form):
            if (band.when is None) != (index == len(form) - 1):
                self.note(at.into(index), "every band but the last has `when`", "The last band is what holds otherwise.")
            when = TRUE if band.when is None else self.expression(at.into(index, "when"), band.when, outcome_names=True)
            bands.append(LineBand(when, band.line))
        return tuple(bands)

    def regimens(self, owner: str, at: At, forms: list[RegimenForm]) -> tuple[Regimen, ...]:
        """The regimen bands."""
        result = []
        for index, form in enumerate(forms):
            here = at.into(index)
            if form.when is None and index != len(forms) - 1:
                self.note(here, "a band without `when` hides the bands after it", "Give it `when`, or put it last.")
            maximum = self.expression(here.into("maximum"), form.maximum.expression, "number") if form.maximum else None
            result.append(
                Regimen(
                    id=f"{owner}.regimens.{index + 1}",
                    when=TRUE if form.when is None else self.expression(here.into("when"), form.when, outcome_names=True),
                    sources=self.sources(here, form.source),
                    verified=self.verified(form),
                    route=form.route,
                    form=form.form,
                    dose=self.quantity(here.into("dose"), form.dose),
                    per_day=form.per_day,
                    frequency=form.frequency,
                    max_daily=self.quantity(here.into("max_daily"), form.max_daily),
                    days=form.days,
                    what=form.what,
                    intensity=form.intensity,
                    minutes=form.minutes,
                    sessions=form.sessions,
                    interval=form.interval,
                    weeks=form.weeks,
                    note=form.note,
                    maximum=maximum,
                    maximum_unit=form.maximum.unit if form.maximum else "",
                )
            )
        return tuple(result)

    def interaction(self, key: str, at: At, form: Any) -> Interaction:
        """One interaction."""
        for name in form.between:
            self.known(at.into("between"), name, [*self.options, *self.classes, *self.medicines], "an option, class or medicine")
        return Interaction(
            id=key,
            left=form.between[0],
            right=form.between[1],
            level=form.level,
            when=self.expression(at.into("when"), form.when),
            why=form.why,
            do=form.do,
            sources=self.sources(at, form.source),
            verified=self.verified(form),
        )

    def guideline(self, key: str, at: At, form: Any) -> Guideline:
        """One guideline."""
        return Guideline(key, form.title, form.body, form.year, self.sources(at, form.source))

    def position(self, key: str, at: At, form: Any) -> Position:
        """One position of a guideline."""
        self.known(at.into("guideline"), form.guideline, self.sections.get("guidelines", {}), "a guideline")
        return Position(
            id=key,
            guideline=form.guideline,
            options=tuple(sorted(self.expand(at.into("options"), form.options))),
            when=self.expression(at.into("when"), form.when, outcome_names=True),
            position=form.position,
            strength=form.strength,
            sources=self.sources(at, form.source),
            verified=self.verified(form),
        )

    def disagreement(self, key: str, at: At, form: Any) -> Disagreement:
        """One disagreement."""
        options = tuple(sorted(self.expand(at.into("options"), form.options)))
        return Disagreement(key, form.practice, form.guideline, options, self.sources(at, form.source), self.verified(form))

    def profile(self, key: str, at: At, form: Any) -> Profile:
        """One profile."""
        for name in form.guidelines:
            self.known(at.into("guidelines"), name, self.sections.get("guidelines", {}), "a guideline")
        return Profile(key, form.title, form.description, tuple(sorted(form.guidelines)))

    def role(self, key: str, at: At, form: Any) -> Role:
        """One role."""
        unmet = None
        if form.unmet:
            condition = self.expression(at.into("unmet", "when"), form.unmet.when, outcome_names=True)
            unmet = Unmet(condition, form.unmet.why, form.unmet.next)
        stages = tuple(stage for stage in PLAN_STAGES if stage in form.stages)
        gate = self.expression(at.into("gate"), form.gate, outcome_names=True)
        step_up = self.expression(at.into("step_up"), form.step_up, outcome_names=True)
        return Role(key, form.title, form.order, form.capacity, stages, gate, form.gate_why, unmet, step_up)

    def load(self, key: str, at: At, form: Any) -> Load:
        """One load."""
        for name in form.current:
            self.known(at.into("current"), name, self.plain, "a number fact")
        bands = []
        for index, band in enumerate(form.limit):
            here = at.into("limit", index)
            if (band.when is None) != (index == len(form.limit) - 1):
                self.note(here, "every band but the last has `when`", "The last band is what holds otherwise.")
            bands.append(LimitBand(TRUE if band.when is None else self.expression(here.into("when"), band.when), band.value))
        return Load(
            key,
            form.title,
            form.unit,
            tuple(sorted(form.current)),
            tuple(bands),
            form.why,
            self.sources(at, form.source),
            self.verified(form),
        )

    def hazard(self, key: str, at: At, form: Any) -> Hazard:
        """One hazard."""
        return Hazard(
            id=key,
            title=form.title,
            never=self.expression(at.into("never"), form.never),
            options=tuple(sorted(self.expand(at.into("options"), form.options))),
            sources=self.sources(at, form.source),
            verified=self.verified(form),
        )


def takes_class(identity: str, members: Iterable[str], facts: dict[str, FactDeclaration], excluding: str = "") -> Expression:
    """Whether the patient takes any member of a class (or another medicine coded as one), optionally leaving one member out."""
    names = [fact_name("takes", member) for member in members if member != excluding]
    names.append(fact_name("takes_other", identity))
    return disjunction([Ref(name) for name in names if name in facts])
