"""The excerpt of the README holds what is chosen, marks what is left out, and says what to change when the layout does."""

from __future__ import annotations

import pytest

from tests.docs import sample
from tests.docs.sample import CUT, Piece, excerpt

OUTPUT = """Title
=====
Before.

Now
===
First role
* Red
    because of red
* Green
    because of green
Second role
* Blue

Later
=====
An introduction.
* Red again

Ruled out
x Black: a reason
x White: another
"""


def _with(monkeypatch: pytest.MonkeyPatch, *pieces: Piece) -> list[str]:
    monkeypatch.setattr(sample, "PIECES", pieces)
    return excerpt(OUTPUT).splitlines()


def test_items_are_chosen_by_their_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole items stand under their heading; every gap is marked once."""
    shown = _with(monkeypatch, Piece("First role", ("Green",)), Piece("Ruled out", ("White",)))
    assert shown == [
        *["Title", "=====", "Before.", "", "Now", "===", "First role", CUT, "* Green", "    because of green"],
        *[CUT, "", "Ruled out", CUT, "x White: another"],
    ]


def test_what_follows_itself_is_not_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces side by side have no mark between them; the end is marked when something follows."""
    shown = _with(monkeypatch, Piece("First role"), Piece("Second role"))
    assert shown[6:] == [
        "First role",
        "* Red",
        "    because of red",
        "* Green",
        "    because of green",
        "Second role",
        "* Blue",
        CUT,
    ]


@pytest.mark.parametrize("piece", [Piece("No such role"), Piece("First role", ("Yellow",))], ids=["heading", "item"])
def test_what_is_gone_is_said(monkeypatch: pytest.MonkeyPatch, piece: Piece) -> None:
    """A heading or item that the plan no longer has is an error that says what to change."""
    with pytest.raises(AssertionError, match="change PIECES"):
        _with(monkeypatch, piece)
