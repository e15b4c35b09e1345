"""Options, classes and medicines, with the contraindication matrix turned into rules."""

from __future__ import annotations

from typing import Any

from spineplan.checking.parts import At, Parts
from spineplan.checking.vocabulary import (
    EVERYWHERE_EXCEPT,
)
from spineplan.loading.schema import (
    InheritableForm,
    LineForm,
    OptionForm,
    RegimenForm,
)
from spineplan.model.expressions import TRUE
from spineplan.model.knowledge import (
    LineBand,
    Medicine,
    Option,
    OptionClass,
    Regimen,
    Rule,
    Trial,
)
from spineplan.model.problems import did_you_mean


class OptionParts(Parts):
    """Builds whatever can be chosen or taken."""

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
            emergency=form.emergency,
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
