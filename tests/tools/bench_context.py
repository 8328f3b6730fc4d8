#!/usr/bin/env python3
"""make bench-context: what a passage's path and heading or symbol before its text, and cutting code along
its functions, do to retrieval. Exact search; nDCG@10 of the documents, by their best passage.

usage: bench_context.py BIN DATA WORK

Sets of records (pyfunc, exercism, scifact, squad-sents) are embedded as they are, with the path (or the
title, where a record has no path) before them, and with that and the symbol. Trees: pyfunc's functions
joined to the files that they were in; exercism's files; and manual pages, asked with what their NAME
section says, which is taken out.
"""
import gzip
import json
import os
import re
import subprocess
import sys

import msgpack
import numpy as np

from bench_sets import distinct, ndcg, read_qrels

BIN, DATA, WORK = sys.argv[1:4]
MAX = int(os.environ.get("QUESTIONS") or 500)


def frames(out):
    for f in msgpack.Unpacker(out, max_bin_len=1 << 24, max_buffer_size=1 << 26):
        yield msgpack.unpackb(f, strict_map_key=False)


def embed(texts):
    """A row each; cut at the model's limit."""
    lines = "".join(json.dumps({"id": str(i), "text": t or "."}) + "\n" for i, t in enumerate(texts))
    path = os.path.join(WORK, "texts.jsonl")
    with open(path, "w") as f:
        f.write(lines)
    r = subprocess.run(f"'{BIN}/leann-chunk' -q --jsonl --truncate '{path}' | '{BIN}/leann-embed-client' -q",
                       shell=True, stdout=subprocess.PIPE, check=True)
    rows = []
    unpacker = msgpack.Unpacker(max_bin_len=1 << 24, max_buffer_size=1 << 28)
    unpacker.feed(r.stdout)
    for f in unpacker:
        rec = msgpack.unpackb(f, strict_map_key=False)
        if rec[0] == 3:
            rows.append(np.frombuffer(rec[2], "<f4"))
    return np.stack(rows)


def score(docs, ids, asked, qrels):
    """nDCG@10 of each question."""
    out = []
    for qid, v in asked:
        top = np.argsort(-(docs @ v), kind="stable")[:400]
        out.append(ndcg(list(distinct(x for c in top for x in ids[c])), qrels[qid]))
    return np.array(out)


def row(name, scores):
    base = scores[0]
    cells = []
    for s in scores:
        d = s - base
        cells.append(f"{s.mean():.4f}" + (f" ({d.mean():+.4f} +-{d.std() / len(d) ** .5:.4f})" if s is not base else ""))
    print(f"{name:22}", "  ".join(cells), f" {len(base)} questions", flush=True)


