"""The command line as its users meet it: what it prints at each width, what it exits with, and what it never does."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from spineplan.cli.knowledge_text import case_blocks, check_blocks, list_blocks, shown_blocks
from spineplan.cli.layout import Block, Box, Gap, Heading, Span, Table, coloured, lay_out, paragraph, plain
from spineplan.cli.main import run
from spineplan.cli.plan_text import plan_blocks
from spineplan.cli.why_text import ask_blocks, why_blocks
from spineplan.cli.wording import Role, Wording
from spineplan.model.explanation import Argument, Ask, CaseResult, CheckReport, FactLine, ListedOption, Shown, TestReport, Why
from spineplan.model.plan import (
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
    Source,
    UnmetLine,
)
from spineplan.model.problems import InputError, Place, Problem

WIDTHS = (60, 80, 140)
BOOK = Source("S59", "section 4.3", "A review of one group of painkillers and the heart", 2015)
GUIDE = Source("NG59", "", "Low back pain and sciatica in over 16s", 2020)
LOOSE = Source("UNVERIFIED")
WORDS = Wording(
    roles={"base-analgesia": Role("Base pain relief", 20), "exercise": Role("Therapeutic exercise", 110)},
    alerts={"infection": "Suspected spinal infection"},
    stages={"after-acute": ("After the acute pain", "Opens when the acute pain has been relieved.")},
    profiles={"complex-therapy": "Combined rehabilitation practice"},
)


def reason(text: str, *sources: Source, verified: bool = True, **facts: bool | float | str) -> Reason:
    return Reason(text, "a.rule", facts, sources, verified)


def element(identity: str, name: str, status: Any, role: str = "base-analgesia", **more: Any) -> Element:
    empty: dict[str, Any] = {"courses": (), "cautions": (), "monitoring": (), "because": (), "positions": (), "missing": ()}
    return Element(**{"id": identity, "name": name, "kind": "drug", "role": role, "status": status, **empty, **more})


ELEMENTS = (
    element(
        "paracetamol",
        "Paracetamol",
        "recommended",
        courses=(
            Course(
                "now",
                RegimenLine(
                    "by mouth, tablet 500-1000 mg, 3 times a day, at most 3000 mg a day, for 7 days",
                    dose="500-1000 mg",
                    sources=(BOOK,),
                ),
                "2026-03-02",
                "2026-03-09",
            ),
        ),
        because=(reason("The pain calls for a painkiller and the stronger ones are not safe here.", BOOK, pain_nrs=8.0),),
        cautions=(reason("The weight is low, so the daily sum has to stay low.", LOOSE, verified=False),),
        monitoring=(MonitoringLine("Liver values after four weeks", (BOOK,)),),
        positions=(
            PositionLine("nice-ng59", "against", "do not offer alone", 2020, GUIDE),
            PositionLine("nvl-kreuzschmerz", "conditional", "may be considered", 2017, GUIDE),
            PositionLine("acp-2017", "silent", "", 2017, GUIDE),
        ),
        advice="Do not take other cold remedies beside it, many hold the same substance.",
    ),
    element(
        "gentle-mobility",
        "Gentle mobility exercise on all fours with slow arching and bending",
        "recommended",
        "exercise",
        courses=(
            Course("now", RegimenLine("5 minutes, 2 times a day, up to the onset of pain", minutes="5"), "2026-03-02", "until acute signs go"),
            Course("after-acute", RegimenLine("15 minutes, 3 times a week, more each week", minutes="15"), "", "6 weeks"),
        ),
        because=(reason("Movement that does not hurt keeps the back working.", GUIDE),),
        companion_of=("paracetamol",),
    ),
    element("massage", "Classic massage", "deferred", "exercise", courses=(Course("after-acute", None, "", "10 sessions"),)),
    element("traction", "Traction", "deferred", "exercise", because=(reason("A warning sign has not been asked.", LOOSE, verified=False),)),
    element("ibuprofen", "Ibuprofen", "ruled-out", because=(reason("It adds to the bleeding risk.", BOOK, takes_warfarin=True),)),
    element(
        "diclofenac",
        "Diclofenac",
        "ruled-out",
        because=(reason("It adds to the bleeding risk.", BOOK, takes_warfarin=True), reason("An old ulcer can bleed again.", BOOK)),
    ),
    element("tolperisone", "Tolperisone", "needs-information", missing=("myasthenia", "egfr")),
    element("metamizole", "Metamizole", "alternative", chosen="paracetamol", because=(reason("It stands in a later line.", BOOK),)),
    element("tramadol", "Tramadol", "set-aside", because=(reason("The patient declined it."),)),
    element("belt", "Lumbar belt", "advised-against", positions=(PositionLine("nice-ng59", "against", "", 2020, GUIDE),)),
    element("mud", "Mud packs", "not-indicated"),
    element("baths", "Pearl baths", "not-indicated"),
    element("ramipril-line", "Gastroprotection", "in-use", because=(reason("It is already taken."),)),
)

PLAN = Plan(
    spineplan="0.1.0",
    schema_version="1.0",
    knowledge=KnowledgeVersion("2026.11.1", "0123456789abcdef" * 4),
    profile="complex-therapy",
    as_of="2026-03-02",
    case_sha256="fedcba9876543210" * 4,
    provisional=True,
    intended_use="Decision support for doctors who treat adults with severe back pain.",
    limits=("Children are outside its scope.", "What was not asked is shown as open and never read as absent."),
    patient=PatientStrip(
        age="58 years",
        sex="female",
        weight="81 kg",
        pregnancy="does not apply",
        kidney="eGFR 54 mL/min/1.73 m2 (2026-02-20)",
        allergies="",
        allergy_state="none known",
        diagnosis="Herniated disc with radiculopathy",
        phase="acute",
        pain="8 of 10, severe",
        goal="walk the dog",
    ),
    urgency="emergency",
    urgency_open=("infection",),
    alerts=(
        Alert(
            "cauda-equina",
            "Suspected cauda equina syndrome",
            "emergency",
            "Send to hospital now with the referral text; no further treatment in the practice.",
            "seen within hours, MRI within 4 hours of the request",
            (reason("Numbness of the saddle area is a sign of pressure on the cauda equina.", GUIDE, saddle_anaesthesia=True),),
        ),
        Alert("fracture", "Possible fragility fracture", "soon", "X-ray.", "this week", ()),
    ),
    elements=ELEMENTS,
    questions=(
        QuestionLine("red_flags", ("fever",), "Which of these warning signs are present?", ("infection", "traction"), 1),
        QuestionLine("labs", ("egfr",), "What is the kidney function?", ("tolperisone",), 2),
    ),
    unmet=(UnmetLine("base-analgesia", "Nothing strong enough is safe here.", "Ask a pain specialist today."),),
    assumptions=(
        AssumptionLine("heart_failure", "no", "The list of conditions was given."),
        AssumptionLine("asthma", "no", "The list of conditions was given."),
    ),
    not_checked=("devil's claw",),
    current_treatment=(
        CurrentTreatment("Warfarin 5 mg daily", "continue", (reason("It is not ours to change."),)),
        CurrentTreatment("Diclofenac 50 mg", "stop", (reason("It adds to the bleeding risk.", BOOK, takes_warfarin=True),), "contraindicated"),
    ),
    follow_up=(FollowUp("day 3", "pain score, leg strength", "Worse: see the same day.", "paracetamol"),),
)

WHY = Why(
    element=ELEMENTS[4],
    role="base-analgesia",
    summary="Ibuprofen is ruled out because the patient takes warfarin.",
    arguments_for=(Argument("r1", "indications", "The pain calls for it.", "pain is at least 4", "holds", False, (), (BOOK,), True),),
    arguments_against=(
        Argument("r2", "cautions", "Age adds risk.", "age is at least 65", "does not hold", False, (), (LOOSE,), False),
        Argument(
            "r3",
            "contraindications",
            "It adds to the bleeding risk.",
            "the patient takes an anticoagulant",
            "holds",
            True,
            (FactLine("takes_warfarin", "takes warfarin", "yes", "warfarin 5 mg daily", "2026-03-02"),),
            (BOOK,),
            True,
            "Use paracetamol.",
        ),
    ),
    not_judged=(Argument("r4", "contraindications", "A weak heart gets worse.", "heart failure", "not known", False, (), (BOOK,), True),),
)


class Answer(NamedTuple):
    code: int
    out: str
    err: str


class Doors:
    """Runs the command line in this process on a stand-in application; `said` holds what the application was asked."""

    def __init__(self, application: Any, capfd: pytest.CaptureFixture[str]) -> None:
        self.application = application
        self.capfd = capfd

    def __call__(self, *arguments: str) -> Answer:
        self.capfd.readouterr()
        with pytest.raises(SystemExit) as stopped:
            run(arguments)
        sys.stdout.flush()
        out, err = self.capfd.readouterr()
        return Answer(int(stopped.value.code or 0), out, err)


@pytest.fixture
def case(tmp_path: Path) -> str:
    path = tmp_path / "case.yaml"
    path.write_text("patient: {age: 58}\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Doors:
    stand_in: Any = types.ModuleType("spineplan.application")
    empty = dict.fromkeys(["roles", "red_flags", "options", "fields", "facts", "derived", "stages", "profiles", "guidelines"], {})
    engine = types.SimpleNamespace(knowledge=types.SimpleNamespace(**empty), profile="complex-therapy")
    stand_in.open_engine = lambda folder=None, profile=None: engine
    stand_in.read_patient = lambda engine, name, text, today: text
    stand_in.make_plan = lambda engine, patient: PLAN
    stand_in.make_why = lambda engine, patient, option: WHY
    stand_in.make_ask = lambda engine, patient: Ask(True, PLAN.urgency_open, PLAN.questions)
    stand_in.plan_schema = lambda: {"type": "object"}
    stand_in.encode = lambda value: msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
    stand_in.check_folder = lambda folder: CheckReport((), {"options": 2}, {"options": 1}, "1", "ab" * 32)
    stand_in.run_cases = lambda folder, progress: TestReport((CaseResult("A case", "cases/a.yaml", 3, ()),))
    stand_in.list_options = lambda engine: (ListedOption("ibuprofen", "Ibuprofen", "drug", "base-analgesia", ("nurofen",), {}),)
    stand_in.show_entry = lambda engine, identity: Shown(identity, "Ibuprofen", (("Indications", ("Pain.",)),))
    monkeypatch.setitem(sys.modules, "spineplan.application", stand_in)
    return Doors(stand_in, capfd)


def text(blocks: list[Block], width: int = 100) -> str:
    return plain(lay_out(blocks, width))


def squeezed(blocks: list[Block], width: int = 100) -> str:
    """The text without line breaks, frames and runs of spaces: what is said, wherever it wraps."""
    return " ".join(text(blocks, width).replace("|", " ").split())
