#!/usr/bin/env python3
"""make bench-search: times and memory over N synthetic-from-real vectors. tests/bench-search says what
can be set.

usage: bench_search.py BIN DATA WORK

BASE real passages are embedded once. N vectors are made of them: each an embedding of the base plus
Gaussian noise of length NOISE, normalised again (.5: cosine .89 to where it came from). Chunk i is
of passage i % BASE, and its file a hard link to one of the base, of 20 passages each, so that texts
are read and recomputed as ever; only what is recomputed is not what the code stands for, so ranks
mean nothing here and none are printed.
"""
import json
import os
import sys
import time

import bench_report
from bench_report import fixed

try:
    import msgpack  # noqa: F401
    import numpy as np
except ImportError as e:
    print(f"skipped: search: no Python module {e.name}")
    sys.exit(0)

import bench_filters
import bench_ours
import bench_sets
import bench_steps
import bench_stream
import bench_texts

SEED = 20261121


def number(name, default):
    return type(default)(os.environ.get(name) or default)


def base_of(ours, names, data, work, most):
    """The base: (stream, questions). Texts of the sets, evenly, or of this machine's documents."""
    texts, questions = [], []
    for name in names:
        _, t, queries, _ = bench_sets.read_set(os.path.join(data, name), 1000)
        step = max(1, len(t) * len(names) // most)
        texts += t[::step][:most // len(names)]
        questions += [q["text"] for q in queries]
    if not names:
        texts, where = bench_texts.choose(data, most)
        questions = [" ".join(t.split()[:12]) for t in texts[:200]]
        print(f"  no sets: passages of {where}, their first words as questions")
    lines = [json.dumps({"id": str(i), "text": t[:8000]}) + "\n" for i, t in enumerate(texts) if t.strip()]
    bench_filters.cut(lines, os.path.join(work, "base"), 0)
    stream = os.path.join(work, "base.vectors")
    ours.embed(os.path.join(work, "base"), stream)
    np.random.default_rng(SEED).shuffle(questions)
    return stream, questions


def synthetic(stream, work, n, noise):
    """A function that writes n chunks with perturbed vectors into a file; makes the links."""
    keys = bench_stream.header(stream)
    files, chunks, terms = ([r for r in bench_stream.records(stream) if r[0] == kind]
                            for kind in (bench_stream.FILE, bench_stream.CHUNK, bench_stream.TERMS))
    _, base = bench_stream.read_vectors(stream)
    copies = -(-n // len(chunks))
    names = [[f"{c}/{bench_filters.file_name(c * len(files) + f)}" for f in range(len(files))] for c in range(copies)]
    keys["roots"] = [os.fsencode(os.path.realpath(work))]
    for c in range(copies):
        os.makedirs(os.path.join(work, str(c)))
        for f, name in zip(files, names[c]):
            os.link(os.path.join(work, "base", f[3].decode()), os.path.join(work, name))

    def write(out):
        rng = np.random.default_rng(SEED)
        with bench_stream.Writer(out, keys, 2) as w:
            for c in range(copies):
                some = base[:n - c * len(chunks)]
                v = some + rng.standard_normal(some.shape, np.float32) * np.float32(noise / base.shape[1] ** .5)
                v /= np.linalg.norm(v, axis=1, keepdims=True)
                last = -1
                for i, row in enumerate(v.astype("<f4")):
                    if chunks[i][2] != last:
                        last = chunks[i][2]
                        w.put([1, c * len(files) + last, 0, names[c][last].encode(), *files[last][4:]])
                    w.put([2, c * len(chunks) + i, c * len(files) + last, *chunks[i][3:]])
                    w.put([3, c * len(chunks) + i, row.tobytes()])
            if terms:
                w.put(bench_stream.join_terms(terms * copies))
    return write


def spread(ms):
    """p50 and p95."""
    return [fixed(float(np.percentile(ms, p)), 2) for p in (50, 95)]


def parts(answers):
    """{"embed": ms, ...}: means of the latency fields, whichever there are, without the total."""
    names = [k for k in answers[0]["latency"] if k != "total_ms"]
    return {k[:-3]: float(np.mean([a["latency"][k] for a in answers])) for k in names}


def one_by_one(ours, index, questions, path, *options):
    """Answers of a process a question, and the wall ms of each process."""
    answers, wall = [], []
    for q in questions:
        bench_ours.write_questions(path, [q])
        got, took = ours.ask(index, path, *options)
        wall.append(took)
        answers += got
    return answers, wall


def rows_of(ours, index, questions, work, singles, kinds):
    """Measured rows: (label, parts, totals in ms, CPU ms of program and server, peak KiB); ms around a search."""
    path, out, start = os.path.join(work, "questions"), [], {}
    for label, options in kinds:
        bench_ours.write_questions(path, questions)
        ours.search(index, path, *options)                  # warm: pages, server
        answers, took = ours.search(index, path, *options)
        cpu = 1000 * (took["cpu_s"] + took["server_s"]) / len(answers)
        out.append((f"batch of {len(answers)}, {label}", parts(answers),
                    [a["latency"]["total_ms"] for a in answers], cpu, took["rss_kib"]))
        answers, wall = one_by_one(ours, index, questions[:singles], path, *options)
        total = [a["latency"]["total_ms"] for a in answers]
        out.append((f"one a process, {label}", parts(answers), total, None, None))
        out.append((f"  its wall time, {label}", {}, wall, None, None))
        start[label] = [w - t for w, t in zip(wall, total)]
    return out, start


def kinds_of(ours):
    """[(label, options)] of leann-search, those that it has."""
    kinds = [("--no-recompute", ["--no-recompute"])]
    kinds.append(("--no-recompute -j 1", ["-j", "1", "--no-recompute"]))
    if os.environ.get("GRAPH") == "1":
        kinds.append(("--no-recompute --candidates graph", ["--no-recompute", "--candidates", "graph"]))
    if "diskann" in (os.environ.get("GRAPH_ARGS") or ""):
        kinds.append(("--no-recompute --candidates scan", ["--no-recompute", "--candidates", "scan"]))
    if number("RECOMPUTED", 1):
        kinds.append(("default", []))
        if ours.has("leann-search", "--dense"):
            kinds.append(("--dense", ["--dense"]))
    return kinds


def report(n, took, show, stream_s):
    size, chunks = show["sizes"]["file"]["bytes"], show["counts"]["chunks"]
    peak = took["rss_kib"] and took["rss_kib"] * 1024
    bench_report.table(f"Build: leann-graph over {n} vectors", ["", "figure"], [
        ["index bytes", size], ["bytes a chunk", f"{size / chunks:.2f}"],
        ["wall s, writing the stream included", fixed(took["wall_s"], 1)],
        ["CPU s of leann-graph", fixed(took["cpu_s"], 1)],
        ["s to make the stream alone", fixed(stream_s, 1)],
        ["peak RSS, MiB", peak and fixed(peak / 2**20, 1)],
        ["bound, 1 GiB + 2 x index, MiB", fixed(1024 + 2 * size / 2**20, 1)]])
    print(f"  bytes a chunk: {bench_ours.members(show)}")


def main():
    folder, data, work = sys.argv[1:4]
    n, noise, singles = number("N", 100000), number("NOISE", .5), number("SINGLES", 20)
    ours = bench_ours.Programs(folder)
    bench_report.heading("Search at scale", "bench-search",
                         ("N", "SETS", "DATA", "BASE", "NOISE", "ASKED", "SINGLES", "GRAPH", "GRAPH_ARGS", "FILTERS"))
    names = bench_sets.present((os.environ.get("SETS") or "scifact squad-sents pyfunc").split(), data, print)
    stream, questions = base_of(ours, names, data, work, min(n, number("BASE", 6000)))
    write = synthetic(stream, work, n, noise)
    print(f"  synthetic from real: {n} vectors, each one of {len(bench_stream.read_vectors(stream)[0])} embeddings of "
          f"real text plus noise of length {noise:g}")
    at = time.perf_counter()
    with open(os.devnull, "wb") as f:
        write(f)
    stream_s = time.perf_counter() - at
    index, args = os.path.join(work, "bench.leann"), (os.environ.get("GRAPH_ARGS") or "").split()
    if os.environ.get("GRAPH") == "1" and "--graph" not in args:
        args += ["--graph", "chunks"]
    took = ours.graph(write, index, "-q", *args)
    report(n, took, ours.show(index), stream_s)
    questions = questions[:number("ASKED", 128)]
    kinds = kinds_of(ours)
    measured, start = rows_of(ours, index, questions, work, singles, kinds)
    names = list(dict.fromkeys(k for _, p, *_ in measured for k in p))
    bench_report.table(
        f"Latency a question, ms: shares of a batch, or {singles} questions each in a process of its own, server warm",
        ["what", *names, "p50", "p95", "CPU ms", "peak MiB"],
        [[label, *(fixed(p.get(k), 2) for k in names), *spread(total), fixed(cpu, 2),
          rss and fixed(rss / 1024, 1)] for label, p, total, cpu, rss in measured])
    scan = [p["search"] for label, p, *_ in measured if label.endswith("--no-recompute -j 1") and "search" in p]
    if scan and n >= 100000:
        print(f"  one thread: {scan[0] * 1e6 / n:.2f} ms a million chunks for the search part of a batch")
    path = os.path.join(work, "questions")
    inside = [k for k in kinds if "--candidates" not in k[1]]
    steps = bench_steps.table(ours, index, questions, path, inside, start, n)
    if steps and os.environ.get("FILTERS") == "1":
        bench_filters.latency(ours, index, questions, path)
    if steps:
        picture(n, *steps)


def picture(n, names, split):
    """Medians of the steps of a question, one bar a way to ask; the encoder's calls below it in figures."""
    at = len(names) + 2
    bench_report.plot(os.environ.get("PLOTS"), f"latency-{n}",
                      "set style data histograms; set style histogram rowstacked; set style fill solid .8; set boxwidth .5\n"
                      f"set title 'A question to {n:,} chunks: steps outside the encoder, medians'; set grid ytics\n"
                      "set ylabel 'ms'; set key outside right top reverse Left invert noenhanced; set yrange [0:*]\n"
                      f"set xtics noenhanced; set bmargin 4; set xrange [-.6:{len(split) - .4:g}]\n"
                      "name(a, b) = sprintf(\"%s\\nencoder: %.1f + %.0f ms\", strcol(1), a, b)\n"
                      "plot " + ", ".join(f"DATA using {i + 2}:xtic(name(${at}, ${at + 1})) title '{k}'"
                                          for i, k in enumerate(names)) + "\n",
                      [(None, split)])


main()
