"""Reading a CSV file whatever state it is in: a quick scan says whether it is sound, and if not, its records are taken apart.

A sound file goes to the engine's parallel reader as it is. Anything else (embedded newlines, ragged rows, stray quotes,
NUL bytes, invalid UTF-8, giant cells, old Mac line ends) is copied record by record: sound records with their line
number in front, broken ones apart with the reason. One broken record never touches its neighbours.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20
BLOCK = 1 << 16  # small, so that a broken line sends few sound ones the slow way
LONGEST_RECORD = 1_000_000  # bytes; the engine's own limit is 2 MB
MOST_JOINED_LINES = 100
SHOWN = 500  # characters of a broken record that are kept

QUOTED = re.compile(rb' *"([^"]*+(?:""[^"]*+)*+)" *')
OPENING = re.compile(rb' *"')
OPEN_QUOTE = "open_quote"
AS_UTF_8 = 'save it as UTF-8 (in Excel: "CSV UTF-8")'

Line = tuple[int, bytes]


@dataclass(frozen=True)
class Scan:
    """What one pass over the bytes of a file tells."""

    sha256: str
    size: int
    lines: int
    sound: bool
    """No NUL byte, and the same line end throughout."""
    line_end: bytes
    escaped_nul: bool
    """A NUL in the way of JSON, which no engine takes for one."""


def scan(path: Path) -> Scan:
    """Read a file once: its hash, its physical lines, and whether anything in it needs the careful reader."""
    digest, size, feeds, returns, pairs, nul, escaped, last = hashlib.sha256(), 0, 0, 0, 0, False, False, b""
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            feeds += chunk.count(b"\n")
            nul = nul or b"\0" in chunk
            escaped = escaped or b"\\u0000" in chunk
            if b"\r" in chunk or last == b"\r":
                returns += chunk.count(b"\r")
                pairs += (last + chunk).count(b"\r\n")
            last = chunk[-1:]
    line_end = b"\r" if returns and not feeds else b"\n"
    lines = (feeds or returns) + (last not in (b"", line_end))
    return Scan(digest.hexdigest(), size, lines, not nul and returns == pairs and pairs in (0, feeds), line_end, escaped)


def header(path: Path) -> list[str]:
    """The column names in the first line of a file; raises ValueError, with what is wrong, when they cannot be read."""
    with path.open("rb") as file:
        start = file.read(LONGEST_RECORD)
    return header_of(start)


def header_of(start: bytes) -> list[str]:
    """The column names in the first line of these bytes."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError(f"is UTF-16 text; {AS_UTF_8}")
    line = re.split(rb"[\r\n]", start.removeprefix(b"\xef\xbb\xbf"), maxsplit=1)[0]
    cells = split(line)
    if isinstance(cells, str):
        raise ValueError("has a header with an unmatched quote")
    try:
        return [cell.decode().strip() for cell in cells]
    except UnicodeDecodeError:
        raise ValueError(f"is not UTF-8 text; {AS_UTF_8}") from None


def has_tabs(start: bytes, names: Sequence[str]) -> bool:
    """Whether a file begins with exactly these column names and tabs between them."""
    return bool(names) and re.split(rb"[\r\n]", start.removeprefix(b"\xef\xbb\xbf"), maxsplit=1)[0] == "\t".join(names).encode()


