"""An index that is there already, and questions to it."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Iterable, Iterator, overload

from . import _lib, filters as _filters
from ._handles import Handles
from ._lib import lib
from .errors import LEANNNotFoundError, LEANNUsageError

PathLike = "str | os.PathLike[str]"
PREVIEW_LINES = 3

# Ways to ask: members of leann_params, leann-search(1).
MODES: dict[str, dict[str, Any]] = {
    "auto": {},
    "dense": {"dense": 1},  # by meaning alone: the score is the cosine
    "words": {"word_weight": 4.0, "codes_only": 1},  # by words as far as they go; nothing is recomputed
    "low": {"recall_target": 0.90},
    "medium": {"recall_target": 0.95},
    "high": {"recall_target": 0.99},
    "rerank": {"rerank": 1},  # a second model reads question and passages
}


@dataclass(frozen=True)
class Passage:
    """A piece of a file. Text and lines are there only where `source` is "fresh"."""

    chunk: int
    path: str
    source: str  # "fresh", "changed", "missing", "recut" or "unreadable"
    id: str | None  # of a record, where the file has records
    language: str
    text: str
    first_line: int
    last_line: int
    heading: str | None  # or definition that it is under
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[int, int]:
        return self.first_line, self.last_line

    @property
    def stale(self) -> bool:
        return self.source != "fresh"


@dataclass(frozen=True)
class Hit:
    item: Passage
    score: float  # hits are in its order
    cosine: float
    words: float  # how well words match, 0 to 1
    exact: bool  # is the cosine that of the embedding, not of its code?
    preview: str  # the lines of the passage that have most words of the question
    also: tuple[Passage, ...] = ()  # passages of the same text
    by_word: bool = False
    reranked: bool = False


@dataclass(frozen=True)
class Latency:
    """Milliseconds of a question's share of its batch, and of the steps."""

    total_ms: float
    embed_ms: float
    search_ms: float
    words_ms: float
    recompute_ms: float
    rerank_ms: float


@dataclass(frozen=True)
class Results(Sequence):  # type: ignore[type-arg]
    """Hits of one question, best first; iterating and indexing give those of `items`."""

    query: str
    items: list[Hit]
    latency: Latency
    recomputed: int = 0
    round_trips: int = 0
    cached: bool = False

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, i: int) -> Hit: ...
    @overload
    def __getitem__(self, i: slice) -> list[Hit]: ...
    def __getitem__(self, i: Any) -> Any:
        return self.items[i]


@dataclass(frozen=True)
class Field:
    """What filters can compare; n_values is 0 for what every file has."""

    name: str
    type: str  # "text", "integer", "number", "bool" or "time"
    n_values: int
    n_bytes: int


@dataclass(frozen=True)
class Stats:
    path: str
    bytes: int  # of the index file
    version: str  # of libleann
    model: str | None
    precision: str
    dim: int
    files: int
    passages: int  # that can be hits
    chunks: int  # with those of files that an update removed
    code_bytes: int  # a passage
    has_words: bool
    has_graph: bool
    lists: int
    fields: list[Field]
    provider: str | None = None  # whose embeddings they are, where a server of others made them
    provider_url: str | None = None
    remote: bool = False  # is that another machine, which gets questions and passages?


def _str(b: bytes | None) -> str | None:
    return None if b is None else b.decode("utf-8", "replace")


def _bytes(v: Any) -> bytes | None:
    """For C, which ends a string at the first NUL."""
    raw = None if v is None else os.fsencode(v)
    if raw is not None and b"\0" in raw:
        raise LEANNUsageError(f"{v!r}: a NUL is in it")
    return raw


def _text(s: str) -> tuple[_lib.Text, Any]:
    """Text of s, and what has to live as long."""
    raw = s.encode("utf-8", "surrogateescape")
    keep = ctypes.create_string_buffer(raw, len(raw) + 1)
    return _lib.Text(ctypes.addressof(keep), len(raw)), keep


def find_index(path: Any) -> str:
    """The file that path means: itself, or the index of a folder, as `leann search --index` has it."""
    p = os.path.expanduser(os.fspath(path))
    if os.path.isdir(p):
        for name in (os.path.join(p, ".leann", "index.leann"), os.path.join(p, "index.leann")):
            if os.path.isfile(name):
                return name
        raise LEANNNotFoundError(f"{p}: no index in this folder: run 'leann build {p}'")
    return p


