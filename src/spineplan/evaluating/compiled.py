"""The compiled evaluator: generated Python over 0 and 1, for one patient in well under a millisecond."""

from __future__ import annotations

from collections.abc import Mapping
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
    """A Program ready to run. Made from a Program, or from cached parts without generating anything."""

    def __init__(self, program: Program, generated: Generated | None = None, code: CodeType | None = None) -> None:
        self.layout = generated or generate(program)
        self.code = code or compile(self.layout.source, "<program>", "exec")
        namespace: dict[str, Any] = {}
        exec(self.code, namespace)
        self._run = namespace["run"]
        quiet = {item.name for item in program.inputs if item.quiet}
        self._booleans = {name: index for index, name in enumerate(self.layout.booleans)}
        self._numbers = {name: index for index, name in enumerate(self.layout.numbers)}
        self._categories = {pair: index for index, pair in enumerate(self.layout.categories)}
        self._false = [1 if name in quiet else 0 for name in self.layout.booleans]
        self._true = [0] * len(self.layout.booleans)
        self._no_numbers: list[float | None] = [None] * len(self.layout.numbers)
        self._no_categories = [0] * len(self.layout.categories)
        self.boolean_index = {name: index for index, name in enumerate(self.layout.boolean_results)}
        self.number_index = {name: index for index, name in enumerate(self.layout.number_results)}
        self.category_index = {name: index for index, (name, _) in enumerate(self.layout.category_results)}

    def row(self, values: Mapping[str, Value], doubtful: frozenset[str] = frozenset()) -> ResultRow:
        """All visible results in the layout's order: true planes, false planes, numbers, category indexes."""
        true, false = self._true.copy(), self._false.copy()
        numbers, categories = self._no_numbers.copy(), self._no_categories.copy()
        booleans = self._booleans
        for name in doubtful:
            index = booleans.get(name)
            if index is not None:
                false[index] = 0
        for name, value in values.items():
            index = booleans.get(name)
            if index is not None:
                if value is True:
                    true[index], false[index] = 1, 0
                elif value is False:
                    false[index] = 1
            elif name in self._numbers:
                numbers[self._numbers[name]] = value  # type: ignore[assignment]  # the reader gave a number for a number fact
            elif value is not None:
                index = self._categories.get((name, str(value)))
                if index is not None:
                    categories[index] = 1
        result: ResultRow = self._run(true, false, numbers, categories, 1, scalars)
        return result

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
