"""BM25 over texts: by the module bm25s or rank_bm25 where one is, else by the few lines here.

All have k1 = 1.5, b = .75 and see the same words: lower case, names in snake_case and camelCase as
they are and in their parts, so that code is not at a disadvantage, without Lucene's English stop
words (long questions to code need that); no stemming.
"""
import math
import re

import numpy as np

import bench_sets

NAME = re.compile(r"\w+")
PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^\W\d_A-Za-z]+")


STOP = set("a an and are as at be but by for if in into is it no not of on or such that the their then there "
           "these they this to was will with".split())


def words(text):
    out = []
    for name in NAME.findall(text):
        parts = PART.findall(name)
        out += [p.lower() for p in parts]
        if len(parts) > 1:
            out.append(name.lower())
    return [w for w in out if w not in STOP]


class Plain:
    about = "BM25 (own)"

    def __init__(self, texts):
        self.n, self.lists = len(texts), {}
        lengths = np.zeros(self.n, np.float32)
        for i, text in enumerate(texts):
            counts = {}
            for w in words(text):
                counts[w] = counts.get(w, 0) + 1
            lengths[i] = sum(counts.values())
            for w, c in counts.items():
                self.lists.setdefault(w, []).append((i, c))
        self.norm = 1.5 * (.25 + .75 * lengths / max(lengths.mean(), 1))

    def search(self, text, k):
        scores = np.zeros(self.n, np.float32)
        for w in words(text):
            if w in self.lists:
                at, count = np.array(self.lists[w]).T
                idf = math.log(1 + (self.n - len(at) + .5) / (len(at) + .5))
                scores[at] += idf * count / (count + self.norm[at])
        return [d for d in bench_sets.best(scores, k) if scores[d] > 0]


class Bm25s:
    def __init__(self, texts):
        import bm25s
        self.about = f"BM25 (bm25s {bm25s.__version__})"
        self.index = bm25s.BM25(k1=1.5, b=.75)
        self.index.index([words(t) for t in texts], show_progress=False)
        self.n = len(texts)

    def search(self, text, k):
        known = [w for w in words(text) if w in self.index.vocab_dict]
        if not known:
            return []
        found, scores = self.index.retrieve([known], k=min(k, self.n), show_progress=False)
        return [int(d) for d, s in zip(found[0], scores[0]) if s > 0]


class RankBm25:
    def __init__(self, texts):
        import rank_bm25
        self.about = "BM25 (rank_bm25)"
        self.index = rank_bm25.BM25Okapi([words(t) for t in texts], k1=1.5, b=.75)

    def search(self, text, k):
        scores = self.index.get_scores(words(text))
        return [d for d in bench_sets.best(scores, k) if scores[d] > 0]


def bm25(texts):
    """The first that is importable, over texts: search(text, k) gives numbers, best first."""
    for kind in (Bm25s, RankBm25):
        try:
            return kind(texts)
        except ImportError:
            pass
    return Plain(texts)
