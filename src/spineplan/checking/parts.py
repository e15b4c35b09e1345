"""What every part of the knowledge is built from: entries with their places, names, expressions, sources, rules, amounts.

`Parts` gathers the sections of all files and notes problems; `knowledge` builds the collections on top of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from spineplan.checking.language import Symbol, check_expression
from spineplan.checking.vocabulary import (
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
    MonitoringForm,
    OptionForm,
    RuleForm,
    SelectorForm,
    SourceAt,
)
from spineplan.loading.yaml_files import Document, PathKey
from spineplan.model.expressions import FALSE, Expression, Literal, ValueType
from spineplan.model.facts import Codes, FactDeclaration, SourceRef
from spineplan.model.knowledge import (
    Companion,
    Monitoring,
    Quantity,
    Rule,
    Selector,
    fact_name,
)
from spineplan.model.problems import Place, Problem, did_you_mean

UNVERIFIED = "UNVERIFIED"
_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
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


class Parts:
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
        """Note a problem; building goes on."""
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
        if not _KEY.fullmatch(key):
            self.note(at, f"`{key}` is not a rule key", "Use lower-case words joined by hyphens.")
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
