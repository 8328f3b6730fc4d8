"""The calls of the official LEANN's quick start, on either package, with the time each took.

    quick_start.py ours|official MODEL FOLDER [N]

N texts besides those that are asked for. Prints a line of JSON.
"""

import json
import os
import sys
import time

which, model, folder = sys.argv[1:4]
t0 = time.perf_counter()
if which == "ours":
    import libleann.compat

    libleann.compat.install()

from leann import LeannBuilder, LeannSearcher  # noqa: E402

took = {"import": time.perf_counter() - t0}
INDEX_PATH = os.path.join(folder, "demo.leann")

t0 = time.perf_counter()
builder = LeannBuilder(backend_name="hnsw", embedding_model=model)
builder.add_text("LEANN keeps a graph and computes embeddings again, which saves most of the storage.")
builder.add_text("A banana crocodile is a made-up animal, drawn by a program.", metadata={"kind": "animal", "page": 2})
for i in range(int(sys.argv[4]) if len(sys.argv) > 4 else 0):
    wind = ("north", "south")[i % 2]
    builder.add_text(f"Report {i} of the weather station: {i % 40} degrees, wind from the {wind}.",
                     metadata={"kind": "weather", "page": i})
builder.build_index(INDEX_PATH)
took["build"] = time.perf_counter() - t0

t0 = time.perf_counter()
searcher = LeannSearcher(INDEX_PATH)
took["open"] = time.perf_counter() - t0
t0 = time.perf_counter()
results = searcher.search("fantastic creatures that a machine made", top_k=1)
took["first search"] = time.perf_counter() - t0
t0 = time.perf_counter()
more = [searcher.search(q, top_k=2, complexity=64) for q in ("disk space", "cold and windy", "reptiles", "storage")]
took["a search"] = (time.perf_counter() - t0) / len(more)
filtered = searcher.search("anything", top_k=2, metadata_filters={"page": {"<=": 2}, "kind": {"==": "animal"}})
searcher.cleanup()
size = sum(e.stat().st_size for e in os.scandir(folder))
print(json.dumps({"package": which, "hit": results[0].text, "id": results[0].id, "metadata": results[0].metadata,
                  "score": results[0].score, "disk": more[0][0].text, "filtered": [r.id for r in filtered],
                  "bytes": size, "ms": {k: round(v * 1e3, 1) for k, v in took.items()}}))
