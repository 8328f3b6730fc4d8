"""A vector store: documents with ids and metadata in a folder, found by what they mean.

    from libleann.store import LeannVectorStore

    with LeannVectorStore("notes.store") as store:
        store.add(["Let the dough rise.", "Prune tomatoes."], ids=["bread", "garden"],
                  metadatas=[{"page": 1}, {"page": 7}])
        for match in store.query("when do I prune?", k=3, where={"page": {">": 2}}):
            print(match.id, match.score, match.text)

What is in the folder:

    store.json          which of the rest counts; replaced in one step, so that a store is the old
                        one or the new one whenever a writer dies
    docs/N.jsonl        documents, a line each, never changed: what is deleted is so in store.json
    index-N.leann       the index over docs

Any number of threads and processes may read; one at a time writes, others wait. Files of few documents
are put together, those of many deleted ones written anew, which embeds what is left in them again.
"""

from __future__ import annotations

import os
import threading
import uuid
from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence, overload

from . import _records
from ._records import Record
from ._storefile import Manifest, Writer, read_manifest
from .errors import LEANNDataError, LEANNNotFoundError, LEANNUsageError
from .filters import predicate
from .index import ChunkSet, LEANNIndex

TOP_MAX = 10000


@dataclass(frozen=True)
class Document:
    id: str
    text: str
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Match(Document):
    score: float  # matches are in its order
    cosine: float

    @property
    def distance(self) -> float:
        return 1 - self.cosine


class _Snapshot:
    """A store as one store.json says it is."""

    def __init__(self, folder: str, m: Manifest, known: dict[str, list[Record]]) -> None:
        self.folder, self.manifest = folder, m
        self.segments = {name: known.get(name) or _records.read(os.path.join(folder, "docs", name))
                         for name in m.segments}
        live = []
        for name, records in self.segments.items():
            dead = set(m.segments[name])
            live += [(r, name) for r in records if r.line not in dead]
        live.sort(key=lambda p: p[0].n)
        self.docs: dict[str, tuple[Record, str]] = {r.id: (r, name) for r, name in live}
        self.by_key = {r.key: r for r, _ in live}
        self.n_texts = sum(not r.empty for r, _ in live)
        self.chunks: list[int] | None = None  # of all documents, where the index has others, too
        if len(self.docs) != len(live):
            raise LEANNDataError(f"{folder}: damaged store: an id is there twice")

    def documents(self, ids: Iterable[str]) -> list[Document]:
        wanted = [self.docs[i] for i in ids]
        text: dict[str, str] = {}
        for name in {n for _, n in wanted}:
            text.update(_records.texts(os.path.join(self.folder, "docs", name), (r for r, n in wanted if n == name)))
        return [Document(r.id, text[r.key], dict(r.metadata)) for r, _ in wanted]


class _Chunks:
    """Which passages a line of a file of documents is, up to chunk n."""

    def __init__(self, epoch: int) -> None:
        self.epoch, self.n, self.lock = epoch, 0, threading.Lock()
        self.of: dict[tuple[str, int], list[int]] = {}


