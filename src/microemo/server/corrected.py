"""The corrections of a job: kept beside its result, which stays as it is, and the job's files as corrected."""

import io
import shutil
import zipfile
from pathlib import Path

from microemo import files, report
from microemo.corrections import FILENAME, Corrections, apply
from microemo.result import Result
from microemo.server.jobs import Job
from microemo.server.places import Places

JSON, HTML = "json", "html"


def corrections(places: Places, job: Job) -> Corrections | None:
    """What was corrected, if anything was."""
    path = places.results(job.id) / FILENAME
    return Corrections.read(path) if path.exists() else None


def keep(places: Places, job: Job, given: Corrections) -> None:
    """Keep corrections in place of earlier ones; without an utterance, none are left.

    Raises ``InputError`` where they do not fit the result.
    """
    result = apply(_original(places, job), given)
    kept = places.results(job.id) / FILENAME
    if given.utterances:
        report.save(result, places.corrected(job.id), [JSON, *sorted({*job.options.formats} - {JSON, HTML})])
        files.write(kept, given.model_dump_json(indent=2).encode())
    else:
        kept.unlink(missing_ok=True)
        shutil.rmtree(places.corrected(job.id), ignore_errors=True)


def file(places: Places, job: Job, name: str) -> Path:
    """Where one of the job's files lies: as corrected, if it has been."""
    corrected = places.corrected(job.id) / name
    return corrected if corrected.exists() else places.results(job.id) / name


def exported(places: Places, job: Job, name: str) -> tuple[str, bytes]:
    """The result as corrected in a format, and the file's name; several files are a ZIP archive.

    Raises ``MicroEmoError`` where what writes the format is not installed.
    """
    given, result = corrections(places, job), _original(places, job)
    contents = report.rendered(apply(result, given) if given else result, name)
    if len(contents) == 1:
        return next(iter(contents.items()))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for filename, content in contents.items():
            target.writestr(zipfile.ZipInfo(filename), content)  # without today's date: the same bytes each time
    return f"{Path(report.FORMATS[name].filename).stem}.zip", archive.getvalue()


def _original(places: Places, job: Job) -> Result:
    return Result.read(places.results(job.id) / report.FORMATS[JSON].filename)
