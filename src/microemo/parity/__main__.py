"""``python -m microemo.parity FIXTURE``: a line for each recorded output, ``NAME LARGEST_DIFFERENCE ok|off``.

Exit codes: 0 where all agree, 1 where one is further off than ``compare.TOLERANCE``, 2 for a file that is no fixture.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from microemo.errors import InputError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m microemo.parity", description=__doc__.splitlines()[0])
    parser.add_argument("fixture", metavar="FIXTURE", type=Path, help="a safetensors file of recorded outputs")
    fixture = parser.parse_args(arguments).fixture

    from microemo.parity.compare import compare

    try:
        comparisons = compare(fixture)
    except InputError as error:
        print("microemo: error:", " ".join(str(error).split()), file=sys.stderr)
        return 2
    for comparison in comparisons:
        print(comparison.name, f"{comparison.difference:.2e}", "ok" if comparison.ok else "off")
    return int(not all(comparison.ok for comparison in comparisons))


if __name__ == "__main__":
    # MKL picks another FFT for each family of processors, and in near-silent bins they differ by more than the
    # tolerance. This is Intel's switch for the same numbers everywhere; MKL reads it once, when torch starts.
    os.environ["MKL_CBWR"] = "COMPATIBLE"
    sys.exit(main())
