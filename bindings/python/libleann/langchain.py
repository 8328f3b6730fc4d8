"""LangChain: our store as a VectorStore, an index of files as a Retriever. Needs langchain-core.

    store = LeannVectorStore.from_texts(["Let the dough rise."], folder="notes.store")
    retriever = store.as_retriever(search_kwargs={"k": 3})
    files = LeannRetriever(index="~/notes", k=3)
"""

from __future__ import annotations

from typing import Any, Iterable, Sequence

try:
    from langchain_core.callbacks import CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.vectorstores import VectorStore
except ImportError as e:
    raise ImportError("libleann.langchain needs langchain-core: pip install langchain-core") from e

from . import store as _store
from .index import LEANNIndex


class LeannVectorStore(VectorStore):
    """libleann.store.LeannVectorStore; the embeddings are those of its own model, `embedding` is not asked."""

    def __init__(self, folder: Any, embedding: Embeddings | None = None, **options: Any) -> None:
        self.store = _store.LeannVectorStore(folder, **options)
        self._embedding = embedding

    @property
    def embeddings(self) -> Embeddings | None:
        return self._embedding

    def add_texts(self, texts: Iterable[str], metadatas: list[dict[str, Any]] | None = None, *,
                  ids: list[str] | None = None, **kwargs: Any) -> list[str]:
        """With ids, documents of the same ids are replaced."""
        texts = list(texts)
        if not texts:
            return []
        if ids is None or None in ids:
            return self.store.add(texts, None, metadatas)
        return self.store.upsert(texts, ids, metadatas)

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool | None:
        self.store.delete(self.store.ids() if ids is None else ids)
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        return [Document(id=d.id, page_content=d.text, metadata=d.metadata) for d in self.store.get(list(ids))]

    def similarity_search_with_score(self, query: str, k: int = 4, filter: Any = None,
                                     **kwargs: Any) -> list[tuple[Document, float]]:
        """filter: libleann.filters. The score is the higher the better."""
        return [(Document(id=m.id, page_content=m.text, metadata=m.metadata), m.score)
                for m in self.store.query(query, k, filter, **kwargs)]

    def similarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[Document]:
        return [d for d, _ in self.similarity_search_with_score(query, k, **kwargs)]

    def _similarity_search_with_relevance_scores(self, query: str, k: int = 4,
                                                 **kwargs: Any) -> list[tuple[Document, float]]:
        where = kwargs.pop("filter", None)
        kwargs.pop("score_threshold", None)
        return [(Document(id=m.id, page_content=m.text, metadata=m.metadata), min(max(m.cosine, 0.0), 1.0))
                for m in self.store.query(query, k, where, **{"mode": "dense", **kwargs})]

    @classmethod
    def from_texts(cls, texts: list[str], embedding: Embeddings | None = None,
                   metadatas: list[dict[str, Any]] | None = None, *, ids: list[str] | None = None,
                   folder: Any = None, **kwargs: Any) -> LeannVectorStore:
        if folder is None:
            raise ValueError("from_texts wants folder=, where the store is")
        out = cls(folder, embedding, **kwargs)
        out.add_texts(texts, metadatas, ids=ids)
        return out


class LeannRetriever(BaseRetriever):
    """Passages of an index of files: a path, or a LEANNIndex."""

    index: Any
    k: int = 10
    mode: str = "auto"
    filters: Any = None

    def model_post_init(self, context: Any) -> None:
        if not isinstance(self.index, LEANNIndex):
            self.index = LEANNIndex.load(self.index)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        found = self.index.query(query, self.k, self.mode, self.filters)
        return [Document(id=f"{h.item.path}:{h.item.first_line}", page_content=h.item.text, metadata={
            **h.item.metadata, "source": h.item.path, "first_line": h.item.first_line,
            "last_line": h.item.last_line, "score": h.score}) for h in found if not h.item.stale]
