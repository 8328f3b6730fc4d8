"""Documents as lines of JSON, which leann-chunk --jsonl cuts: written whole or not at all, read by place."""

from __future__ import annotations

import json
import math
import os
import tempfile
from dataclasses import dataclass
from typing import Any, Iterable, Mapping

from .errors import LEANNDataError, LEANNUsageError

LINE_MAX = 8 << 20  # leann-chunk(1), JSON Lines
ID_MAX = 1024
DEPTH_MAX = 32


@dataclass(frozen=True)
class Record:
    id: str  # as the caller knows it
    key: str  # as the index has it: the same, unless an earlier record of that id is still there
    n: int  # its place among all
    metadata: dict[str, Any]
    at: int  # of its line in the file, and its bytes
    size: int
    line: int  # from 1
    empty: bool  # no text: the index does not have it


def _check(value: Any, where: str, depth: int = 0) -> None:
    if depth > DEPTH_MAX:
        raise LEANNUsageError(f"{where}: over {DEPTH_MAX} levels deep")
    if isinstance(value, str):
        if "\0" in value:
            raise LEANNUsageError(f"{where}: a NUL is in it")
    elif isinstance(value, bool) or value is None:
        pass
    elif isinstance(value, int):
        if not -(1 << 63) <= value < 1 << 63:
            raise LEANNUsageError(f"{where}: {value} has over 64 bits")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise LEANNUsageError(f"{where}: {value} is no number")
    elif isinstance(value, Mapping):
        for k, v in value.items():
            if not isinstance(k, str):
                raise LEANNUsageError(f"{where}: key {k!r} is no text")
            _check(k, where, depth)
            _check(v, f"{where}: {k}", depth + 1)
    elif isinstance(value, (list, tuple)):
        for v in value:
            _check(v, where, depth + 1)
    else:
        raise LEANNUsageError(f"{where}: JSON has no {type(value).__name__}")


def line_of(id: str, text: str, metadata: Mapping[str, Any] | None, n: int, key: str | None = None) -> bytes:
    """A line, checked as far as leann-chunk would refuse it; LF included."""
    if not isinstance(id, str) or not id:
        raise LEANNUsageError(f"id {id!r}: want a text that is not empty")
    if not isinstance(text, str):
        raise LEANNUsageError(f"{id}: the text is {type(text).__name__}, want str")
    if metadata is not None and not isinstance(metadata, Mapping):
        raise LEANNUsageError(f"{id}: metadata is {type(metadata).__name__}, want a dict")
    for value, name in (id, "id"), (text, "text"), (metadata, "metadata"):
        _check(value, f"{id}: {name}")
    o: dict[str, Any] = {"id": key or id, "text": text, "metadata": dict(metadata or {}), "n": n}
    if key and key != id:
        o["key"] = id
    try:
        line = json.dumps(o, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        raise LEANNUsageError(f"{id!a}: half of a surrogate pair is in it") from None
    if len(line) > LINE_MAX or len(o["id"].encode()) > ID_MAX:
        raise LEANNUsageError(f"{id[:80]}: {len(line)} bytes, at most {LINE_MAX}, of an id {ID_MAX}")
    return line


def write_whole(path: str, parts: Iterable[bytes]) -> None:
    """The file appears with all of it, on the disk, or not at all."""
    folder = os.path.dirname(path) or "."
    fd, part = tempfile.mkstemp(prefix=".part.", dir=folder)
    try:
        with os.fdopen(fd, "wb") as f:
            for p in parts:
                f.write(p)
            f.flush()
            os.fchmod(f.fileno(), 0o666 & ~_umask())
            os.fsync(f.fileno())
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise
    sync_folder(folder)


def _umask() -> int:
    with open("/proc/self/status", encoding="ascii", errors="replace") as f:
        for line in f:
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    return 0o077


def sync_folder(folder: str) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def read(path: str) -> list[Record]:
    """All records of a file."""
    out, at = [], 0
    with open(path, "rb") as f:
        for i, line in enumerate(f, 1):
            try:
                o = json.loads(line)
                key, id, text, meta = o["id"], o.get("key", o["id"]), o["text"], o.get("metadata") or {}
                if not (isinstance(id, str) and isinstance(text, str) and isinstance(meta, dict)):
                    raise TypeError("a member is of another type")
                out.append(Record(id, key, int(o.get("n", i)), meta, at, len(line), i, not text.strip()))
            except (ValueError, KeyError, TypeError, AttributeError) as e:
                raise LEANNDataError(f"{path}:{i}: damaged record: {e}") from None
            at += len(line)
    return out


def texts(path: str, records: Iterable[Record]) -> dict[str, str]:
    """Their texts by key."""
    out = {}
    with open(path, "rb") as f:
        for r in records:
            f.seek(r.at)
            line = f.read(r.size)
            try:
                o = json.loads(line)
                if o["id"] != r.key:
                    raise KeyError(r.key)
                out[r.key] = o["text"]
            except (ValueError, KeyError, TypeError) as e:
                raise LEANNDataError(f"{path}:{r.line}: another record than it was: {e}") from None
    return out
