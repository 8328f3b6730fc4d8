#!/usr/bin/env python3
"""Small random rerankers of many shapes, and the scores they should give.

    random_reranker.py PROBE WORKDIR      PROBE: the leann-nn-probe program
    random_reranker.py make DIR [SEED]    write one into DIR
    random_reranker.py score DIR [SEED]   {"query":..., "texts":[...]} a line in, [scores] a line out

Models are BertForSequenceClassification of one label, as random_bert.py writes models. Token ids of
pairs, the cut of long ones included, are compared with PyPI tokenizers and scores with transformers
and torch where they are installed, and always with what is written here. A line a model; exit 1 when
one is off.
"""
import json
import os
import sys

import numpy as np

import random_bert as rb

SHAPES = [
    dict(name="plain", dim=32, heads=4, layers=2, ff=64, pos=64),
    dict(name="odd-one-head", dim=20, heads=1, layers=2, ff=37, pos=64, types=3),
    dict(name="f16-no-prefix", dim=48, heads=3, layers=3, ff=96, pos=128, dtype="F16", names=""),
    dict(name="bf16", dim=36, heads=2, layers=1, ff=72, pos=600, dtype="BF16", eps=1e-5),
    dict(name="short-limit", dim=64, heads=8, layers=4, ff=256, pos=40, max_seq=16),
    dict(name="shorter", dim=24, heads=6, layers=2, ff=48, pos=80, max_seq=9),
    dict(name="three-tokens", dim=24, heads=6, layers=2, ff=48, pos=3),
    dict(name="head-of-64", dim=128, heads=2, layers=2, ff=300, pos=300),
]
SHAPES = [dict(dict(names="bert.", labels=1), **s) for s in SHAPES]
ONE = dict(SHAPES[0], pos=512)
QUERIES = ["where do we parse the config file?", "x", "bread", "a question that is longer than many a text, " * 2]
# how far off a score may be, as a part of their range: random weights make much of little errors
MOST = {"fp32": 1e-4, "bf16": 0.15, "int8": 0.3}
LEVELS_OF = {"plain"}	# what is checked at every level of this machine


def pair(query, text, limit, words):
    """[CLS] query [SEP] text [SEP], cut longest first as the tokenizers library does it; ids, types, n."""
    a, b = rb.pieces(query, words), rb.pieces(text, words)
    n, room = len(a) + len(b) + 3, limit - 3
    less, more = sorted([len(a), len(b)])
    if less + more > room:
        more = less if less > room else max(less, room - less)
        if less + more > room:
            less, more = room // 2, room - room // 2
        a, b = (a[:more], b[:less]) if len(a) > len(b) else (a[:less], b[:more])
    return [2] + a + [3] + b + [3], [0] * (len(a) + 2) + [1] * (len(b) + 1), n


def score(w, s, ids, types):
    x = rb.states(w, s, ids, types)[0]
    w = {k: v.astype(np.float64) for k, v in w.items()}
    x = np.tanh(w["pooler.dense.weight"] @ x + w["pooler.dense.bias"])
    return float((w["classifier.weight"] @ x + w["classifier.bias"])[0])


def by_torch(d, many):
    model = rb.transformers.BertForSequenceClassification.from_pretrained(
        d, torch_dtype=rb.torch.float32, attn_implementation="eager").eval()
    with rb.torch.no_grad():
        return [float(model(input_ids=rb.torch.tensor([i]), token_type_ids=rb.torch.tensor([t])).logits[0, 0])
                for i, t, _ in many]


def by_tokenizers(d, query, texts, limit):
    """(ids, types) of every pair, or None where the library is not installed."""
    try:
        import tokenizers
    except ImportError:
        return None
    t = tokenizers.BertWordPieceTokenizer(os.path.join(d, "vocab.txt"), lowercase=True)
    t.enable_truncation(limit, strategy="longest_first")
    return [(e.ids, e.type_ids) for e in t.encode_batch([(query, x) for x in texts])]


def check_levels(probe, d, s, query, truth):
    bad = 0
    for level in rb.levels(probe, d):
        for precision, most in MOST.items():
            got = rb.run_probe(probe, d, rb.TEXTS, "-q", query, "-p", precision, level=level)
            off = max([abs(o["score"] - v) for o, v in zip(got, truth)], default=9) / (np.ptp(truth) or 1)
            if len(got) != len(truth) or not off <= most:
                print("    %s %s-%s: off by %.4f of the range" % (s["name"], precision, level, off))
                bad += 1
    return bad


def check(probe, d, s, seed):
    w = rb.make(d, s, seed)
    limit = min(s.get("max_seq", s["pos"]), s["pos"])
    bad, off = 0, {}
    for query in QUERIES:
        want = [pair(query, t, limit, rb.VOCAB) for t in rb.TEXTS]
        ours = rb.run_probe(probe, d, rb.TEXTS, "-q", query)
        bad += sum((o["ids"], o["n"]) != (i, n) for o, (i, _, n) in zip(ours, want)) + abs(len(ours) - len(want))
        library = limit > 3 and by_tokenizers(d, query, rb.TEXTS, limit)
        bad += bool(library) and library != [(i, t) for i, t, _ in want]
        truth = {"numpy": [score(w, s, i, t) for i, t, _ in want]}
        if rb.torch:
            truth["transformers"] = by_torch(d, want)
        for name, v in truth.items():
            off[name] = max([off.get(name, 0)] + [abs(o["score"] - x) for o, x in zip(ours, v)])
        if query is QUERIES[0] and s["name"] in LEVELS_OF:
            bad += check_levels(probe, d, s, query, truth["numpy"])
    print("%-16s %d wrong, most off: %s" % (s["name"], bad, ", ".join("%s %.2g" % kv for kv in off.items())))
    return not bad and max(off.values()) <= 5e-5


def answer(d, seed):
    w = rb.make(d + ".oracle.%d" % os.getpid(), ONE, seed)
    for line in sys.stdin:
        q = json.loads(line)
        many = [pair(q["query"], t, ONE["pos"], rb.VOCAB) for t in q["texts"]]
        print(json.dumps([score(w, ONE, i, t) for i, t, _ in many]))


def main():
    if sys.argv[1] in ("make", "score"):
        seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
        return rb.make(sys.argv[2], ONE, seed) if sys.argv[1] == "make" else answer(sys.argv[2], seed)
    probe, work = sys.argv[1:3]
    good = [check(probe, os.path.join(work, s["name"]), s, 200 + i) for i, s in enumerate(SHAPES)]
    print("%d of %d rerankers agree%s" % (sum(good), len(good), "" if rb.torch else " (transformers not installed: numpy alone)"))
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
