"""Claims: what a text says of a person, typed (``grammar``), and checked against what was measured (``check``)."""

from collections.abc import Mapping

from microemo.claims.check import outcome, worst
from microemo.claims.grammar import read
from microemo.claims.readings import Evidence
from microemo.schema import Outcome
from microemo.spans import Span


def judge(text: str, evidence: Evidence, span: Span, others: Mapping[str, Evidence] | None = None) -> Outcome:
    """What the measures say of a whole text about a stretch (seconds); what it concludes of feelings is no claim."""
    found = [outcome(statement, evidence, span, others) for clause in read(text) for statement in clause.statements]
    return worst(found) if found else "outside_knowledge"
