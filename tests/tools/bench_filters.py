"""What a filter costs and what it finds: files named so that globs keep 50 %, 10 %, 1 % and .1 % of them.

File number i lies in a folder as bNNN-i.jsonl, NNN spread evenly over 000 to 999.
"""
import os
import tempfile

import numpy as np

import bench_ours
import bench_report
import bench_sets
import bench_steps
import bench_stream
from bench_report import fixed

GLOBS = [("50 %", "b[0-4]*"), ("10 %", "b0*"), ("1 %", "b00*"), (".1 %", "b000*")]
FILE_PASSAGES = 20      # records of a file, about 15 kB
IN_FULL = 24            # questions that are recomputed, the default's among them
NEAR = 100              # first by codes that are looked at


def file_name(i):
    return f"b{i * 617 % 1000:03d}-{i}.jsonl"


def cut(lines, folder, first):
    """Files of FILE_PASSAGES lines each in folder, numbered from first; how many."""
    os.makedirs(folder)
    n = 0
    for at in range(0, len(lines), FILE_PASSAGES):
        with open(os.path.join(folder, file_name(first + n)), "w", encoding="utf-8") as f:
            f.writelines(lines[at:at + FILE_PASSAGES])
        n += 1
    return n


def as_files(ours, sets, data, work):
    """The sets in one stream, cut into files: (path, vectors by chunk, path of the file by chunk)."""
    top, n = os.path.join(work, "filters"), 0
    for s in sets:
        with open(os.path.join(data, s.name, "corpus.jsonl"), encoding="utf-8") as f:
            n += cut(f.readlines(), os.path.join(top, s.name), n)
    chunks, stream = os.path.join(work, "filters.chunks"), os.path.join(work, "filters.vectors")
    with open(chunks, "wb") as f:
        ours.run(ours.argv("leann-chunk", "--jsonl", "--truncate", "-q", top), stdout=f)
    row = {(s.name, d): v for s in sets for d, v in zip(s.ids, s.docs)}
    keys = {**bench_stream.header(sets[0].stream), "roots": bench_stream.header(chunks)["roots"]}
    paths, docs, at = [], [], []
    with open(stream, "wb") as f, bench_stream.Writer(f, keys, 2) as w:
        for r in bench_stream.records(chunks):
            if r[0] in (bench_stream.FILE, bench_stream.CHUNK, bench_stream.TERMS):
                w.put(r if r[0] != bench_stream.CHUNK else [*r[:11], None])
            if r[0] == bench_stream.FILE:
                paths.append(r[3].decode())
            elif r[0] == bench_stream.CHUNK:
                docs.append(row[paths[r[2]].split("/")[0], r[10]])
                at.append(paths[r[2]])
                w.put([bench_stream.VECTOR, r[1], docs[-1].astype("<f4").tobytes()])
    return stream, np.stack(docs), at


def kept(path, glob):
    """The same choice as by the glob, another way."""
    if glob is None:
        return True
    if glob.endswith("/"):
        return path.startswith(glob)
    return int(path.rpartition("/b")[2][:3]) < {"b[0-4]*": 500, "b0*": 100, "b00*": 10, "b000*": 1}[glob]


def recall(ours, sets, data, work):
    """The table of what filtered searches find, beside exact search over what the filter keeps."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        recall_in(folder, ours, sets, data)


def recall_in(work, ours, sets, data):
    """By codes alone for most questions: exact cosines of the first n by codes are known here, no encoder needed."""
    stream, docs, at = as_files(ours, sets, data, work)
    index, path = (os.path.join(work, name) for name in ("filters.leann", "questions"))
    ours.graph(stream, index, "-q")
    asked, texts = np.concatenate([s.asked for s in sets]), [q["text"] for s in sets for q in s.queries]
    of_set = np.concatenate([[s.name] * len(s.queries) for s in sets])
    ways, rows = [("all", None, None), *((label, glob, None) for label, glob in GLOBS)], []
    for s in sets:
        ways += [(s.name, s.name + "/", s.name), (s.name + ", others ask", s.name + "/", "!" + s.name)]

    def hits(some, *options):
        bench_ours.write_questions(path, [texts[i] for i in some])
        answers = ours.search(index, path, *options)[0]
        return [[h["chunk"] for h in a["items"]] for a in answers], max(a["recomputed"] for a in answers)

    def share(found, exact, k):
        return fixed(float(np.mean([len(set(e[:k]) & set(f)) / len(e[:k]) for f, e in zip(found, exact)])), 3)
    for label, glob, who in ways:
        some = np.flatnonzero([not who or (s == who.strip("!")) != who.startswith("!") for s in of_set])
        if not len(some):
            continue
        ids = np.flatnonzero([kept(p, glob) for p in at])
        exact = [[int(ids[i]) for i in e] for e in bench_sets.exact_search(docs[ids], asked[some], 10)]
        options, step = ["--path", glob] if glob else [], max(1, len(some) // IN_FULL)
        dense, n = hits(some[::step], "--dense", *options)
        full = dense + hits(some[::step], *options)[0]
        near, there = hits(some, "--dense", "--no-recompute", "-k", str(NEAR), *options)[0], set(ids.tolist())
        rows.append([label, len(ids), min(10, len(ids)), min(map(len, full)), sum(h not in there for f in full for h in f),
                     n, *(share([f[:max(n, 10)] for f in near], exact, k) for k in (3, 10)), share(near, exact, 10),
                     share([f[:10] for f in dense], exact[::step], 10)])
    bench_report.table(f"Filters over the union of {' '.join(s.name for s in sets)}: {len(docs)} chunks in "
                       f"{len(set(at))} files; recall of --dense against exact search over what is kept, "
                       f"{len(texts)} questions",
                       ["kept", "chunks", "hits due", "fewest hits", "wrong", "recomputed", "recall@3", "recall@10",
                        f"10 in {NEAR} by codes", "@10 in full"], rows)


def latency(ours, index, questions, path):
    """The table of times inside the library: questions one at a time, and batches of 64 without recomputing."""
    rows, few, batch = [], questions[:IN_FULL], min(64, len(questions))
    for how in ([], ["--dense"]):
        base = None
        for label, glob in [("all", None), *GLOBS]:
            options = [*how, *(["--path", glob] if glob else [])]
            about, one = bench_steps.ask(ours, index, few, path, *options)
            _, many = bench_steps.ask(ours, index, questions, path, "--batch", str(batch), "--no-recompute", *options)
            full = len(questions) // batch
            own, together = bench_steps.own(one), float(np.mean(bench_steps.own(many)[:full])) / batch
            figures = [np.median(one["total"]), *(np.percentile(own, p) for p in (50, 95)), np.median(one["cpu"]), together]
            base = base or figures
            rows.append([" ".join(["leann", *how]) + ", " + label, about["kept"], *(fixed(float(x), 2) for x in figures),
                         *(f"{100 * (figures[k] / base[k] - 1):+.0f} %" for k in (0, 1, 3, 4)), fixed(about["filter"], 2)])
    bench_report.table(
        f"Filters: ms a question inside the library, {len(few)} questions one at a time, and batches of {batch} without "
        "recomputing;\nown: without the two encoder calls; then those beside no filter",
        ["what", "chunks", "p50", "own p50", "own p95", "own CPU", "batch", "p50", "own p50", "own CPU", "batch",
         "making it"], rows)
