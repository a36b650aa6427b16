"""A package of an extra is imported if it is there; if not, one line names the command that installs it."""

import json

import pytest

from microemo.errors import MicroEmoError
from microemo.extras import require


def test_a_package_that_is_there_is_imported() -> None:
    assert require("json", extra="eval") is json
    assert require("json.decoder", extra="eval").JSONDecoder is json.JSONDecoder


@pytest.mark.parametrize("module", ["no_such_package", "no_such_package.part"])
def test_a_missing_package_is_one_line_with_the_command(module: str) -> None:
    with pytest.raises(MicroEmoError) as caught:
        require(module, extra="eval")

    assert str(caught.value) == "no_such_package is not installed; run: pip install 'microemo[eval]'"


def test_what_a_package_lacks_itself_is_not_said_to_be_the_extra(tmp_path, monkeypatch) -> None:
    (tmp_path / "half_there.py").write_text("import nothing_of_that_name")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ModuleNotFoundError, match="nothing_of_that_name"):
        require("half_there", extra="eval")
