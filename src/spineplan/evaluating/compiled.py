"""The compiled evaluator: generated Python over 0 and 1, for one patient in well under a millisecond."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import compress
from types import CodeType
from typing import Any

from spineplan.evaluating import scalars
from spineplan.evaluating.generating import Generated, generate
from spineplan.model.expressions import Value
from spineplan.model.program import Program

ResultRow = tuple[tuple[int, ...], tuple[int, ...], tuple[float | None, ...], tuple[int, ...]]


def compile_source(program: Program) -> str:
    """The Python source of a Program."""
    return generate(program).source


class CompiledProgram:
    """A Program ready to run. Made from a Program, or from cached parts: the names of its quiet inputs, layout and code."""

    def __init__(self, program: Program | frozenset[str], generated: Generated | None = None, code: CodeType | None = None) -> None:
        if generated is None:
            assert isinstance(program, Program), "without a layout the Program itself is needed"
            generated = generate(program)
        self.layout = generated
        self.code = code or compile(self.layout.source, "<program>", "exec")
        namespace: dict[str, Any] = {}
        exec(self.code, namespace)
        self._run = namespace["run"]
        quiet = {item.name for item in program.inputs if item.quiet} if isinstance(program, Program) else program
        self._slots: dict[str, int] = {name: index for index, name in enumerate(self.layout.booleans)}
        self._numbers = {name: index for index, name in enumerate(self.layout.numbers)}
        self._categories = {pair: index for index, pair in enumerate(self.layout.categories)}
        self._false = [1 if name in quiet else 0 for name in self.layout.booleans]
        self._true = [0] * len(self.layout.booleans)
        self._no_numbers: list[float | None] = [None] * len(self.layout.numbers)
        self._no_categories = [0] * len(self.layout.categories)
        self.boolean_index = {name: index for index, name in enumerate(self.layout.boolean_results)}
        self.number_index = {name: index for index, name in enumerate(self.layout.number_results)}
        self.category_index = {name: (index, names) for index, (name, names) in enumerate(self.layout.category_results)}

    def row(self, values: Mapping[str, Value], doubtful: frozenset[str] = frozenset()) -> ResultRow:
        """All results in the layout's order: true planes, false planes, numbers, category indexes."""
        true, false = self._true.copy(), self._false.copy()
        numbers, categories = self._no_numbers.copy(), self._no_categories.copy()
        slots = self._slots
        for name in doubtful:
            index = slots.get(name)
            if index is not None:
                false[index] = 0
        for name, value in values.items():
            if value is True:
                index = slots.get(name)
                if index is not None:
                    true[index], false[index] = 1, 0
            elif value is False:
                index = slots.get(name)
                if index is not None:
                    false[index] = 1
            elif isinstance(value, str):
                index = self._categories.get((name, value))
                if index is not None:
                    categories[index] = 1
            elif value is not None:
                index = self._numbers.get(name)
                if index is not None:
                    numbers[index] = value
        result: ResultRow = self._run(true, false, numbers, categories, 1, scalars)
        return result

    def values(self, values: Mapping[str, Value], doubtful: frozenset[str] = frozenset()) -> RowValues:
        """The results, looked up by name without building a dictionary."""
        return RowValues(self, self.row(values, doubtful))

    def run(self, values: Mapping[str, Value], doubtful: frozenset[str] = frozenset()) -> dict[str, Value]:
        """The value of every visible definition by name."""
        true, false, numbers, categories = self.row(values, doubtful)
        results: dict[str, Value] = {}
        for name, is_true, is_false in zip(self.layout.boolean_results, true, false, strict=True):
            results[name] = True if is_true else (False if is_false else None)
        results.update(zip(self.layout.number_results, numbers, strict=True))
        for (name, names), index in zip(self.layout.category_results, categories, strict=True):
            results[name] = None if index < 0 else names[index]
        return results


class RowValues:
    """The results of one run. `true` holds the names that are TRUE."""

    def __init__(self, program: CompiledProgram, row: ResultRow) -> None:
        self._program = program
        self._row = row
        self.true = frozenset(compress(program.layout.boolean_results, row[0]))

    def get(self, name: str) -> Value:
        """The value of a result; None when it is unknown or not a result."""
        program = self._program
        index = program.boolean_index.get(name)
        if index is not None:
            return True if self._row[0][index] else (False if self._row[1][index] else None)
        found = program.category_index.get(name)
        if found is not None:
            position = self._row[3][found[0]]
            return None if position < 0 else found[1][position]
        number = program.number_index.get(name)
        return None if number is None else self._row[2][number]

    def categories(self) -> tuple[int, ...]:
        """The category indexes in the layout's order."""
        return self._row[3]


class DictValues:
    """The results of the reference evaluator in the same shape."""

    def __init__(self, results: Mapping[str, Value]) -> None:
        self._results = results
        self.true = frozenset(name for name, value in results.items() if value is True)

    def get(self, name: str) -> Value:
        """The value of a result; None when it is unknown or not a result."""
        return self._results.get(name)
