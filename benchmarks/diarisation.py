"""Who speaks, measured on made conversations of known voices, and on single voices in many moods.

    python benchmarks/diarisation.py RAVDESS_FOLDER URDU_FOLDER [--half report] [--rounds 12]

A conversation is of 1 to 4 speakers of one corpus (3 to 6 utterances each, a single speaker 3 to 9), in random order,
with pauses of 0.05 to 0.7 s, levels that differ by up to 8 dB, faint noise and, at a tenth of the changes of speaker,
an overlap of up to half a second. Each speaker has two emotions ("two") or any ("any"). The thresholds were chosen on
one half of the speakers and are to be reported on the other. Printed, with 95 % intervals: speaker verification (equal
error rate over all pairs), utterances with the right speaker, clips with the right number, diarisation error rate.
Mouths for the active speaker are simulated: a voice's own envelope, smoothed, delayed and in noise; listeners are
still, smile, or chew.
"""

import argparse
import itertools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from microemo import weights
from microemo.media.audio import SAMPLE_RATE, waveform
from microemo.media.probe import probe
from microemo.perception.active_speaker import bind_speakers
from microemo.perception.asr import find_voice
from microemo.perception.diarisation import Diarisation, cluster, from_spans
from microemo.perception.landmarks import BLENDSHAPES
from microemo.perception.voices import VoiceFinder, blocks
from microemo.schema import FaceTrack
from microemo.spans import Span

Array = np.ndarray
CHOOSE_ACTORS = (1, 2, 5, 6, 9, 10, 13, 14, 17, 18)  # the two sexes alternate
FRAME_SEC = 0.01
MIN_TAKES = 6  # of a speaker
JAW = BLENDSHAPES.index("jawOpen")
SMILE = BLENDSHAPES.index("mouthSmileLeft")
FPS = 25


class Take(NamedTuple):
    path: Path
    speaker: str
    emotion: str


class Conversation(NamedTuple):
    waveform: Array
    spoken: list[tuple[int, Span]]  # speaker and span of each utterance
    tracks: list[Array]  # each speaker's voice alone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ravdess", type=Path)
    parser.add_argument("urdu", type=Path)
    parser.add_argument("--half", choices=("choose", "report"), default="report")
    parser.add_argument("--rounds", type=int, default=12)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    finder = VoiceFinder(weights.path("pyannote_segmentation"), weights.path("campplus"))
    pools = [half(takes, arguments.half) for takes in (ravdess(arguments.ravdess), urdu(arguments.urdu))]
    for name, pool in zip(("RAVDESS", "Urdu"), pools, strict=True):
        print(verification(name, pool, finder), flush=True)
    rng = np.random.default_rng(0 if arguments.half == "choose" else 1)
    results: dict[tuple[str, int], list[Array]] = {}
    bound: list[Array] = []
    cpu_sec = sound_sec = 0.0
    for _, moods, num_speakers in itertools.product(range(arguments.rounds), ("two", "any"), (1, 1, 2, 3, 4)):
        pool = pools[0] if rng.random() < 0.7 or len(pools[1]) < num_speakers else pools[1]
        made = conversation(pool, num_speakers, moods, rng)
        voiced = find_voice(made.waveform, len(made.waveform) / SAMPLE_RATE)
        start_sec = time.process_time()
        found = diarised(made.waveform, voiced, finder)
        cpu_sec += time.process_time() - start_sec
        sound_sec += len(made.waveform) / SAMPLE_RATE
        results.setdefault((moods, num_speakers), []).append(errors(made, found))
        if num_speakers > 1:
            bound.append(faces_bound(made, found, rng))
    for key in sorted(results):
        print(line(*key, np.array(results[key])))
    everything = np.concatenate([np.array(found) for (_, speakers), found in results.items() if speakers > 1])
    print(line("all", 0, everything))
    right, wrong, off_right, off_all, total = np.array(bound).sum(axis=0)
    print(f"active speaker (simulated mouths): right face {interval(right, total)}, another face {wrong:.0f}, ", end="")
    print(f"off-screen voices left without a face {interval(off_right, off_all)}")
    print(f"{cpu_sec / sound_sec:.4f} s of one core a second of sound ({sound_sec / 60:.0f} min)")


