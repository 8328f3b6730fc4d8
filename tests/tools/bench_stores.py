#!/usr/bin/env python3
"""make bench-rivals: vector stores and our index over the same vectors in one run. tests/bench-rivals says
what can be set.

usage: bench_stores.py BIN DATA WORK
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import bench_report
from bench_report import fixed

try:
    import msgpack  # noqa: F401
    import numpy as np
except ImportError as e:
    print(f"skipped: rivals: no Python module {e.name}")
    sys.exit(0)

import bench_ours
import bench_sets
import bench_store
import bench_stream

HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = ["store", "B/vector", "build CPU s", "query CPU ms", "query p50 ms", "recomputed", "recall@3", "recall@10"]


class Vectors:
    """The set, its embeddings in a precision (None: the server's own choice) and exact answers."""

    def __init__(self, name, ours, data, work, most, precision):
        folder, kept = os.path.join(data, name), os.path.join(work, name + (f".{precision}" if precision else ""))
        _, self.texts, self.queries, _ = bench_sets.read_set(folder, most)
        self.precision = ours.info(precision)["precision"]
        self.stream, asked = kept + ".vectors", kept + ".queries"
        ours.kept(folder + "/corpus.jsonl", self.stream, precision)
        ours.kept(folder + "/queries.jsonl", asked, precision)
        _, self.docs = bench_stream.read_vectors(self.stream)
        names, vectors = bench_stream.read_vectors(asked)
        at = {n: i for i, n in enumerate(names)}
        self.asked = vectors[[at[q["id"]] for q in self.queries]]
        self.exact = [list(e) for e in bench_sets.exact_search(self.docs, self.asked, 10)]

    def save(self, folder):
        np.save(folder + "/docs.npy", self.docs)
        np.save(folder + "/queries.npy", self.asked)
        for name, value in (("texts", self.texts), ("queries", [q["text"] for q in self.queries])):
            with open(f"{folder}/{name}.json", "w", encoding="utf-8") as f:
                json.dump(value, f)

    def recall(self, found, k):
        return fixed(float(np.mean([bench_sets.recall(f, e, k) for f, e in zip(found, self.exact)])), 3)


def run_store(name, v, work):
    """A row, or None with a word on stdout."""
    python = (os.environ.get("LEANN_OFFICIAL_PYTHON") or sys.executable) if "official" in name else sys.executable
    limit = float(os.environ.get("LIMIT_S") or 600)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile("w+", errors="replace") as said:
        # In a session of its own: a server that it started and left goes with it.
        proc = subprocess.Popen([python, os.path.join(HERE, "bench_store.py"), name, work], stdout=out, stderr=said,
                                start_new_session=True)
        try:
            proc.wait(limit)
            why = f"ended with status {proc.returncode}"
        except subprocess.TimeoutExpired:
            why = f"not done after {limit:g} s"
        try:
            os.killpg(proc.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        proc.wait()
        shutil.rmtree(f"{work}/{name}.d", ignore_errors=True)
        out.seek(0)
        said.seek(0)
        lines = [line for line in out.read().split(b"\n")[:-1] if line.startswith(b"{")]
        errors = re.findall(r"^[\w.]+(?:Error|Exception)(?::.*)?$|^terminate called.*\n.*what.*", said.read(), re.M)
    if proc.returncode or not lines:
        why = f"{why}: {' '.join(errors[-1].split())}" if errors else why
        print(f"{'skipped: ' if not lines else ''}{name}: {why}", flush=True)
    if not lines:
        return None
    r = json.loads(lines[-1])
    if "skipped" in r:
        print(f"skipped: {name}: {r['skipped']}")
        return None
    label = f"{name}, {r['version'].split()[-1]}" if " " in r["version"] else name
    if len(r["found"]) < len(v.queries):
        label += f", {len(r['found'])} questions"
    if "files" in r:
        print(f"  {label}: {r['requests']:.1f} requests to its server a question; bytes: "
              + ", ".join(f"{f} {n}" for f, n in r["files"].items()))
    return [label, fixed(r["bytes"] / len(v.docs), 1), fixed(r["build_cpu_s"], 2), fixed(r["query_cpu_ms"], 2),
            fixed(r["query_p50_ms"], 2), fixed(r.get("recomputed"), 1), v.recall(r["found"], 3),
            v.recall(r["found"], 10)]


def one_by_one(ours, index, questions, path, *options):
    """Each question a process: CPU ms of program and server a question, p50 of the programs' wall ms."""
    cpu, wall = 0, []
    for q in questions:
        bench_ours.write_questions(path, [q["text"]])
        took = ours.search(index, path, "-j", "1", *options)[1]
        cpu += took["cpu_s"] + took["server_s"]
        wall.append(1000 * took["wall_s"])
    return 1000 * cpu / len(questions), float(np.median(wall))


def run_ours(ours, v, also, work, singles):
    """Rows of our index over v: codes alone and with recomputed embeddings; CPU of the server too."""
    rows, questions = [], os.path.join(work, "questions")
    dense = ["--dense"] if ours.has("leann-search", "--dense") else []
    for b in (os.environ.get("BYTES") or "24 48").split():
        index = os.path.join(work, f"rivals-{b}.leann")
        took = ours.graph(v.stream, index, "-q", "-j", "1", "--bytes", b)
        size = ours.show(index)["sizes"]["file"]["bytes"]
        for what, options in (("codes alone", ["--no-recompute", *dense]), ("recomputed, dense", dense), ("default", [])):
            if what == "default" and not dense:
                continue
            bench_ours.write_questions(questions, [q["text"] for q in v.queries])
            answers = ours.search(index, questions, "-j", "1", *options)[0]
            cpu, wall = one_by_one(ours, index, v.queries[:singles], questions, *options)
            found = [[h["chunk"] for h in a["items"]] for a in answers]
            label = f"leann {b} B, {what}" + (f", {v.precision}" if also else "")
            rows.append([label, fixed(size / len(v.docs), 1), fixed(took["cpu_s"], 2), fixed(cpu, 2), fixed(wall, 2),
                         fixed(float(np.mean([a["recomputed"] for a in answers])), 1), v.recall(found, 3),
                         v.recall(found, 10)])
            if also and v is not also:
                print(f"  {label}: against exact search in {also.precision} recall@3 {also.recall(found, 3)}, "
                      f"recall@10 {also.recall(found, 10)}")
    return rows


def chosen():
    names = (os.environ.get("STORES") or " ".join(bench_store.STORES)).split()
    unknown = [n for n in names if n not in bench_store.STORES]
    if unknown:
        sys.exit(f"bench-rivals: no store {unknown[0]}: {' '.join(bench_store.STORES)}")
    if os.environ.get("LEANN_OFFICIAL") == "1":
        return names
    kept = [n for n in names if "official" not in n]
    if len(kept) < len(names):
        print("skipped: leann-official: 6.5 GB to install; where it is, set LEANN_OFFICIAL=1")
    return kept


def main():
    folder, data, work = sys.argv[1:4]
    ours = bench_ours.Programs(folder)
    bench_report.heading("Stores beside ours", "bench-rivals",
                         ("SET", "DATA", "STORES", "BYTES", "QUESTIONS", "PRECISION", "LEANN_OFFICIAL"))
    names = bench_sets.present([os.environ.get("SET") or "scifact"], data, print)
    if not names:
        return
    most, precision = int(os.environ.get("QUESTIONS") or 300), os.environ.get("PRECISION") or None
    v, own = Vectors(names[0], ours, data, work, most, precision), None
    if precision and ours.info()["precision"] != v.precision:
        own = Vectors(names[0], ours, data, work, most, None)       # as it comes, beside the precision asked for
    scratch = os.path.join(work, "stores")
    shutil.rmtree(scratch, ignore_errors=True)
    os.mkdir(scratch)
    v.save(scratch)
    rows = run_ours(ours, own, v, work, 20) if own else []
    rows += run_ours(ours, v, own and v, work, 20)
    for name in chosen():
        rows.append(run_store(name, v, scratch))
    shutil.rmtree(scratch)
    rows = [r for r in rows if r]
    bench_report.table(f"{names[0]}: {len(v.docs)} vectors of {v.docs.shape[1]}, {len(v.queries)} questions one at a "
                       f"time, one thread; recall against exact search", COLUMNS, rows)
    print("  leann embeds each question and recomputes passages within its times, and keeps no vectors; its CPU is that\n"
          "  of program and server, its p50 the wall time of a process, at most 20 questions, each one process; the stores\n"
          "  are handed embedded questions, but leann-official, which has threads and texts of its own; texts are in\n"
          "  nobody else's bytes; recall is against exact search in the row's own precision")
    bench_report.plot(os.environ.get("PLOTS"), "rivals",
                      "set logscale x; set xlabel 'bytes a vector'; set ylabel 'recall@3' noenhanced\n"
                      "set xrange [10:10000]; set yrange [.4:1.2]; unset key\n"
                      "plot DATA using 2:3 with points pt 7, DATA using 2:3:1 with labels noenhanced left rotate by 45 offset .4,.4 font ',8'\n",
                      [(None, [(r[0] if r[0].startswith('leann') else r[0].split(',')[0], float(r[1]), float(r[6])) for r in rows])])


main()
