"""Where reports are published: a folder, or a store that fsspec reaches. A report appears there whole or not at all.

DEST/runs/NAME/    one publication, never changed afterwards; SHA256SUMS lists its files and is written last
DEST/latest/       the last publication: in a folder a symbolic link, in a store one page that leads there
DEST/latest.json   the same for programs: run_id, path, published_at, edition
"""

from __future__ import annotations

import html
import json
import os
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from infusion_audit.errors import UserError

SUMS = "SHA256SUMS"
_KEPT = "What was published before is unchanged."


class Destination(Protocol):
    """What publishing needs of a place."""

    def latest(self) -> dict[str, Any] | None:
        """What latest.json says, None when nothing was published yet."""
        ...

    def sums(self, name: str) -> str | None:
        """The SHA256SUMS of a publication, None when there is no whole one of that name."""
        ...

    def put(self, staged: Path, name: str) -> None:
        """Publish the files of a folder under a name that is free."""
        ...

    def point(self, name: str, pointer: dict[str, Any]) -> None:
        """Make a publication the latest."""
        ...


def destination(place: str) -> Destination:
    """The folder or store called ``place``."""
    if is_folder(place):
        return Folder(Path(place.removeprefix("file://")))
    return Store(place)


def shown(place: str) -> str:
    """The name of a place as messages may say it: a URL may hold a password."""
    if is_folder(place):
        return place.removeprefix("file://")
    parts = urlsplit(place)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


def is_folder(place: str) -> bool:
    """Whether a place is a folder, not a store."""
    return "://" not in place or urlsplit(place).scheme == "file"


class Folder:
    """A folder on this machine or a mounted share."""

    def __init__(self, path: Path) -> None:
        self._path, self._runs = path, path / "runs"

    def latest(self) -> dict[str, Any] | None:
        try:
            return _pointer((self._path / "latest.json").read_text("utf-8"), f"{self._path}/latest.json")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._unusable(error) from error

    def sums(self, name: str) -> str | None:
        try:
            return (self._runs / name / SUMS).read_text("utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._unusable(error) from error

    def put(self, staged: Path, name: str) -> None:
        partial = self._runs / f".{name}.partial"
        try:
            self._runs.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(partial, ignore_errors=True)  # of a publication that was killed
            for source in _files(staged):
                target = partial / source.relative_to(staged)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
                _to_disk(target)
            shutil.rmtree(self._runs / name, ignore_errors=True)  # without SHA256SUMS: nothing that was ever whole
            partial.rename(self._runs / name)
            _to_disk(self._runs)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise self._unusable(error) from error

    def point(self, name: str, pointer: dict[str, Any]) -> None:
        link, half = self._path / "latest", self._path / ".latest.partial"
        try:
            half.unlink(missing_ok=True)
            half.symlink_to(Path("runs") / name, target_is_directory=True)
            half.replace(link)
            words = self._path / ".latest.json.partial"
            words.write_text(_pointer_text(pointer), "utf-8")
            _to_disk(words)
            words.replace(self._path / "latest.json")
            _to_disk(self._path)
        except OSError as error:
            half.unlink(missing_ok=True)
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> UserError:
        return UserError(f"{self._path} cannot be written: {error.strerror or error}", hint=_KEPT)


class Store:
    """An object store or server behind a URL such as s3://bucket/reports."""

    def __init__(self, url: str) -> None:
        self._shown = shown(url)
        try:
            url_to_fs: Any = import_module("fsspec.core").url_to_fs
        except ImportError as error:
            raise UserError(f"{self._shown} needs fsspec", hint='pip install "infusion-audit[remote]"; for s3:// also s3fs.') from error
        try:
            self._fs, root = url_to_fs(url)
        except (ImportError, ValueError) as error:  # the protocol's own package is missing, or nobody knows the protocol
            raise UserError(f"{self._shown} cannot be reached: {error}") from error
        self._root = str(root).rstrip("/")

    def latest(self) -> dict[str, Any] | None:
        try:
            text = self._fs.cat_file(f"{self._root}/latest.json").decode()
        except FileNotFoundError:
            return None
        except Exception as error:
            raise self._unusable(error) from error
        return _pointer(text, f"{self._shown}/latest.json")

    def sums(self, name: str) -> str | None:
        try:
            return self._fs.cat_file(f"{self._root}/runs/{name}/{SUMS}").decode()
        except FileNotFoundError:
            return None
        except Exception as error:
            raise self._unusable(error) from error

    def put(self, staged: Path, name: str) -> None:
        try:
            for source in sorted(_files(staged), key=lambda file: file.name == SUMS):
                self._write(f"runs/{name}/{source.relative_to(staged).as_posix()}", source.read_bytes())
        except Exception as error:  # every store has errors of its own
            raise self._unusable(error) from error

    def point(self, name: str, pointer: dict[str, Any]) -> None:
        try:
            self._write("latest/index.html", _redirect(f"../runs/{name}/index.html").encode())
            self._write("latest.json", _pointer_text(pointer).encode())
        except Exception as error:
            raise self._unusable(error) from error

    def _write(self, path: str, content: bytes) -> None:
        target = f"{self._root}/{path}"
        if target.startswith("/"):  # else the path begins with a bucket, and a mistyped one must not be made
            self._fs.makedirs(target.rpartition("/")[0], exist_ok=True)
        self._fs.pipe_file(target, content)

    def _unusable(self, error: Exception) -> UserError:
        return UserError(f"{self._shown} cannot be used: {type(error).__name__}: {error}", hint=_KEPT)


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _pointer(text: str, place: str) -> dict[str, Any]:
    """What a latest.json says; one that says nothing readable could lead patients' data into the wrong hands."""
    try:
        found = json.loads(text)
        if found.get("edition", "internal") in ("internal", "deidentified", "external"):
            return found
    except (ValueError, AttributeError):
        pass
    raise UserError(
        f"{place} cannot be read: it says which edition of the report is published there", hint="Restore it, or give another DEST."
    )


def _pointer_text(pointer: dict[str, Any]) -> str:
    return json.dumps(pointer, indent=2) + "\n"


def _redirect(target: str) -> str:
    """A page that leads on: one object, so that it changes at once."""
    to = html.escape(target)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Latest report</title>'
        f'<meta http-equiv="refresh" content="0; url={to}"></head><body><p><a href="{to}">The latest report</a></p></body></html>\n'
    )
