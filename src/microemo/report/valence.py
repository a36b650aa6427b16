"""The valence of emotion labels, which gives them their colour. Labels are open; unknown ones are neutral."""

from microemo.lexicon.labels import place


def valence(label: str) -> str:
    """positive, negative, or neutral for all that is neither, either (surprised) or unknown."""
    found = place(label)
    return found.valence if found else "neutral"
