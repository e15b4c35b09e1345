"""One function per use case: all that entry points may call.

Start with `open_engine`, read a patient with `read_patient`, then `make_plan`, `make_why` or `make_ask`. The knowledge commands have
their own functions. Bad input raises `InputError` with every problem. Nothing here reads a clock: the day is an argument.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from spineplan.evaluating.deciding import outcome_of
from spineplan.evaluating.prepared import Prepared, cache_key, load_prepared, prepare_program, store_prepared
from spineplan.explaining.planning import build_plan
from spineplan.explaining.reasons import Account, Library
from spineplan.explaining.why import build_why
from spineplan.loading.fingerprint import case_files, fingerprint
from spineplan.loading.yaml_files import parse, read_text
from spineplan.model.explanation import Ask, CaseResult, CheckReport, ListedOption, Shown, TestReport, Why
from spineplan.model.facts import PatientFacts
from spineplan.model.knowledge import Knowledge
from spineplan.model.outcome import Outcome
from spineplan.model.plan import Plan
from spineplan.model.problems import InputError, Place, Problem, did_you_mean

if TYPE_CHECKING:
    from spineplan.evaluating.compiled import CompiledProgram

KNOWLEDGE_VARIABLE = "SPINEPLAN_KNOWLEDGE"


class Engine:
    """A knowledge base ready for one profile. Make it with `open_engine`; it may be used for any number of patients."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self._explaining: CompiledProgram = prepared.explaining()
        self._deciding: CompiledProgram | None = None
        self._library = Library(prepared.knowledge)

    @property
    def knowledge(self) -> Knowledge:
        """The checked knowledge."""
        return self.prepared.knowledge

    @property
    def profile(self) -> str:
        """The id of the profile."""
        return self.prepared.profile

    def decide(self, patient: PatientFacts) -> Outcome:
        """The whole outcome of a patient, before it is explained and written: the fast way."""
        if self._deciding is None:
            self._deciding = self.prepared.deciding()
        values = self._deciding.values(patient.values, patient.doubtful)
        return outcome_of(self.prepared.directory, values, patient)

    def account(self, patient: PatientFacts) -> Account:
        """What explanations are made from: every value of the Program, and the outcome."""
        values = self._explaining.values(patient.values, patient.doubtful)
        outcome = outcome_of(self.prepared.directory, values, patient)
        return Account(self._library, self.prepared.directory, patient, values, outcome, self.profile)


def knowledge_folder(folder: Path | None = None) -> Path:
    """The knowledge folder to use: the one named, that of the environment, or the one that came with the program."""
    if folder is not None:
        return folder
    if os.environ.get(KNOWLEDGE_VARIABLE):
        return Path(os.environ[KNOWLEDGE_VARIABLE])
    installed = Path(__file__).resolve().parent / "_knowledge"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[2] / "knowledge"


def open_engine(folder: Path | None = None, profile: str | None = None, cache: Path | None = None) -> Engine:
    """An Engine from a knowledge folder, out of the cache where that is sound. Raises InputError when the knowledge or the profile is not."""
    source = knowledge_folder(folder)
    if not source.is_dir():
        raise InputError(
            [Problem(Place(str(source)), "there is no such knowledge folder", "Name a folder with a manifest.yaml.")]
        )
    kept = cache or _cache_folder()
    key = cache_key(fingerprint(source), profile or "")
    prepared = load_prepared(kept, key)
    if prepared is None:
        prepared = prepare(source, profile)
        store_prepared(kept, key, prepared)
    return Engine(prepared)


def _cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("spineplan", appauthor=False)


def prepare(folder: Path, profile: str | None = None) -> Prepared:
    """Check and compile a knowledge folder, without the cache. Raises InputError with every problem."""
    from spineplan.checking.knowledge import check_knowledge
    from spineplan.loading.folders import load_folder

    return prepare_knowledge(check_knowledge(load_folder(folder)), profile)


def prepare_knowledge(knowledge: Knowledge, profile: str | None = None) -> Prepared:
    """Compile checked knowledge for a profile. Raises InputError when there is no such profile."""
    from spineplan.compiling.program import compile_program

    chosen = profile or knowledge.manifest.default_profile
    if chosen not in knowledge.profiles:
        hint = did_you_mean(chosen, knowledge.profiles) or f"Profiles: {', '.join(sorted(knowledge.profiles))}."
        raise InputError([Problem(Place("--profile"), f"`{chosen}` is not a profile", hint)])
    return prepare_program(knowledge, compile_program(knowledge, chosen))


