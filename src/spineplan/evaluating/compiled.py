"""The compiled evaluator: generated Python over 0 and 1, for one patient in well under a millisecond."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import compress
from operator import itemgetter
from types import CodeType
from typing import Any

from spineplan.evaluating import scalars
from spineplan.evaluating.generating import Generated, generate
from spineplan.evaluating.unknowns import Missing, Needs, Outline, Unknowns, names_of, together
from spineplan.model.expressions import Expression, Value
from spineplan.model.facts import PatientFacts
from spineplan.model.program import Program

ResultRow = tuple[tuple[bool, ...], tuple[bool, ...], tuple[float | None, ...], tuple[int, ...], tuple[int, ...]]


class CompiledProgram:
    """A Program ready to run. Made from a Program, or from cached parts: the names of its quiet inputs, layout and code."""

    def __init__(
        self, program: Program | frozenset[str], generated: Generated | None = None, code: CodeType | None = None
    ) -> None:
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
        self._silence: list[Value] = [False if name in quiet else None for name in self.layout.booleans]
        self.boolean_index = {name: index for index, name in enumerate(self.layout.boolean_results)}
        self.number_index = {name: index for index, name in enumerate(self.layout.number_results)}
        self.category_index = {name: (index, names) for index, (name, names) in enumerate(self.layout.category_results)}
        self._bits = {name: index for index, name in enumerate(self.layout.asked)}
        bits = [(name, 1 << index) for index, name in enumerate(self.layout.asked)]
        self._asked = [(self._slots[name], bit) for name, bit in bits if name in self._slots]
        self._asked_otherwise = [(name, bit) for name, bit in bits if name not in self._slots]
        self.missing_index = {name: index for index, name in enumerate(self.layout.missing_results)}
        self.special = frozenset((*self.number_index, *self.category_index))
        self._outline: Outline | None = None
        self._category_pickers: dict[tuple[str, ...], tuple[Callable[[Sequence[int]], tuple[int, ...]], tuple[str, ...]]] = {}
        self._pickers: dict[tuple[str, ...], Callable[[Sequence[bool]], tuple[bool, ...]]] = {}

    def row(self, values: Mapping[str, Value], doubtful: frozenset[str] = frozenset()) -> ResultRow:
        """All results in the layout's order: true planes, false planes, numbers, category indexes."""
        layout = self.layout
        given = list(map(values.get, layout.booleans, self._silence))
        for name in doubtful:
            index = self._slots.get(name)
            if index is not None and values.get(name) is None:
                given[index] = None
        true = [value is True for value in given]
        false = [value is False for value in given]
        numbers = list(map(values.get, layout.numbers))
        categories = [values.get(name) == value for name, value in layout.categories]
        waiting = [bit if given[index] is None else 0 for index, bit in self._asked]
        waiting += [bit if values.get(name) is None else 0 for name, bit in self._asked_otherwise]
        result: ResultRow = self._run(true, false, numbers, categories, True, scalars, waiting)
        return result

    def picker(self, names: tuple[str, ...]) -> Callable[[Sequence[bool]], tuple[bool, ...]]:
        """A function that picks the planes of at least two boolean results out of a row; made once for a tuple of names."""
        found = self._pickers.get(names)
        if found is None:
            found = itemgetter(*(self.boolean_index[name] for name in names))
            self._pickers[names] = found
        return found

    def category_picker(self, names: tuple[str, ...]) -> tuple[Callable[[Sequence[int]], tuple[int, ...]], tuple[str, ...]]:
        """A function that picks category indexes out of a row, and the values that the indexes stand for."""
        found = self._category_pickers.get(names)
        if found is None:
            found = (itemgetter(*(self.category_index[name][0] for name in names)), self.category_index[names[0]][1])
            self._category_pickers[names] = found
        return found

    def bit(self, fact: str) -> Missing:
        """The set that holds only this asked fact."""
        return 1 << self._bits[fact]

    def outline(self, expressions: Mapping[str, Expression]) -> Outline:
        """The expressions in a form that is quick to walk; made once."""
        if self._outline is None:
            self._outline = Outline(expressions)
        return self._outline

    def values(self, values: Mapping[str, Value], doubtful: frozenset[str] = frozenset()) -> RowValues:
        """The results, looked up by name without building a dictionary."""
        return RowValues(self, self.row(values, doubtful))

    def run(self, values: Mapping[str, Value], doubtful: frozenset[str] = frozenset()) -> dict[str, Value]:
        """The value of every visible definition by name."""
        true, false, numbers, categories, _ = self.row(values, doubtful)
        results: dict[str, Value] = {}
        for name, is_true, is_false in zip(self.layout.boolean_results, true, false, strict=True):
            results[name] = True if is_true else (False if is_false else None)
        results.update(zip(self.layout.number_results, numbers, strict=True))
        for (name, names), index in zip(self.layout.category_results, categories, strict=True):
            results[name] = None if index < 0 else names[index]
        return results


