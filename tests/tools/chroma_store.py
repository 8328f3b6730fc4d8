"""Stores of Chroma for tests, by Chroma's own client: chroma_store.py make DIR VECTORS | same DIR COLLECTION STREAM_TEXT

make: collections of the texts whose records and embeddings the stream VECTORS has, with what can happen to them.
same: does the stream, as leann-bundle text prints it, have the collection's ids, documents, metadata and, if it is
of vectors, embeddings, in the order of their addition? Prints what differs.
"""
import base64
import json
import os
import struct
import sys

import chromadb
import numpy as np

sys.path.insert(0, os.path.dirname(__file__))
import bench_stream


def client(path):
    return chromadb.PersistentClient(path=path, settings=chromadb.Settings(anonymized_telemetry=False))


def records(path):
    """id -> text, and id -> vector, of a stream of vectors with stored records."""
    lines = b"".join(r[2] for r in bench_stream.records(path) if r[0] == bench_stream.TEXT).decode().splitlines()
    names, vectors = bench_stream.read_vectors(path)
    return {r["id"]: r["text"] for r in map(json.loads, lines)}, dict(zip(names, vectors))


def make(path, stream):
    texts, vectors = records(stream)
    ids = list(texts)
    c = client(path)

    def create(name, space="l2"):
        return c.create_collection(name, configuration={"hnsw": {"space": space, "sync_threshold": 20, "batch_size": 5}})

    def add(col, some, verb="add", **more):
        getattr(col, verb)(ids=some, documents=[texts[i] for i in some], embeddings=[vectors[i] for i in some], **more)

    add(create("plain"), ids)
    add(create("cosine", "cosine"), ids[:30])
    add(create("inner", "ip"), ids[:30])
    few = create("few")                                     # never written to files
    add(few, ids[:7])
    few.delete(ids=[ids[3]])
    grown = create("grown")                                 # files, and changes after them
    add(grown, ids[:30])
    grown.update(ids=[ids[2]], documents=[texts[ids[40]]], embeddings=[vectors[ids[40]]])
    grown.update(ids=[ids[29]], metadatas=[{"seen": True}])
    grown.add(ids=[ids[1]], documents=["nothing, for the id is there"], embeddings=[vectors[ids[50]]])
    grown.upsert(ids=[ids[3], ids[31]], documents=[texts[ids[41]], texts[ids[31]]],
                 embeddings=[vectors[ids[41]], vectors[ids[31]]])
    add(grown, ids[32:37])
    holes = create("holes")                                 # deleted and written, added again, and more
    add(holes, ids[:30])
    holes.delete(ids=[ids[0], ids[12], ids[29]])
    add(holes, [ids[29], ids[0]])
    add(holes, ids[30:64])
    add(create("deleted"), ids[:40])                        # deleted and not written yet
    c.get_collection("deleted").delete(ids=[ids[5]])
    noise = np.random.default_rng(1).normal(size=(30, 384)).astype(np.float32)
    create("other").add(ids=ids[:30], documents=[texts[i] for i in ids[:30]], embeddings=noise)
    create("small").add(ids=ids[:30], documents=[texts[i] for i in ids[:30]], embeddings=noise[:, :32])
    types = create("types")
    add(types, ids[:4], metadatas=[
        {"s": "a \"q\" \n\u00e4 \U0001f600", "i": -7, "big": 2 ** 53 + 1, "f": 1 / 3, "tiny": 1e-300, "two": 2.0, "t": True, "no": False},
        {"tags": ["a", "b,c"], "nums": [3, 1, 2], "fs": [0.1, 2.0], "bs": [True, False]},
        {"Upper Case!": 1, "path": "x", "date": "2026-01-31", "empty": ""},
        None])
    nodoc = create("nodoc")
    add(nodoc, ids[:2])
    nodoc.add(ids=["bare"], embeddings=[vectors[ids[0]]], metadatas=[{"k": 1}])
    create("empty")


def same(path, name, text):
    got = client(path).get_collection(name).get(include=["documents", "metadatas", "embeddings"])
    stored, names, vectors = b"", [], []
    for r in map(json.loads, open(text, encoding="utf-8")):
        if r[0] == 4:
            stored += base64.b64decode(r[2]["bin"])
        elif r[0] == 2:
            names.append(r[10])
        elif r[0] == 3:
            vectors.append(struct.unpack("<%df" % (len(base64.b64decode(r[2]["bin"])) // 4), base64.b64decode(r[2]["bin"])))
    lines = [json.loads(line) for line in stored.decode().splitlines()]
    want = {i: (d or "", m or {}) for i, d, m in zip(got["ids"], got["documents"], got["metadatas"])}
    have = {r["id"]: (r["text"], r["metadata"]) for r in lines}
    bad = [(i, want.get(i), have.get(i)) for i in set(want) | set(have) if repr(want.get(i)) != repr(have.get(i)) and not (
        i in want and i in have and want[i][0] == have[i][0] and want[i][1] == have[i][1]
        and {k: type(v) for k, v in want[i][1].items()} == {k: type(v) for k, v in have[i][1].items()})]
    if names != [r["id"] for r in lines] or len(names) != len(want):
        bad.append(("order or number", len(names), len(want)))
    for i, v in zip(got["ids"], got["embeddings"] if vectors else []):
        v, w = np.asarray(v), np.asarray(vectors[names.index(i)])
        if v @ w / np.linalg.norm(v) / np.linalg.norm(w) < .99999:
            bad.append((i, "embedding", float(v @ w / np.linalg.norm(v))))
    for b in bad[:5]:
        print(b)
    print("%d records, %d embeddings" % (len(names), len(vectors)))
    return bool(bad)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], sys.argv[3])
    else:
        sys.exit(same(*sys.argv[2:5]))
