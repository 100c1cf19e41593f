"""Reading JSON records whatever state their file is in: lines of records (NDJSON), one document that holds them, or an array.

A sound file of lines goes to the engine's own reader. Anything else is copied record by record: sound records with
their line number around them, broken ones apart with the reason. A document that breaks off is refused as a whole, for
nobody could say what was lost with it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from json import JSONDecodeError
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from infusion_audit.salvage import shown

BOM, NEW_LINE = b"\xef\xbb\xbf", b"\n"
OTHER = "other"  # the kinds of records that are not used
BLANK = re.compile(r"[ \t\r\n]*")
LONGEST_LINE = 32 << 20  # bytes; the engine's own limit
LONGEST_DOCUMENT = 256 << 20  # bytes; it is read as a whole
KEPT = 100_000  # characters of a broken record, for the format to find whose it was

Shape = Any
"""What is used of a record: ``"text"``, an object of shapes by name, or a list of one shape."""


@dataclass(frozen=True)
class RecordForm:
    """What is used of the records of a format's files."""

    shapes: Mapping[str, dict[str, Shape]]
    """The shape of each kind of record; a format of one kind calls it by an empty name."""
    by: str = ""
    """The key in which a record says its kind."""
    holds: tuple[str, ...] = ()
    """The keys that lead from an object that only holds records to each of them."""
    holder: str = ""
    """The kind of that object, where others may have the first of these keys too."""
    named: tuple[str, str] = ("", "")
    """The key of a record's name, and the key beside a held record whose address ends with the name, where the record has none itself."""

    def kind_of(self, record: Mapping[str, Any]) -> str | None:
        """The kind of a record, also one that is not used; None when it does not say."""
        kind = record.get(self.by) if self.by else ""
        return kind if isinstance(kind, str) else None

    def is_holder(self, value: Any) -> bool:
        """Whether a value is an object that only holds records."""
        if not self.holds or not isinstance(value, dict) or self.holds[0] not in value:
            return False
        return not self.holder or self.kind_of(cast("dict[str, Any]", value)) == self.holder

    def shape_of(self, kind: str) -> dict[str, Shape]:
        """What is used of a kind of record: of one that is not used, only that it is there."""
        return self.shapes.get(kind, {self.by: "text"})


@dataclass(frozen=True)
class Record:
    """One record as it stands in its file, or what is there instead of one, with the reason."""

    line: int
    raw: str
    reason: str | None = None
    kind: str = ""


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


@dataclass(frozen=True)
class Salvaged:
    """The copies of a file's sound records by kind, and whether each record has a line of its own."""

    copies: dict[str, Path]
    has_lines: bool
    """When several records share a line, they are told by their number in the file instead."""


def salvage_records(path: Path, form: RecordForm, good: Callable[[], Path], bad: Path) -> Salvaged:
    """Copy the sound records of a file to a ``good`` one for each kind and list the others in ``bad``; raises BrokenDocument.

    A copy has lines such as ``{"line": 3, "number": 2, "record": {...}}``. Kinds that are not used share the one of an unused name.
    """
    copies: dict[str, Path] = {}
    has_lines, last = True, 0
    with ExitStack() as stack, bad.open("w", encoding="utf-8", newline="") as broken:
        listed = csv.writer(broken, quoting=csv.QUOTE_ALL, lineterminator="\n")
        sound: dict[str, TextIO] = {}
        for number, record in enumerate(records(path, form), 1):
            has_lines, last = has_lines and record.line > last, record.line
            if record.reason is None:
                kind = record.kind if record.kind in form.shapes else OTHER
                if kind not in sound:
                    copies[kind] = good()
                    sound[kind] = stack.enter_context(copies[kind].open("w", encoding="utf-8"))
                sound[kind].write(f'{{"line": {record.line}, "number": {number}, "record": {" ".join(record.raw.split(chr(10)))}}}\n')
            else:
                raw = shown(record.raw[:KEPT].encode(errors="backslashreplace"))
                listed.writerow([record.line, number, record.reason, raw[:KEPT]])
    return Salvaged(copies, has_lines)


def first_kind(path: Path, form: RecordForm) -> str | None:
    """The kind of a file's first record when that is a line; None when only reading the file can tell."""
    with path.open("rb") as file:
        line, _ = _first_lines(file)
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return form.kind_of(cast("dict[str, Any]", value)) if isinstance(value, dict) else None


