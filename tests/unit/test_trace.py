"""The reference evaluator remembers for every value the expression and what it read."""

from __future__ import annotations

from spineplan.evaluating.reference import Traced, trace
from spineplan.model.expressions import And, Comparison, IsTrue, Literal, Ref
from spineplan.model.program import Definition, Input, Program

WEAK = Comparison("<", Ref("egfr"), Literal(30.0))
BARRED = And((Ref("weak"), Ref("takes")))
PROGRAM = Program(
    profile="any",
    inputs=(Input("egfr", "number"), Input("takes", "boolean"), Input("declined", "boolean", quiet=True)),
    definitions=(
        Definition("weak", "boolean", WEAK),
        Definition("barred", "boolean", BARRED),
        Definition("out", "boolean", IsTrue(Ref("declined")), hidden=True),
    ),
)


def test_a_value_is_traced_through_definitions_to_what_was_recorded() -> None:
    traced = trace(PROGRAM, {"egfr": 25.0, "takes": True})
    assert traced["barred"] == Traced(True, BARRED, {"weak": True, "takes": True})
    assert traced["weak"] == Traced(True, WEAK, {"egfr": 25.0})


def test_what_was_not_recorded_is_read_as_unknown_and_silence_as_no_only_where_it_means_no() -> None:
    traced = trace(PROGRAM, {"egfr": 25.0})
    assert traced["barred"].value is None
    assert traced["barred"].reads == {"weak": True, "takes": None}
    assert traced["out"] == Traced(False, IsTrue(Ref("declined")), {"declined": False})
    assert trace(PROGRAM, {}, frozenset({"declined"}))["out"].reads == {"declined": None}
