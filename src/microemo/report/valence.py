"""The valence of emotion labels, which gives them their colour. Labels are open; unknown ones are neutral."""

from functools import cache

from microemo.vocabulary import family_of

# Of the words that the vocabulary knows; surprise can be either.
FAMILIES = {
    "calm": "positive",
    "happy": "positive",
    "sad": "negative",
    "angry": "negative",
    "fearful": "negative",
    "disgusted": "negative",
}

WORDS = {
    "positive": """
    admiring affectionate amused appreciative calm caring cheerful comfortable compassionate confident content
    contented delighted eager ecstatic elated encouraged encouraging enthusiastic excited flirtatious fond
    friendly glad gleeful grateful happy hopeful inspired joking joyful jubilant kind light-hearted loving
    optimistic passionate peaceful playful pleased proud reassured relaxed relieved satisfied serene sympathetic
    tender thankful thrilled touched triumphant trusting warm welcoming amusement contentment delight enthusiasm
    excitement gratitude happiness hope joy love pride relief satisfaction
    """,
    "negative": """
    accusing afraid aggressive agitated aggrieved alarmed angry anguished annoyed anxious apprehensive arrogant
    ashamed awkward bitter blaming bored bothered complaining concerned confused contemptuous critical defensive
    defiant dejected depressed desperate despairing devastated disappointed disapproving discontented
    discouraged disdainful disgusted dismayed displeased dissatisfied distressed distrustful doubtful
    embarrassed enraged envious exasperated exhausted fearful fed-up frightened frustrated furious gloomy
    grieving guilty heartbroken helpless hesitant hopeless horrified hostile humiliated hurt impatient indignant
    insecure insulted irritable irritated jealous lonely mad melancholic miserable mocking nervous offended
    outraged overwhelmed pained panicked panicky pessimistic powerless regretful reluctant remorseful repulsed
    resentful resigned restless sad scared scornful shy skeptical sorrowful sorry stressed suspicious tense
    terrified threatened tired troubled uncomfortable uneasy unhappy upset vengeful vulnerable wary weary
    worried wronged anger anxiety contempt despair disappointment disgust fear frustration grief guilt sadness
    shame sorrow worry
    """,
}


def valence(label: str) -> str:
    """positive, negative, or neutral for all that is neither, either (surprised) or unknown."""
    word = label.strip().lower()
    return _valences().get(word) or FAMILIES.get(family_of(word) or "", "neutral")


@cache
def _valences() -> dict[str, str]:
    return {word: name for name, words in WORDS.items() for word in words.split()}
