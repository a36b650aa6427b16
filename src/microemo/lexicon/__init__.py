"""The words of emotion: families and their labels, the wide lexicon of labels, and what each language says of feelings.

- ``families``: the families of the labelled data and their labels, milder and stronger, and the lexicon's others.
- ``labels``: a label's place in the wide lexicon, from family to word.
- ``languages``: the emotion words of speech, and what negates or grades them, a file a language.
"""

from microemo.lexicon.families import FAMILIES, Family, emotion_families, family_of

__all__ = ["FAMILIES", "Family", "emotion_families", "family_of"]
