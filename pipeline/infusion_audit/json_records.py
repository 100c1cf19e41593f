"""Reading JSON records whatever state their file is in: lines of records (NDJSON), one document that holds them, or an array.

A sound file of lines goes to the engine's own reader. Anything else is copied record by record: sound records with
their line number around them, broken ones apart with the reason. A document that breaks off is refused as a whole, for
nobody could say what was lost with it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from json import JSONDecodeError
from pathlib import Path
from typing import Any, BinaryIO, cast

from infusion_audit.salvage import shown

BOM, NEW_LINE = b"\xef\xbb\xbf", b"\n"
BLANK = re.compile(r"[ \t\r\n]*")
LONGEST_LINE = 32 << 20  # bytes; the engine's own limit
LONGEST_DOCUMENT = 256 << 20  # bytes; it is read as a whole
KEPT = 100_000  # characters of a broken record, for the format to find whose it was

Shape = Any
"""What is used of a record: ``"text"``, an object of shapes by name, or a list of one shape."""


@dataclass(frozen=True)
class Record:
    """One record as it stands in its file, or what is there instead of one, with the reason."""

    line: int
    raw: str
    reason: str | None = None


class BrokenDocument(ValueError):
    """A document of many records that cannot be read to its end."""


class _Twice(ValueError):
    """An object that says the same thing twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Twice
    return found


