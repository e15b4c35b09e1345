"""The Program: checked knowledge compiled to one ordered list of named expressions. Every backend reads this and nothing else."""

from __future__ import annotations

import msgspec

from spineplan.model.expressions import Expression, ValueType


class Input(msgspec.Struct, frozen=True):
    """A fact the Program reads. `quiet` booleans are FALSE when missing; everything else is unknown when missing."""

    name: str
    type: ValueType
    values: tuple[str, ...] = ()
    quiet: bool = False


class Definition(msgspec.Struct, frozen=True):
    """One named expression. `values` are the possible categories. Hidden definitions are steps of the choice that nothing else reads."""

    name: str
    type: ValueType
    expression: Expression
    values: tuple[str, ...] = ()
    hidden: bool = False


class Program(msgspec.Struct, frozen=True):
    """Inputs and definitions; each definition reads only inputs and earlier definitions. `profile` is folded in."""

    profile: str
    inputs: tuple[Input, ...]
    definitions: tuple[Definition, ...]
