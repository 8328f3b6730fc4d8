#!/usr/bin/env python3
"""One vector store as a process of its own; see bench_stores.py.

usage: bench_store.py STORE DIR

DIR has docs.npy and queries.npy (normalised f32, a row each) and, for leann-official, texts.json and
queries.json. The store is built in DIR/STORE.d, closed, opened again where it can be, and asked one
query at a time for the ten nearest. Prints one object: version, bytes on disk, build and query times,
"found" (ten numbers a query), what leann-official recomputed; or {"skipped": why}. A slow store prints
one after each question, of all until then. CPU times are those of the process and its children.
"""
import json
import os
import re
import sys
import time

# Not those of LanceDB: with one thread it waits for itself. Its CPU time is counted all the same.
for name in ("OMP", "OPENBLAS", "MKL", "RAYON"):
    os.environ[name + "_NUM_THREADS"] = "1"
os.environ["ANONYMIZED_TELEMETRY"] = "False"

import numpy as np

K = 10


class Faiss:
    """An index by its factory name; nprobe for IVF, efSearch for HNSW, k_factor for Refine.

    PQ48np: without the polysemous training that PQ48 means here, minutes for nothing that these use.
    """

    def __init__(self, factory, **params):
        import faiss
        self.faiss, self.factory, self.params = faiss, factory, params
        self.version = "faiss " + faiss.__version__
        faiss.omp_set_num_threads(1)

    def build(self, docs, folder):
        f = self.faiss
        lists = 2 ** round(np.log2(4 * len(docs) ** .5))
        index = f.index_factory(docs.shape[1], self.factory.format(lists=lists), f.METRIC_INNER_PRODUCT)
        index.train(docs)
        index.add(docs)
        f.write_index(index, folder + "/index")

    def open(self, folder, dim):
        f = self.faiss
        self.index = f.read_index(folder + "/index")
        for name, value in self.params.items():
            if name == "k_factor":
                self.index.k_factor = value
            else:
                f.ParameterSpace().set_index_parameter(self.index, name, value)

    def ask(self, q):
        return self.index.search(q[None], K)[1][0]


class Hnswlib:
    def __init__(self):
        import hnswlib
        self.hnswlib, self.version = hnswlib, "hnswlib"

    def build(self, docs, folder):
        index = self.hnswlib.Index(space="ip", dim=docs.shape[1])
        index.init_index(max_elements=len(docs), ef_construction=200, M=16)
        index.set_num_threads(1)
        index.add_items(docs, np.arange(len(docs)))
        index.save_index(folder + "/index")

    def open(self, folder, dim):
        self.index = self.hnswlib.Index(space="ip", dim=dim)
        self.index.load_index(folder + "/index")
        self.index.set_num_threads(1)
        self.index.set_ef(64)

    def ask(self, q):
        return self.index.knn_query(q, K)[0][0]


class Usearch:
    def __init__(self, dtype):
        import usearch
        from usearch.index import Index
        self.kind, self.dtype, self.version = Index, dtype, "usearch " + usearch.__version__

    def empty(self, dim):
        return self.kind(ndim=dim, metric="hamming" if self.dtype == "b1" else "cos", dtype=self.dtype)

    def of(self, v):
        return np.packbits(v > 0, axis=-1) if self.dtype == "b1" else v

    def build(self, docs, folder):
        index = self.empty(docs.shape[1])
        index.add(np.arange(len(docs)), self.of(docs), threads=1)
        index.save(folder + "/index")

    def open(self, folder, dim):
        self.index = self.empty(dim)
        self.index.load(folder + "/index")

    def ask(self, q):
        return self.index.search(self.of(q), K, threads=1).keys


