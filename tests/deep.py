"""A pytest plugin for `make test-deep`: many more random examples in every test that uses Hypothesis.

A profile of Hypothesis changes only its default, and most tests here state the number that is enough for each change. This
multiplies what they state, and leaves everything else as it is.
"""

from __future__ import annotations

import pytest
from hypothesis import is_hypothesis_test, settings

TIMES = 20
_SETTINGS = "_hypothesis_internal_use_settings"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Raise the budgets.

    A hack: a test that has settings cannot be given others by any public way, so this goes to where the decorators of
    Hypothesis keep them. Should that place be renamed, the deep run says so at once.
    """
    done: set[int] = set()
    for item in items:
        function = getattr(item, "function", None)
        if function is None or not is_hypothesis_test(function) or id(function) in done:
            continue
        done.add(id(function))
        stated = getattr(function, _SETTINGS, None)
        if stated is None:
            raise pytest.UsageError("Hypothesis keeps the settings of a test elsewhere now: mend tests/deep.py.")
        setattr(function, _SETTINGS, settings(stated, max_examples=stated.max_examples * TIMES, deadline=None))
