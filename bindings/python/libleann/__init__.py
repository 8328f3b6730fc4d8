"""libleann: semantic search over one's own files, from Python.

    from libleann import LEANNIndex

    with LEANNIndex.load("~/notes") as index:
        for hit in index.query("when do I prune the tomatoes?", top_k=3).items:
            print(hit.item.path, hit.item.first_line, round(hit.score, 3), hit.preview)

More: libleann.store (a vector store), libleann.langchain, libleann.llamaindex, libleann.compat (the
official LEANN's API), libleann.tools (the programs, the model).
"""

__version__ = "0.1.0"

from .errors import (  # noqa: E402
    LEANNDataError,
    LEANNError,
    LEANNNotFoundError,
    LEANNTemporaryError,
    LEANNUsageError,
)
from .index import Field, Hit, Latency, LEANNIndex, Passage, Results, Stats  # noqa: E402

__all__ = [
    "Field",
    "Hit",
    "LEANNDataError",
    "LEANNError",
    "LEANNIndex",
    "LEANNNotFoundError",
    "LEANNTemporaryError",
    "LEANNUsageError",
    "Latency",
    "Passage",
    "Results",
    "Stats",
]