class SqliteVec:
    """Python's own sqlite3 often loads no extensions; apsw, which does, is taken then."""

    def __init__(self, kind):
        import sqlite3

        import sqlite_vec
        self.kind, self.path = kind, sqlite_vec.loadable_path()
        if hasattr(sqlite3.Connection, "enable_load_extension"):
            self.connect = sqlite3.connect
        else:
            import apsw
            self.connect = apsw.Connection
        self.version = "sqlite-vec " + sqlite_vec.__version__

    def start(self, folder):
        db = self.connect(folder + "/db")
        db.enable_load_extension(True)
        getattr(db, "load_extension", None)(self.path)
        return db

    def of(self, v):
        if self.kind == "float":
            return v.tobytes(), "vec_f32(?)"
        if self.kind == "int8":
            return np.clip(np.rint(v * 508), -127, 127).astype(np.int8).tobytes(), "vec_int8(?)"
        return np.packbits(v > 0, bitorder="little").tobytes(), "vec_bit(?)"

    def build(self, docs, folder):
        db = self.start(folder)
        metric = "" if self.kind == "bit" else " distance_metric=cosine"
        db.execute(f"create virtual table v using vec0(e {self.kind}[{docs.shape[1]}]{metric})")
        db.execute("begin")
        for i, row in enumerate(docs):
            value, how = self.of(row)
            db.execute(f"insert into v(rowid, e) values (?, {how})", (i, value))
        db.execute("commit")
        db.close()

    def open(self, folder, dim):
        self.db = self.start(folder)

    def ask(self, q):
        value, how = self.of(q)
        rows = self.db.execute(f"select rowid from v where e match {how} and k = {K} order by distance", (value,))
        return [r[0] for r in rows]


class LanceDb:
    def __init__(self, index):
        import lancedb
        self.lancedb, self.kind, self.version = lancedb, index, "lancedb " + lancedb.__version__

    def build(self, docs, folder):
        import pyarrow as pa
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(docs.ravel()), docs.shape[1])
        table = self.lancedb.connect(folder).create_table(
            "v", pa.table({"id": pa.array(np.arange(len(docs))), "vector": vectors}))
        if self.kind == "IVF_PQ":
            table.create_index(metric="cosine", num_sub_vectors=docs.shape[1] // 8,
                               num_partitions=max(1, int(len(docs) ** .5)))

    def open(self, folder, dim):
        self.table = self.lancedb.connect(folder).open_table("v")

    def ask(self, q):
        some = self.table.search(q).limit(K).select(["id"])
        some = some.distance_type("cosine") if hasattr(some, "distance_type") else some.metric("cosine")
        return some.to_arrow()["id"].to_pylist()


class Chroma:
    def __init__(self):
        import chromadb
        self.chromadb, self.version = chromadb, "chromadb " + chromadb.__version__

    def build(self, docs, folder):
        c = self.chromadb.PersistentClient(folder).create_collection("bench", metadata={"hnsw:space": "cosine"})
        for i in range(0, len(docs), 1000):
            some = docs[i:i + 1000]
            c.add(ids=[str(i + j) for j in range(len(some))], embeddings=some)

    def open(self, folder, dim):
        self.c = self.chromadb.PersistentClient(folder).get_collection("bench")

    def ask(self, q):
        return [int(i) for i in self.c.query(query_embeddings=q[None], n_results=K, include=[])["ids"][0]]


class Official:
    """PyPI leann as it comes: its graph over these vectors, texts stored, embeddings recomputed by its server.

    The server is started and warmed before the first question. What it computes is read from its log.
    """

    def __init__(self, complexity):
        from leann import LeannBuilder, LeannSearcher
        import importlib.metadata
        self.builder, self.searcher, self.complexity = LeannBuilder, LeannSearcher, complexity
        self.version = "leann " + importlib.metadata.version("leann")
        self.model = os.environ.get("LEANN_OFFICIAL_MODEL") or "sentence-transformers/all-MiniLM-L6-v2"

    def build(self, docs, folder):
        import pickle
        with open(os.path.dirname(folder) + "/texts.json", encoding="utf-8") as f:
            texts = json.load(f)
        builder = self.builder(backend_name="hnsw", embedding_model=self.model)
        for i, text in enumerate(texts):
            builder.add_text(text, {"id": str(i)})
        with open(folder + ".pickle", "wb") as f:
            pickle.dump(([str(i) for i in range(len(docs))], docs), f)
        builder.build_index_from_embeddings(folder + "/bench.leann", folder + ".pickle")
        os.unlink(folder + ".pickle")

    def open(self, folder, dim):
        self.log = folder + ".log"
        os.environ.update(LEANN_LOG_LEVEL="INFO", LEANN_HNSW_LOG_PATH=self.log)
        # Of its own, not a daemon: that would live on, and its CPU would be nobody's.
        self.index = self.searcher(folder + "/bench.leann", use_daemon=False)
        with open(os.path.dirname(folder) + "/queries.json", encoding="utf-8") as f:
            self.questions = json.load(f)
        self.at = 0
        self.index.backend_impl.compute_query_embedding("warm")

    def ask(self, q):
        text = self.questions[self.at]
        self.at += 1
        return [int(r.id) for r in self.index.search(text, top_k=K, complexity=self.complexity)]

    def said(self, folder, n):
        """Embeddings of passages computed a question, requests that took, and bytes by file."""
        with open(self.log, encoding="utf-8", errors="replace") as f:
            counts = [int(c) for c in re.findall(r"Computed embeddings for (\d+) texts, shape", f.read())]
        return {"recomputed": sum(counts) / n, "requests": len(counts) / n,
                "files": {name: os.path.getsize(os.path.join(folder, name)) for name in sorted(os.listdir(folder))}}

    def close(self):
        self.index.cleanup()


