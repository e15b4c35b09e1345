"""The source spelled for bits gives, for many patients side by side in the bits of one number, what each patient gets alone.

Numbers are left unknown here: how they are read for many patients at once belongs to the backend that does so.
"""

from __future__ import annotations

import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from spineplan.application import open_engine
from spineplan.compiling.program import compile_program
from spineplan.evaluating.compiled import CompiledProgram
from spineplan.evaluating.generating import generate
from spineplan.model.expressions import Value

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"
PATIENTS = 40


def _side_by_side(width: int) -> SimpleNamespace:
    """Number operations where every fact is unknown and only constants are compared."""

    def compared(true: Any) -> Any:
        def planes(left: float | None, right: float | None) -> tuple[int, int]:
            if left is None or right is None:
                return 0, 0
            return (width, 0) if true(left, right) else (0, width)

        return planes

    def unknown(*_: object) -> None:
        return None

    return SimpleNamespace(
        lt=compared(lambda left, right: left < right),
        le=compared(lambda left, right: left <= right),
        gt=compared(lambda left, right: left > right),
        ge=compared(lambda left, right: left >= right),
        eq=compared(lambda left, right: left == right),
        ne=compared(lambda left, right: left != right),
        add=unknown,
        sub=unknown,
        mul=unknown,
        div=unknown,
        choose=unknown,
        first=lambda *planes: planes,
    )


def test_forty_patients_in_the_bits_of_one_number_agree_with_each_alone() -> None:
    engine = open_engine(KNOWLEDGE)
    program = compile_program(engine.knowledge, engine.profile)
    without_loads = [
        item.name for item in program.definitions if ".load." not in item.name and not item.hidden and item.type == "boolean"
    ]
    wide = generate(program, frozenset(without_loads), bits=True)
    alone = CompiledProgram(program)
    chance = random.Random(2026)
    quiet = engine.prepared.directory.quiet
    people: list[dict[str, Value]] = [
        {name: chance.choice([True, False, False]) for name in wide.booleans if chance.random() < 0.9} for _ in range(PATIENTS)
    ]
    for person in people:
        person.update({name: False for name in quiet if name not in person and chance.random() < 0.97})
    width = (1 << PATIENTS) - 1
    true = [sum(1 << at for at, person in enumerate(people) if person.get(name) is True) for name in wide.booleans]
    false = [
        sum(1 << at for at, person in enumerate(people) if person.get(name, False if name in quiet else None) is False)
        for name in wide.booleans
    ]
    space: dict[str, Any] = {}
    exec(wide.source, space)
    results = space["run"](true, false, [None] * len(wide.numbers), [0] * len(wide.categories), width, _side_by_side(width), ())
    for at, person in enumerate(people):
        single = alone.run(person)
        for name, is_true, is_false in zip(wide.boolean_results, results[0], results[1], strict=True):
            together = True if is_true >> at & 1 else (False if is_false >> at & 1 else None)
            assert together == single[name], f"{name} for patient {at}"
