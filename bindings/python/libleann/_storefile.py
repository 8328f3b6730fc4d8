"""What a store's folder holds, and how it changes: see store.py."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import dataclass, field
from typing import Any

from . import _records, tools
from ._records import Record
from .errors import LEANNDataError, LEANNError, LEANNTemporaryError

FORMAT = 1
SEGMENT_BYTES = 64 << 20  # of a file of documents, so that one is read in a moment
MERGE_FILES = 64  # so many files of up to 8 documents, or up to MERGE_DOCUMENTS, become one
MERGE_DOCUMENTS = 512  # what is put together is embedded again: a document twice at most


@dataclass
class Manifest:
    generation: int = 0
    stamp: str = ""  # of this store: another one in the same place has another
    home: str = ""  # the folder as it was indexed; the index's paths are below it
    epoch: int = 0  # goes up when passages get other numbers
    index: str | None = None
    next_n: int = 1
    next_file: int = 1
    segments: dict[str, list[int]] = field(default_factory=dict)  # of each the lines that are deleted
    stale: list[str] = field(default_factory=list)  # that the index still has, and nobody wants

    @property
    def has_dead(self) -> bool:
        return bool(self.stale) or any(self.segments.values())

    def copy(self) -> Manifest:
        return Manifest(self.generation, self.stamp, self.home, self.epoch, self.index, self.next_n, self.next_file,
                        {k: list(v) for k, v in self.segments.items()}, list(self.stale))


def read_manifest(folder: str) -> Manifest:
    path = os.path.join(folder, "store.json")
    try:
        with open(path, encoding="utf-8") as f:
            o = json.load(f)
    except FileNotFoundError:
        return Manifest()
    except ValueError as e:
        raise LEANNDataError(f"{path}: damaged: {e}") from None
    try:
        if o["format"] != FORMAT:
            raise LEANNDataError(f"{path}: format {o['format']}, this version of libleann knows {FORMAT}")
        m = Manifest(int(o["generation"]), str(o["stamp"]), str(o["home"]), int(o["epoch"]), o["index"],
                     int(o["next_n"]), int(o["next_file"]),
                     {str(k): [int(i) for i in v] for k, v in o["segments"].items()},
                     [str(s) for s in o["stale"]])
        names = [*m.segments, *([m.index] if m.index is not None else [])]
        if any("/" in n or n.startswith(".") for n in names):
            raise ValueError("a name of a file that is outside")
        return m
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise LEANNDataError(f"{path}: damaged: {e!r}") from None


class Writer:
    """The one writer of a store: holds its lock as long as `with` does."""

    def __init__(self, folder: str, model: str | None, wait: float, endpoint: str | None) -> None:
        self.folder, self.docs = folder, os.path.join(folder, "docs")
        self.model, self.wait = model, wait
        self.endpoint = ["--endpoint", endpoint] if endpoint else []
        self.fd = -1

    def __enter__(self) -> Writer:
        os.makedirs(self.docs, exist_ok=True)
        self.fd = os.open(os.path.join(self.folder, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        end = time.monotonic() + self.wait
        while True:
            try:
                fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    os.close(self.fd)
                    raise LEANNTemporaryError(f"{self.folder}: another writer for {self.wait:g} s") from None
                time.sleep(0.02)
        try:
            self.m = read_manifest(self.folder)
            self._clean()
        except BaseException:
            os.close(self.fd)
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        os.close(self.fd)  # and with it the lock

    def _clean(self) -> None:
        """Take away what no store.json names: of writers that died, or of the store before."""
        for name in os.listdir(self.docs):
            if name not in self.m.segments:
                os.unlink(os.path.join(self.docs, name))
        for name in os.listdir(self.folder):
            if name.startswith((".part.", ".index-", "index-")) and name != self.m.index:
                os.unlink(os.path.join(self.folder, name))

    def change(self, segments: dict[str, list[Record]], new: list[tuple[str, str, Any]],
               gone: dict[str, tuple[Record, str]]) -> None:
        """Documents (id, text, metadata) come, others go; those of the same id keep their place."""
        m = self.m.copy()
        for r, name in gone.values():
            m.segments[name] = sorted([*m.segments[name], r.line])
        taken = {r.key for records in segments.values() for r in records}
        lines = []
        for id, text, meta in new:
            n = gone[id][0].n if id in gone else m.next_n
            m.next_n += id not in gone
            lines.append(_records.line_of(id, text, meta, n, _free_key(id, taken)))
        self._write_segments(m, lines)
        whole = [name for name in segments if len(m.segments[name]) == len(segments[name])]
        for name in whole:  # nothing of it is left
            del m.segments[name]
        m.stale += whole
        live = sum(not r.empty for name, rs in segments.items() if name in m.segments
                   for r in rs if r.line not in set(m.segments[name])) + sum(bool(t.strip()) for _, t, _ in new)
        if not live:
            m.index, m.stale = None, []
        elif lines or self.m.index is None:
            self._index(m, may_rebuild=not whole)
        self._publish(m)
        self.compact(segments)

    def _write_segments(self, m: Manifest, lines: list[bytes]) -> None:
        at, size, begin = 0, 0, 0
        for at, line in enumerate(lines):
            if size + len(line) > SEGMENT_BYTES and size:
                self._write_segment(m, lines[begin:at])
                begin, size = at, 0
            size += len(line)
        if lines:
            self._write_segment(m, lines[begin:])

    def _write_segment(self, m: Manifest, lines: list[bytes]) -> None:
        name = f"{m.next_file:08d}.jsonl"
        m.next_file += 1
        _records.write_whole(os.path.join(self.docs, name), lines)
        m.segments[name] = []

    def _index(self, m: Manifest, may_rebuild: bool) -> None:
        """An index over docs as they are now, beside the old one, which is where it begins."""
        # A name that no writer had before: programs of one that died may still be at work.
        old, m.index = m.index, f"index-{m.generation + 1:08d}-{os.urandom(4).hex()}.leann"
        out = os.path.join(self.folder, m.index)
        if old and m.home == self.folder:
            base = os.path.join(self.folder, old)
            self._pipe(["leann-chunk", "-q", "--update", base], ["--update", base, "-o", out])
            # What the old store.json needs lies in docs until it is replaced.
            m.stale = [s for s in m.stale if os.path.exists(os.path.join(self.docs, s))]
            if may_rebuild and not m.stale and _is_due(out):
                whole = out[: -len(".leann")] + "-w.leann"
                self._pipe(["leann-chunk", "-q", "--full", "--update", out], ["--update", out, "-o", whole])
                os.replace(whole, out)
                m.epoch += 1
        else:  # the first, or the folder was copied or moved: all is embedded
            chunk = ["leann-chunk", "-q", "-uuu", "--include-generated", "--jsonl"]
            if self.model:
                chunk += ["--model", tools.find_model(self.model)]
            self._pipe([*chunk, self.docs], ["-o", out])
            m.stale = [s for s in m.stale if os.path.exists(os.path.join(self.docs, s))]
            m.home = self.folder
            m.epoch += 1

    def _pipe(self, chunk: list[str], graph: list[str]) -> None:
        model = ["--model", tools.find_model(self.model)] if self.model else []
        tools.pipe(chunk, ["leann-embed-client", "-q", *self.endpoint, *model], ["leann-graph", "-q", *graph])

    def _publish(self, m: Manifest) -> None:
        m.generation += 1
        m.stamp = m.stamp or os.urandom(8).hex()
        o = {"format": FORMAT, "generation": m.generation, "stamp": m.stamp, "home": m.home, "epoch": m.epoch,
             "index": m.index, "next_n": m.next_n, "next_file": m.next_file, "segments": m.segments,
             "stale": m.stale}
        _records.write_whole(os.path.join(self.folder, "store.json"), [json.dumps(o).encode() + b"\n"])
        self.m = m
        self._clean()

    def compact(self, known: dict[str, list[Record]], everything: bool = False) -> None:
        """Write anew what is mostly deleted, and many small files as one; what is left is embedded again."""
        m = self.m
        records = {name: known.get(name) or _records.read(os.path.join(self.docs, name)) for name in m.segments}
        size = {name: len(r) for name, r in records.items()}
        chosen = {name for name, dead in m.segments.items()
                  if everything or (dead and size[name] <= min(2 * len(dead), MERGE_DOCUMENTS))}
        for most in 8, MERGE_DOCUMENTS:
            small = [name for name in m.segments if size[name] <= most]
            if len(small) >= MERGE_FILES:
                chosen |= set(small)
        if not chosen or m.index is None:
            return
        new = m.copy()
        taken = {r.key for rs in records.values() for r in rs}
        lines = []
        for name in sorted(chosen):
            dead = set(m.segments[name])
            live = [r for r in records[name] if r.line not in dead]
            text = _records.texts(os.path.join(self.docs, name), live)
            lines += [(r.n, _records.line_of(r.id, text[r.key], r.metadata, r.n, _free_key(r.id, taken)))
                      for r in live]
            del new.segments[name]
        self._write_segments(new, [line for _, line in sorted(lines)])
        new.stale = [*new.stale, *chosen]
        self._index(new, may_rebuild=False)
        self._publish(new)


def _free_key(id: str, taken: set[str]) -> str:
    key, i = id, 1
    while key in taken:
        i += 1
        key = f"{id}~{i}"
    taken.add(key)
    return key


def _is_due(index: str) -> bool:
    """Is it time to write it anew, for what updates did to it?"""
    try:
        tools.run("leann-bundle", "due", "-q", index)
        return True
    except LEANNError:
        return False
