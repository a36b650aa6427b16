"""ELAN: an EAF file with a parent tier a person, and what they say, feel and show on tiers below."""

import mimetypes
from collections.abc import Sequence
from pathlib import PurePath
from urllib.parse import quote

from microemo.extras import require
from microemo.report import tiers
from microemo.schema import KeyFrame, ResultRecord

FILENAME = "annotations.eaf"
PERSON, WITHIN = "person", "within"  # linguistic types of parents and of their children
MADE = "1970-01-01T00:00:00+00:00"  # the date is ELAN's to change: the same result gives the same bytes


def render(result: ResultRecord, key_frames: Sequence[KeyFrame] = ()) -> bytes:
    """EAF 3.0. A person's own tier has one annotation, the whole clip, with what they feel overall.

    The recording is linked by its path, and by its name beside the file. Raises ``MicroEmoError`` without pympi.
    """
    elan = require("pympi.Elan", "formats")
    eaf = elan.Eaf(author="microemo")
    eaf.adocument["DATE"] = MADE
    eaf.remove_tier("default")
    eaf.add_linguistic_type(PERSON)
    eaf.add_linguistic_type(WITHIN, "Included_In")
    eaf.remove_linguistic_type("default-lt")
    path = PurePath(tiers.plain(result.clip.path))
    kind = mimetypes.guess_type(path.name)[0] or ("video/mp4" if result.clip.has_video else "audio/x-wav")
    eaf.add_linked_file(path.as_uri() if path.is_absolute() else quote(path.as_posix()), f"./{quote(path.name)}", kind)
    for person in tiers.persons(result):
        eaf.add_tier(person, PERSON, part=person)
        eaf.add_annotation(person, 0, tiers.length_ms(result), tiers.plain(tiers.labels(result, person)))
    for tier in tiers.tiers(result):
        eaf.add_tier(tier.name, WITHIN, tier.person, part=tier.person)
        for start, end, text in tier.annotations:
            eaf.add_annotation(tier.name, start, end, text)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + elan.to_string(eaf, encoding="UTF-8")
