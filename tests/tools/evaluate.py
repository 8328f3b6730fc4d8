#!/usr/bin/env python3
"""Quality of a search against exact search and against judgements.

usage: evaluate.py VECTORS QUERY_VECTORS QRELS RESULTS [LABEL]

VECTORS and QUERY_VECTORS are vector streams of JSON Lines (chunks carry record ids), QRELS a
BEIR-style table, RESULTS the lines of leann-search --json --batch in the order of the queries.
Prints one row: nDCG@10 of exact search, nDCG@10, recall@3 and recall@10 of the results, recomputes.
"""
import json
import math
import sys

import msgpack
import numpy as np


def read_vectors(path):
    ids, rows = [], []
    with open(path, "rb") as f:
        for frame in msgpack.Unpacker(f, max_bin_len=1 << 24, max_buffer_size=1 << 26):
            r = msgpack.unpackb(frame, strict_map_key=False)
            if r[0] == 2:
                ids.append(r[10])
            elif r[0] == 3:
                rows.append(np.frombuffer(r[2], "<f4"))
    return ids, np.stack(rows)


def ndcg(ranked, relevant, k=10):
    gain = sum(relevant.get(d, 0) / math.log2(i + 2) for i, d in enumerate(ranked[:k]))
    best = sorted(relevant.values(), reverse=True)[:k]
    ideal = sum(g / math.log2(i + 2) for i, g in enumerate(best))
    return gain / ideal if ideal else 0.0


def distinct(ids):
    return list(dict.fromkeys(ids))


def main():
    ids, vecs = read_vectors(sys.argv[1])
    qids, qvecs = read_vectors(sys.argv[2])
    label = sys.argv[5] if len(sys.argv) > 5 else ""
    qrels = {}
    with open(sys.argv[3]) as f:
        next(f)
        for line in f:
            q, d, s = line.split("\t")
            if int(s) > 0:
                qrels.setdefault(q, {})[d] = int(s)
    results = [json.loads(line) for line in open(sys.argv[4])]
    assert len(results) == len(qids), f"{len(results)} answers to {len(qids)} questions"
    exact_n, found_n, r3, r10, recomputed = [], [], [], [], []
    for i, q in enumerate(qids):
        s = vecs @ qvecs[i]
        top = np.argsort(-s, kind="stable")[:400]
        chunks = [hit["chunk"] for hit in results[i]["items"]]
        r3.append(len(set(top[:3]) & set(chunks[:3])) / min(3, len(ids)))
        r10.append(len(set(top[:10]) & set(chunks[:10])) / min(10, len(ids)))
        recomputed.append(results[i]["recomputed"])
        if q in qrels:
            exact_n.append(ndcg(distinct(ids[c] for c in top), qrels[q]))
            found_n.append(ndcg(distinct(ids[c] for c in chunks), qrels[q]))
    print(f"{label:24} nDCG@10 exact {np.mean(exact_n):.4f} found {np.mean(found_n):.4f}  "
          f"recall@3 {np.mean(r3):.4f} recall@10 {np.mean(r10):.4f}  "
          f"recomputed {np.mean(recomputed):.1f}  ({len(ids)} chunks, {len(qids)} questions)")


main()
