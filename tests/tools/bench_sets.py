"""Collections with judgements in BEIR's form, exact search over them, and the measures of a ranking.

A set is a folder with corpus.jsonl {"id", "title", "text"}, queries.jsonl {"id", "text"} and
qrels.tsv (a line of names, then query, passage, grade). What is embedded is title + " " + text.
"""
import json
import math
import os

import numpy as np


def text_of(row):
    return (row.get("title", "") + " " + row["text"]).strip()


def read_qrels(path):
    """{query: {passage: grade}}, grades above 0 only."""
    qrels = {}
    with open(path, encoding="utf-8") as f:
        next(f)
        for line in f:
            q, d, s = line.rstrip("\n").split("\t")
            if int(s) > 0:
                qrels.setdefault(q, {})[d] = int(s)
    return qrels


def read_set(folder, most=0):
    """ids, texts, queries with judgements, qrels; most: every k-th query, so that at most so many stay."""
    with open(folder + "/corpus.jsonl", encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    qrels = read_qrels(folder + "/qrels.tsv")
    with open(folder + "/queries.jsonl", encoding="utf-8") as f:
        queries = [q for q in map(json.loads, f) if q["id"] in qrels and q["text"].strip()]
    if most and len(queries) > most:
        queries = [queries[i * len(queries) // most] for i in range(most)]
    return [r["id"] for r in rows], [text_of(r) for r in rows], queries, qrels


def present(names, data, say):
    """Those of the sets that are in the folder data; say(line) hears of the others."""
    there = []
    for name in names:
        if os.path.exists(os.path.join(data, name, "corpus.jsonl")):
            there.append(name)
        else:
            say(f"skipped: {name}: no {os.path.join(data, name, 'corpus.jsonl')}")
    return there


def ndcg(ranked, relevant, k=10):
    """ranked: passages, best first, none twice; relevant: {passage: grade}."""
    gain = sum(relevant.get(d, 0) / math.log2(i + 2) for i, d in enumerate(ranked[:k]))
    ideal = sum(g / math.log2(i + 2) for i, g in enumerate(sorted(relevant.values(), reverse=True)[:k]))
    return gain / ideal if ideal else 0.0


def recall(found, exact, k):
    """Share of the first k of exact that are among the first k found."""
    want = set(exact[:k])
    return len(want & set(found[:k])) / len(want) if want else 1.0


def distinct(ids):
    return list(dict.fromkeys(ids))


def best(scores, k):
    """Numbers of the k highest scores, best first, ties by number."""
    k = min(k, len(scores))
    if len(scores) > 2 * k:
        some = np.flatnonzero(scores >= np.partition(scores, -k)[-k])
    else:
        some = np.arange(len(scores))
    return some[np.lexsort((some, -scores[some]))][:k]


def exact_search(docs, queries, k):
    """Numbers of the k nearest of docs to each of queries, by inner product."""
    top = []
    for i in range(0, len(queries), 256):
        top += [best(row, k) for row in queries[i:i + 256] @ docs.T]
    return top


def rrf(rankings, k=60):
    """Reciprocal-rank fusion of rankings (numbers, best first)."""
    score = {}
    for ranking in rankings:
        for rank, d in enumerate(ranking):
            score[d] = score.get(d, 0) + 1 / (k + rank + 1)
    return sorted(score, key=lambda d: (-score[d], d))
