"""The command line as its users meet it: what it prints at each width, what it exits with, and what it never does."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, get_args

import msgspec
import pytest

from spineplan.cli.brief_text import brief_blocks
from spineplan.cli.knowledge_text import case_blocks, check_blocks, list_blocks, shown_blocks
from spineplan.cli.layout import Block, Box, Gap, Heading, Span, Table, coloured, lay_out, paragraph, plain
from spineplan.cli.main import run
from spineplan.cli.plan_text import plan_blocks
from spineplan.cli.shortening import cut, first
from spineplan.cli.why_text import ask_blocks, why_blocks
from spineplan.cli.wording import Role, Wording, counted, short_guidelines
from spineplan.model.explanation import Argument, Ask, CaseResult, CheckReport, FactLine, ListedOption, Shown, Why
from spineplan.model.explanation import TestReport as CasesReport
from spineplan.model.expressions import Value
from spineplan.model.facts import FactDeclaration
from spineplan.model.knowledge import Kind, Urgency
from spineplan.model.outcome import Status
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
BOTH = pytest.mark.parametrize("blocks_of", [brief_blocks, plan_blocks], ids=["brief", "details"])
BOOK = Source("S59", "section 4.3", "A review of one group of painkillers and the heart", 2015)
GUIDE = Source("NG59", "", "Low back pain and sciatica in over 16s", 2020)
LOOSE = Source("UNVERIFIED")
WORDS = Wording(
    roles={"base-analgesia": Role("Base pain relief", 20), "exercise": Role("Therapeutic exercise", 110)},
    alerts={"infection": "Suspected spinal infection"},
    stages={"after-acute": ("After the acute pain", "Opens when the acute pain has been relieved.")},
    profiles={"complex-therapy": "Combined rehabilitation practice"},
)


def reason(text: str, *sources: Source, verified: bool = True, **facts: Value) -> Reason:
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
            Course(
                "now",
                RegimenLine("5 minutes, 2 times a day, up to the onset of pain", minutes="5"),
                "2026-03-02",
                "until acute signs go",
            ),
            Course("after-acute", RegimenLine("15 minutes, 3 times a week, more each week", minutes="15"), "", "6 weeks"),
        ),
        because=(reason("Movement that does not hurt keeps the back working.", GUIDE),),
        companion_of=("paracetamol",),
    ),
    element("massage", "Classic massage", "deferred", "exercise", courses=(Course("after-acute", None, "", "10 sessions"),)),
    element(
        "traction",
        "Traction",
        "deferred",
        "exercise",
        because=(reason("A warning sign has not been asked.", LOOSE, verified=False),),
    ),
    element("ibuprofen", "Ibuprofen", "ruled-out", because=(reason("It adds to the bleeding risk.", BOOK, takes_warfarin=True),)),
    element(
        "diclofenac",
        "Diclofenac",
        "ruled-out",
        because=(
            reason("It adds to the bleeding risk.", BOOK, takes_warfarin=True),
            reason("An old ulcer can bleed.", BOOK, ulcer=None),
        ),
    ),
    element("tolperisone", "Tolperisone", "needs-information", missing=("myasthenia", "egfr")),
    element(
        "metamizole", "Metamizole", "alternative", chosen="paracetamol", because=(reason("It stands in a later line.", BOOK),)
    ),
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
        QuestionLine(
            "red_flags", ("fever", "weight_loss"), "Which of these warning signs are present?", ("infection", "traction"), 1
        ),
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
        CurrentTreatment(
            "Diclofenac 50 mg", "stop", (reason("It adds to the bleeding risk.", BOOK, takes_warfarin=True),), "contraindicated"
        ),
    ),
    follow_up=(FollowUp("day 3", "pain score, leg strength", "Worse: see the same day.", "paracetamol"),),
)

WHY = Why(
    element=ELEMENTS[4],
    role="base-analgesia",
    summary="Ibuprofen is ruled out because the patient takes warfarin.",
    arguments_for=(
        Argument("r1", "indications", "The pain calls for it.", "pain is at least 4", "holds", False, (), (BOOK,), True),
    ),
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
    not_judged=(
        Argument("r4", "contraindications", "A weak heart gets worse.", "heart failure", "not known", False, (), (BOOK,), True),
    ),
)


TextOf = Callable[[Plan, Wording], list[Block]]


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
    collections = "roles red_flags options fields facts derived stages profiles guidelines diagnoses classes"
    empty: dict[str, Any] = {name: {} for name in collections.split()}
    engine = types.SimpleNamespace(knowledge=types.SimpleNamespace(**empty), profile="complex-therapy")
    stand_in.open_engine = lambda folder=None, profile=None: engine
    stand_in.read_patient = lambda engine, name, text, today: text
    stand_in.make_plan = lambda engine, patient: PLAN
    stand_in.make_why = lambda engine, patient, option: WHY
    stand_in.make_ask = lambda engine, patient: Ask(True, PLAN.urgency_open, PLAN.questions)
    stand_in.plan_schema = lambda: {"type": "object"}
    stand_in.encode = lambda value: msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
    stand_in.check_folder = lambda folder: CheckReport((), {"options": 2}, {"options": 1}, "1", "ab" * 32)
    stand_in.run_cases = lambda folder, progress: CasesReport((CaseResult("A case", "cases/a.yaml", 3, ()),))
    stand_in.list_options = lambda engine: (ListedOption("ibuprofen", "Ibuprofen", "drug", "base-analgesia", ("nurofen",), {}),)
    stand_in.show_entry = lambda engine, identity: Shown(identity, "Ibuprofen", (("Indications", ("Pain.",)),))
    monkeypatch.setitem(sys.modules, "spineplan.application", stand_in)
    return Doors(stand_in, capfd)


def text(blocks: list[Block], width: int = 100) -> str:
    return plain(lay_out(blocks, width))


def squeezed(blocks: list[Block], width: int = 100) -> str:
    """The text without line breaks, frames and runs of spaces: what is said, wherever it wraps."""
    return " ".join(text(blocks, width).replace("|", " ").split())


# --- the plan as text, brief and in full


@BOTH
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut_off_at_any_width(blocks_of: TextOf, width: int) -> None:
    wide = squeezed(blocks_of(PLAN, WORDS), 400)
    shown = text(blocks_of(PLAN, WORDS), width)
    assert max(len(line) for line in shown.splitlines()) <= width
    lacking = {word for word in wide.replace("=", "").split() if word.strip("-+")} - set(shown.replace("|", " ").split())
    assert not lacking


@BOTH
@pytest.mark.parametrize("item", ELEMENTS, ids=lambda item: item.id)
def test_every_element_stands_in_the_text_whatever_its_status(blocks_of: TextOf, item: Element) -> None:
    assert item.name in squeezed(blocks_of(PLAN, WORDS))


@BOTH
@pytest.mark.parametrize("status", get_args(Status))
@pytest.mark.parametrize("kind", ["drug", "monitoring"])
def test_an_element_with_nothing_but_a_status_is_not_lost(blocks_of: TextOf, status: Status, kind: Kind) -> None:
    bare = msgspec.structs.replace(PLAN, elements=(element("x", "A bare option", status, kind=kind),), follow_up=())
    assert "A bare option" in text(blocks_of(bare, WORDS))


@BOTH
def test_an_emergency_is_boxed_worded_and_signed_before_any_treatment(blocks_of: TextOf) -> None:
    shown = text(blocks_of(PLAN, WORDS))
    box = shown[shown.index("+====") : shown.index("Base pain relief")]
    assert "!!! EMERGENCY !!!" in box
    assert "Send to hospital now" in box
    assert "seen within hours" in box
    assert "saddle anaesthesia: yes" in box


def alerting(*urgencies: Urgency) -> Plan:
    alerts = tuple(
        Alert(f"a{number}", f"Flag {number}", urgency, f"Do this {number}.", f"day {number}", (reason(f"Why {number}."),))
        for number, urgency in enumerate(urgencies)
    )
    return msgspec.structs.replace(PLAN, alerts=alerts)


@BOTH
def test_one_action_stands_in_the_one_box(blocks_of: TextOf) -> None:
    blocks = blocks_of(alerting("emergency", "emergency", "urgent", "soon"), WORDS)
    (box,) = (block for block in blocks if isinstance(block, Box))
    said = " ".join(span.text for line in box.paragraphs for span in line.spans)
    assert "Do this 0." in said
    assert "Flag 1" not in said
    shown = text(blocks)
    assert shown.index("Flag 0") < shown.index("Flag 1") < shown.index("Flag 2") < shown.index("Flag 3")


def test_what_is_less_urgent_gets_one_line_and_what_is_as_urgent_its_action_too() -> None:
    shown = text(brief_blocks(alerting("emergency", "emergency", "urgent", "soon"), WORDS))
    assert "\nAlso present: !! URGENT !! Flag 2; within: day 2.\nAlso present: ! SOON ! Flag 3; within: day 3.\n" in shown
    assert "Do this 1." in shown
    assert "Do this 2." not in shown


def test_details_say_of_every_alert_what_to_do_and_why() -> None:
    shown = squeezed(plan_blocks(alerting("urgent", "soon"), WORDS))
    assert "Also present: ! SOON ! Flag 1 Do Do this 1. Within day 1 Because Why 1." in shown


def test_the_brief_plan_has_the_banner_of_the_full_one_letter_by_letter() -> None:
    brief, full = (text(blocks_of(PLAN, WORDS)) for blocks_of in (brief_blocks, plan_blocks))
    banner = full[full.index("+====") : full.rindex("====+")]
    assert banner in brief


@BOTH
def test_flags_that_were_not_asked_are_said_by_title(blocks_of: TextOf) -> None:
    assert "NOT ASKED (not asked is not the same as absent): Suspected spinal infection." in squeezed(blocks_of(PLAN, WORDS))


@BOTH
@pytest.mark.parametrize(
    ("state", "listed", "said"),
    [
        ("known", "penicillin", "llergies KNOWN: penicillin"),
        ("none known", "", "llergies none known"),
        ("not recorded", "", "llergies NOT RECORDED (not the same as none)"),
        ("unavailable", "", "llergies UNAVAILABLE (asked, could not be found out)"),
    ],
)
def test_the_four_allergy_states_look_different(blocks_of: TextOf, state: str, listed: str, said: str) -> None:
    strip = msgspec.structs.replace(PLAN.patient, allergy_state=state, allergies=listed)
    assert said in squeezed(blocks_of(msgspec.structs.replace(PLAN, patient=strip), WORDS))


@pytest.mark.parametrize(
    "said",
    [
        "DRAFT until you accept it. PROVISIONAL: 2 open questions may change it",
        "58 years; female; 81 kg; pregnancy does not apply; kidneys eGFR 54 mL/min/1.73 m2 (2026-02-20);",
        "Herniated disc with radiculopathy; acute; pain 8 of 10, severe; goal walk the dog",
        "* Paracetamol: by mouth, tablet 500-1000 mg, 3 times a day, at most 3000 mg a day, for 7 days; "
        "until 2026-03-09 [S59 2015]",
        "Because: The pain calls for a painkiller and the stronger ones are not safe here. [S59 2015]",
        "! The weight is low, so the daily sum has to stay low. [unverified]",
        "conditional nvl-kreuzschmerz 2017; against nice-ng59 2020",
        "bending (goes with Paracetamol): 5 minutes, 2 times a day, up to the onset of pain; until acute signs go",
        "bending (continued) (goes with Paracetamol): 15 minutes, 3 times a week, more each week; until 6 weeks",
        "* day 3 (Paracetamol): pain score, leg strength",
        "1. Which of these warning signs are present? (fever, weight loss) Settles 2: Suspected spinal infection, Traction.",
        "! Base pain relief: Nothing strong enough is safe here. Next: Ask a pain specialist today.",
        "* STOP Diclofenac 50 mg (contraindicated): It adds to the bleeding risk. [S59 2015]",
        "x Ibuprofen, Diclofenac: It adds to the bleeding risk. [S59 2015] +0 to 1 more",
        "- Lumbar belt: against nice-ng59 2020",
        "- Traction: A warning sign has not been asked. [unverified]",
        "? egfr, myasthenia: Tolperisone",
        "o Metamizole: It stands in a later line. Chosen: Paracetamol.",
        "Not called for: Mud packs, Pearl baths.",
        "heart failure: no, asthma: no (The list of conditions was given).",
        "? devil's claw: Spineplan does not know these",
        "knowledge 2026.11.1 (0123456789ab), profile complex-therapy",
        "`spineplan why CASE ELEMENT` explains any line; `--details` prints everything.",
    ],
)
def test_the_brief_plan_says(said: str) -> None:
    assert said in squeezed(brief_blocks(PLAN, WORDS), 400)


def test_the_brief_plan_leaves_the_telling_of_everything_to_details() -> None:
    brief, full = (squeezed(blocks_of(PLAN, WORDS)) for blocks_of in (brief_blocks, plan_blocks))
    for said in (
        "Do not take other cold remedies",
        "Liver values after four weeks",
        "do not offer alone",
        "Children are outside",
    ):
        assert said not in brief
        assert said in full


def test_what_goes_on_unchanged_in_the_next_stage_is_named_once_in_a_row() -> None:
    regimen = RegimenLine("warm layers, for 14 days", days=14)
    courses = tuple(Course(stage, regimen, "", "") for stage in ("now", "after-acute"))
    kept = [element(name.lower(), name, "recommended", courses=courses) for name in ("Warmth", "Walking")]
    shown = squeezed(brief_blocks(msgspec.structs.replace(PLAN, elements=tuple(kept)), WORDS))
    assert "* Go on as before: Warmth, Walking." in shown
    assert shown.count("warm layers") == 2


def test_a_note_that_limits_a_dose_stands_beside_it() -> None:
    regimen = RegimenLine("2 g gel, for 14 days", dose="2 g", note="At most 16 g on one area. Wash your hands.")
    gel = element("gel", "A gel", "recommended", courses=(Course("now", regimen, "2026-03-02", "2026-03-16"),))
    shown = squeezed(brief_blocks(msgspec.structs.replace(PLAN, elements=(gel,)), WORDS))
    assert "2 g gel, for 14 days; At most 16 g on one area; until 2026-03-16" in shown


@pytest.mark.parametrize(("position", "shown"), [("for", False), ("silent", False), ("conditional", True), ("against", True)])
def test_guidelines_are_named_where_they_do_not_simply_agree(position: Any, shown: bool) -> None:
    agreed = PositionLine("acp-2017", "for", "", 2017, GUIDE)
    other = PositionLine("nice-ng59", position, "", 2020, GUIDE, verified=False)
    walking = element("walking", "Walking", "recommended", positions=(agreed, other))
    said = squeezed(brief_blocks(msgspec.structs.replace(PLAN, elements=(walking,)), WORDS))
    assert (f"for acp-2017; {position} nice-ng59 2020 [partly unverified]" in said) is shown
    assert ("acp-2017" in said) is shown


def test_what_is_deferred_says_until_when() -> None:
    why = reason("Heat makes a fresh swelling worse. Withheld until pain is below 7.", BOOK)
    late = element("mud", "Mud", "deferred", because=(why,))
    shown = squeezed(brief_blocks(msgspec.structs.replace(PLAN, elements=(late,)), WORDS))
    assert "- Mud: Withheld until pain is below 7. [S59 2015]" in shown


def test_a_name_loses_its_brackets_only_where_it_stays_like_no_other() -> None:
    names = ("Cold (pack)", "Cold (spray)", "Magnets (pulsed)")
    idle = tuple(element(name, name, "not-indicated") for name in names)
    shown = squeezed(brief_blocks(msgspec.structs.replace(PLAN, elements=idle), WORDS))
    assert "Not called for: Cold (pack), Cold (spray), Magnets." in shown


@pytest.mark.parametrize(
    ("whole", "sentence"),
    [
        ("It bleeds. Stop it.", "It bleeds."),
        ("An NSAID, e.g. Naproxen, harms. Stop it.", "An NSAID, e.g. Naproxen, harms."),
        ("An eGFR of 29.5 is low", "An eGFR of 29.5 is low"),
        ("", ""),
    ],
)
def test_the_first_sentence_is_whole(whole: str, sentence: str) -> None:
    assert first(whole) == sentence


def test_a_long_description_ends_between_two_clauses_and_says_that_it_goes_on() -> None:
    assert cut("short, and whole") == "short, and whole"
    assert cut("a" * 40 + ", " + "b" * 10 + "; " + "c" * 30) == "a" * 40 + ", " + "b" * 10 + " ..."
    assert cut("a" * 70) == "a" * 70


@pytest.mark.parametrize(
    ("profile", "title", "short"),
    [("", "", "ABCD 2020"), ("nice-ng59", "NICE NG59", "NICE 2020"), ("other", "Other", "ABCD 2020")],
)
def test_a_guideline_is_named_in_two_words(profile: str, title: str, short: str) -> None:
    identity = "nice-ng59" if profile == "nice-ng59" else "abcd-kreuz"
    guidelines: dict[str, Any] = {identity: types.SimpleNamespace(year=2020)}
    profiles: dict[str, Any] = {profile: types.SimpleNamespace(title=title)} if profile else {}
    assert short_guidelines(guidelines, profiles) == {identity: short}


def test_two_guidelines_that_would_look_alike_keep_their_ids() -> None:
    guidelines: dict[str, Any] = {"nice-ng59": types.SimpleNamespace(year=2020), "nice-ng193": types.SimpleNamespace(year=2020)}
    assert short_guidelines(guidelines, {}) == {}


@pytest.mark.parametrize(
    "said",
    [
        "DRAFT until you accept it. PROVISIONAL: 2 open questions may change it",
        "at most 3000 mg a day, for 7 days [S59 section 4.3, 2015]",
        "so the daily sum has to stay low. [unverified]",
        "- against: nice-ng59 2020 (do not offer alone); ~ conditional: nvl-kreuzschmerz 2017 (may be considered)",
        "With needed beside Paracetamol",
        "x Ibuprofen, Diclofenac (+1 reason): It adds to the bleeding risk. [S59 section 4.3, 2015] (takes warfarin: yes)",
        "STOP Diclofenac 50 mg (contraindicated)",
        "Metamizole (Base pain relief; chosen: Paracetamol)",
        "settles Suspected spinal infection, Traction",
        "Mud packs, Pearl baths.",
        "Taken as no: heart failure, asthma.",
        "? devil's claw",
        "knowledge 2026.11.1 (0123456789ab), profile complex-therapy",
        "S59 A review of one group of painkillers and the heart, 2015",
    ],
)
def test_the_full_plan_says(said: str) -> None:
    assert said in squeezed(plan_blocks(PLAN, WORDS), 400)


@BOTH
def test_roles_follow_the_order_of_choice_and_stages_the_order_of_time(blocks_of: TextOf) -> None:
    shown = text(blocks_of(PLAN, WORDS))
    later = "When the acute pain has gone" if blocks_of is brief_blocks else "After the acute signs have gone"
    places = [shown.index(title) for title in ("\nNow\n", "Base pain relief", "Therapeutic exercise", later)]
    assert places == sorted(places)


@BOTH
def test_a_second_course_names_the_option_again_without_repeating_its_reasons(blocks_of: TextOf) -> None:
    shown = squeezed(blocks_of(PLAN, WORDS))
    assert "(continued)" in shown
    assert shown.count("Movement that does not hurt") == 1


# --- layout


def test_an_amount_is_not_torn_from_its_unit() -> None:
    for width in range(20, 60):
        for line in text([paragraph("give 500-1000 mg and then at most 3000 mg a day")], width).splitlines():
            assert not line.rstrip()[-1].isdigit()


def test_a_word_longer_than_the_line_is_folded() -> None:
    assert text([paragraph("a" * 45, "* ")], 20).replace("\n", "").replace(" ", "") == "*" + "a" * 45


def test_a_lead_wider_than_half_the_line_stands_above() -> None:
    assert text([paragraph("said", "a lead that is rather long ")], 30) == "a lead that is rather long\n    said\n"


def test_control_characters_of_the_case_never_reach_the_terminal() -> None:
    shown = text(
        [paragraph("red \x1b[31m \u202e text"), Box((paragraph("\x07"),), "stop"), Table(("A", "B"), (("\x1b", "\x9b"),))]
    )
    assert not set(shown) & set("\x1b\x07\x9b\u202e")


def test_wide_characters_keep_the_box_closed() -> None:
    lines = text([Box((paragraph("背痛 severe"),), "stop")], 30).splitlines()
    assert {len(line) + line.count("背") + line.count("痛") for line in lines} == {30}


def test_a_table_without_room_becomes_a_list() -> None:
    table = Table(("Id", "Name"), (("a" * 30, "Long name of a thing"),))
    assert text([table], 30) == "a" * 30 + "\n    name: Long name of a thing\n"
    assert text([table], 50).splitlines()[2:] == ["a" * 30 + "  Long name of a", " " * 32 + "thing"]
    assert text([table], 80).splitlines()[2] == "a" * 30 + "  Long name of a thing"


def test_gaps_do_not_add_up_and_headings_are_ruled() -> None:
    assert text([Gap(), Heading("One", 2), Gap(), Gap(), paragraph("x"), Gap()]) == "One\n---\n\nx\n"


def test_colour_changes_the_look_and_not_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    lines = lay_out(brief_blocks(PLAN, WORDS), 80)
    painted = coloured(lines)
    assert "\x1b[1;37;41m" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted).replace(" \n", "\n") == plain(lines)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*[34][0-7]m", coloured(lines))


def test_markup_in_a_text_is_shown_as_it_is() -> None:
    assert "[red]x[/red] :warning:" in coloured(lay_out([paragraph([Span("[red]x[/red] :warning:")])], 80))


def test_names_that_hold_commas_are_told_apart() -> None:
    assert counted(["a", "b"]) == "a, b"
    assert counted(["a, b", "c"]) == "a, b; c"
    assert counted(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert counted(["a", "b", "c"], 2) == "a, b, c"


# --- the other texts


@pytest.mark.parametrize("width", WIDTHS)
def test_why_shows_the_rule_the_patient_and_the_source(width: int) -> None:
    shown = squeezed(why_blocks(WHY, WORDS), width)
    assert "Ibuprofen is ruled out because the patient takes warfarin." in shown
    assert "DECIDES: It adds to the bleeding risk. (contraindications, holds)" in shown
    assert "takes warfarin: yes (warfarin 5 mg daily, 2026-03-02)" in shown
    assert "S59 section 4.3, 2015 Instead Use paracetamol." in shown
    assert "? A weak heart gets worse. (contraindications, not known)" in shown
    assert "Looked at, does not hold in this case" in shown


def test_ask_says_when_nothing_is_open() -> None:
    assert "No answer that is still open would change the plan." in squeezed(ask_blocks(Ask(False, (), ()), WORDS))


def test_check_counts_and_names_every_problem() -> None:
    problem = Problem(Place("drugs/a.yaml", 7, "options.x"), "it has no source.", "Name one.")
    shown = squeezed(check_blocks(CheckReport((problem,), {"options": 2}, {"regimens": 4}, "1", "ab" * 32)))
    assert "drugs/a.yaml:7 (options.x): it has no source. Name one. NOT SOUND: 1 problem." in shown
    assert "options 2" in shown
    assert "Unverified: regimens 4" in shown


def test_a_failed_case_shows_place_and_what_was_not_met() -> None:
    report = CasesReport(
        (CaseResult("A good one", "a.yaml", 1, ()), CaseResult("A bad one", "a.yaml", 9, ("ibuprofen: ruled-out",)))
    )
    shown = squeezed(case_blocks(report))
    assert "FAILED A bad one a.yaml:9 - ibuprofen: ruled-out 1 of 2 named patients passed." in shown
    assert "nothing was tested" in squeezed(case_blocks(CasesReport(())))


def test_list_and_show_keep_every_word_in_a_narrow_window() -> None:
    option = ListedOption("ibuprofen-gel", "Ibuprofen gel", "drug", "topical-analgesia", ("nurofen gel", "brufen gel"), {})
    for width in WIDTHS:
        shown = squeezed(list_blocks([option]), width)
        assert all(word in shown for word in ("ibuprofen-gel", "Ibuprofen gel", "topical-analgesia", "nurofen gel, brufen gel"))
    assert "Indications ----------- - One. - Two." in squeezed(
        shown_blocks(Shown("x", "X", (("Indications", ("One.", "Two.")),)))
    )


def test_a_long_question_is_a_list_to_tick_and_names_its_key() -> None:
    facts = {
        f"sign_{number}": FactDeclaration(f"sign_{number}", "boolean", f"sign {number}, at night", "red_flags")
        for number in range(9)
    }
    words = WORDS._replace(facts=facts, fields={"red_flags": "Warning signs"})
    listed = ", ".join(fact.label for fact in facts.values())
    question = QuestionLine("red_flags", tuple(facts), f"Which are present? ({listed})", (), 1)
    shown = text(ask_blocks(Ask(True, (), (question,)), words))
    assert "1. Which are present?\n" in shown
    assert "(`red_flags` in the case file)" in shown
    assert all(f"\n      - sign {number}, at night\n" in shown for number in range(9))


# --- the doors themselves


def test_the_plan_goes_to_standard_output_plain_and_deterministic(doors: Doors, case: str) -> None:
    first = doors("plan", case)
    assert first.code == 0
    assert first.err == ""
    assert "\x1b" not in first.out
    assert "━" not in first.out
    assert max(len(line) for line in first.out.splitlines()) <= 100
    assert doors("plan", case) == first


def test_details_prints_the_whole_plan(doors: Doors, case: str, tmp_path: Path) -> None:
    brief, full = doors("plan", case), doors("plan", case, "--details")
    assert full.code == 0
    assert "Use and limits" in full.out
    assert "Use and limits" not in brief.out
    assert len(brief.out.splitlines()) < len(full.out.splitlines())
    doors("plan", case, "--details", "-o", str(tmp_path / "plan.txt"))
    assert (tmp_path / "plan.txt").read_text(encoding="utf-8") == full.out


def test_json_is_the_canonical_plan_and_matches_the_model(doors: Doors, case: str) -> None:
    answer = doors("plan", case, "--format", "json")
    assert msgspec.json.decode(answer.out, type=Plan) == PLAN
    assert json.loads(answer.out)["elements"][0]["courses"][0]["from"] == "2026-03-02"


@pytest.mark.parametrize(
    "arguments",
    [("why", "CASE", "ibuprofen"), ("ask", "CASE"), ("knowledge", "check"), ("knowledge", "test"), ("knowledge", "list")],
)
def test_every_report_has_a_json_twin(doors: Doors, case: str, arguments: tuple[str, ...]) -> None:
    filled = [case if argument == "CASE" else argument for argument in arguments]
    assert doors(*filled).code == 0
    json.loads(doors(*filled, "--format", "json").out)


def test_schema_is_printed(doors: Doors) -> None:
    assert json.loads(doors("schema").out) == {"type": "object"}


def test_the_plan_is_written_to_a_file_and_said_so_unless_quiet(doors: Doors, case: str, tmp_path: Path) -> None:
    target = tmp_path / "plan.txt"
    answer = doors("plan", case, "-o", str(target))
    assert answer.out == ""
    assert answer.err == f"Written to {target}.\n"
    assert target.read_text(encoding="utf-8") == doors("plan", case).out
    assert doors("plan", case, "-o", str(target), "--quiet").err == ""


def test_the_case_is_never_overwritten(doors: Doors, case: str) -> None:
    before = Path(case).read_bytes()
    answer = doors("plan", case, "-o", case)
    assert answer.code == 2
    assert "would be overwritten" in answer.err
    assert Path(case).read_bytes() == before


def test_a_file_that_cannot_be_written_is_an_input_problem(doors: Doors, case: str, tmp_path: Path) -> None:
    answer = doors("plan", case, "-o", str(tmp_path / "none" / "plan.txt"))
    assert answer.code == 2
    assert "cannot be written: no such file or directory." in answer.err


def test_a_case_from_standard_input_is_read(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    doors.application.read_patient = lambda engine, name, text, today: seen.extend([name, text])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbfpatient: {}\n")))
    assert doors("plan", "-").code == 0
    assert seen == ["standard input", "patient: {}\n"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.mkdir(), "this is a folder"),
        (lambda path: path.write_bytes(b"a: 1\nb: \xff\n"), ":2: the text is not UTF-8."),
        (lambda path: (path.parent / "cases.yaml").touch(), "there is no such file.\n    Did you mean `cases.yaml`?"),
    ],
)
def test_a_case_that_cannot_be_read_says_why_and_what_to_do(
    doors: Doors, tmp_path: Path, make: Callable[[Path], Any], said: str
) -> None:
    path = tmp_path / "case1.yaml"
    make(path)
    answer = doors("plan", str(path))
    assert answer.code == 2
    assert said in answer.err


def test_every_problem_of_the_input_is_said_at_once(doors: Doors, case: str) -> None:
    def refuse(*_: object) -> None:
        raise InputError(
            [Problem(Place("case.yaml", 3), "`b` is wrong.", "Try c."), Problem(Place("case.yaml", 2), "`a` is wrong.")]
        )

    doors.application.read_patient = refuse
    answer = doors("plan", case)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err == "case.yaml:2: `a` is wrong.\ncase.yaml:3: `b` is wrong.\n    Try c.\n2 problems; nothing was made.\n"


def test_our_own_fault_is_one_calm_sentence_without_patient_data(
    doors: Doors, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("a name of a patient")

    doors.application.make_plan = fail
    monkeypatch.delenv("SPINEPLAN_DEBUG", raising=False)
    answer = doors("plan", case)
    assert answer.code == 3
    assert answer.err.count("\n") == 1
    assert "KeyError" in answer.err
    assert "patient" not in answer.err
    monkeypatch.setenv("SPINEPLAN_DEBUG", "1")
    assert "Traceback" in doors("plan", case).err


@pytest.mark.parametrize(
    "arguments", [(), ("plan",), ("plan", "x", "--format", "xml"), ("plann",), ("knowledge", "show"), ("plan", "x", "--nope")]
)
def test_wrong_usage_exits_with_two(doors: Doors, arguments: tuple[str, ...]) -> None:
    assert doors(*arguments).code == 2


def test_a_failed_check_or_test_exits_with_one(doors: Doors) -> None:
    doors.application.check_folder = lambda folder: CheckReport((Problem(Place("a"), "b"),), {}, {})
    assert doors("knowledge", "check").code == 1
    doors.application.run_cases = lambda folder, progress: CasesReport((CaseResult("A", "a", 1, ("no",)),))
    assert doors("knowledge", "test").code == 1
    doors.application.run_cases = lambda folder, progress: CasesReport(())
    assert doors("knowledge", "test").code == 1


def test_help_and_version_exit_with_zero(doors: Doors) -> None:
    assert "CASE" in doors("plan", "--help").out
    assert doors("--version").out.startswith("spineplan ")


# --- the real thing

PATIENT = """
as_of: 2026-03-02
patient: {age: 58, sex: female, weight_kg: 81}
pain: {nrs: 8, duration_days: 4, site: lumbar, radiates: right leg below knee}
diagnosis: herniated disc with radiculopathy
findings: {straight_leg_raise: positive, saddle_anaesthesia: no, motor_weakness: no}
conditions: [hypertension, peptic ulcer 2019]
medications: [warfarin 5 mg daily, ramipril 5 mg daily]
allergies: none known
labs: {egfr: 54}
"""


class Real(NamedTuple):
    """The command in its own process, on the knowledge that comes with it, with a cache of its own."""

    case: str
    environment: dict[str, str]

    def __call__(self, *arguments: str) -> Answer:
        done = subprocess.run(self.command(*arguments), env=self.environment, capture_output=True, text=True, check=False)
        return Answer(done.returncode, done.stdout, done.stderr)

    def command(self, *arguments: str) -> list[str]:
        filled = [self.case if argument == "CASE" else argument for argument in arguments]
        return [sys.executable, "-m", "spineplan.cli.main", *filled]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Real:
    folder = tmp_path_factory.mktemp("real")
    (folder / "case.yaml").write_text(PATIENT, encoding="utf-8")
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder), "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"}
    environment.pop("NO_COLOR", None)
    return Real(str(folder / "case.yaml"), environment)


@pytest.mark.parametrize("details", [(), ("--details",)], ids=["brief", "details"])
def test_a_real_plan_names_every_element_and_repeats_byte_for_byte(real: Real, details: tuple[str, ...]) -> None:
    shown = real("plan", "CASE", *details)
    assert shown.code == 0, shown.err
    assert shown == real("plan", "CASE", *details)
    made = msgspec.json.decode(real("plan", "CASE", "--format", "json").out, type=Plan)
    said = " ".join(shown.out.split())
    assert not [item.id for item in made.elements if " ".join(item.name.split(" (")[0].split()) not in said]
    assert not [line.text for line in made.questions if " ".join(line.text.split(" (")[0].split()) not in said]
    if details:
        assert not [item.id for item in made.elements if " ".join(item.name.split()) not in said]
        assert not [line.text for line in made.questions if " ".join(line.text.split()) not in said]


def test_the_brief_plan_of_a_real_case_is_brief(real: Real) -> None:
    brief, full = (len(real("plan", "CASE", *details).out.splitlines()) for details in ((), ("--details",)))
    assert brief < 260
    assert brief < full / 2


def test_planning_imports_nothing_heavy(real: Real) -> None:
    real("plan", "CASE")
    script = (
        "import sys\nfrom spineplan.cli.main import run\n"
        "try: run(['plan', sys.argv[1]])\n"
        "except SystemExit: print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    command = [sys.executable, "-c", script, real.case]
    loaded = subprocess.run(command, env=real.environment, capture_output=True, text=True, check=True).stderr.split()
    assert not {"pydantic", "sqlglot", "polars", "duckdb", "z3", "rich", "spineplan.checking.language"} & set(loaded)


def test_a_reader_that_stops_early_is_no_fault(real: Real) -> None:
    process = subprocess.Popen(real.command("plan", "CASE"), env=real.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_on_a_terminal_the_plan_is_coloured_and_fits_the_window(real: Real, width: int) -> None:
    ours, theirs = pty.openpty()
    environment = {**real.environment, "COLUMNS": str(width), "TERM": "xterm-256color"}
    process = subprocess.Popen(real.command("plan", "CASE"), env=environment, stdout=theirs, stdin=subprocess.DEVNULL)
    os.close(theirs)
    content = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        content += piece
    os.close(ours)
    assert process.wait() == 0
    assert b"\x1b[1m" in content
    lines = re.sub(r"\x1b\[[0-9;]*m", "", content.decode()).splitlines()
    assert max(len(line) for line in lines) == width


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("why", "CASE", "ibuprofen"), "DECIDES"),
        (("ask", "CASE"), "settles"),
        (("knowledge", "list"), "paracetamol"),
        (("knowledge", "list", "facts"), "- egfr: eGFR (2 to 200 mL/min/1.73 m2)"),
        (("knowledge", "list", "facts", "--format", "json"), '"id": "egfr"'),
        (("knowledge", "show", "ibuprofen"), "Ruled out by"),
        (("schema",), "https://json-schema.org/draft/2020-12/schema"),
    ],
)
def test_real_reports_are_made(real: Real, arguments: tuple[str, ...], said: str) -> None:
    answer = real(*arguments)
    assert answer.code == 0, answer.err
    assert said in answer.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("why", "CASE", "ibuprofn"), "Did you mean `ibuprofen`"),
        (("plan", "CASE", "--profile", "nice-ng5"), "Did you mean `nice-ng59`"),
        (("plan", "CASE", "--knowledge", "nowhere"), "no such knowledge folder"),
        (("knowledge", "show", "ibuprofn"), "Did you mean `ibuprofen`"),
    ],
)
def test_real_mistakes_get_a_suggestion(real: Real, arguments: tuple[str, ...], said: str) -> None:
    answer = real(*arguments)
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err
