"""Predicates of the tables for other persons: "frowns" of he and she, "frown" of they."""

IRREGULAR = {"is": "are", "has": "have"}
AFTER_HISSES = ("sses", "shes", "ches", "xes", "zzes")  # presses, pushes, stretches: the ending is -es


def plural(predicate: str) -> str:
    """A predicate whose first word is its verb, in the third person plural: "purses {their} lips", "purse ..."."""
    verb, space, rest = predicate.partition(" ")
    return _plural(verb) + space + rest


def _plural(verb: str) -> str:
    if verb in IRREGULAR:
        return IRREGULAR[verb]
    if verb.endswith("ies"):
        return verb[:-3] + "y"
    return verb[:-2] if verb.endswith(AFTER_HISSES) else verb.removesuffix("s")