class LEANNIndex:
    """An index file. Any number of threads may use one object at the same time."""

    def __init__(
        self,
        path: Any,
        *,
        root: Any = None,
        model: Any = None,
        endpoint: str | None = None,
        timeout: float = 0,
        start: bool = True,
        threads: int = 0,
        cache: bool = True,
        graph: bool = False,
        reranker: Any = None,
        rerank_endpoint: str | None = None,
        allow_remote: bool = False,
    ) -> None:
        """path: an index file, or a folder that `leann build` indexed.

        root: the files are below this folder now. model: where the model is. endpoint: the embedding
        server, else the user's own, which is started where none runs unless start is False.
        timeout: seconds to wait for it (0: 60). threads: for one search (0: one a processor).
        cache: keep answers and embeddings. graph: unpack the graph over passages, for ef_search.
        allow_remote: the provider that embeds for this index may be another machine, which then gets
        questions and passages.
        """
        self.path = find_index(path)
        options = _lib.Options(
            root=_bytes(root), model=_bytes(model), endpoint=_bytes(endpoint), timeout_s=timeout,
            no_start=not start, threads=threads, no_cache=not cache, reranker=_bytes(reranker),
            rerank_endpoint=_bytes(rerank_endpoint), allow_remote=allow_remote)
        self._h = Handles(_bytes(self.path) or b"", _lib.OPEN_GRAPH if graph else 0, options)

    @classmethod
    def load(cls, path: Any, **options: Any) -> LEANNIndex:
        """Open an index; the options are those of the class."""
        return cls(path, **options)

    def close(self) -> None:
        """Free it, once no thread is using it any more; it cannot be asked again."""
        self._h.close()

    @property
    def closed(self) -> bool:
        return self._h.closed

    def __enter__(self) -> LEANNIndex:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<LEANNIndex {self.path!r}{' closed' if self.closed else ''}>"

    def __len__(self) -> int:
        return self.get_stats().passages

    # ---- asking ----

    def query(self, query: str, top_k: int = 10, mode: str = "auto", filters: Any = None,
              **params: Any) -> Results:
        """The passages that answer a question, best first.

        mode: "auto" (meaning and words), "dense" (meaning alone), "words", "low", "medium" or "high"
        (how much of exact search is found: .90, .95, .99), "rerank". filters: an expression of
        leann-search(1), FILTERS, or a dict: libleann.filters. params: members of struct leann_params,
        such as recompute=40, per_file=1, all_copies=True.
        """
        return self.batch_query([query], top_k, mode, filters, **params)[0]

    def batch_query(self, queries: Iterable[str], top_k: int = 10, mode: str = "auto",
                    filters: Any = None, **params: Any) -> list[Results]:
        """As query(), of many questions, which share what is computed: up to 64 at a time."""
        asked = list(queries)
        if isinstance(queries, str) or not all(isinstance(q, str) for q in asked):
            raise LEANNUsageError("batch_query wants a list of questions, query one question")
        p = _params(top_k, mode, params)
        out: list[Results] = []
        with self._h.searcher() as (ix, s), self._filter(ix, filters) as f:
            p.filter = f
            for i in range(0, len(asked), 64):
                out += self._search(s, asked[i : i + 64], p)
        return out

    def related(self, place: Any, top_k: int = 10, line: int = 0, filters: Any = None,
                **params: Any) -> Results:
        """The passages nearest in meaning to one: its chunk, a Passage, or a path and a line in it."""
        p = _params(top_k, "auto", params)
        with self._h.searcher() as (ix, s), self._filter(ix, filters) as f:
            p.filter = f
            chunk = self._chunk(s, place, line)
            r, e = ctypes.POINTER(_lib.Results)(), _lib.Error()
            _lib.check(lib.leann_related(s, chunk, ctypes.byref(p), ctypes.byref(r), ctypes.byref(e)), e)
            try:
                return _results(s, [_passage(s, chunk).text], r.contents)[0]
            finally:
                lib.leann_results_free(r)

    def find(self, path: Any, line: int = 0) -> int:
        """The chunk that a line of a file is in; line 0: the file's first."""
        with self._h.searcher() as (_, s):
            return self._chunk(s, path, line)

    def passage(self, chunk: int) -> Passage:
        with self._h.searcher() as (_, s):
            return _passage(s, _number(chunk))

    def passages(self, filters: Any = None) -> Iterator[Passage]:
        """Every passage that filters let through, in the order of the index."""
        with self._h.searcher() as (ix, s), self._filter(ix, filters, always=True) as f:
            for chunk in range(lib.leann_index_info(ix).contents.n_chunks):
                if lib.leann_filter_has(f, chunk):
                    yield _passage(s, chunk)

    def __iter__(self) -> Iterator[Passage]:
        return self.passages()

    def get_stats(self) -> Stats:
        with self._h.index() as ix, self._filter(ix, None, always=True) as live:
            i = lib.leann_index_info(ix).contents
            return Stats(
                path=self.path, bytes=os.stat(self.path).st_size, version=lib.leann_version().decode(),
                model=_str(i.model), precision=_str(i.precision) or "", dim=i.dim, files=i.n_files,
                passages=lib.leann_filter_n_chunks(live), chunks=i.n_chunks, code_bytes=i.code_bytes,
                has_words=bool(i.has_words), has_graph=bool(i.has_graph), lists=i.n_lists,
                fields=_fields(ix), provider=_str(i.provider), provider_url=_str(i.provider_url),
                remote=bool(i.remote))

    def comparable(self, other: LEANNIndex) -> bool:
        """Do scores of hits of both compare: have they one model, in one precision?"""
        with self._h.index() as a, other._h.index() as b:
            return lib.leann_comparable(a, b, None) == 0

    def warm(self, max_bytes: int = 0, server: bool = True) -> None:
        """Read what every question touches, and have the embedding server ready."""
        with self._h.searcher() as (_, s):
            w, e = ctypes.POINTER(_lib.Warmth)(), _lib.Error()
            _lib.check(lib.leann_warm(s, max_bytes, 0 if server else _lib.WARM_INDEX_ONLY,
                                      ctypes.byref(w), ctypes.byref(e)), e)
            lib.leann_warmth_free(w)

    def places(self, first: int = 0) -> Iterator[tuple[int, str, int]]:
        """Chunk, path and first line of every passage from chunk `first` on whose file is as it was."""
        with self._h.searcher() as (ix, s):
            n, p, e = lib.leann_index_info(ix).contents.n_chunks, _lib.Passage(), _lib.Error()
            for chunk in range(first, n):
                _lib.check(lib.leann_passage_get(s, chunk, ctypes.byref(p), ctypes.byref(e)), e)
                if p.source == 0:
                    yield chunk, os.fsdecode(p.path.bytes()), p.first_line

    # ---- inside ----

    def _search(self, s: int, asked: list[str], p: _lib.Params) -> list[Results]:
        texts, keep = (_lib.Text * len(asked))(), []
        for i, q in enumerate(asked):
            texts[i], own = _text(q)
            keep.append(own)
        r, e = ctypes.POINTER(_lib.Results)(), _lib.Error()
        _lib.check(lib.leann_search(s, texts, len(asked), ctypes.byref(p), ctypes.byref(r),
                                    ctypes.byref(e)), e)
        try:
            return _results(s, asked, r.contents)
        finally:
            lib.leann_results_free(r)

    @contextmanager
    def _filter(self, ix: int, filters: Any, always: bool = False) -> Iterator[int | None]:
        """A filter of C for an expression, a dict or a ChunkSet; None where all is taken."""
        f, e = ctypes.c_void_p(), _lib.Error()
        if isinstance(filters, ChunkSet):
            n = len(filters.chunks)
            _lib.check(lib.leann_filter_chunks(ix, (ctypes.c_uint32 * n)(*filters.chunks), n,
                                               ctypes.byref(f), ctypes.byref(e)), e)
        else:
            text = _filters.expression(filters)
            if text is not None:
                _lib.check(lib.leann_filter_parse(ix, _bytes(text), ctypes.byref(f), ctypes.byref(e)), e)
            elif always:
                _lib.check(lib.leann_filter_new(ix, None, None, ctypes.byref(f), ctypes.byref(e)), e)
        try:
            yield f.value
        finally:
            lib.leann_filter_free(f)

    def _chunk(self, s: int, place: Any, line: int) -> int:
        if isinstance(place, Passage):
            return place.chunk
        if isinstance(place, int):
            return _number(place)
        if not 0 <= line < 1 << 63:
            raise LEANNUsageError(f"no line {line}")
        chunk, e = ctypes.c_uint32(), _lib.Error()
        _lib.check(lib.leann_find(s, _bytes(place), line, ctypes.byref(chunk), ctypes.byref(e)), e)
        return chunk.value


