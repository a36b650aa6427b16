"""``pytest tests/fuzz --inputs 100000`` tries more damaged inputs than the slice that runs with all tests."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--inputs", type=int, default=None, help="damaged inputs to try, of all kinds together")