def salvage_tabs(path: Path, line_end: bytes, width: int, identity: int | None, good: Path, bad: Path) -> None:
    """The same as ``salvage`` for a file with tabs between its cells, in which a quote is a letter like any other."""
    with (
        path.open("rb") as source,
        good.open("w", encoding="utf-8", newline="") as sound,
        bad.open("w", encoding="utf-8", newline="") as broken,
    ):
        copied = csv.writer(sound, lineterminator="\n")
        listed = csv.writer(broken, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for number, line in ((at, line) for first, block in _blocks(source, line_end) for at, line in enumerate(block, first) if line):
            cells, reason = line.split(b"\t"), _fault(line)
            if reason is None and len(cells) == width:
                copied.writerow([number, *(cell.decode() for cell in cells)])
            else:
                reason = reason or ("too_few_cells" if len(cells) < width else "too_many_cells")
                patient = shown(cells[identity])[:SHOWN] if identity is not None and identity < len(cells) else ""
                listed.writerow([number, reason, shown(line[: SHOWN * 4])[:SHOWN], patient])


def salvage(path: Path, line_end: bytes, width: int, identity: int | None, good: Path, bad: Path) -> None:
    """Copy the sound records of a file to ``good``, each behind its line number, and list the others in ``bad``.

    ``bad`` is a CSV of line, reason, raw text and, where it can be made out, the cell at position ``identity``.
    """
    with path.open("rb") as source, good.open("wb") as sound, bad.open("w", encoding="utf-8", newline="") as broken:
        listed = csv.writer(broken, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for plain, blocks in groupby(_blocks(source, line_end), key=_is_plain):
            lines = (line for first, block in blocks for line in enumerate(block, first))
            for number, record, reason in _single(lines, width) if plain else _records(lines, width):
                if reason is None:
                    sound.write(b"%d,%s\n" % (number, record))
                else:
                    listed.writerow([number, reason, shown(record[: SHOWN * 4])[:SHOWN], _cell(record, identity)])


def split(record: bytes) -> list[bytes] | str:
    """The cells of a record, or the reason why it is none: a quote is special only at the start of a cell."""
    if b'"' not in record:
        return record.split(b",")
    cells: list[bytes] = []
    at = 0
    while True:
        if quoted := QUOTED.match(record, at):
            cells.append(quoted[1].replace(b'""', b'"'))
            at = quoted.end()
            if at < len(record) and record[at : at + 1] != b",":
                return "stray_quote"
        elif OPENING.match(record, at):
            return OPEN_QUOTE
        else:
            comma = record.find(b",", at)
            end = len(record) if comma < 0 else comma
            cells.append(record[at:end])
            at = end
        if at >= len(record):
            return cells
        at += 1


def _single(lines: Iterable[Line], width: int) -> Iterator[tuple[int, bytes, str | None]]:
    """The records of lines in which nothing is quoted or damaged: each line is one, and its commas tell whether it is sound."""
    commas = width - 1
    for number, line in lines:
        if line.count(b",") == commas:
            yield number, line, None
        elif line:
            yield number, *_judge(line, width)


def _records(lines: Iterator[Line], width: int) -> Iterator[tuple[int, bytes, str | None]]:
    """Every record in these lines: first line number, bytes, and the reason when it is broken."""
    waiting: deque[Line] = deque()
    while (following := waiting.popleft() if waiting else next(lines, None)) is not None:
        number, line = following
        if not line:
            continue
        record, reason = _judge(line, width)
        if reason == OPEN_QUOTE:
            joined, used = _join(line, waiting, lines, width)
            if joined is not None:
                record, reason = joined, None
                for _ in range(used):
                    waiting.popleft()
        yield number, record, reason


def _join(line: bytes, waiting: deque[Line], lines: Iterator[Line], width: int) -> tuple[bytes | None, int]:
    """Join an open record with the lines after it, unless one of them is a record by itself.

    Lines looked at are left in ``waiting``, so that a stray quote costs its own line only.
    """
    parts, size = [line], len(line)
    for used in range(1, MOST_JOINED_LINES + 1):
        if len(waiting) < used:
            following = next(lines, None)
            if following is None:
                break
            waiting.append(following)
        following_line = waiting[used - 1][1]
        size += len(following_line)
        if size > LONGEST_RECORD or _judge(following_line, width)[1] is None:
            break
        parts.append(following_line)
        record, reason = _judge(b"\n".join(parts), width)
        if reason is None:
            return record, used
        if reason != OPEN_QUOTE:
            break
    return None, 0


def _judge(record: bytes, width: int) -> tuple[bytes, str | None]:
    """The record ready for the engine, or as it is with the reason why it is broken."""
    if reason := _fault(record):
        return record, reason
    if b'"' not in record and record.count(b",") == width - 1:
        return record, None
    cells = split(record)
    if isinstance(cells, str):
        return record, cells
    if len(cells) == width + 1 and not cells[-1]:
        cells.pop()
    if len(cells) != width:
        return record, "too_few_cells" if len(cells) < width else "too_many_cells"
    return b",".join(b'"' + cell.replace(b'"', b'""') + b'"' if cell else b"" for cell in cells), None


def _fault(record: bytes) -> str | None:
    """Why a record cannot be read, wherever its cells begin."""
    if len(record) > LONGEST_RECORD:
        return "record_too_long"
    if b"\0" in record:
        return "nul_byte"
    if b"\r" in record:
        return "stray_carriage_return"
    return None if _is_utf8(record) else "invalid_utf8"


def _blocks(source: BinaryIO, line_end: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """The physical lines after the header, in blocks with the number of their first; of a giant line only as much as shows that it is."""
    number, rest = 1, b""
    while chunk := source.read(BLOCK):
        *lines, rest = (rest + chunk).split(line_end)
        if len(rest) > LONGEST_RECORD:
            rest = rest[: LONGEST_RECORD + 1]
        if lines:
            yield from _without_header(number, lines)
            number += len(lines)
    if rest:
        yield from _without_header(number, [rest])


def _without_header(number: int, lines: list[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    lines = [line.removesuffix(b"\r") for line in lines]
    yield (number, lines) if number > 1 else (2, lines[1:])


def _is_plain(block: tuple[int, list[bytes]]) -> bool:
    """True when no line of a block can be anything but one record of unquoted, readable text."""
    text = b",".join(block[1])
    return not any(mark in text for mark in (b'"', b"\0", b"\r")) and len(text) < LONGEST_RECORD and _is_utf8(text)


def _is_utf8(record: bytes) -> bool:
    if record.isascii():
        return True
    try:
        record.decode()
    except UnicodeDecodeError:
        return False
    return True


def shown(record: bytes) -> str:
    """A broken record as text on one line, what is no text escaped."""
    return record.decode(errors="backslashreplace").replace("\0", "\\x00").replace("\r", "\\r").replace("\n", "\\n")


def _cell(record: bytes, position: int | None) -> str:
    """The cell at a position of a broken record, as far as commas tell; blank when there is none."""
    cells = record[:LONGEST_RECORD].split(b",")
    return shown(cells[position]).strip(' "')[:SHOWN] if position is not None and position < len(cells) else ""
