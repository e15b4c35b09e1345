"""What is refused, as data: a text, the type that was needed there, and what the finding and its suggestion have to say."""

from __future__ import annotations

from dataclasses import dataclass, field

from spineplan.checking.language import Finding, check_expression
from spineplan.model.expressions import ValueType

from .vocabulary import FACTS


@dataclass(frozen=True)
class Refusal:
    """A text that is refused: parts of what is said about it and of the suggestion, both read without regard to case."""

    text: str
    says: str
    suggests: str
    needed: ValueType = "boolean"


@dataclass(frozen=True)
class RefusalSection:
    """Refusals of one kind, with a sentence that says why."""

    title: str
    remark: str
    refusals: tuple[Refusal, ...] = field(default_factory=tuple)


def section(title: str, remark: str, *rows: tuple[str, str, str]) -> RefusalSection:
    """A section of refused conditions."""
    return RefusalSection(title, " ".join(remark.split()), tuple(Refusal(*row) for row in rows))


def findings_of(refusal: Refusal) -> list[Finding]:
    """What the checker finds; empty when the text is accepted, which is the failure that the tests look for."""
    expression, findings = check_expression(refusal.text, refusal.needed, FACTS)
    assert (expression is None) == bool(findings), f"`{refusal.text}` gave both an expression and findings, or neither"
    return findings


def is_said(refusal: Refusal, finding: Finding) -> bool:
    """Whether a finding says both what the manual demands."""
    return refusal.says.lower() in finding.what.lower() and refusal.suggests.lower() in finding.suggestion.lower()
