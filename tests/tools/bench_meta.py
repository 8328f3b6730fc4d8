#!/usr/bin/env python3
"""bench_meta.py BUILD DATA WORK: what metadata costs in an index, and what filters by it cost and find.

Bytes a chunk of symbols (names of DATA/pyfunc's functions, in the order of their files), of headings, pages
and authors that run long; at 100,000 made-up chunks the time to make a filter that keeps 50, 10, 1 and .1 %
of them by a field that differs from chunk to chunk, of the scan behind it and of a process that asks one
question, beside no filter; and recall@3 by meaning of filters over 10,000 commands (DATA/tldr), against exact search of what the filter keeps.
Embeds 10,400 short texts: about a minute of two cores. An embedding server is started where none runs.
"""
import ctypes
import json
import os
import re
import subprocess
import sys
import time

import numpy as np

import bench_stream

KEEP = [("50 %", 500), ("10 %", 100), ("1 %", 10), (".1 %", 1)]
META = 69


def run(build, command, *args, stdin=None, stdout=None):
    with open(stdin or os.devnull, "rb") as i, open(stdout or os.devnull, "wb") as o:
        subprocess.run([os.path.join(build, "bin", command), *args], stdin=i, stdout=o, check=True)


def made(build, work, n, dim):
    """A stream of n made-up vectors in files of 10 chunks."""
    path = os.path.join(work, f"made-{n}")
    with open(path, "wb") as f:
        subprocess.run([os.path.join(build, "tests/tools/make-vectors"), str(n), str(dim), "3"],
                       stdout=f, check=True)
    return path


def with_meta(source, out, meta, **keys):
    """The stream with what meta(i) says before chunk i, where that changes within a file."""
    with open(out, "wb") as f, bench_stream.Writer(f, {**bench_stream.header(source), **keys}, 5) as w:
        now = {}
        for r in bench_stream.records(source):
            if r[0] in (0, bench_stream.END):
                continue
            if r[0] == bench_stream.FILE:
                now = {}
            if r[0] == bench_stream.CHUNK:
                m = meta(r[1])
                if m != now:
                    w.put([META, r[2], r[3], 0, m])
                    now = m
            w.put(r)


def member(build, index):
    o = json.loads(subprocess.run([os.path.join(build, "bin/leann-bundle"), "show", "--json", index],
                                  stdout=subprocess.PIPE, check=True).stdout)
    length = {m["name"]: m["length"] for m in o["members"]}
    return length.get("meta", 0), {f["name"]: f["bytes"] for f in o.get("fields", [])}


def sizes(build, data, work):
    with open(os.path.join(data, "pyfunc/corpus.jsonl"), encoding="utf-8") as f:
        names = [re.search(r"def\s+(\w+)", json.loads(line)["text"]) for line in f]
    names = [m.group(1) if m else "?" for m in names]
    n = len(names)
    source, out = made(build, work, n, 16), os.path.join(work, "sizes.stream")
    index = os.path.join(work, "sizes.leann")
    sets = [("symbol, kind", lambda i: {"symbol": names[i], "kind": "function"}),
            ("page, title, author", lambda i: {"page": 1 + i % 300 // 3, "author": f"Author Number {i // 300 * 7919 % 997}",
                                               "title": f"The book of {names[i // 300]}"}),
            ("heading", lambda i: {"heading": f"Chapter {i // 60} > Of {names[i // 6]} and {names[i // 6 + 1]}"})]
    print(f"\nmetadata of {n} chunks        bytes  bytes/chunk")
    for what, meta in sets:
        with_meta(source, out, meta)
        run(build, "leann-graph", "-q", "-o", index, stdin=out)
        total, fields = member(build, index)
        print(f"  {what:24} {total:9}  {total / n:.2f}   ", ", ".join(f"{k} {v / n:.2f}" for k, v in fields.items()))


class Lib:
    """Filters through libleann."""

    def __init__(self, build, index):
        self.so = ctypes.CDLL(os.path.join(build, "api/libleann.so"))
        self.why = ctypes.create_string_buffer(2000)
        self.ix = ctypes.c_void_p()
        assert not self.so.leann_open(index.encode(), 0, ctypes.byref(self.ix), self.why), self.why.raw[4:200]
        self.so.leann_filter_n_chunks.restype = ctypes.c_size_t

    def filter_ms(self, expression, n=20):
        best = 1e9
        for _ in range(n):
            f = ctypes.c_void_p()
            t = time.perf_counter()
            bad = self.so.leann_filter_parse(self.ix, expression.encode(), ctypes.byref(f), self.why)
            best = min(best, time.perf_counter() - t)
            assert not bad, self.why.raw[4:200]
            kept = self.so.leann_filter_n_chunks(f)
            self.so.leann_filter_free(f)
        return best * 1e3, kept


def ask(build, index, questions, *options):
    out = subprocess.run([os.path.join(build, "bin/leann-search"), "--no-cache", "--no-log", "--json", *options,
                          "--batch", questions, index], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         check=False).stdout
    assert out, "leann-search says nothing"
    return [json.loads(line) for line in out.splitlines()]