class RowValues:
    """The results of one run, looked up by name."""

    def __init__(self, program: CompiledProgram, row: ResultRow) -> None:
        self._program = program
        self._row = row

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

    def lookup(self, patient: PatientFacts, quiet: frozenset[str]) -> Callable[[str], Value]:
        """A function from a name to its value: a result, a fact of the patient, or what silence means."""
        index_of, (true, false, *_) = self._program.boolean_index.get, self._row
        facts, doubtful, other, special = patient.values, patient.doubtful, self.get, self._program.special

        def value(name: str) -> Value:
            index = index_of(name)
            if index is not None:
                return True if true[index] else (False if false[index] else None)
            found = facts.get(name)
            if found is not None:
                return found
            if name in special:
                return other(name)
            return False if name in quiet and name not in doubtful else None

        return value

    def unknowns(self, patient: PatientFacts, quiet: frozenset[str], expressions: Mapping[str, Expression]) -> Needs:
        """What finds the missing facts of this run: found already where the layout has them."""
        if self._program.missing_index:
            return FoundNeeds(self._program, self._row[4])
        outline = self._program.outline(expressions)
        return Unknowns(self.lookup(patient, quiet), outline)

    def true_among(self, names: tuple[str, ...]) -> Iterable[str]:
        """Those of the boolean results (at least two) that are TRUE."""
        return compress(names, self._program.picker(names)(self._row[0]))

    def is_true(self, name: str) -> bool:
        """Whether a boolean result is known to be TRUE."""
        index = self._program.boolean_index.get(name)
        return index is not None and bool(self._row[0][index])

    def categories(self, names: tuple[str, ...]) -> list[Value]:
        """The values of category results, all of the same category type and at least two."""
        pick, values = self._program.category_picker(names)
        return [None if position < 0 else values[position] for position in pick(self._row[3])]


class FoundNeeds:
    """The missing facts that the generated source found itself."""

    def __init__(self, program: CompiledProgram, found: tuple[int, ...]) -> None:
        self._program = program
        self._found = found

    def of(self, *names: str) -> Missing:
        """The input facts that unknown names wait for, as a set for `facts_in`; empty for known names."""
        index = self._program.missing_index
        return together(self._found[index[name]] for name in names)

    def facts_in(self, missing: Missing) -> tuple[str, ...]:
        """The names of a set of facts, sorted."""
        return names_of(missing, self._program.layout.asked)

    def set_of(self, fact: str) -> Missing:
        """The set that holds only this input fact."""
        return self._program.bit(fact)


class DictValues:
    """The results of the reference evaluator in the same shape."""

    def __init__(self, results: Mapping[str, Value]) -> None:
        self._results = results

    def get(self, name: str) -> Value:
        """The value of a result; None when it is unknown or not a result."""
        return self._results.get(name)

    def lookup(self, patient: PatientFacts, quiet: frozenset[str]) -> Callable[[str], Value]:
        """A function from a name to its value: a result, a fact of the patient, or what silence means."""

        def value(name: str) -> Value:
            found = self._results.get(name, patient.values.get(name))
            return False if found is None and name in quiet and name not in patient.doubtful else found

        return value

    def unknowns(self, patient: PatientFacts, quiet: frozenset[str], expressions: Mapping[str, Expression]) -> Unknowns:
        """What finds the missing facts of this run."""
        return Unknowns(self.lookup(patient, quiet), Outline(expressions))

    def true_among(self, names: tuple[str, ...]) -> Iterable[str]:
        """Those of the results that are TRUE."""
        return [name for name in names if self._results.get(name) is True]

    def is_true(self, name: str) -> bool:
        """Whether a result is known to be TRUE."""
        return self._results.get(name) is True

    def categories(self, names: tuple[str, ...]) -> list[Value]:
        """The values of category results."""
        return [self._results.get(name) for name in names]