class LeannVectorStore:
    def __init__(self, path: Any, *, model: str | None = None, mode: str = "auto", wait: float = 30,
                 create: bool = True, **options: Any) -> None:
        """path: the folder, made by the first add unless create is False.

        model: the embedding model of a new store. mode: how queries rank unless they say:
        LEANNIndex.query. wait: seconds for another writer. options: those of LEANNIndex.
        """
        self.path = os.path.realpath(os.path.expanduser(os.fspath(path)))
        self.model, self.mode, self.wait = model, mode, wait
        self._options = options
        self._lock = threading.Lock()
        self._now: _Snapshot | None = None
        self._seen: tuple[int, int, int] | None = None  # store.json as it was read last
        self._index: tuple[str, LEANNIndex, int] | None = None  # its name, and how many passages it has
        self._chunks = _Chunks(-1)
        self._closed = False
        if not create and not os.path.isfile(os.path.join(self.path, "store.json")):
            raise LEANNNotFoundError(f"{self.path}: no store here")

    # ---- what is there ----

    def _snapshot(self) -> _Snapshot:
        """As the folder is now; only what is new is read."""
        if self._closed:
            raise LEANNUsageError(f"{self.path}: the store is closed")
        for _ in range(10):
            seen = _look(os.path.join(self.path, "store.json"))
            with self._lock:
                now = self._now
                if now and seen == self._seen:
                    return now
            m = read_manifest(self.path)
            try:
                new = _Snapshot(self.path, m, now.segments if now and now.manifest.stamp == m.stamp else {})
            except FileNotFoundError:
                continue  # a writer published again, and took away what the last one had
            with self._lock:
                self._now, self._seen = new, seen
            return new
        raise LEANNDataError(f"{self.path}: files that store.json names are not there")

    def __len__(self) -> int:
        return self.count()

    def __contains__(self, id: object) -> bool:
        return id in self._snapshot().docs

    def count(self) -> int:
        return len(self._snapshot().docs)

    def ids(self) -> list[str]:
        return list(self._snapshot().docs)

    def _select(self, s: _Snapshot, ids: Sequence[str] | None, where: Mapping[str, Any] | None) -> list[str]:
        """Ids in the order of adding; those that are not there are left out."""
        holds = predicate(where)
        wanted = None if ids is None else {ids} if isinstance(ids, str) else set(ids)
        return [i for i, (r, _) in s.docs.items() if (wanted is None or i in wanted) and holds(r.metadata)]

    def get(self, ids: Sequence[str] | str | None = None, where: Mapping[str, Any] | None = None,
            limit: int | None = None, offset: int = 0) -> list[Document]:
        """Documents by id, by metadata (libleann.filters), or all, in the order of adding."""
        s = self._snapshot()
        if offset < 0 or (limit is not None and limit < 0):
            raise LEANNUsageError(f"limit {limit}, offset {offset}: want 0 or more")
        chosen = self._select(s, ids, where)[offset:]
        return s.documents(chosen if limit is None else chosen[:limit])

    # ---- changing it ----

    def add(self, texts: Sequence[str] | str, ids: Sequence[str] | str | None = None,
            metadatas: Sequence[Mapping[str, Any] | None] | Mapping[str, Any] | None = None) -> list[str]:
        """Add documents; an id that is there already is refused, and nothing is added then."""
        return self._put(texts, ids, metadatas, replace=False)

    def upsert(self, texts: Sequence[str] | str, ids: Sequence[str] | str,
               metadatas: Sequence[Mapping[str, Any] | None] | Mapping[str, Any] | None = None) -> list[str]:
        """Add documents, in place of those of the same id."""
        return self._put(texts, ids, metadatas, replace=True)

    def _put(self, texts: Any, ids: Any, metadatas: Any, replace: bool) -> list[str]:
        texts = [texts] if isinstance(texts, str) else list(texts)
        ids = [uuid.uuid4().hex for _ in texts] if ids is None else [ids] if isinstance(ids, str) else list(ids)
        if metadatas is None:
            metadatas = [None] * len(texts)
        metadatas = [metadatas] if isinstance(metadatas, Mapping) else list(metadatas)
        if not len(texts) == len(ids) == len(metadatas):
            raise LEANNUsageError(f"{len(texts)} texts, {len(ids)} ids, {len(metadatas)} metadatas")
        _refuse_twice(ids)
        for i, t, m in zip(ids, texts, metadatas):
            _records.line_of(i, t, m, 0)  # what is wrong is said before anything is written
        with self._writer() as w:
            s = self._snapshot()
            if not replace and any(i in s.docs for i in ids):
                there = next(i for i in ids if i in s.docs)
                raise LEANNUsageError(f"id {there!r} is there already: upsert replaces it")
            w.change(s.segments, list(zip(ids, texts, metadatas)), {i: s.docs[i] for i in ids if i in s.docs})
        return ids

    def update(self, ids: Sequence[str] | str, texts: Sequence[str] | str | None = None,
               metadatas: Sequence[Mapping[str, Any] | None] | Mapping[str, Any] | None = None) -> None:
        """Change texts, or keys of the metadata (None takes one away), of documents that are there."""
        ids = [ids] if isinstance(ids, str) else list(ids)
        texts = [texts] if isinstance(texts, str) else texts
        metadatas = [metadatas] if isinstance(metadatas, Mapping) else metadatas
        if any(x is not None and len(x) != len(ids) for x in (texts, metadatas)):
            raise LEANNUsageError("as many texts and metadatas as ids are wanted")
        _refuse_twice(ids)
        with self._writer() as w:
            s = self._snapshot()
            missing = [i for i in ids if i not in s.docs]
            if missing:
                raise LEANNNotFoundError(f"no document {missing[0]!r}")
            new = []
            for k, old in enumerate(s.documents(ids)):
                merged = {**old.metadata, **((metadatas[k] if metadatas else None) or {})}
                meta = {key: v for key, v in merged.items() if v is not None}
                new.append((old.id, texts[k] if texts else old.text, meta))
            for i, t, m in new:
                _records.line_of(i, t, m, 0)
            w.change(s.segments, new, {i: s.docs[i] for i in ids})

    def delete(self, ids: Sequence[str] | str | None = None, where: Mapping[str, Any] | None = None) -> list[str]:
        """Delete by id, by metadata, or by both; the ids of those that were there."""
        if ids is None and not where:
            raise LEANNUsageError("delete wants ids or where: to delete all, delete(ids=store.ids())")
        predicate(where)
        with self._writer() as w:
            s = self._snapshot()
            gone = self._select(s, ids, where)
            if gone:
                w.change(s.segments, [], {i: s.docs[i] for i in gone})
        return gone

    def compact(self) -> None:
        """Write all documents anew, without those deleted; this embeds them again."""
        with self._writer() as w:
            w.compact(self._snapshot().segments, everything=True)

    def _writer(self) -> Writer:
        if self._closed:
            raise LEANNUsageError(f"{self.path}: the store is closed")
        return Writer(self.path, self.model, self.wait, self._options.get("endpoint"))

    # ---- asking it ----

    @overload
    def query(self, texts: str, k: int = ..., where: Mapping[str, Any] | None = ...,
              mode: str | None = ..., **params: Any) -> list[Match]: ...
    @overload
    def query(self, texts: Sequence[str], k: int = ..., where: Mapping[str, Any] | None = ...,
              mode: str | None = ..., **params: Any) -> list[list[Match]]: ...
    def query(self, texts: Any, k: int = 10, where: Mapping[str, Any] | None = None,
              mode: str | None = None, **params: Any) -> Any:
        """The k documents nearest to a text, best first; to each of several texts.

        where: over metadata, libleann.filters. It acts before the best are chosen, so that k come back
        whenever there are as many.
        """
        if not 1 <= k <= TOP_MAX:
            raise LEANNUsageError(f"k {k}: want 1 to {TOP_MAX}")
        many = [texts] if isinstance(texts, str) else list(texts)
        for _ in range(10):
            s = self._snapshot()
            try:
                found = self._query(s, many, k, where, mode or self.mode, params)
            except (FileNotFoundError, LEANNDataError, LEANNNotFoundError):
                if read_manifest(self.path).generation == s.manifest.generation:
                    raise
                continue  # a writer took away what was being asked for
            if found is not None:
                return found[0] if isinstance(texts, str) else found
        raise LEANNDataError(f"{self.path}: its files are not what was indexed")

    def _query(self, s: _Snapshot, texts: list[str], k: int, where: Any, mode: str,
               params: dict[str, Any]) -> list[list[Match]] | None:
        """None: the files are not as they were indexed, so look again."""
        if not s.n_texts or not texts:
            return [[] for _ in texts]
        index, n = self._open(s)
        chunks, n_docs = None, s.n_texts
        if where:
            allowed = [s.docs[i] for i in self._select(s, None, where)]
            chunks, n_docs = self._chunks_of(s, index, allowed), sum(not r.empty for r, _ in allowed)
        elif s.manifest.has_dead:
            if s.chunks is None:
                s.chunks = self._chunks_of(s, index, s.docs.values())
            chunks = s.chunks
        if chunks is not None:
            n = len(chunks)
        if not n_docs:
            return [[] for _ in texts]
        want = k
        while True:  # a long document is several passages, of which the best counts
            found = index.batch_query(texts, min(want, TOP_MAX), mode, None if chunks is None else ChunkSet(chunks),
                                      **{"all_copies": 1, **params})
            best = [{h.item.id: h for h in reversed(r.items)} for r in found]
            if any(h.item.source in ("missing", "changed") for r in found for h in r):
                return None
            if want >= min(n, TOP_MAX) or all(len(b) >= min(k, n_docs) for b in best):
                break
            want *= 2
        return [self._matches(s, b, k) for b in best]

    def _matches(self, s: _Snapshot, best: dict[Any, Any], k: int) -> list[Match]:
        hits = sorted(best.values(), key=lambda h: (-h.score, h.item.chunk))[:k]
        docs = s.documents([s.by_key[h.item.id].id for h in hits])
        return [Match(d.id, d.text, d.metadata, h.score, h.cosine) for d, h in zip(docs, hits)]

    def _open(self, s: _Snapshot) -> tuple[LEANNIndex, int]:
        name = s.manifest.index
        if name is None:
            raise LEANNDataError(f"{self.path}: damaged store: documents and no index")
        with self._lock:
            if self._index is None or self._index[0] != name:
                # whoever still asks the last one keeps it; it is freed after that
                index = LEANNIndex(os.path.join(self.path, name), root=os.path.join(self.path, "docs"),
                                   **self._options)
                self._index = name, index, len(index)
            return self._index[1:]

    def _chunks_of(self, s: _Snapshot, index: LEANNIndex, docs: Iterable[tuple[Record, str]]) -> list[int]:
        """Numbers of their passages. They stay until an index is written anew, so each is looked up once."""
        with self._lock:
            if self._chunks.epoch != s.manifest.epoch:
                self._chunks = _Chunks(s.manifest.epoch)
            known = self._chunks
        with known.lock:
            for chunk, path, line in index.places(known.n):
                known.of.setdefault((os.path.basename(path), line), []).append(chunk)
                known.n = chunk + 1
            out: list[int] = []
            for r, name in docs:
                chunks = known.of.get((name, r.line), [])
                if not chunks and not r.empty:
                    known.n = 0  # it may be there again
                    known.of.clear()
                    raise LEANNDataError(f"{self.path}: docs/{name}: document {r.id!r} is not as it was indexed")
                out += chunks
            return out

    # ---- the end ----

    def close(self) -> None:
        self._closed = True
        with self._lock:
            self._now, index, self._index = None, self._index, None
        if index:
            index[1].close()

    def __enter__(self) -> LeannVectorStore:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _look(path: str) -> tuple[int, int, int]:
    """Tells one store.json from the next, which is another file."""
    try:
        st = os.stat(path)
    except FileNotFoundError:
        return (0, 0, 0)
    return st.st_ino, st.st_mtime_ns, st.st_size


def _refuse_twice(ids: Sequence[str]) -> None:
    seen: set[Any] = set()
    for i in ids:
        if i in seen:
            raise LEANNUsageError(f"id {i!r} is given twice")
        seen.add(i)