@dataclass(frozen=True)
class ChunkSet:
    """As filters: these chunks and no others."""

    chunks: Sequence[int]


def _number(chunk: int) -> int:
    if not 0 <= chunk < 1 << 32:
        raise LEANNUsageError(f"no chunk {chunk}")
    return chunk


def _params(top_k: int, mode: str, more: dict[str, Any]) -> _lib.Params:
    if mode not in MODES:
        raise LEANNUsageError(f"mode {mode!r}: want one of {', '.join(MODES)}")
    if not 1 <= top_k <= 10000:
        raise LEANNUsageError(f"top_k {top_k}: want 1 to 10,000")
    known = {name for name, _ in _lib.Params._fields_} - {"filter"}
    p = _lib.Params(top_k=top_k, word_weight=1.0)
    for name, value in {**MODES[mode], **more}.items():
        if name not in known:
            raise LEANNUsageError(f"unknown parameter {name}: want one of {', '.join(sorted(known))}")
        if value is not None:
            if not 0 <= value < 1 << 31:  # a larger one would wrap around on its way to C
                raise LEANNUsageError(f"{name} {value}: want 0 or more, and not that much")
            setattr(p, name, value)
    return p


def _value(m: _lib.Meta) -> Any:
    kind = _lib.TYPES[m.type]
    if kind == "text":
        return m.text.bytes().decode("utf-8", "replace")
    return m.number if kind == "number" else bool(m.integer) if kind == "bool" else m.integer


