"""The knowledge that ships is sound, sourced and covers the practice it has to carry."""

from __future__ import annotations

from pathlib import Path

import pytest

from spineplan.application import Engine, check_folder, list_options
from spineplan.model.knowledge import Interaction, Knowledge, Option, OptionClass, Position

NAMED_BY_THE_PRACTICE = {
    "A6": ["nimesulide", "ibuprofen", "diclofenac", "indometacin", "diclofenac-gel", "diclofenac-injection", "paracetamol"],
    "A7": ["morphine", "codeine", "trimeperidine"],
    "A8": ["tolperisone", "tizanidine", "baclofen"],
    "A9": ["block-vertebral", "block-paravertebral-anaesthetic", "block-paravertebral-steroid"],
    "A10": ["calcium-vitamin-d", "vitamins-b-oral", "vitamins-b-injection", "multivitamin-minerals"],
    "A11": [
        *("ultraviolet", "darsonval", "diadynamic", "amplipulse", "electrophoresis-analgesic", "electrophoresis-calcium"),
        *(
            "phonophoresis-analgesic",
            "phonophoresis-steroid",
            "magnetotherapy",
            "laser-therapy",
            "therapeutic-ultrasound",
            "shock-wave",
        ),
        *("bath-therapy", "mud-therapy", "paraffin"),
    ],
    "A12": ["electrophoresis-analgesic", "electrophoresis-anaesthetic", "electrophoresis-steroid"],
    "A13": ["massage-underwater", "massage-vacuum", "massage-vibration", "massage-relaxing", "sanatorium"],
    "A14": ["exercise-static-relaxation", "exercise-all-fours", "exercise-supervised-programme"],
    "A15": ["surgery-discectomy", "surgery-emergency-decompression", "surgery-tumour"],
    "A16": [
        *("manipulation-thrust", "manual-therapy-mobilisation", "massage-classic", "post-isometric-relaxation", "reflexology"),
        *("acupuncture", "traction", "osteopathy", "yoga"),
    ],
    "A17": ["stay-active", "bed-rest-short", "avoid-loads", "avoid-chilling"],
    "A18": ["corset", "hard-bed"],
}
RED_FLAGS = [
    "cauda-equina",
    "spinal-infection",
    "malignancy",
    "cord-compression",
    "fracture",
    "aortic-aneurysm",
    "progressive-deficit",
]
DIAGNOSES = [
    *(
        "non-specific",
        "muscle-fatigue",
        "myositis",
        "radiculopathy",
        "large-herniation",
        "spinal-stenosis",
        "osteoporotic-fracture",
    ),
    *("traumatic-fracture", "metastatic-tumour", "osteochondrosis-exacerbation", "pelvic-girdle-pain"),
]


def test_knowledge_check_finds_nothing(root: Path) -> None:
    assert check_folder(root / "knowledge").problems == ()


@pytest.mark.parametrize("row", sorted(NAMED_BY_THE_PRACTICE))
def test_every_method_that_the_practice_names_is_an_option(engine: Engine, row: str) -> None:
    missing = [option for option in NAMED_BY_THE_PRACTICE[row] if option not in engine.knowledge.options]
    assert not missing, f"{row} names what no plan can offer: {missing}"


def test_the_red_flags_and_diagnoses_of_the_first_cut_are_there(engine: Engine) -> None:
    assert set(RED_FLAGS) <= set(engine.knowledge.red_flags)
    assert "inflammatory-back-pain" in engine.knowledge.red_flags
    assert set(DIAGNOSES) <= set(engine.knowledge.diagnoses)


def test_every_option_is_listed_with_name_kind_and_role(engine: Engine) -> None:
    listed = list_options(engine)
    assert [entry.id for entry in listed] == sorted(engine.knowledge.options)
    assert all(entry.name and entry.kind and entry.role for entry in listed)


def test_every_statement_names_a_source(engine: Engine) -> None:
    unsourced = [rule_id for rule_id, count in _source_counts(engine.knowledge) if not count]
    assert not unsourced, f"a clinical statement without a source: {unsourced}"


def test_unverified_statements_say_so(engine: Engine) -> None:
    knowledge = engine.knowledge
    wrong = [
        rule.id
        for option in knowledge.options.values()
        for rule in (*option.indications, *option.contraindications, *option.cautions, *option.temporary)
        if rule.verified and {source.id for source in rule.sources} == {"UNVERIFIED"}
    ]
    assert not wrong, f"rests on nothing confirmed but claims to be verified: {wrong}"


def _source_counts(knowledge: Knowledge) -> list[tuple[str, int]]:
    owners: list[Option | OptionClass] = [*knowledge.options.values(), *knowledge.classes.values()]
    rules = [rule for owner in owners for rule in (*owner.contraindications, *owner.cautions, *owner.temporary)]
    rules += [rule for option in knowledge.options.values() for rule in option.indications]
    counts = [(rule.id, len(rule.sources)) for rule in rules]
    counts += [(regimen.id, len(regimen.sources)) for option in knowledge.options.values() for regimen in option.regimens]
    counts += [(flag.id, len(flag.rule.sources)) for flag in knowledge.red_flags.values()]
    others: list[Interaction | Position] = [*knowledge.interactions.values(), *knowledge.positions.values()]
    return counts + [(entry.id, len(entry.sources)) for entry in others]
