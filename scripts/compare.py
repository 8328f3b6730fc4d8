#!/usr/bin/env python3
"""The same passages and embeddings in leann, in Chroma and flat: sizes, times and recall, for leann-backend(1).

usage: compare.py WORK QUESTIONS RELEVANT TOP-K JSON

WORK has index.leann, passages/ of leann-to-npy, times.json. QUESTIONS: one a line, or JSON Lines {"id", "text"}.
RELEVANT: question, passage, grade in columns, a line of names first, or "". JSON: 1 for an object, else a table.
"""
import base64
import json
import os
import subprocess
import sys
import time

import numpy as np

LABEL = os.environ.get("LEANN_PROG") or "leann-backend"


def die(message):
    print(f"{LABEL}: {message}", file=sys.stderr)
    sys.exit(2)


def read_questions(path):
    """Ids and texts; ids are numbers from 1 where the file has none."""
    ids, texts = [], []
    with open(path, encoding="utf-8") as f:
        for n, line in enumerate(f, 1):
            if not line.strip():
                continue
            q = {"id": str(n), "text": line}
            if line.lstrip().startswith("{"):
                try:
                    q = json.loads(line)
                except ValueError as e:
                    die(f"{path}: line {n}: {e}")
            if not isinstance(q.get("text"), str):
                die(f"{path}: line {n}: no text")
            ids.append(str(q.get("id", n)))
            texts.append(" ".join(q["text"].split()))
    if not texts:
        die(f"{path}: no questions")
    return ids, texts


def read_relevant(path):
    want = {}
    with open(path, encoding="utf-8") as f:
        for n, line in enumerate(f, 1):
            part = line.rstrip("\n").split("\t")
            if len(part) < 2:
                die(f"{path}: line {n}: want question, passage and grade with tabs between")
            grade = part[2] if len(part) > 2 else "1"
            if n > 1 or grade.lstrip("-").isdigit():
                if not grade.lstrip("-").isdigit():
                    die(f"{path}: line {n}: {grade}: want a whole number")
                if int(grade) > 0:
                    want.setdefault(part[0], set()).add(part[1])
    return want