def read_patient(engine: Engine, name: str, text: str, today: str) -> PatientFacts:
    """A patient from the text of a case file (YAML or JSON) or a FHIR R4 Bundle. `today` (ISO) stands in where the input has no date."""
    if text.lstrip()[:1] in ("{", "["):
        bundle = _bundle(name, text)
        if bundle is not None:
            from spineplan.records.fhir import read_bundle

            return read_bundle(name, bundle, engine.knowledge, today)
    from spineplan.records.case_file import read_case

    return read_case(name, text, engine.knowledge, today)


def _bundle(name: str, text: str) -> object | None:
    """The JSON of a FHIR resource, or None when the text is not one."""
    try:
        data = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        if '"resourceType"' not in text[:5000] and not name.endswith(".json"):
            return None
        return _explain_json(name, text)
    return data if isinstance(data, dict) and "resourceType" in data else None


def _explain_json(name: str, text: str) -> object:
    import json

    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        problem = Problem(Place(name, error.lineno), f"this is not valid JSON: {error.msg}", "Export the Bundle again.")
        raise InputError([problem]) from None
    except ValueError as error:
        raise InputError(
            [Problem(Place(name), f"a value in the JSON cannot be read: {error}", "Export the Bundle again.")]
        ) from None
    except RecursionError:
        raise InputError([Problem(Place(name), "the JSON is nested too deeply", "Export the Bundle again.")]) from None


def make_plan(engine: Engine, patient: PatientFacts) -> Plan:
    """The individual plan."""
    return build_plan(engine.account(patient))


def make_why(engine: Engine, patient: PatientFacts, element: str) -> Why:
    """For and against one option. Raises InputError when there is no such option."""
    account = engine.account(patient)
    return build_why(account, build_plan(account), element)


def make_ask(engine: Engine, patient: PatientFacts) -> Ask:
    """The questions that matter, in order."""
    plan = make_plan(engine, patient)
    return Ask(plan.provisional, plan.urgency_open, plan.questions)


def plan_schema() -> dict[str, Any]:
    """The JSON Schema of the plan."""
    schema = msgspec.json.schema(Plan)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Spineplan plan", **schema}


def encode(value: Any) -> bytes:
    """Canonical JSON of any published value: sorted keys in mappings, two spaces, a newline at the end."""
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2) + b"\n"


def check_folder(folder: Path | None = None) -> CheckReport:
    """Check a knowledge folder: every problem, or counts, with the unverified statements by section."""
    from spineplan.checking.counting import counts_of
    from spineplan.checking.knowledge import check_knowledge
    from spineplan.compiling.program import compile_program
    from spineplan.loading.folders import load_folder

    try:
        knowledge = check_knowledge(load_folder(knowledge_folder(folder)))
        compile_program(knowledge, knowledge.manifest.default_profile)
    except InputError as error:
        return CheckReport(error.problems, {}, {})
    counts, unverified = counts_of(knowledge)
    return CheckReport((), counts, unverified, knowledge.manifest.version, knowledge.sha256)


def run_cases(folder: Path | None = None, progress: Callable[[int, int], None] | None = None) -> TestReport:
    """Run every named patient of a knowledge folder. Raises InputError when a case file has the wrong form."""
    from spineplan.proving.named_patients import named_patients, unmet_expectations
    from spineplan.records.case_file import read_case_data

    source = knowledge_folder(folder)
    patients, problems = [], []
    for path in case_files(source):
        text, found = read_text(path)
        document, more = parse(path.relative_to(source).as_posix(), text) if not found else (None, [])
        problems += [*found, *more]
        if document is not None:
            cases, bad = named_patients(document)
            patients += cases
            problems += bad
    if problems:
        raise InputError(problems)
    engines: dict[str | None, Engine] = {}
    results = []
    for number, named in enumerate(patients, start=1):
        if named.profile not in engines:
            engines[named.profile] = open_engine(folder, named.profile)
        engine = engines[named.profile]
        try:
            facts = read_case_data(named.case_document(), engine.knowledge)
            account = engine.account(facts)
            failures = unmet_expectations(named.expect, build_plan(account), account)
        except InputError as error:
            failures = [str(problem) for problem in error.problems]
        results.append(CaseResult(named.name, named.document.file, named.line, tuple(failures)))
        if progress is not None:
            progress(number, len(patients))
    return TestReport(tuple(results))


def list_options(engine: Engine) -> tuple[ListedOption, ...]:
    """Every option: id, name, kind, role, synonyms, codes."""
    return tuple(
        ListedOption(
            option.id,
            option.name,
            option.kind,
            option.role,
            option.synonyms,
            {system: codes for system, codes in msgspec.to_builtins(option.codes).items() if codes},
        )
        for _, option in sorted(engine.knowledge.options.items())
    )


def show_entry(engine: Engine, identity: str) -> Shown:
    """One entry of the knowledge in prose: an option, class, red flag, diagnosis, fact or source. Raises InputError when there is none."""
    from spineplan.explaining.showing import show

    return show(engine.knowledge, identity)