_PLAIN = json.JSONDecoder()
_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def salvage_records(path: Path, shape: Shape, holds: Sequence[str], good: Path, bad: Path) -> None:
    """Copy the sound records of a file to ``good``, each as ``{"line": 3, "record": {...}}``, and list the others in ``bad``.

    ``holds`` names the keys that lead from an object that only holds records to each of them; raises BrokenDocument.
    """
    with good.open("w", encoding="utf-8") as sound, bad.open("w", encoding="utf-8", newline="") as broken:
        listed = csv.writer(broken, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for record in records(path, shape, holds):
            if record.reason is None:
                sound.write(f'{{"line": {record.line}, "record": {" ".join(record.raw.split(chr(10)))}}}\n')
            else:
                raw = shown(record.raw[:KEPT].encode(errors="backslashreplace"))
                listed.writerow([record.line, record.reason, raw[:KEPT]])


def records(path: Path, shape: Shape, holds: Sequence[str]) -> Iterator[Record]:
    """Every record of a file, in its order."""
    with path.open("rb") as file:
        first, second = _first_lines(file)
    if not _parses(first):
        try:
            yield from list(_of_document(_whole(path), shape, holds))
        except BrokenDocument:
            if first.startswith(b"[") or not second.startswith(b"{"):
                raise
        else:
            return
    with path.open("rb") as file:
        for number, line in _lines(file):
            yield from _of_line(number, line, shape, holds)


def fits(value: Any, shape: Shape) -> bool:
    """Whether a value has this shape; what is not there fits any, and whatever is used as text is text."""
    if value is None or shape == "text":
        return True
    if isinstance(shape, dict):
        of = cast("dict[str, Shape]", shape)
        return isinstance(value, dict) and all(fits(cast("dict[str, Any]", value).get(key), each) for key, each in of.items())
    return isinstance(value, list) and all(fits(each, shape[0]) for each in cast("list[Any]", value))


def _whole(path: Path) -> str:
    """The text of a document."""
    if path.stat().st_size > LONGEST_DOCUMENT:
        raise BrokenDocument(f"line 1: is the beginning of a JSON document of more than {LONGEST_DOCUMENT >> 20} MB, not a record")
    content = path.read_bytes().removeprefix(BOM)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BrokenDocument(f"line {content.count(NEW_LINE, 0, error.start) + 1}: is not UTF-8 text") from None


def _first_lines(file: BinaryIO) -> tuple[bytes, bytes]:
    """The first two lines that are not blank."""
    stripped = (line.removeprefix(BOM).strip() for line in iter(lambda: file.readline(LONGEST_LINE), b""))
    filled = filter(None, stripped)
    return next(filled, b""), next(filled, b"")


def _parses(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank with their numbers; of a giant one only as much as shows that it is."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE + 1)
        if line := (line.removeprefix(BOM) if number == 1 else line).strip():
            yield number, line


def _of_line(number: int, line: bytes, shape: Shape, holds: Sequence[str]) -> Iterator[Record]:
    """The record of a line, or the records that it holds."""
    if len(line) > LONGEST_LINE:
        yield Record(number, line.decode(errors="replace"), "record_too_long")
        return
    try:
        text = line.decode()
    except UnicodeDecodeError:
        yield Record(number, line.decode(errors="backslashreplace"), "invalid_utf8")
        return
    value, reason = _value(text)
    if reason:
        yield Record(number, text, reason)
    elif isinstance(value, list) or (holds and isinstance(value, dict) and holds[0] in value):
        for record in _of_document(text, shape, holds):
            yield Record(number, record.raw, record.reason)
    else:
        yield _judged(number, text, value, shape)


def _value(text: str) -> tuple[Any, str | None]:
    """What a text says, or why it is no JSON that can be believed."""
    try:
        value = _DECODER.decode(text)
        if "\\u" in text:
            if "\\u0000" in text:
                return None, "nul_byte"
            json.dumps(value, ensure_ascii=False).encode()
    except _Twice:
        return None, "duplicate_key"
    except UnicodeEncodeError:
        return None, "invalid_utf8"
    except (ValueError, RecursionError):
        return None, "not_json"
    return value, None


def _judged(number: int, text: str, value: Any, shape: Shape) -> Record:
    sound = isinstance(value, dict) and fits(value, shape)
    return Record(number, text, None if sound else "wrong_shape")


def _of_document(text: str, shape: Shape, holds: Sequence[str]) -> Iterator[Record]:
    """The records of a document, or of several one after the other: what an array or an object holds, or the object itself."""
    line, counted = 1, 0
    for start, end in _places(text, holds):
        line, counted = line + text.count("\n", counted, start), start
        raw = text[start:end]
        value, reason = _value(raw)
        yield Record(line, raw, reason) if reason else _judged(line, raw, value, shape)


def _places(text: str, holds: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the records of a text stand in it."""
    at = _skip(text, 0)
    try:
        while at < len(text):
            end = _end(text, at)
            if text.startswith("[", at):
                for start, _ in _parts(text, at, "]"):
                    yield from _within(text, start, holds)
            else:
                yield from _within(text, at, holds)
            at = _skip(text, end)
    except (JSONDecodeError, RecursionError) as error:
        where = error.pos if isinstance(error, JSONDecodeError) else at
        raise BrokenDocument(f"line {text.count(chr(10), 0, where) + 1}: the JSON document breaks off or is damaged here") from None


def _within(text: str, at: int, holds: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The records that the value at a place holds, or that value."""
    places = dict(_members(text, at)) if holds and text.startswith("{", at) else {}
    if not holds or holds[0] not in places:
        yield at, _end(text, at)
    elif text.startswith("[", places[holds[0]]):
        for start, _ in _parts(text, places[holds[0]], "]"):
            yield from _within(text, start, holds[1:])
    else:
        yield from _within(text, places[holds[0]], holds[1:])


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """The keys of an object and where their values begin."""
    for start, _ in _parts(text, at, "}"):
        key, after = _PLAIN.raw_decode(text, start)
        yield str(key), _skip(text, _skip(text, after) + 1)


def _parts(text: str, at: int, close: str) -> Iterator[tuple[int, int]]:
    """Where the elements of an array, or the members of an object, begin and end."""
    at = _skip(text, at + 1)
    while not text.startswith(close, at):
        end = _end(text, at)
        if close == "}":
            colon = _skip(text, end)
            if not text.startswith(":", colon):
                raise JSONDecodeError("no colon", text, colon)
            end = _end(text, _skip(text, colon + 1))
        yield at, end
        comma = _skip(text, end)
        if not text.startswith((",", close), comma):
            raise JSONDecodeError("no comma", text, comma)
        at = _skip(text, comma + 1) if text.startswith(",", comma) else comma


def _end(text: str, at: int) -> int:
    return _PLAIN.raw_decode(text, at)[1]


def _skip(text: str, at: int) -> int:
    found = BLANK.match(text, at)
    return found.end() if found else at
