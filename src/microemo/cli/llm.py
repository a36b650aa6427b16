"""Language models as the user names them, and what they will cost, said before it arises."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from microemo.errors import InputError

if TYPE_CHECKING:
    from microemo.chat import Chat, Cost


def chat_at(named: str) -> "Chat":
    """The model at ``URL#MODEL``, or the server's first at ``URL``."""
    from microemo.chat import Chat, first_model

    url, _, model = named.partition("#")
    return Chat(url, model or first_model(url))


def agreement(prices: str | None, yes: bool) -> "Callable[[str, Cost], None]":
    """Says what the LLM will cost and, on a terminal, asks whether to go on."""
    price_in, price_out = _prices(prices)

    def agree(what: str, cost: "Cost") -> None:
        said = str(cost.priced(price_in, price_out) if prices else cost)
        print(f"microemo: {what}: {said}", file=sys.stderr)
        if cost.requests and not yes and sys.stdin.isatty():
            typer.confirm("Go on?", abort=True, err=True)

    return agree


def _prices(prices: str | None) -> tuple[float, float]:
    try:
        price_in, price_out = map(float, (prices or "0,0").split(","))
    except ValueError:
        raise InputError(f"{prices}: not two prices; give them as 0.15,0.60") from None
    return price_in, price_out
