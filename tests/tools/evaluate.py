#!/usr/bin/env python3
"""Quality of a search against exact search and against judgements.

usage: evaluate.py VECTORS QUERY_VECTORS QRELS RESULTS [LABEL]

VECTORS and QUERY_VECTORS are vector streams of JSON Lines (chunks carry record ids), QRELS a
BEIR-style table, RESULTS the lines of leann-search --json --batch in the order of the queries.
Prints one row: nDCG@10 of exact search, nDCG@10, recall@3 and recall@10 of the results, recomputes.
"""
import json
import sys

import numpy as np

from bench_sets import best, distinct, ndcg, read_qrels, recall
from bench_stream import read_vectors


def main():
    ids, vecs = read_vectors(sys.argv[1])
    qids, qvecs = read_vectors(sys.argv[2])
    label = sys.argv[5] if len(sys.argv) > 5 else ""
    qrels = read_qrels(sys.argv[3])
    results = [json.loads(line) for line in open(sys.argv[4])]
    assert len(results) == len(qids), f"{len(results)} answers to {len(qids)} questions"
    exact_n, found_n, r3, r10, recomputed = [], [], [], [], []
    for i, q in enumerate(qids):
        top = list(best(vecs @ qvecs[i], 400))
        chunks = [hit["chunk"] for hit in results[i]["items"]]
        r3.append(recall(chunks, top, 3))
        r10.append(recall(chunks, top, 10))
        recomputed.append(results[i]["recomputed"])
        if q in qrels:
            exact_n.append(ndcg(distinct(ids[c] for c in top), qrels[q]))
            found_n.append(ndcg(distinct(ids[c] for c in chunks), qrels[q]))
    print(f"{label:24} nDCG@10 exact {np.mean(exact_n):.4f} found {np.mean(found_n):.4f}  "
          f"recall@3 {np.mean(r3):.4f} recall@10 {np.mean(r10):.4f}  "
          f"recomputed {np.mean(recomputed):.1f}  ({len(ids)} chunks, {len(qids)} questions)")


main()
