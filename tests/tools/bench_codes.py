#!/usr/bin/env python3
"""make bench-codes: recall and bytes of every kind of code; tests/bench-codes says what can be set.

Codes are those of leann-pq, read from its stream and decoded here as leann-stream(5) has it: q.x^ / |x^| over all
chunks, the best R of them by exact cosine. That is what leann-search --dense --recompute R does, without embedding
R texts a question again.

usage: bench_codes.py BIN DATA WORK
"""
import os
import sys

try:
    import msgpack  # noqa: F401
    import numpy as np
except ImportError as e:
    print(f"skipped: codes: no Python module {e.name}")
    sys.exit(0)

import bench_ours
import bench_sets
import bench_stream
from bench_report import fixed

ANCHORS, ASSIGN, CODEBOOK, CODES = 16, 17, 18, 19
KINDS = ("--bytes 24;--bytes 24 --code-bits 4;--bytes 32 --code-bits 4;--bytes 24 --residual;"
         "--bytes 24 --code-bits 4 --residual;--bytes 48;--bytes 48 --code-bits 4")
# the whole codec, as large collections have it
WIDE_KINDS = ";".join([f"--bytes {b} --codebook-size 256" for b in (48, 64, 96)] +
                      [f"--bytes {b} --code-bits 4 --codebook-size 16" for b in (48, 96)])
COLUMNS = ["codes", "B/chunk", "codec", "reconstruction"]


def decoded(path, n, dim):
    """What the codes of a stream stand for, rotated (n, d); the rotation (d, dim); how they are stored."""
    codes, assign, anchors = [], [], None
    for r in bench_stream.records(path):
        if r[0] == ANCHORS:
            anchors = np.frombuffer(r[4], np.int8).reshape(-1, dim) * np.frombuffer(r[5], "<f4")[:, None]
        elif r[0] == ASSIGN:
            assign.append(np.frombuffer(r[2], "<u4"))
        elif r[0] == CODEBOOK:
            book = r
        elif r[0] == CODES:
            codes.append(np.frombuffer(r[2], np.uint8))
    m, ksub, dsub, residual = book[2:6]
    nibbles = len(book) > 10 and book[10]
    rot = np.frombuffer(book[6], np.int8).reshape(-1, dim) * np.frombuffer(book[7], "<f4")[:, None]
    shape = (2 * m, 16, dsub // 2) if nibbles else (m, ksub, dsub)
    cent = np.frombuffer(book[8], np.int8).reshape(shape) * np.frombuffer(book[9], "<f4")[:, None, None]
    code = np.concatenate(codes).reshape(n, m)
    if nibbles:
        code = np.stack([code & 15, code >> 4], axis=2).reshape(n, 2 * m)
    x = np.concatenate([cent[j][code[:, j]] for j in range(len(cent))], axis=1)
    if residual:
        x = x + anchors[np.concatenate(assign)] @ rot.T
    shape = f"{m} x {dsub} x {'2 x 16' if nibbles else ksub}"
    return x.astype(np.float32), rot.astype(np.float32), shape, len(book[6]) + len(book[8])


def best(scores, k):
    """Numbers of the k best of each row, best first."""
    part = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    return np.take_along_axis(part, np.argsort(-np.take_along_axis(scores, part, 1), axis=1, kind="stable"), 1)


def recall(exact, by_code, n_recomputed, k):
    """Of the k best by exact cosine, how many are among the n_recomputed best by code: those are found."""
    want, seen = best(exact, k), best(by_code, max(n_recomputed, k))
    return float(np.mean([np.isin(w, s).mean() for w, s in zip(want, seen)]))


def row(ours, stream, docs, asked, kind, recomputed, work):
    coded, index = os.path.join(work, "coded.vectors"), os.path.join(work, "coded.leann")
    with open(stream, "rb") as i, open(coded, "wb") as o:
        ours.run(ours.argv("leann-pq", "-q", "--codebook", "train", *kind.split()), stdin=i, stdout=o)
    ours.graph(coded, index, "-q")
    x, rot, shape, n_model = decoded(coded, *docs.shape)
    x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-20)
    mean = float(np.mean(np.sum(x * (docs @ rot.T), axis=1)))
    exact, by_code = asked @ docs.T, (asked @ rot.T) @ x.T
    cells = [f"{kind.replace('--', '')}: {shape}", fixed(os.path.getsize(index) / len(docs), 1), str(n_model),
             fixed(mean, 3)]
    for k in (3, 10):
        cells += [fixed(recall(exact, by_code, n, k), 3) for n in recomputed]
    os.unlink(coded)
    os.unlink(index)
    return cells


