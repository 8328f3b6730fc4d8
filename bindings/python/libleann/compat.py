"""The official LEANN's API over our indexes: its quick start works as it is.

    from libleann.compat import LeannBuilder, LeannSearcher

    builder = LeannBuilder(backend_name="hnsw")
    builder.add_text("LEANN saves 97% storage compared to traditional vector databases.")
    builder.build_index("demo.leann")
    results = LeannSearcher("demo.leann").search("storage", top_k=1)

Programs that say `from leann import ...` get this after `libleann.compat.install()`.

demo.leann is the index, demo.leann.passages.jsonl has the texts, and demo.leann.meta.json says what they
are. What differs: metadata_filters act before the best are chosen, not after; a text that is longer than the
model reads is several passages, of which the best counts, not cut; options of backends are accepted
where they have no meaning here, and refused where the result would be another one.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import types
import warnings
from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping

from . import _records, tools
from .errors import LEANNError, LEANNNotFoundError, LEANNUsageError
from .index import ChunkSet, LEANNIndex

__all__ = ["LeannBuilder", "LeannChat", "LeannSearcher", "SearchResult", "install"]
BACKENDS = ("hnsw", "diskann", "ivf", "libleann")


@dataclass
class SearchResult:
    id: str
    score: float
    text: str
    metadata: dict[str, Any] = field(default_factory=dict)


def _mode(embedding_mode: str) -> None:
    if embedding_mode != "sentence-transformers":
        raise LEANNUsageError(f"embedding_mode {embedding_mode!r}: only sentence-transformers models on this machine")


def _passages_of(index_path: str) -> str:
    return f"{index_path}.passages.jsonl"


class LeannBuilder:
    def __init__(
        self,
        backend_name: str = "hnsw",
        embedding_model: str = "sentence-transformers/all-MiniLM-L6-v2",
        dimensions: int | None = None,
        embedding_mode: str = "sentence-transformers",
        embedding_options: dict[str, Any] | None = None,
        prebuild_bm25: bool = False,
        bm25_backend: str = "fts5",
        passage_id_scheme: str = "sequential",
        **backend_kwargs: Any,
    ) -> None:
        """backend_kwargs such as graph_degree and complexity say how the official backends build a graph;
        ours scans codes and needs none of them."""
        if backend_name not in BACKENDS:
            raise ValueError(f"Backend '{backend_name}' not found or not registered.")
        if passage_id_scheme not in ("sequential", "content-hash"):
            raise ValueError(f"Unknown passage_id_scheme: {passage_id_scheme!r}.")
        _mode(embedding_mode)
        self.backend_name, self.backend_kwargs = backend_name, backend_kwargs
        self.embedding_model, self.embedding_mode = embedding_model, embedding_mode
        self.embedding_options = embedding_options or {}
        self.dimensions, self.passage_id_scheme = dimensions, passage_id_scheme
        self.chunks: list[dict[str, Any]] = []

    def add_text(self, text: str, metadata: dict[str, Any] | None = None) -> None:
        metadata = {} if metadata is None else metadata
        if self.passage_id_scheme == "content-hash":
            own = hashlib.sha256(text.encode()).hexdigest()[:16]
        else:
            own = str(len(self.chunks))
        self.chunks.append({"id": metadata.get("id") or own, "text": text, "metadata": metadata})

    def _lines(self, first: int = 0, known: Iterable[str] = ()) -> list[bytes]:
        """The texts that are not empty, as lines; another text of an id that is there is an error."""
        seen: dict[str, str] = dict.fromkeys(known, "")
        lines, skipped = [], 0
        for i, c in enumerate(self.chunks):
            if not isinstance(c["text"], str) or not c["text"].strip():
                skipped += 1
                continue
            id = str(c["id"])
            if id in seen:
                if self.passage_id_scheme == "content-hash" and seen[id] in ("", c["text"]):
                    continue  # the same text once more
                raise LEANNUsageError(f"id {id!r} is given twice")
            seen[id] = c["text"]
            lines.append(_records.line_of(id, c["text"], c["metadata"], first + i))
        if skipped:
            warnings.warn(f"{skipped} texts are empty and left out", stacklevel=3)
        return lines

    def build_index(self, index_path: Any) -> None:
        if not self.chunks:
            raise ValueError("No chunks added.")
        lines = self._lines()
        if not lines:
            raise ValueError("All provided chunks are empty or invalid. Nothing to index.")
        path = os.path.abspath(os.fspath(index_path))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _records.write_whole(_passages_of(path), lines)
        model = tools.find_model(self.embedding_model)
        chunk = ["leann-chunk", "-q", "-uuu", "--include-generated", "--jsonl", "--model", model]
        tools.pipe([*chunk, _passages_of(path)],
                   ["leann-embed-client", "-q", "--model", model],
                   ["leann-graph", "-q", "-o", path])
        self._finish(path)

    def update_index(self, index_path: Any, remove_passage_ids: list[str] | None = None) -> None:
        """Add the texts to an index, and take others away; what is there is not embedded again."""
        path = os.path.abspath(os.fspath(index_path))
        file = _passages_of(path)
        gone = set(map(str, remove_passage_ids or []))
        old = _records.read(file)
        kept = [r for r in old if r.id not in gone]
        # An id of its own for each: numbers go on where the index has them.
        taken, n = {r.id for r in kept}, len(old)
        for c in self.chunks:
            if self.passage_id_scheme == "sequential" and not c["metadata"].get("id"):
                while str(n) in taken:
                    n += 1
                c["id"] = str(n)
                taken.add(c["id"])
        lines = self._lines(1 + max((r.n for r in old), default=0), {r.id for r in kept})
        text = _records.texts(file, kept)
        _records.write_whole(file, [_records.line_of(r.id, text[r.key], r.metadata, r.n) for r in kept] + lines)
        tools.pipe(["leann-chunk", "-q", "--update", path], ["leann-embed-client", "-q"],
                   ["leann-graph", "-q", "--update", path, "-o", path])
        self._finish(path)

    def build_index_from_arrays(self, index_path: Any, ids: list[Any], embeddings: Any) -> None:
        raise LEANNError("embeddings of another model are imported by leann-from-npy, not by LeannBuilder")

    build_index_from_embeddings = build_index_from_arrays

    def _finish(self, path: str) -> None:
        if os.path.exists(path + ".lock"):
            os.unlink(path + ".lock")
        with LEANNIndex(path) as ix:
            dim = ix.get_stats().dim
        meta = {"version": "1.1", "backend_name": "libleann", "embedding_model": self.embedding_model,
                "dimensions": dim, "embedding_mode": self.embedding_mode, "backend_kwargs": {},
                "passage_id_scheme": self.passage_id_scheme,
                "passage_sources": [{"type": "jsonl", "path": os.path.basename(_passages_of(path))}]}
        _records.write_whole(f"{path}.meta.json", [json.dumps(meta, indent=2).encode() + b"\n"])


def _number(v: Any) -> float:
    return v if isinstance(v, (int, float)) else float(v)


def _compare(have: Any, want: Any, op: str) -> bool:
    """Texts by their characters, all else as numbers where both can be read as such."""
    a, b = have, want
    if not (isinstance(a, str) and isinstance(b, str)):
        try:
            a, b = _number(a), _number(b)
        except (TypeError, ValueError):
            a, b = str(have), str(want)
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]


def _holds(have: Any, op: str, want: Any) -> bool:
    if op in ("==", "!="):
        return (have == want) == (op == "==")
    if op in ("<", "<=", ">", ">="):
        return _compare(have, want, op)
    if op in ("in", "not_in"):
        own = have if isinstance(have, (list, tuple, set)) else [have]
        return any(h in want for h in own) == (op == "in")
    if op == "contains":
        return str(want) in str(have)
    if op == "starts_with":
        return str(have).startswith(str(want))
    if op == "ends_with":
        return str(have).endswith(str(want))
    if op in ("is_true", "is_false"):
        return bool(have) == (op == "is_true")
    raise LEANNUsageError(f"metadata_filters: unknown operator {op!r}")


def _passes(r: _records.Record, text: str, filters: Mapping[str, Mapping[str, Any]]) -> bool:
    for name, spec in filters.items():
        have = r.id if name == "id" else text if name == "text" else r.metadata.get(name)
        if have is None or not all(_holds(have, op, want) for op, want in spec.items()):
            return False
    return True


class LeannSearcher:
    def __init__(self, index_path: Any, enable_warmup: bool = True, recompute_embeddings: bool = True,
                 use_daemon: bool = True, daemon_ttl_seconds: int = 900, **backend_kwargs: Any) -> None:
        path = os.path.abspath(os.fspath(index_path))
        if not os.path.isfile(path) or not os.path.isfile(_passages_of(path)):
            raise FileNotFoundError(f"{path}: no index that LeannBuilder of libleann built")
        self.index = LEANNIndex(path)
        with open(f"{path}.meta.json", encoding="utf-8") as f:
            self.meta_data = json.load(f)
        self.embedding_model = self.meta_data["embedding_model"]
        self.recompute_embeddings = bool(recompute_embeddings)
        self._file = _passages_of(path)
        self._records = {r.key: r for r in _records.read(self._file)}
        self._chunks: dict[int, list[int]] | None = None
        if enable_warmup:
            self.warmup()

    def warmup(self) -> None:
        try:
            self.index.warm()
        except LEANNError as e:
            warnings.warn(f"warmup: {e}", stacklevel=2)

    def search(
        self,
        query: str,
        top_k: int = 5,
        complexity: int = 64,
        beam_width: int = 1,
        prune_ratio: float = 0.0,
        recompute_embeddings: bool | None = None,
        pruning_strategy: str = "global",
        expected_zmq_port: int = 5557,
        metadata_filters: dict[str, dict[str, Any]] | None = None,
        batch_size: int = 0,
        use_grep: bool = False,
        vector_weight: float = 1.0,
        provider_options: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> list[SearchResult]:
        """vector_weight 1 ranks by meaning alone, 0 by words as far as our ranking goes, else by both.
        complexity over 64 computes so many embeddings of the best again; beam_width and its like say
        how a graph is walked, of which there is none."""
        if "gemma" in kwargs:
            vector_weight = kwargs.pop("gemma")
        if not 0 <= vector_weight <= 1:
            raise LEANNUsageError(f"vector_weight {vector_weight}: want 0 to 1")
        if use_grep:
            return self._grep(query, top_k, metadata_filters)
        if top_k < 1 or not self._records:
            return []
        params: dict[str, Any] = {"all_copies": 1}
        if recompute_embeddings is False or (recompute_embeddings is None and not self.recompute_embeddings):
            params["codes_only"] = 1
        elif complexity > 64:
            params["recompute"] = min(complexity, 10000)
        if vector_weight == 1:
            params["dense"] = 1
        else:
            params["word_weight"] = min(4.0, (1 - vector_weight) / max(vector_weight, 0.01))
        return self._best(query, top_k, metadata_filters, params)

    def _best(self, query: str, top_k: int, filters: Any, params: dict[str, Any]) -> list[SearchResult]:
        allowed = self._chunks_for(filters) if filters else None
        if allowed is not None and not allowed.chunks:
            return []
        n = len(allowed.chunks) if allowed else len(self.index)
        want = top_k
        while True:  # a long text is several passages, of which the best counts
            hits = self.index.query(query, min(want, 10000), filters=allowed, **params).items
            best = {h.item.id: h for h in reversed(hits)}
            if len(best) >= top_k or want >= min(n, 10000):
                break
            want *= 2
        order = sorted(best.items(), key=lambda p: (-p[1].score, p[1].item.chunk))[:top_k]
        records = [self._records[str(id)] for id, _ in order]
        text = _records.texts(self._file, records)
        return [SearchResult(r.id, h.score, text[r.key], dict(r.metadata)) for r, (_, h) in zip(records, order)]

    def _chunks_for(self, filters: Any) -> ChunkSet:
        if self._chunks is None:
            chunks: dict[int, list[int]] = {}
            for chunk, _, line in self.index.places():
                chunks.setdefault(line, []).append(chunk)
            self._chunks = chunks
        wants_text = "text" in filters
        text = _records.texts(self._file, self._records.values()) if wants_text else {}
        return ChunkSet([c for r in self._records.values() if _passes(r, text.get(r.key, ""), filters)
                         for c in self._chunks.get(r.line, ())])

    def _grep(self, query: str, top_k: int, filters: Any) -> list[SearchResult]:
        """Texts that have the query in them, whatever its case; the score is how often."""
        text, q = _records.texts(self._file, self._records.values()), query.lower()
        found = [SearchResult(r.id, float(text[r.key].lower().count(q)), text[r.key], dict(r.metadata))
                 for r in self._records.values() if q in text[r.key].lower()
                 and _passes(r, text[r.key], filters or {})]
        return sorted(found, key=lambda r: -r.score)[:top_k]

    def cleanup(self) -> None:
        """Free the index. The embedding server, which serves others too, leaves when it is idle."""
        self.index.close()

    def __enter__(self) -> LeannSearcher:
        return self

    def __exit__(self, *exc: object) -> None:
        self.cleanup()


# llm_config["type"]: --endpoint of leann-ask(1).
_ENDPOINTS = {"ollama": "ollama", "openai": "openai", "vllm": "vllm", "llama.cpp": "llama.cpp"}


class LeannChat:
    """Answers through leann-ask(1): servers with chat completions as OpenAI's API has them."""

    def __init__(self, index_path: Any, llm_config: dict[str, Any] | None = None, enable_warmup: bool = False,
                 searcher: LeannSearcher | None = None, **kwargs: Any) -> None:
        config = dict(llm_config or {})
        kind = config.get("type", "openai")
        endpoint = config.get("base_url") or config.get("host") or _ENDPOINTS.get(kind)
        if endpoint is None:
            raise LEANNUsageError(f"llm_config type {kind!r}: a server is needed that has chat completions: "
                                  f"{', '.join(_ENDPOINTS)}, or base_url")
        if not config.get("model"):
            raise LEANNUsageError("llm_config wants a model")
        try:
            self._program = tools.program("leann-ask")
        except LEANNNotFoundError as e:
            raise LEANNNotFoundError(f"{e}: LeannChat needs it; the wheel leaves it out") from None
        self.searcher = searcher or LeannSearcher(index_path, enable_warmup=enable_warmup, **kwargs)
        self._own = searcher is None
        self._args = ["--endpoint", str(endpoint), "--model", str(config["model"])]
        if kind == "openai" or config.get("allow_remote"):
            self._args.append("--allow-remote")
        self._key = config.get("api_key")

    def ask(self, question: str, top_k: int = 5, complexity: int = 64, *args: Any,
            llm_kwargs: dict[str, Any] | None = None, metadata_filters: Any = None, **kwargs: Any) -> str:
        if metadata_filters:
            raise LEANNUsageError("LeannChat.ask: metadata_filters are not for leann-ask")
        more = [f"--{k.replace('_', '-')}={v}" for k, v in (llm_kwargs or {}).items()
                if k in ("max_tokens", "temperature")]
        env = {**os.environ, **({"OPENAI_API_KEY": self._key} if self._key else {})}
        r = subprocess.run([self._program, "--json", "--dense", "-k", str(top_k), *self._args, *more, "--",
                            self.searcher.index.path, question], capture_output=True, text=True, env=env,
                           stdin=subprocess.DEVNULL)
        if r.returncode not in (0, 1):
            raise LEANNError((r.stderr.strip().split("\n") or ["leann-ask failed"])[-1])
        return str(json.loads(r.stdout)["answer"]) if r.stdout.strip() else ""

    def cleanup(self) -> None:
        if self._own:
            self.searcher.cleanup()

    def __enter__(self) -> LeannChat:
        return self

    def __exit__(self, *exc: object) -> None:
        self.cleanup()


def install() -> None:
    """From now on `import leann` is this module, for programs written for the official one."""
    have = sys.modules.get("leann")
    if have is not None and getattr(have, "__libleann__", False) is False:
        raise LEANNUsageError("leann is imported already: install() comes before that")
    leann, api = types.ModuleType("leann", __doc__), types.ModuleType("leann.api", __doc__)
    for m in leann, api:
        for name in __all__[:-1]:
            setattr(m, name, globals()[name])
        m.__dict__["__libleann__"] = True
    leann.__dict__.update(__path__=[], api=api)
    sys.modules["leann"], sys.modules["leann.api"] = leann, api