def speed(build, work, model, questions):
    n = 100000
    source, out = made(build, work, n, 384), os.path.join(work, "speed.stream")
    index = os.path.join(work, "speed.leann")
    with_meta(source, out, lambda i: {"bucket": i * 617 % 1000, "symbol": f"name_{i * 7919 % n}", "page": i // 50}, **model)
    run(build, "leann-graph", "-q", "-o", index, stdin=out)
    lib = Lib(build, index)
    print(f"\n{n} chunks        kept   making it, ms   scan, ms a question")
    rows = [("no filter", None)] + [(what, f"bucket < {k}") for what, k in KEEP] + \
           [(".1 % by symbol", "symbol starts with name_12 and page < 100"), ("50 % by lang", "lang = lang-1")]
    for what, expression in rows:
        ms, kept = lib.filter_ms(expression) if expression else (0, n)
        options = ["-k", "10", "--no-recompute", "--dense", "-j", "1"] + (["--filter", expression] if expression else [])
        scan = [r["latency"]["search_ms"] for _ in range(3) for r in ask(build, index, questions, *options)]
        print(f"  {what:16} {kept:7} {ms:12.2f} {np.median(scan):15.2f}")
    processes(build, index, rows + [("1 by symbol", "symbol = name_12")])


def processes(build, index, rows, n=40):
    """A question a process, all rows in turn: medians."""
    ms = {what: ([], []) for what, _ in rows}
    for i in range(n):
        for what, expression in rows:
            argv = [os.path.join(build, "bin/leann-search"), "--no-cache", "--no-log", "--no-recompute", "--dense",
                    *(["--filter", expression] if expression else []), index, f"line {i} of a file"]
            t = time.perf_counter()
            with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as p:
                _, _, used = os.wait4(p.pid, 0)
                p.returncode = 0
            ms[what][0].append((time.perf_counter() - t) * 1e3)
            ms[what][1].append((used.ru_utime + used.ru_stime) * 1e3)
    print("a question a process    wall, ms    CPU, ms")
    for what, (wall, cpu) in ms.items():
        print(f"  {what:16} {np.median(wall):13.2f} {np.median(cpu):10.2f}")


def recall(build, data, work, questions, n_questions):
    index, files = os.path.join(work, "recall.leann"), [os.path.join(work, x) for x in ("r.jsonl", "q.jsonl")]
    with open(os.path.join(data, "tldr/corpus.jsonl"), encoding="utf-8") as f, \
            open(files[0], "w", encoding="utf-8") as o:
        for i, line in zip(range(10000), f):
            o.write(json.dumps({**json.loads(line), "metadata": {"bucket": i * 617 % 1000}}) + "\n")
    with open(questions, encoding="utf-8") as f, open(files[1], "w", encoding="utf-8") as o:
        for i, line in enumerate(f):
            o.write(json.dumps({"id": i, "text": line.strip()}) + "\n")
    vectors = []
    for f in files:
        run(build, "leann-chunk", "-q", "--jsonl", "--truncate", f, stdout=f + ".chunks")
        run(build, "leann-embed-client", "-q", stdin=f + ".chunks", stdout=f + ".vectors")
        vectors.append(bench_stream.read_vectors(f + ".vectors"))
    run(build, "leann-graph", "-q", "-o", index, stdin=files[0] + ".vectors")
    (ids, docs), (_, asked) = vectors
    bucket = np.array([i * 617 % 1000 for i in range(len(ids))])
    print(f"\n{len(ids)} commands, {n_questions} questions     kept  recall@3")
    for what, k in [("no filter", 1000)] + KEEP:
        kept = np.flatnonzero(bucket < k)
        options = ["-k", "3", "--dense"] + (["--filter", f"bucket < {k}"] if k < 1000 else [])
        found = 0.
        for q, answer in zip(asked, ask(build, index, files[1] + ".txt", *options)):
            cosine = docs[kept] @ q
            least = np.sort(cosine)[-3:][0] - 1e-5
            got = [h["chunk"] for h in answer["items"]]
            assert len(got) == 3 and all(bucket[c] < k for c in got)
            found += sum(docs[c] @ q >= least for c in got) / 3
        print(f"  {what:22} {len(kept):7}  {found / n_questions:.3f}")


def main():
    build, data, work = sys.argv[1:]
    os.makedirs(work, exist_ok=True)
    with open(os.path.join(data, "tldr/queries.jsonl"), encoding="utf-8") as f:
        asked = [json.loads(line)["text"].replace("\n", " ") for _, line in zip(range(400), f)]
    questions = os.path.join(work, "q.jsonl.txt")
    with open(questions, "w", encoding="utf-8") as f:
        f.writelines(q + "\n" for q in asked)
    sizes(build, data, work)
    recall(build, data, work, questions, len(asked))
    keys = bench_stream.header(os.path.join(work, "r.jsonl.vectors"))
    model = {k: keys[k] for k in ("model", "model_sha256", "precision") if k in keys}
    few = os.path.join(work, "few.txt")
    with open(few, "w", encoding="utf-8") as f:
        f.writelines(q + "\n" for q in asked[:64])
    speed(build, work, model, few)


if __name__ == "__main__":
    main()