def wide(docs, asked, dim):
    """
    Rows of dim numbers where only narrower ones are to be had: an embedding, then those of the chunks after it, as
    many as fill up, each weighted less, together of length 1. A question stands beside those that follow its best
    chunk's.
    """
    def fill(own, next_of):
        parts = [own] + [w * next_of(i + 1) for i, w in enumerate((.7, .5, .4)) if (i + 1) * own.shape[1] < dim]
        y = np.concatenate(parts, axis=1)[:, :dim]
        return (y / np.linalg.norm(y, axis=1, keepdims=True)).astype("<f4")
    at = np.argmax(asked @ docs.T, axis=1)
    n = len(docs)
    return (fill(docs, lambda i: docs[(np.arange(n) + i) % n]), fill(asked, lambda i: docs[(at + i) % n]))


def write_wide(stream, docs, out):
    """The stream with other vectors."""
    keys = {**bench_stream.header(stream), "dim": docs.shape[1]}
    with open(out, "wb") as f, bench_stream.Writer(f, keys) as w:
        for r in bench_stream.records(stream):
            if r[0] in (0, bench_stream.END):
                continue
            if r[0] == bench_stream.VECTOR:
                r[2] = docs[r[1]].tobytes()
            w.put(r)


def table(title, ours, stream, docs, asked, kinds, recomputed, work):
    print(f"\n{title}: {len(docs)} chunks of {docs.shape[1]} dimensions, {len(asked)} questions\n")
    head = COLUMNS + [f"recall@{k}, {n}" for k in (3, 10) for n in recomputed]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for kind in kinds.split(";"):
        print("| " + " | ".join(row(ours, stream, docs, asked, kind, recomputed, work)) + " |")


def main():
    ours, data, work = bench_ours.Programs(sys.argv[1]), sys.argv[2], sys.argv[3]
    recomputed = [int(n) for n in os.environ.get("RECOMPUTE", "16 24").split()]
    for name in os.environ.get("SETS", "scifact pyfunc").split():
        folder = os.path.join(data, name)
        if not os.path.exists(folder + "/corpus.jsonl"):
            print(f"skipped: {name}: no {folder}/corpus.jsonl")
            continue
        stream, questions = (os.path.join(work, name + end) for end in (".vectors", ".queries"))
        ours.kept(folder + "/corpus.jsonl", stream)
        ours.kept(folder + "/queries.jsonl", questions)
        queries = bench_sets.read_set(folder, int(os.environ.get("QUESTIONS", "500")))[2]
        docs = bench_stream.read_vectors(stream)[1]
        names, asked = bench_stream.read_vectors(questions)
        asked = asked[[names.index(q["id"]) for q in queries]]
        table(name, ours, stream, docs, asked, os.environ.get("KINDS", KINDS), recomputed, work)
        for dim in os.environ.get("WIDE", "").split():
            wide_docs, wide_asked = wide(docs, asked, int(dim))
            path = os.path.join(work, f"{name}.{dim}.vectors")
            write_wide(stream, wide_docs, path)
            table(f"{name}, embeddings with those of the next passages", ours, path, wide_docs, wide_asked,
                  os.environ.get("WIDE_KINDS", WIDE_KINDS), recomputed, work)
            os.unlink(path)


if __name__ == "__main__":
    main()