def ravdess(folder: Path) -> list[Take]:
    fields = [(path, path.stem.split("-")) for path in sorted(folder.glob("*.flac"))]
    return [Take(path, f"{int(field[-1]):02d}", field[2]) for path, field in fields]


def urdu(folder: Path) -> list[Take]:
    return [Take(path, path.stem.split("_")[0], path.parent.name) for path in sorted(folder.glob("*/*.opus"))]


def half(takes: Sequence[Take], which: str) -> dict[str, list[Take]]:
    """Takes by speaker, of the speakers of one half."""
    by_speaker = {name: [take for take in takes if take.speaker == name] for name in {take.speaker for take in takes}}
    names = sorted(name for name, own in by_speaker.items() if len(own) >= MIN_TAKES)
    numbers = [int(name) in CHOOSE_ACTORS if name.isdigit() else index % 2 == 0 for index, name in enumerate(names)]
    return {
        name: by_speaker[name] for name, chosen in zip(names, numbers, strict=True) if chosen == (which == "choose")
    }


def sound(take: Take) -> Array:
    """The take without the silence around it, at a common level."""
    samples = np.array(waveform(probe(take.path)), np.float32)
    level = np.sqrt(np.convolve(samples**2, np.full(400, 1 / 400), "same"))
    loud = np.flatnonzero(level > 0.05 * level.max())
    samples = samples[max(0, loud[0] - 400) : loud[-1] + 400]
    return 0.05 * samples / np.sqrt((samples**2).mean())


def conversation(pool: dict[str, list[Take]], num_speakers: int, moods: str, rng: np.random.Generator) -> Conversation:
    lines: list[tuple[int, Take]] = []
    for speaker, name in enumerate(rng.choice(sorted(pool), num_speakers, replace=False)):
        takes = pool[name]
        if moods == "two":
            emotions = sorted({take.emotion for take in takes})
            chosen = set(rng.choice(emotions, min(2, len(emotions)), replace=False))
            takes = [take for take in takes if take.emotion in chosen]
        most = int(rng.integers(3, 7 if num_speakers > 1 else 10))
        lines += [(speaker, takes[i]) for i in rng.choice(len(takes), min(most, len(takes)), replace=False)]
    order = rng.permutation(len(lines))
    gains = 10 ** (rng.uniform(-4, 4, num_speakers) / 20)
    end, placed = 4800, []
    for speaker, take in (lines[i] for i in order):
        samples = sound(take) * gains[speaker]
        overlaps = bool(placed) and placed[-1][0] != speaker and rng.random() < 0.1
        start = max(0, end + int((-rng.uniform(0, 0.5) if overlaps else rng.uniform(0.05, 0.7)) * SAMPLE_RATE))
        placed.append((speaker, start, samples))
        end = max(end, start + len(samples))
    tracks = [np.zeros(end + 4000, np.float32) for _ in range(num_speakers)]
    for speaker, start, samples in placed:
        tracks[speaker][start : start + len(samples)] += samples
    noise = rng.normal(0, 3e-4, end + 4000)
    mixed = np.clip(np.sum(tracks, axis=0) + noise, -1, 1).astype(np.float32)
    spoken = [(speaker, Span(a / SAMPLE_RATE, (a + len(s)) / SAMPLE_RATE)) for speaker, a, s in placed]
    return Conversation(mixed, spoken, tracks)


def diarised(samples: Array, voiced: Sequence[Span], finder: VoiceFinder) -> Diarisation:
    """``diarise``, with the nets loaded once."""
    found = [one for block in blocks(voiced) for one in finder.find(samples, block)]
    if not found:
        return Diarisation(())
    speakers = cluster(np.array([one.embedding for one in found]), np.array([one.seconds for one in found]))
    return from_spans([(speaker, span) for speaker, one in zip(speakers, found, strict=True) for span in one.spans])


