#!/usr/bin/env python3
"""What a precision costs: exact search with the vectors of each, and their cosines to fp32.

usage: encoder_quality.py BUILD MODEL_DIR DATA [ENGINE ...]

ENGINEs as in bench_engines.py (fp32 bf16 int8); the first is what the others are held against. For
each set in DATA (SETS: scifact pyfunc squad-sents wordnet) nDCG@10 of exhaustive search over title +
" " + text, cut at the model's limit, its difference to the first in percent, and mean and least
cosine of the passages. ONNX: the folder of the rivals' files, for an ENGINE that is one of them.
"""
import json
import math
import os
import sys
import tempfile

import bench_engines

try:
    import numpy as np
except ImportError:
    print("skipped: quality: no Python module numpy")
    sys.exit(0)

BATCH = 64          # texts of like length, which rivals would pad


def read(folder):
    with open(folder + "/corpus.jsonl", encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    texts = [(r.get("title", "") + " " + r["text"]).strip() for r in rows]
    qrels = {}
    with open(folder + "/qrels.tsv", encoding="utf-8") as f:
        next(f)
        for line in f:
            q, d, s = line.rstrip("\n").split("\t")
            if int(s) > 0:
                qrels.setdefault(q, {})[d] = int(s)
    with open(folder + "/queries.jsonl", encoding="utf-8") as f:
        queries = [q for q in map(json.loads, f) if q["id"] in qrels]
    return [r["id"] for r in rows], texts, queries, qrels


def ndcg(ranked, relevant, k=10):
    gain = sum(relevant.get(d, 0) / math.log2(i + 2) for i, d in enumerate(ranked[:k]))
    ideal = sum(g / math.log2(i + 2) for i, g in enumerate(sorted(relevant.values(), reverse=True)[:k]))
    return gain / ideal


def embed(engine, numbers, kind, path):
    """Rows in the order of numbers."""
    tokens = engine.info["tokens"]
    order = sorted(numbers, key=lambda i: tokens[i])
    batches = [order[i:i + BATCH] for i in range(0, len(order), BATCH)]
    engine.ask(batches, len(os.sched_getaffinity(0)), kind=kind, out=path)
    v = np.fromfile(path, np.float32).reshape(len(order), -1)
    out = np.empty_like(v)
    out[np.array(order) - min(numbers)] = v
    return out


def search(docs, queries):
    """Numbers of the ten nearest passages to each query, ties by number."""
    top = []
    for i in range(0, len(queries), 256):
        s = queries[i:i + 256] @ docs.T
        for row in s:
            some = np.argpartition(-row, 20)[:20] if len(row) > 20 else np.arange(len(row))
            top.append(some[np.lexsort((some, -row[some]))][:10])
    return top


def one_set(name, folder, build, model, engines):
    ids, texts, queries, qrels = read(folder)
    print(f"{name}: {len(ids)} passages, {len(queries)} questions")
    first = None
    with tempfile.TemporaryDirectory(prefix="leann-quality.") as work:
        with open(work + "/texts", "w") as f:
            f.writelines(json.dumps(t) + "\n" for t in texts + [q["text"] for q in queries])
        for engine in engines:
            onnx = os.environ.get("ONNX")
            up = bench_engines.start_all([engine], build, model, work + "/texts", onnx, print)
            if not up:
                continue
            docs = embed(up[0], range(len(ids)), "document", work + "/v")
            asked = embed(up[0], range(len(ids), len(ids) + len(queries)), "query", work + "/v")
            up[0].stop()
            got = [ndcg([ids[d] for d in top], qrels[q["id"]])
                   for top, q in zip(search(docs, asked), queries)]
            score = float(np.mean(got))
            row = f"  {up[0].label:16} {up[0].info.get('kernels') or '':14} nDCG@10 {score:.4f}"
            if first is None:
                first = score, docs, got
            else:
                c = np.sum(docs * first[1], axis=1)
                c /= np.linalg.norm(docs, axis=1) * np.linalg.norm(first[1], axis=1)
                diff = np.array(got) - np.array(first[2])
                error = diff.std() / math.sqrt(len(diff))
                row += (f"  {100 * (score / first[0] - 1):+.2f} % (standard error {100 * error / first[0]:.2f} %)"
                        f"  cosine mean {c.mean():.5f}, least {c.min():.5f}")
            print(row, flush=True)


def main():
    build, model, data = sys.argv[1:4]
    print("\nQuality by precision: exact search")
    for name in (os.environ.get("SETS") or "scifact pyfunc squad-sents wordnet").split():
        folder = os.path.join(data, name)
        if os.path.exists(folder + "/corpus.jsonl"):
            one_set(name, folder, build, model, sys.argv[4:] or ["fp32", "bf16", "int8"])
        else:
            print(f"skipped: {name}: no {folder}/corpus.jsonl")


main()
