"""What a server is told when it starts."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from microemo.errors import InputError

MIB = 2**20


@dataclass(frozen=True)
class Settings:
    """Where jobs are kept, what may be read, and how much is taken.

    data              folder of the jobs: their state, uploads and results
    root              folder whose files may be named by path; None: none may
    token             what everybody must show; None: nothing
    max_queue         jobs that wait, run or are being uploaded at once
    max_upload_bytes  of one request
    """

    data: Path
    root: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    max_queue: int = 20
    max_upload_bytes: int = 2048 * MIB

    def check(self) -> None:
        """Raises ``InputError`` where the root is no folder, and where a network could reach jobs without a token."""
        if self.root is not None and not self.root.is_dir():
            raise InputError(f"{self.root}: no such folder; name one whose files may be analysed")
        if self.token is None and not _is_loopback(self.host):
            raise InputError(
                f"{self.host}: others can reach this address; set a token (--token, or MICROEMO_TOKEN), "
                "or stay on 127.0.0.1"
            )
        if self.token is not None and not (self.token.isascii() and self.token.isprintable() and self.token.strip()):
            raise InputError("the token must be printable ASCII and not empty")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