def records(path: Path, form: RecordForm) -> Iterator[Record]:
    """Every record of a file, in its order."""
    with path.open("rb") as file:
        _refuse_other_bytes(file.read(4))
        file.seek(0)
        first, second = _first_lines(file)
    if not _parses(first):
        try:
            yield from list(_of_document(_whole(path), form))
        except BrokenDocument:
            if first.startswith(b"[") or not second.startswith(b"{"):
                raise
        else:
            return
    with path.open("rb") as file:
        for number, line in _lines(file):
            yield from _of_line(number, line, form)


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
    if content.lstrip()[:1] not in (b"", b"{", b"["):
        raise BrokenDocument("line 1: is no JSON")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BrokenDocument(f"line {content.count(NEW_LINE, 0, error.start) + 1}: is not UTF-8 text") from None


def _refuse_other_bytes(start: bytes) -> None:
    """Raise BrokenDocument for a file whose first bytes are not those of text in UTF-8."""
    if start.startswith(b"\x1f\x8b"):
        raise BrokenDocument("line 1: is packed with gzip, and the name of the file does not say so (.ndjson.gz)")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in start:
        raise BrokenDocument("line 1: is UTF-16 text, and JSON is UTF-8")


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


def _of_line(number: int, line: bytes, form: RecordForm) -> Iterator[Record]:
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
    elif isinstance(value, list) or form.is_holder(value):
        for record in _of_document(text, form):
            yield replace(record, line=number)
    else:
        yield _judged(number, text, value, form)


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


def _judged(number: int, text: str, value: Any, form: RecordForm, address: str = "") -> Record:
    key = form.named[0]
    if address and isinstance(value, dict) and value and key not in value:
        name = address.removeprefix("urn:uuid:").split("/_history", 1)[0].rsplit("/", 1)[-1]
        value, text = {key: name, **cast("dict[str, Any]", value)}, f"{{{json.dumps(key)}: {json.dumps(name)}, {text[1:]}"
    kind = form.kind_of(cast("dict[str, Any]", value)) if isinstance(value, dict) else None
    if kind is None or not fits(value, form.shape_of(kind)):
        return Record(number, text, "wrong_shape")
    return Record(number, text, kind=kind)


def _of_document(text: str, form: RecordForm) -> Iterator[Record]:
    """The records of a document, or of several one after the other: what an array or an object holds, or the object itself."""
    line, counted = 1, 0
    for start, end, address in _places(text, form):
        line, counted = line + text.count("\n", counted, start), start
        raw = text[start:end]
        value, reason = _value(raw)
        if reason is None and form.is_holder(value):  # one within another, as the answer to a batch of questions
            for record in _of_document(raw, form):
                yield replace(record, line=line + record.line - 1)
        else:
            yield Record(line, raw, reason) if reason else _judged(line, raw, value, form, address)


def _places(text: str, form: RecordForm) -> Iterator[tuple[int, int, str]]:
    """Where the records of a text stand in it, with the address that stands beside each."""
    at = _skip(text, 0)
    try:
        while at < len(text):
            end = _end(text, at)
            if text.startswith("[", at):
                for start, _ in _parts(text, at, "]"):
                    yield from _within(text, start, form)
            else:
                yield from _within(text, at, form)
            at = _skip(text, end)
    except (JSONDecodeError, RecursionError) as error:
        where = error.pos if isinstance(error, JSONDecodeError) else at
        raise BrokenDocument(f"line {text.count(chr(10), 0, where) + 1}: the JSON document breaks off or is damaged here") from None


def _within(text: str, at: int, form: RecordForm) -> Iterator[tuple[int, int, str]]:
    """The records that the value at a place holds, or that value."""
    places = dict(_members(text, at)) if form.holds and text.startswith("{", at) else {}
    if form.holder and (form.by not in places or _PLAIN.raw_decode(text, places[form.by])[0] != form.holder):
        yield at, _end(text, at), ""
    else:
        yield from _held(text, at, form.holds, form.named[1])


def _held(text: str, at: int, holds: Sequence[str], beside: str, address: str = "") -> Iterator[tuple[int, int, str]]:
    """The values that these keys lead to from the one at a place, as far as they do, each with what stands beside it."""
    places = dict(_members(text, at)) if holds and text.startswith("{", at) else {}
    if not holds or holds[0] not in places:
        yield at, _end(text, at), address
        return
    told = _PLAIN.raw_decode(text, places[beside])[0] if beside in places else ""
    address = told if isinstance(told, str) else ""
    if text.startswith("[", places[holds[0]]):
        for start, _ in _parts(text, places[holds[0]], "]"):
            yield from _held(text, start, holds[1:], beside)
    else:
        yield from _held(text, places[holds[0]], holds[1:], beside, address)


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