def errors(made: Conversation, found: Diarisation) -> Array:
    """Right and all utterances, right number of speakers or not, more than there are or not; DER's parts and whole."""
    num_true = len(made.tracks)
    said = [(speaker, found.speaker_of(span)) for speaker, span in made.spoken]
    counts = np.zeros((num_true, max(found.num_speakers, 1)))
    for speaker, heard in said:
        if heard is not None:
            counts[speaker, heard] += 1
    right = sum(counts[pair] for pair in matched(counts))
    reference = grid(made.spoken, len(made.waveform), num_true)
    guess = grid(found.turns, len(made.waveform), max(found.num_speakers, 1))
    shared = reference.astype(float) @ guess.T
    correct = np.zeros(reference.shape[1])
    for one, other in matched(shared):
        correct += reference[one] & guess[other]
    said_by, heard_by = reference.sum(0), guess.sum(0)
    missed, false = np.maximum(said_by - heard_by, 0).sum(), np.maximum(heard_by - said_by, 0).sum()
    confused = (np.minimum(said_by, heard_by) - correct).sum()
    numbers = (found.num_speakers == num_true, found.num_speakers > num_true)
    return np.array([right, len(said), *numbers, missed, false, confused, said_by.sum()], float)


def grid(spoken: Sequence[tuple[int, Span]], num_samples: int, num_speakers: int) -> Array:
    active = np.zeros((num_speakers, int(num_samples / SAMPLE_RATE / FRAME_SEC)), bool)
    for speaker, (start_sec, end_sec) in spoken:
        active[speaker, round(start_sec / FRAME_SEC) : round(end_sec / FRAME_SEC)] = True
    return active


def matched(counts: Array) -> list[tuple[int, int]]:
    """The one-to-one pairs of rows and columns with the largest sum."""
    rows, columns = counts.shape
    if rows > columns:
        return [(one, other) for other, one in matched(counts.T)]
    choices = itertools.permutations(range(columns), rows)
    best = max(choices, key=lambda chosen: sum(counts[row, column] for row, column in enumerate(chosen)))
    return list(enumerate(best))


def faces_bound(made: Conversation, found: Diarisation, rng: np.random.Generator) -> Array:
    """Speakers found with the right face, with another one; off-screen ones left alone, all of these; on-screen ones.

    The last speaker is off screen, and a listener is in the picture for them. Each found speaker counts as the one whom
    most of what they say is by.
    """
    length, num_on_screen = len(made.waveform), len(made.tracks) - 1
    faces = [mouth(track, rng) for track in made.tracks[:-1]] + [mouth(np.zeros(length, np.float32), rng)]
    binding = bind_speakers(found, faces, made.waveform)
    shared = grid(made.spoken, length, len(made.tracks)).astype(float) @ grid(found.turns, length, len(binding)).T
    score = np.zeros(5)
    for speaker, face in enumerate(binding):
        true = int(shared[:, speaker].argmax())
        if true < num_on_screen:
            score += (face == true, face not in (true, None), 0, 0, 1)
        else:
            score += (0, 0, face is None, 1, 0)
    return score


def mouth(track: Array, rng: np.random.Generator) -> FaceTrack:
    """A made face whose jaw follows the voice; else it rests, smiles or chews."""
    step = SAMPLE_RATE // FPS
    frames = len(track) // step
    envelope = np.sqrt(np.abs(track[: frames * step]).reshape(frames, step).mean(axis=1))
    envelope = np.convolve(envelope, np.full(3, 1 / 3), "same") / max(envelope.max(), 1e-6)
    lag = int(rng.integers(-1, 3))
    speech = 0.4 * np.roll(envelope, -lag) * np.exp(rng.normal(0, 0.5, frames))
    times_sec = (np.arange(frames) + 0.5) / FPS
    quiet = np.convolve(envelope, np.ones(15), "same") < 0.3
    habit = rng.choice(["rest", "smile", "chew"])
    blendshapes = np.abs(rng.normal(0, 0.02, (frames, 52)))
    blendshapes[:, JAW] += speech + 0.02
    if habit == "chew":
        pace = np.cumsum(rng.normal(1.5, 0.4, frames)) / FPS
        blendshapes[:, JAW] += quiet * 0.15 * (1 + np.sin(2 * np.pi * pace))
    elif habit == "smile":
        slow = np.convolve(rng.normal(0, 1, frames), np.full(FPS, 1 / FPS), "same")
        blendshapes[:, SMILE] += quiet * np.clip(0.4 + slow, 0, 1)
        blendshapes[:, JAW] += quiet * np.clip(0.1 + 0.3 * slow, 0, 1)
    return FaceTrack(times_sec, np.tile([0.1, 0.1, 0.3, 0.4], (frames, 1)), np.clip(blendshapes, 0, 1))


