"""Whether two results say the same: labels, times, clues, words; and by how much confidences differ.

    python benchmarks/compare_results.py BEFORE/result.json AFTER/result.json [--tolerance 0.001]

Two folders of results are compared clip by clip. Exit code 1 where anything differs by more than the tolerance.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

IGNORED = {"microemo_version", "version", "weights_sha256", "schema_version"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--tolerance", type=float, default=0.001, help="of numbers, absolute")
    arguments = parser.parse_args()
    failed = False
    for name, before, after in pairs(arguments.before, arguments.after):
        found = list(differences(before, after, arguments.tolerance))
        failed |= bool(found)
        print(f"{name}: {'the same' if not found else f'{len(found)} differences'}")
        print(*(f"  {line}" for line in found), sep="\n", end="\n" if found else "")
    sys.exit(int(failed))


def pairs(before: Path, after: Path) -> Iterator[tuple[str, Any, Any]]:
    """Results by clip; of folders, those in ``<clip>/result.json``, and a missing one is None."""
    if before.is_file():
        yield before.parent.name, _read(before), _read(after)
        return
    names = sorted({path.parent.name for folder in (before, after) for path in folder.glob("*/result.json")})
    if not names:
        sys.exit(f"no */result.json in {before} or {after}")
    for name in names:
        yield name, *(_read(folder / name / "result.json") for folder in (before, after))


def _read(path: Path) -> Any:
    return json.loads(path.read_text()) if path.exists() else None


def differences(before: Any, after: Any, tolerance: float, place: str = "") -> Iterator[str]:
    """A line for each place at which two documents differ; numbers may differ by the tolerance."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            if key not in IGNORED:
                yield from differences(before.get(key), after.get(key), tolerance, f"{place}.{key}".lstrip("."))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, pair in enumerate(zip(before, after, strict=True)):
            yield from differences(*pair, tolerance, f"{place}[{number}]")
    elif _is_number(before) and _is_number(after):
        if abs(before - after) > tolerance:
            yield f"{place}: {before} -> {after}"
    elif before != after:
        yield f"{place}: {_short(before)} -> {_short(after)}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."


if __name__ == "__main__":
    main()