def _meta(s: int, chunk: int) -> dict[str, Any]:
    meta, n, e = ctypes.POINTER(_lib.Meta)(), ctypes.c_size_t(), _lib.Error()
    _lib.check(lib.leann_passage_meta(s, chunk, ctypes.byref(meta), ctypes.byref(n), ctypes.byref(e)), e)
    return {meta[i].key.decode(): _value(meta[i]) for i in range(n.value)}


def _passage(s: int, chunk: int) -> Passage:
    p, e = _lib.Passage(), _lib.Error()
    _lib.check(lib.leann_passage_get(s, chunk, ctypes.byref(p), ctypes.byref(e)), e)
    text, heading = p.text.bytes(), p.heading.bytes()
    return Passage(
        chunk=chunk, path=os.fsdecode(p.path.bytes()), source=_lib.SOURCES[p.source],
        id=p.id.bytes().decode("utf-8", "replace") if p.id.n_bytes else None,
        language=_str(p.language) or "", text=text.decode("utf-8", "replace"),
        first_line=p.first_line, last_line=p.last_line,
        heading=heading.decode("utf-8", "replace") if heading else None, metadata=_meta(s, chunk))


def _hit(s: int, h: _lib.Hit, question: _lib.Text) -> Hit:
    item, lines = _passage(s, h.chunk), _lib.Text()
    lib.leann_passage_preview(s, question, PREVIEW_LINES, ctypes.byref(lines))
    preview = lines.bytes().decode("utf-8", "replace")
    return Hit(item=item, score=h.score, cosine=h.cosine, words=h.words, exact=bool(h.exact),
               preview=preview, also=tuple(_passage(s, h.also[i]) for i in range(h.n_also)),
               by_word=bool(h.by_word), reranked=bool(h.reranked))


def _results(s: int, asked: list[str], r: _lib.Results) -> list[Results]:
    n = max(r.n_answers, 1)
    latency = Latency(*(t / n for t in (r.total_ms, r.embed_ms, r.search_ms, r.words_ms,
                                        r.recompute_ms, r.rerank_ms)))
    out = []
    for i in range(r.n_answers):
        a = r.answers[i]
        question, keep = _text(asked[i])
        hits = [_hit(s, a.hits[k], question) for k in range(a.n_hits)]
        del keep
        out.append(Results(query=asked[i], items=hits, latency=latency, recomputed=a.n_recomputed,
                           round_trips=a.n_round_trips, cached=bool(a.cached)))
    return out


def _fields(ix: int) -> list[Field]:
    p = ctypes.POINTER(_lib.Field)()
    n = lib.leann_index_fields(ix, ctypes.byref(p))
    return [Field(p[i].name.decode(), _lib.TYPES[p[i].type], p[i].n_values, p[i].n_bytes)
            for i in range(n)]
