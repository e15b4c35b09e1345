"""Documents to Knowledge: every name resolved, every expression parsed and typed, every statement with its sources; or every problem.

The one way in is `check_knowledge`. Order of files and keys has no influence on what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from spineplan.checking.completeness import completeness_problems
from spineplan.checking.options import OptionParts
from spineplan.checking.parts import At
from spineplan.loading.folders import LoadedKnowledge
from spineplan.loading.schema import (
    DerivedForm,
    TermEffectForm,
)
from spineplan.model.expressions import TRUE, Band, Bands, Expression, Literal
from spineplan.model.facts import Constraint, DerivedFact, FactDeclaration, Field, Term, TermEffect
from spineplan.model.knowledge import (
    PLAN_STAGES,
    Diagnosis,
    Disagreement,
    Guideline,
    Hazard,
    Interaction,
    Knowledge,
    LimitBand,
    Load,
    Manifest,
    Position,
    Profile,
    RedFlag,
    Role,
    Rule,
    Source,
    Stage,
    Unmet,
)
from spineplan.model.problems import InputError, Problem

_UNKNOWN_NAME = re.compile(r"`([^`]+)` is not (?:an?|one) ")


def check_knowledge(loaded: LoadedKnowledge) -> Knowledge:
    """Checked Knowledge from loaded documents. Raises InputError with every problem of form and meaning."""
    builder = _Builder(loaded)
    knowledge = builder.build()
    problems = [*loaded.problems, *(problem for problem in builder.problems if not _follows_from_form(problem, loaded))]
    if not problems:
        problems = completeness_problems(knowledge, builder.place_of)
    if problems:
        raise InputError(problems)
    return knowledge


def _follows_from_form(problem: Problem, loaded: LoadedKnowledge) -> bool:
    """Whether a name is unknown only because what declares it has the wrong form, which is a problem of its own already."""
    match = _UNKNOWN_NAME.match(problem.what)
    if not match:
        return False
    folded = match[1].replace("-", "_")
    return loaded.unread or any(entry.replace("-", "_") in folded for entry in loaded.broken)


class _Builder(OptionParts):
    """Builds every collection; problems are noted and building goes on."""

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