def verification(name: str, pool: dict[str, list[Take]], finder: VoiceFinder) -> str:
    embeddings, speakers = [], []
    for take in itertools.chain.from_iterable(own[:: max(1, len(own) // 20)] for own in pool.values()):
        embeddings.append(embedded(sound(take), finder))
        speakers.append(take.speaker)
    pairs = np.triu_indices(len(speakers), 1)
    cosines = (np.array(embeddings) @ np.array(embeddings).T)[pairs]
    is_same = (np.array(speakers)[:, None] == np.array(speakers))[pairs]
    by_speaker = [equal_error(cosines, is_same)]
    rng, names = np.random.default_rng(0), np.array(sorted(pool))
    index = {speaker: np.flatnonzero(np.array(speakers) == speaker) for speaker in names}
    matrix = np.array(embeddings) @ np.array(embeddings).T
    for _ in range(200):  # speakers drawn anew; pairs of a speaker with its own copy are left out
        drawn = rng.choice(names, len(names))
        rows, copies = (
            np.concatenate([index[s] for s in drawn]),
            np.repeat(range(len(drawn)), [len(index[s]) for s in drawn]),
        )
        one, other = np.triu_indices(len(rows), 1)
        speaker = np.array(speakers)[rows]
        keep = (copies[one] == copies[other]) | (speaker[one] != speaker[other])
        one, other = one[keep], other[keep]
        by_speaker.append(equal_error(matrix[rows[one], rows[other]], copies[one] == copies[other]))
    low, high = np.quantile(by_speaker[1:], [0.025, 0.975])
    return f"{name}: EER {by_speaker[0]:.3f} [{low:.3f}, {high:.3f}], {len(pool)} speakers, {len(speakers)} takes"


def embedded(samples: Array, finder: VoiceFinder) -> Array:
    from microemo.perception.nets import campplus

    with torch.inference_mode():
        mels = campplus.mels(torch.from_numpy(samples))
        embedding = finder._embedder((mels - mels.mean(1, keepdim=True))[None])[0].numpy()
    return embedding / np.linalg.norm(embedding)


def equal_error(cosines: Array, is_same: Array) -> float:
    same, other = np.sort(cosines[is_same]), np.sort(cosines[~is_same])
    thresholds = np.linspace(-0.2, 1, 601)
    missed = np.searchsorted(same, thresholds) / len(same)
    false = 1 - np.searchsorted(other, thresholds) / len(other)
    at = int(np.abs(missed - false).argmin())
    return float(missed[at] + false[at]) / 2


def line(moods: str, num_speakers: int, found: Array) -> str:
    number, more = found[:, 2:4].sum(axis=0)
    missed, false, confused, said = found[:, 4:].sum(axis=0)
    parts = ", ".join(f"{name} {part / said:.3f}" for name, part in zip(PARTS, (missed, false, confused), strict=True))
    return (
        f"{moods} emotions, {num_speakers or '2 to 4'} speakers: right {bootstrap(found)}; right number "
        f"{interval(number, len(found))}; too many in {more:.0f}; "
        f"DER {(missed + false + confused) / said:.3f} ({parts})"
    )


PARTS = ("missed", "false alarm", "confusion")


def bootstrap(found: Array) -> str:
    """Share of right utterances, with an interval over conversations: utterances of one stand and fall together."""
    rng = np.random.default_rng(0)
    drawn = found[rng.integers(len(found), size=(1000, len(found)))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    right, total = found[:, :2].sum(axis=0)
    return f"{right / total:.3f} [{low:.3f}, {high:.3f}] of {total:.0f} utterances"


def interval(right: float, total: float) -> str:
    """A share and its Wilson interval."""
    if not total:
        return "none"
    share, z2 = right / total, 1.96**2
    centre, spread = share + z2 / (2 * total), 1.96 * np.sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    low, high = ((centre + sign * spread) / (1 + z2 / total) for sign in (-1, 1))
    return f"{share:.3f} [{low:.3f}, {high:.3f}] of {total:.0f}"


if __name__ == "__main__":
    main()