STORES = {
    "faiss-flat": lambda: Faiss("Flat"),
    "faiss-hnsw32": lambda: Faiss("HNSW32", efSearch=64),
    "faiss-ivf-pq48": lambda: Faiss("IVF{lists},PQ48np", nprobe=16),
    "faiss-opq48": lambda: Faiss("OPQ48,PQ48np"),
    "faiss-opq48-refine": lambda: Faiss("OPQ48,PQ48np,Refine(SQ8)", k_factor=4),
    "hnswlib": Hnswlib,
    "usearch-f32": lambda: Usearch("f32"),
    "usearch-i8": lambda: Usearch("i8"),
    "usearch-b1": lambda: Usearch("b1"),
    "sqlite-vec-float": lambda: SqliteVec("float"),
    "sqlite-vec-int8": lambda: SqliteVec("int8"),
    "sqlite-vec-bit": lambda: SqliteVec("bit"),
    "lancedb-flat": lambda: LanceDb("flat"),
    "lancedb-ivf-pq": lambda: LanceDb("IVF_PQ"),
    "chromadb": Chroma,
    "leann-official-16": lambda: Official(16),
    "leann-official-64": lambda: Official(64),
}


def tree_cpu_s():
    """CPU seconds of this process and all below it, ended or not."""
    parent, own = {}, {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
                part = f.read().rpartition(")")[2].split()
        except OSError:
            continue
        parent[int(pid)], own[int(pid)] = int(part[1]), sum(map(int, part[11:15]))
    us, total = {os.getpid()}, 0
    while True:
        more = {p for p, of in parent.items() if of in us} - us
        if not more:
            break
        us |= more
    total = sum(own.get(p, 0) for p in us - {os.getpid()}) / os.sysconf("SC_CLK_TCK")
    return total + time.process_time()


def on_disk(folder):
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names)


def main():
    name, work = sys.argv[1:]
    out = os.dup(1)
    os.dup2(2, 1)           # what stores say is not our answer
    try:
        store = STORES[name]()
    except ImportError as e:
        os.write(out, json.dumps({"skipped": f"no Python module {e.name}"}).encode() + b"\n")
        return
    docs, queries = np.load(work + "/docs.npy"), np.load(work + "/queries.npy")
    folder = f"{work}/{name}.d"
    os.mkdir(folder)
    wall, cpu = time.perf_counter(), tree_cpu_s()
    store.build(docs, folder)
    built = {"build_wall_s": time.perf_counter() - wall, "build_cpu_s": tree_cpu_s() - cpu}
    store.open(folder, docs.shape[1])
    if not name.startswith("leann"):
        store.ask(queries[0])                               # what is loaded at the first question
    found, times, cpu = [], [], tree_cpu_s()

    def report():
        more = store.said(folder, len(found)) if hasattr(store, "said") else {}
        line = {"version": store.version, "bytes": on_disk(folder), **built, "found": found,
                "query_cpu_ms": 1000 * (tree_cpu_s() - cpu) / len(found), "query_p50_ms": float(np.median(times)), **more}
        os.write(out, (json.dumps(line) + "\n").encode())
    for q in queries:
        at = time.perf_counter()
        found.append([int(d) for d in store.ask(q)])
        times.append(1000 * (time.perf_counter() - at))
        if hasattr(store, "said"):
            report()            # slow, and it may end before its time: what there is by then counts
    if hasattr(store, "said"):
        store.close()
    else:
        report()


if __name__ == "__main__":
    main()
