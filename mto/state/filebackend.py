"""State in a folder: ``file://~``, ``file:///absolute``, ``file://./relative``."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

from typing_extensions import override

from mto.state.folder import Folder
from mto.state.keeper import Clock, Keeper, utc_now


class FileBackend(Keeper):
    """Touches nothing before it is used."""

    def __init__(self, url: str, *, clock: Clock = utc_now, durable: bool = True) -> None:
        self.root = _folder(url)
        super().__init__(Folder(self.root, durable=durable), clock=clock)

    @override
    def __repr__(self) -> str:
        return f"FileBackend({str(self.root)!r})"


def _folder(url: str) -> Path:
    """The folder that a URL means to Pulumi: options after ``?`` count for nothing here."""
    path = unquote(url.removeprefix("file://").partition("?")[0])
    if path == "~" or path.startswith("~/"):
        return Path.home() / path[2:]
    return Path(os.path.abspath(path))  # noqa: PTH100 - unlike resolve(), it keeps symbolic links