def chosen(ids, texts, want, most):
    """Evenly, so many at most; those with judgements where there are any."""
    keep = [i for i, q in enumerate(ids) if not want or q in want]
    if not keep:
        die("no question has a relevant passage: do their ids agree?")
    keep = [keep[k * len(keep) // min(most, len(keep))] for k in range(min(most, len(keep)))]
    return [ids[i] for i in keep], [texts[i] for i in keep]


def embed(texts):
    lines = "".join(json.dumps({"id": str(i), "text": t}) + "\n" for i, t in enumerate(texts))
    out = subprocess.run(["bash", "-o", "pipefail", "-c", "leann-chunk -q --truncate --jsonl - | leann-embed-client -q "
                          "--texts | leann-to-jsonl -q --embedding=base64"], input=lines.encode(), check=True,
                         stdout=subprocess.PIPE).stdout
    return np.stack([np.frombuffer(base64.b64decode(json.loads(x)["embedding"]), "<f4") for x in out.splitlines()])


def on_disk(path):
    return sum(os.path.getsize(os.path.join(at, f)) for at, _, names in os.walk(path) for f in names)


class Chroma:
    def __init__(self, folder, passages, vectors):
        import chromadb
        from chromadb.config import Settings
        quiet = Settings(anonymized_telemetry=False)
        self.name, started = "Chroma " + chromadb.__version__, time.perf_counter()
        client = chromadb.PersistentClient(folder, settings=quiet)
        self.c = client.create_collection("docs", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None)
        for i in range(0, len(passages), 1000):
            some = passages[i:i + 1000]
            self.c.add(ids=[str(i + j) for j in range(len(some))], embeddings=vectors[i:i + 1000],
                       documents=[p["text"] for p in some],
                       metadatas=[{"id": p["id"], **{k: v for k, v in p["metadata"].items() if v is not None}} for p in some])
        self.build_s, self.bytes = time.perf_counter() - started, on_disk(folder)

    def ask(self, text, vector, k):
        return [int(i) for i in self.c.query(query_embeddings=vector[None], n_results=k, include=[])["ids"][0]]


class Flat:
    """Every vector read, and multiplied."""
    name = "flat (exact)"

    def __init__(self, folder, passages, vectors):
        self.v, self.build_s = vectors, 0.0
        self.bytes = on_disk(folder)

    def ask(self, text, vector, k):
        scores = self.v @ vector
        k = min(k, len(scores))
        some = np.argpartition(-scores, k - 1)[:k]
        return [int(i) for i in some[np.lexsort((some, -scores[some]))]]


class Leann:
    def __init__(self, work, name, *options):
        self.index, self.name, self.options = work + "/index.leann", name, options
        self.bytes = os.path.getsize(self.index)
        with open(work + "/times.json", encoding="utf-8") as f:
            self.build_s = json.load(f)["graph_s"]

    def ask(self, text, vector, k):
        done = subprocess.run(["leann-search", "--json", "--all-copies", "--no-cache", "--no-log", *self.options, "-k", str(k),
                               "--", self.index, text], stdout=subprocess.PIPE)
        if done.returncode not in (0, 1):
            sys.exit(2)
        return [h["chunk"] for h in json.loads(done.stdout)["items"]]


def measure(store, texts, vectors, exact, names, judged, k):
    found, took = [], []
    store.ask(texts[0], vectors[0], k)      # a first one warms what there is to warm
    for text, vector in zip(texts, vectors):
        started = time.perf_counter()
        found.append(store.ask(text, vector, k))
        took.append(1000 * (time.perf_counter() - started))
    row = {"store": store.name, "bytes": store.bytes, "build_s": round(store.build_s, 3),
           "query_ms": {"median": round(float(np.median(took)), 2), "p95": round(float(np.quantile(took, .95)), 2),
                        "max": round(max(took), 2)},
           "recall": round(float(np.mean([len(set(f) & set(e)) / len(e) for f, e in zip(found, exact)])), 4)}
    if judged:
        row["relevant"] = round(float(np.mean([len({names[i] for i in f} & want) / min(k, len(want))
                                               for f, want in zip(found, judged)])), 4)
    return row


def table(report, k):
    rows = [["store", "bytes", "of Chroma", "build s", "query ms", "p95 ms", f"recall@{k}", f"relevant@{k}"]]
    for r in report["stores"]:
        q = r["query_ms"]
        rows.append([r["store"], f"{r['bytes']:,}", f"{100 * r['of_chroma']:.1f} %" if "of_chroma" in r else "-", f"{r['build_s']:.1f}",
                     f"{q['median']:.1f}", f"{q['p95']:.1f}", f"{r['recall']:.3f}", f"{r['relevant']:.3f}" if "relevant" in r else "-"])
    wide = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    print(f"{report['passages']} passages, {report['text_bytes']:,} bytes of text, {report['questions']} questions; all embeddings, "
          f"the same for each: {report['embed_s']:.1f} s")
    for r in rows:
        print("  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(r, wide))).rstrip())
    print(f"bytes: leann's are of an index over files that stay where they are, flat's of vectors and texts.\n"
          f"query ms: leann is a program that is run, embeds the question and recomputes passages; the others are open and are\n"
          f"handed the question's embedding, which takes {report['embed_question_ms']:.1f} ms. recall@{k}: of the {k} nearest by exact search.")


def main():
    work, questions, relevant, k, most, as_json = sys.argv[1:7]
    k = int(k)
    with open(work + "/passages/passages.jsonl", encoding="utf-8") as f:
        passages = [json.loads(line) for line in f]
    vectors = np.load(work + "/passages/vectors.npy", mmap_mode="r")
    if not passages:
        die("no passages")
    want = read_relevant(relevant) if relevant else {}
    ids, texts = chosen(*read_questions(questions), want, int(most))
    asked = embed(texts)
    started = time.perf_counter()
    for t in texts[:10]:
        embed([t])
    once = (time.perf_counter() - started) / len(texts[:10])
    held = np.ascontiguousarray(vectors)
    flat = Flat(work + "/passages", passages, held)
    exact = [flat.ask(t, v, k) for t, v in zip(texts, asked)]
    names, judged = [p["id"] for p in passages], [want[i] for i in ids] if want else None
    stores = [Leann(work, "leann"), Leann(work, "leann, by meaning alone", "--dense"), flat]
    try:
        stores.insert(2, Chroma(work + "/chroma", passages, held))
    except ImportError as e:
        print(f"{LABEL}: no Python with {e.name}: Chroma is left out: leann-to-chroma --setup", file=sys.stderr)
    rows = [measure(s, texts, asked, exact, names, judged, k) for s in stores]
    chroma = next((r["bytes"] for r in rows if r["store"].startswith("Chroma")), None)
    for r in rows:
        if chroma:
            r["of_chroma"] = round(r["bytes"] / chroma, 4)
    with open(work + "/times.json", encoding="utf-8") as f:
        times = json.load(f)
    report = {"passages": len(passages), "text_bytes": sum(len(p["text"].encode()) for p in passages), "questions": len(texts),
              "top_k": k, "dim": int(vectors.shape[1]), "embed_s": times["embed_s"], "embed_question_ms": round(1000 * once, 1),
              "stores": rows}
    if as_json == "1":
        print(json.dumps(report))
    else:
        table(report, k)


main()
