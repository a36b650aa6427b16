"""Every command that a document names is one that the code takes; those that are quick and need no weights run."""

import doctest
import re
import shutil
from pathlib import Path

import pytest
from command_checks import complaint, options
from console import Run
from documents import DOCUMENTS, FENCE, ROOT, commands
from media_made import tone
from people_samples import make_people_result
from test_pipeline import pipeline

from microemo import report
from microemo.corrections import CorrectedPart, CorrectedUtterance, Corrections
from microemo.doctor import make_clip

NAMED = {document: list(commands(document.read_text())) for document in DOCUMENTS}


def name_of(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


def test_the_documents_name_commands() -> None:
    programs = {command.words[0] for named in NAMED.values() for command in named}
    assert {"microemo", "python", "make", "pip", "curl", ".venv/bin/pytest"} <= programs
    for document in ("README.md", "docs/start-lab.md", "docs/start-ux.md", "docs/start-clinic.md"):
        assert NAMED[ROOT / document]


@pytest.mark.parametrize("document", [document for document, named in NAMED.items() if named], ids=name_of)
def test_the_code_takes_every_command(document: Path) -> None:
    wrong = {str(command): problem for command in NAMED[document] if (problem := complaint(command))}
    assert not wrong


def test_options_named_without_a_command_exist() -> None:
    known = options()
    assert "--subtitles" in known and "--subtitels" not in known
    for document in DOCUMENTS:
        named = re.findall(r"`(--[a-z][a-z-]*)", FENCE.sub("", document.read_text()))
        assert (document.name, set(named) - known) == (document.name, set())


SAMPLE = """
Run `microemo analyze VIDEO --wyh`, or `microemo batch --shard`, or `python benchmarks/no_such.py`.

```bash
microemo analyse interview.mp4
microemo batch study --wrkers 4 | tee log.txt
microemo batch study --workers none
microemo analyze --why                                   # no video
microemo analyze one.mp4 --formats json,docx
microemo analyze one.mp4 --columns openfaces
microemo train configs/finetune.yaml dta=my.jsonl
microemo data import ravdes RAVDESS --out r.jsonl
srun microemo batch study --shrd 1/2
accelerate launch -m microemo trian CONFIG
python -m recipes.nano.no_such
python -m recipes.nano.held_out voices --ravdess RAVDESS # --out is required
python -m recipes.nano.held_out smells --out v.jsonl
make tset && pip install '.[evla]'
```
"""
WRONG = [
    "No such command 'analyse'", "No such option: --wrkers", "tee: not on the list", "integer", "Missing",
    "docx", "openfaces", "dta", "ravdes", "No such option: --shrd", "No such command 'trian'", "no_such",
    "--out", "smells", "tset", "evla", "No such option: --wyh", "--shard", "no_such.py: no such file",
]  # fmt: skip


def test_the_check_finds_what_is_wrong() -> None:
    problems = [problem for command in commands(SAMPLE) if (problem := complaint(command))]
    assert len(problems) == len(WRONG)
    assert [part for part, problem in zip(WRONG, problems, strict=True) if part not in problem] == []


def test_what_is_well_is_not_complained_of() -> None:
    block = "```sh\nA=1 OUT=x microemo schema > file; python -m microemo doctor --json\n```\n"
    named = commands(f"Ask `microemo data describe`.\n{block}")
    found = [(command.words, command.is_mention, complaint(command)) for command in named]
    assert found == [
        (("microemo", "schema"), False, None),
        (("python", "-m", "microemo", "doctor", "--json"), False, None),
        (("microemo", "data", "describe"), True, None),
    ]


def test_remarks_and_lines_that_go_on_are_understood() -> None:
    lines = "# a remark\nmicroemo predict clips --model http://localhost/v1#NAME \\\n  --out a.jsonl # another\n"
    (command,) = commands(f"```bash\n{lines}```\n")
    assert command.words[-4:] == ("--model", "http://localhost/v1#NAME", "--out", "a.jsonl")


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_python_examples_compile(document: Path) -> None:
    for language, block in FENCE.findall(document.read_text()):
        if language == "python":
            compile(doctest.script_from_examples(block) if block.startswith(">>>") else block, document.name, "exec")


QUICK = [
    ("schema",), ("weights", "list"), ("convert",), ("report",), ("evaluate", "--pred"), ("data", "import", "ravdess"),
    ("data", "import", "folders"), ("data", "import", "table"), ("data", "check"),
]  # fmt: skip


def arguments_of(*starts: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Of our own commands in shell blocks that begin so, each once."""
    whole = (command.words for named in NAMED.values() for command in named if not command.is_mention)
    ours = dict.fromkeys(words[1:] for words in whole if words[0] == "microemo")
    return [arguments for arguments in ours if any(arguments[: len(start)] == start for start in starts)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands name: results, recordings of two seconds, tables."""
    folder = tmp_path_factory.mktemp("desk")
    for clip in ("out/interview", "out/session", "results/p01_film1", "results/p01_film2"):
        report.save(make_people_result(Path(f"{Path(clip).name}.mp4")), folder / clip, ["json"])
    shown = make_people_result(Path("session.mp4"))
    report.save(shown, folder, ["json"])
    part = CorrectedPart(person=shown.utterances[0].person, labels=("hurt",))
    given = Corrections(clip="session.mp4", utterances=(CorrectedUtterance(utterance=0, parts=(part,)),))
    (folder / "corrections.json").write_text(given.model_dump_json())
    (folder / "design.csv").write_text("clip,person,condition\np01_film1.mp4,p01,neutral\np01_film2.mp4,p01,sad\n")
    for actor in ("18", "19", "20"):
        tone(folder / f"RAVDESS/03-01-03-01-01-01-{actor}.wav", 100 + int(actor), 2)
        for studied in ("study", "CLIPS", "clips"):
            tone(folder / studied / ("happy" if actor == "18" else "sad") / f"p{actor}.wav", 200 + int(actor), 2)
    (folder / "labels.csv").write_text('file,label,speaker\nclips/happy/p18.wav,"happy, calm",p18\n')
    truth = '{"name": "a", "path": "CLIPS/happy/p18.wav", "labels": ["happy"], "split": "test"}\n'
    for table in ("truth.csv", "theirs.csv"):
        (folder / table).write_text("name,labels\na,\"['happy', 'calm']\"\n")
    for table in ("ours", "theirs", "study", "labelled", "ravdess"):
        (folder / f"{table}.jsonl").write_text(truth)
    return folder


@pytest.mark.parametrize("arguments", arguments_of(*QUICK), ids=" ".join)
def test_quick_commands_run(arguments: tuple[str, ...], desk: Path, tmp_path: Path, run: Run) -> None:
    shutil.copytree(desk, tmp_path, dirs_exist_ok=True)
    done = run(*arguments)
    assert done.code == 0, done.stderr
    assert done.stdout


ANALYSES = [arguments for arguments in arguments_of(("analyze",)) if "--model" not in arguments]


@pytest.mark.weights
@pytest.mark.parametrize("arguments", ANALYSES, ids=" ".join)
def test_analyses_run(arguments: tuple[str, ...], recordings: Path, tmp_path: Path, run: Run) -> None:
    shutil.copytree(recordings, tmp_path, dirs_exist_ok=True)
    files = {
        word: sorted(str(file.relative_to(tmp_path)) for file in tmp_path.glob(word))
        for word in arguments
        if "*" in word
    }
    words = [name for word in arguments for name in files.get(word, [word])]  # as a shell would
    done = run(*words, "--model", "model")
    if "--person" in arguments:
        assert "P2 is not among the people who were found" in done.stderr  # of a made clip without a face
    else:
        assert done.code == 0, done.stderr


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the recordings that the commands name, each of two seconds, and a small model."""
    folder = tmp_path_factory.mktemp("recordings")
    pipeline(folder / "model")
    made = make_clip(folder / "interview.mp4")
    for name in ("meeting.mp4", "session.mp4", "one.mp4", "clips/a.mp4", "sessions/a.mp4"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(made, folder / name)
    tone(folder / "two.wav", 220, 2)
    (folder / "interview.srt").write_text("1\n00:00:00,200 --> 00:00:01,800\nI am so happy!\n")
    return folder
