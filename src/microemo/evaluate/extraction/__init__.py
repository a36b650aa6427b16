"""Emotion labels out of free text, offline: what the EMER "extract" prompt asks an LLM for (Lian et al., 2023).

An answer is taken apart into the labels that it lists and prose (``lists``); prose into sentences of known words and
phrases (``words``), read clause by clause from left to right (``clauses``), with who they are about (``characters``,
``holders``), to tell which words for a feeling are feelings of the main character (``feelings``). The rules' words are
in ``english.toml``, the words for feelings in the lexicon. The policy:

- Denied ("not angry", "without fear"), past ("no longer", "used to be"), imagined ("would be", "if she were"),
  pretended, asked and undecided feelings ("whether he is sad or angry", "either") do not count.
- Hedged feelings ("may be sad", "possibly relieved") count, as annotators list what is likely, too; so do both ends of
  a change ("anger gives way to relief"), and what is held back or hidden ("cannot hide her joy").
- The main character is whoever is described. Somebody else is who stands in a relation to them or beside them ("her
  friend", "the other person", "the man behind her", "the audience"), the woman in a description of a man, and the one
  who tells ("to my surprise").
- What is quoted does not count; neither does a word of another sense ("upset stomach"), of a thing ("a sad song"),
  of what is generally so ("anger is often shown by"), or for mere behaviour ("laughing").
"""

from microemo.evaluate.extraction.characters import cast, main_character
from microemo.evaluate.extraction.feelings import felt
from microemo.evaluate.extraction.lists import known, pieces
from microemo.evaluate.extraction.words import plain, sentences


def extract_labels(text: str) -> tuple[str, ...]:
    """The main character's emotional states in a description or a list of labels, by the policy above.

    Lower case, base words of the lexicon ("angry" for "anger"), in order of mention, each once. The items of a list
    that are not in the lexicon are kept as they are. English only: prose in other languages has no labels.
    """
    labels: dict[str, None] = {}
    character = ""
    for piece in pieces(plain(text)):
        if piece.is_label:
            place = known(piece.text)
            labels[place.word if place else piece.text] = None
        else:
            for sentence in sentences(piece.text):
                character = character or main_character(sentence)
                labels |= dict.fromkeys(felt(cast(sentence, character)))
    return tuple(labels)
