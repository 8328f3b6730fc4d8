#!/usr/bin/env python3
"""make bench-quality: rankings and sizes beside exact search, BM25 and their fusion. tests/bench-quality
says what can be set.

usage: bench_quality.py BIN DATA WORK
"""
import os
import sys

import bench_report
from bench_report import fixed

try:
    import msgpack  # noqa: F401
    import numpy as np
except ImportError as e:
    print(f"skipped: quality: no Python module {e.name}")
    sys.exit(0)

import bench_bm25
import bench_filters
import bench_ours
import bench_sets
import bench_stream

DEEP = 100      # of each ranking that reciprocal-rank fusion sees
COLUMNS = ["ranking", "B/chunk", "of text", "recall@3", "recall@10", "nDCG@10", "beside exact",
           "recomputed", "CPU ms"]


def words(name, default):
    return (os.environ.get(name) or default).split()


class Collection:
    """A set embedded once: ids and texts by chunk number, questions and their vectors."""

    def __init__(self, name, ours, data, work):
        self.name, folder = name, os.path.join(data, name)
        self.ids, self.texts, self.queries, self.qrels = bench_sets.read_set(
            folder, int(os.environ.get("QUESTIONS") or 0))
        self.stream, asked = (os.path.join(work, name + end) for end in (".vectors", ".queries"))
        ours.kept(folder + "/corpus.jsonl", self.stream)
        ours.kept(folder + "/queries.jsonl", asked)
        names, self.docs = bench_stream.read_vectors(self.stream)
        if names != self.ids:
            sys.exit(f"{name}: {len(names)} chunks of {len(self.ids)} passages: want one each")
        self.asked = self.of_queries(asked)
        self.fp32 = None
        if os.environ.get("FP32") == "1":
            docs, asked = (os.path.join(work, name + end) for end in (".fp32-vectors", ".fp32-queries"))
            ours.kept(folder + "/corpus.jsonl", docs, "fp32")
            ours.kept(folder + "/queries.jsonl", asked, "fp32")
            self.fp32 = bench_stream.read_vectors(docs)[1], self.of_queries(asked)
        self.questions = os.path.join(work, name + ".questions")
        bench_ours.write_questions(self.questions, [q["text"] for q in self.queries])

    def of_queries(self, path):
        names, vectors = bench_stream.read_vectors(path)
        at = {n: i for i, n in enumerate(names)}
        return vectors[[at[q["id"]] for q in self.queries]]


class Union:
    """Several collections as one: chunks numbered on, ids with the set's name before them."""

    def __init__(self, sets, work):
        self.name = "union of " + " ".join(s.name for s in sets)
        self.ids = [f"{s.name}:{d}" for s in sets for d in s.ids]
        self.texts = [t for s in sets for t in s.texts]
        self.docs = np.concatenate([s.docs for s in sets])
        self.fp32_docs = np.concatenate([s.fp32[0] for s in sets]) if sets[0].fp32 else None
        self.stream = os.path.join(work, "union.vectors")
        with open(self.stream, "wb") as f:
            bench_stream.join([s.stream for s in sets], f)


class View:
    """The questions of one set against a collection of chunks: its own, or the union."""

    def __init__(self, asks, over):
        self.queries, self.questions, self.ids = asks.queries, asks.questions, over.ids
        prefix = "" if over is asks else asks.name + ":"
        self.qrels = [{prefix + d: s for d, s in asks.qrels[q["id"]].items()} for q in asks.queries]
        self.exact = bench_sets.exact_search(over.docs, asks.asked, DEEP)
        self.fp32 = None
        if asks.fp32:
            docs = asks.fp32[0] if over is asks else over.fp32_docs
            self.fp32 = bench_sets.exact_search(docs, asks.fp32[1], 10)
        self.first = None       # nDCG@10 of exact search

    def row(self, label, rankings, size=None, source=None, recomputed=None, cpu_ms=None):
        r3, r10 = (np.mean([bench_sets.recall(list(f), list(e), k) for f, e in zip(rankings, self.exact)])
                   for k in (3, 10))
        got = np.mean([bench_sets.ndcg(bench_sets.distinct(self.ids[d] for d in f), q)
                       for f, q in zip(rankings, self.qrels)])
        self.first = self.first or got
        n = len(self.ids)
        return [label, fixed(size / n, 2) if size else None, f"{100 * size / source:.2f}%" if size else None,
                fixed(r3, 3), fixed(r10, 3), fixed(got, 4), f"{got - self.first:+.4f}",
                fixed(recomputed, 1), fixed(cpu_ms, 1)]


def settings(ours):
    """[(bytes or None for the default, options of leann-search)], in the order of the rows."""
    dense = ["--dense"] if ours.has("leann-search", "--dense") else []
    rows = [(None, [])] + ([(None, dense)] if dense else [])
    rows += [(None, [*dense, "--recompute", r]) for r in words("RECOMPUTE", "10 16 32")]
    for b in words("BYTES", "24 32 48"):
        rows += [(b, [])] + ([(b, dense)] if dense else [])
    for s in (os.environ.get("SETTINGS") or "").split(";"):
        b, colon, options = s.strip().partition(":")
        if s.strip():
            rows.append((b, options.split()) if colon and b.isdigit() else (None, s.split()))
    return rows