def read(name):
    folder = os.path.join(DATA, name)
    with open(os.path.join(folder, "corpus.jsonl")) as f:
        docs = [json.loads(x) for x in f]
    with open(os.path.join(folder, "queries.jsonl")) as f:
        queries = [json.loads(x) for x in f]
    qrels = read_qrels(os.path.join(folder, "qrels.tsv"))
    queries = [q for q in queries if q["id"] in qrels]
    step = max(1, len(queries) // MAX)
    queries = queries[::step][:MAX]
    wanted = {d for q in queries for d in qrels[q["id"]]}
    limit = int(os.environ.get("DOCUMENTS") or 6000)
    spare = [d for d in docs if d["id"] not in wanted]
    spare = spare[::max(1, len(spare) // max(1, limit - len(wanted)))]
    keep = wanted | {d["id"] for d in spare}
    return [d for d in docs if d["id"] in keep], queries, qrels


def symbol_of(text):
    m = re.search(r"\b(?:def|class|func|fn|function)\s+(\w+)", text)
    return m.group(1) if m else ""


def records(name):
    docs, queries, qrels = read(name)
    asked = list(zip((q["id"] for q in queries), embed([q["text"] for q in queries])))
    code = name in ("pyfunc", "exercism")
    path = [(d["id"].split(":")[0] if code else "") for d in docs]
    head = [(symbol_of(d["text"]) if code else d.get("title", "")) for d in docs]
    text = [d["text"] for d in docs]
    variants = [text, [f"{p}\n{t}" if p else t for p, t in zip(path, text)],
                ["\n".join(x for x in (p, h, t) if x) for p, h, t in zip(path, head, text)]]
    ids = [[d["id"]] for d in docs]
    out = []
    for v in variants:
        out.append(out[0] if out and v == text else score(embed(v), ids, asked, qrels))
    row(name, out)


def tree_passages(root, options):
    """[(path, first byte, end, crumb, text)]"""
    p = subprocess.run([f"{BIN}/leann-chunk", "-q", *options, root], stdout=subprocess.PIPE, check=True)
    unpacker = msgpack.Unpacker(max_bin_len=1 << 24, max_buffer_size=1 << 28)
    unpacker.feed(p.stdout)
    out, crumb, path = [], "", ""
    for f in unpacker:
        r = msgpack.unpackb(f, strict_map_key=False)
        if r[0] == 1:
            path, crumb = r[3].decode(), ""
        elif r[0] == 69:
            crumb = r[4].get("symbol") or r[4].get("heading") or ""
        elif r[0] == 2:
            out.append((path, r[3], r[3] + r[4], crumb, r[11]))
    return out


def tree(name, root, queries, qrels, ids_of, code):
    asked = list(zip((q for q, _ in queries), embed([t for _, t in queries])))
    out, n = [], []
    if code:
        ps = tree_passages(root, ["--structure=none"])
        out.append(score(embed([p[4] for p in ps]), [ids_of(p) for p in ps], asked, qrels))
        n.append(len(ps))
    ps = tree_passages(root, [])
    n.append(len(ps))
    ids = [ids_of(p) for p in ps]
    for make in (lambda p: p[4], lambda p: f"{p[0]}\n{p[4]}", lambda p: f"{p[0]}\n{p[3]}\n{p[4]}"):
        out.append(score(embed([make(p) for p in ps]), ids, asked, qrels))
    row(name, out)
    print(f"{'':22} passages {n}, {'cut by looks, ' if code else ''}as they are, path, full", flush=True)


def pyfunc_tree():
    docs, queries, qrels = read("pyfunc")
    root = os.path.join(WORK, "pyfunc-tree")
    at, files = {}, {}
    for d in docs:
        files.setdefault(d["title"], []).append(d)
    for path, ds in files.items():
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        data = b""
        for d in ds:
            body = d["text"].encode() + b"\n"
            at.setdefault(path, []).append((len(data), len(data) + len(body), d["id"]))
            data += body + b"\n\n"
        with open(os.path.join(root, path), "wb") as f:
            f.write(data)

    def ids_of(p):
        return [i for a, b, i in at.get(p[0], []) if min(b, p[2]) - max(a, p[1]) > (b - a) / 2]
    tree("pyfunc, tree", root, [(q["id"], q["text"]) for q in queries], qrels, ids_of, True)


def exercism_tree():
    docs, queries, qrels = read("exercism")
    root = os.path.join(WORK, "exercism-tree")
    for d in docs:
        path = os.path.join(root, d["id"])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(d["text"])
    tree("exercism, tree", root, [(q["id"], q["text"]) for q in queries], qrels,
         lambda p: [p[0]], True)


def man_tree():
    root, queries, qrels = os.path.join(WORK, "man-tree"), [], {}
    folder = "/usr/share/man/man1"
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    os.makedirs(root, exist_ok=True)
    for name in names:
        if len(queries) == int(os.environ.get("PAGES") or 200) or not name.endswith(".1.gz"):
            continue
        with gzip.open(os.path.join(folder, name), "rt", errors="replace") as f:
            text = f.read()
        m = re.search(r"(?ms)^\.SH \"?NAME\"?\n(.*?)(?=^\.SH)", text)
        said = m and re.search(r"\\-\s+(.{20,150})", m.group(1))
        if not said or len(text) > 60000 or hash_of(name) % 3:
            continue
        with open(os.path.join(root, name[:-3]), "w") as f:
            f.write(text.replace(m.group(1), ""))
        queries.append((name[:-3], re.sub(r"\\f.|\\", "", said.group(1))))
        qrels[name[:-3]] = {name[:-3]: 1}
    if queries:
        tree("manual pages, tree", root, queries, qrels, lambda p: [p[0]], False)


def hash_of(s):
    return sum(i * ord(c) for i, c in enumerate(s, 1))


def main():
    print(f"{'':22} as it is  with its path  with path and symbol or heading: nDCG@10 (difference +- standard error)")
    for name in os.environ.get("SETS", "exercism scifact squad-sents pyfunc").split():
        if os.path.isdir(os.path.join(DATA, name)):
            records(name)
    for f in (exercism_tree, man_tree, pyfunc_tree):
        f()


if __name__ == "__main__":
    main()
