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

import bench_sets
from bench_sets import ndcg

BATCH = 64          # texts of like length, which rivals would pad


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


def one_set(name, folder, build, model, engines):
    ids, texts, queries, qrels = bench_sets.read_set(folder)
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
                   for top, q in zip(bench_sets.exact_search(docs, asked, 10), queries)]
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