def indexes(over, ours, work, rows):
    """{bytes: (path, what leann-bundle shows, what it took)} for the bytes in the rows, none twice.

    The default comes first (None), so bytes that are the default are left out.
    """
    out, seen = {}, set()
    for b in dict.fromkeys(b for b, _ in rows):
        path = os.path.join(work, f"bench-{b or 'default'}.leann")
        took = ours.graph(over.stream, path, "-q", *(["--bytes", b] if b else []))
        show = ours.show(path)
        if show["build_id"] not in seen:
            out[b] = path, show, took
        seen.add(show["build_id"])
    return out


def baselines(view, lexical):
    rows = [view.row("exact dense", view.exact)]
    if view.fp32:
        rows.append(view.row("exact dense, fp32", view.fp32))
    found = [lexical.search(q["text"], DEEP) for q in view.queries]
    rows.append(view.row(lexical.about, found))
    rows.append(view.row("RRF of the two", [bench_sets.rrf(pair) for pair in zip(map(list, view.exact), found)]))
    return rows


def measure(asks, over, ours, lexical, built, rows, points):
    view, out = View(asks, over), []
    out += baselines(view, lexical)
    for b, options in rows:
        path, show, _ = built[b]
        answers, took = ours.search(path, view.questions, *options)
        if len(answers) != len(view.queries):
            sys.exit(f"{asks.name}: {len(answers)} answers to {len(view.queries)} questions")
        label = " ".join(["leann", *([f"{b} B"] if b else []), *map(str, options)])
        size = show["sizes"]["file"]["bytes"]
        cpu_ms = 1000 * (took["cpu_s"] + took["server_s"]) / len(answers)
        out.append(view.row(label, [[h["chunk"] for h in a["items"]] for a in answers], size,
                            show["counts"]["source_bytes"], np.mean([a["recomputed"] for a in answers]), cpu_ms))
        points.append((out[-1], b, options))
    what = f"{asks.name}, {len(asks.queries)} questions"
    bench_report.table(what if over is asks else f"{what} to the {over.name}", COLUMNS, out)


def sizes(over, built):
    for b, (_, show, took) in built.items():
        counts = show["counts"]
        print(f"  {f'{b} B' if b else 'default'}: {show['sizes']['file']['bytes']} bytes for {counts['chunks']} "
              f"chunks of {counts['source_bytes'] / counts['chunks']:.0f} bytes, built in {took['cpu_s']:.1f} CPU-s"
              f"\n      bytes a chunk: {bench_ours.members(show)}")


def picture(points, name):
    """Bytes a chunk against recall@3, one line of points a set."""
    blocks = {}
    for set_name, (row, _, options) in points:
        kind = " ".join(map(str, options)) or "default"
        blocks.setdefault(f"{set_name} {kind}", []).append((float(row[1]), float(row[3])))
    lines = ", ".join(f"DATA index {i} with linespoints" for i in range(len(blocks)))
    bench_report.plot(os.environ.get("PLOTS"), name, "set key right bottom noenhanced; set xlabel 'bytes a chunk'; "
                      "set ylabel 'recall@3 against exact search' noenhanced\nset key autotitle columnhead\nplot " + lines + "\n",
                      [(t, sorted(r)) for t, r in blocks.items()])


def main():
    folder, data, work = sys.argv[1:4]
    ours = bench_ours.Programs(folder)
    bench_report.heading("Quality and size", "bench-quality",
                         ("SETS", "DATA", "UNION", "QUESTIONS", "BYTES", "RECOMPUTE", "SETTINGS", "FP32", "FILTERS"))
    names = bench_sets.present(words("SETS", "scifact squad-sents pyfunc exercism"), data, print)
    if not names:
        return
    info = ours.info()
    print(f"  {info['model']}, {info['precision']} ({info.get('kernels', '')}); recall is against exact search in "
          f"that precision;\n  a row without options is leann-search as it comes; CPU ms a question: program and server")
    rows, points = settings(ours), []
    if not ours.has("leann-search", "--dense"):
        print("  this leann-search has no --dense: without options it is dense")
    sets = [Collection(n, ours, data, work) for n in names]
    if os.environ.get("FILTERS") == "1":
        bench_filters.recall(ours, sets, data, work)
        return
    for over in [Union(sets, work)] if os.environ.get("UNION") == "1" else sets:
        built, lexical = indexes(over, ours, work, rows), bench_bm25.bm25(over.texts)
        chosen = [r for r in rows if r[0] in built]
        for asks in sets if isinstance(over, Union) else [over]:
            got = []
            measure(asks, over, ours, lexical, built, chosen, got)
            points += [(asks.name, p) for p in got]
        sizes(over, built)
    picture(points, "bytes-recall" + ("-union" if os.environ.get("UNION") == "1" else ""))


main()
