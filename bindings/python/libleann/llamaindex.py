"""LlamaIndex: a Retriever over an index of files or over our store. Needs llama-index-core.

    nodes = LeannRetriever("~/notes", similarity_top_k=3).retrieve("when do I prune?")
"""

from __future__ import annotations

from typing import Any

try:
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
except ImportError as e:
    raise ImportError("libleann.llamaindex needs llama-index-core: pip install llama-index-core") from e

from .index import LEANNIndex
from .store import LeannVectorStore


class LeannRetriever(BaseRetriever):
    def __init__(self, source: Any, similarity_top_k: int = 10, mode: str = "auto", filters: Any = None,
                 **kwargs: Any) -> None:
        """source: a LEANNIndex, the path of one, or a LeannVectorStore. filters: libleann.filters."""
        self.source = source if isinstance(source, (LEANNIndex, LeannVectorStore)) else LEANNIndex.load(source)
        self.similarity_top_k, self.mode, self.filters = similarity_top_k, mode, filters
        super().__init__(**kwargs)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        query, k = query_bundle.query_str, self.similarity_top_k
        if isinstance(self.source, LeannVectorStore):
            return [NodeWithScore(node=TextNode(id_=m.id, text=m.text, metadata=m.metadata), score=m.score)
                    for m in self.source.query(query, k, self.filters, self.mode)]
        out = []
        for h in self.source.query(query, k, self.mode, self.filters):
            p = h.item
            if not p.stale:
                meta = {**p.metadata, "file_path": p.path, "first_line": p.first_line, "last_line": p.last_line}
                node = TextNode(id_=p.id or f"{p.path}:{p.first_line}", text=p.text, metadata=meta)
                out.append(NodeWithScore(node=node, score=h.score))
        return out
