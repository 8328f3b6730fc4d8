"""Real technical passages to measure on: half prose, half code, chosen by a fixed seed.

From the corpora scifact (abstracts) and pyfunc (Python functions) where they are; else documents
below /usr/share/doc and C headers below /usr/include, cut at empty lines into about 450 bytes.
"""
import gzip
import json
import os
import random

SEED = 20260701
PASSAGE_BYTES = 450


def from_corpus(path):
    with open(path, encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    return [(r.get("title", "") + " " + r["text"]).strip() for r in rows]


def passages(text):
    out, part = [], ""
    for paragraph in text.split("\n\n"):
        part += paragraph + "\n\n"
        if len(part) >= PASSAGE_BYTES:
            out.append(part.strip()[:4 * PASSAGE_BYTES])
            part = ""
    return out


def from_files(root, ends):
    out = []
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(folder, name)
            if not name.endswith(ends) or os.path.islink(path) or os.path.getsize(path) > 1 << 20:
                continue
            with (gzip.open if name.endswith(".gz") else open)(path, "rb") as f:
                out += passages(f.read().decode("utf-8", "replace"))
    return out


def choose(data, n):
    """n texts, and a line that says where they are from."""
    rng, out = random.Random(SEED), []
    sets = [os.path.join(data, s, "corpus.jsonl") for s in ("scifact", "pyfunc")]
    if all(map(os.path.exists, sets)):
        pools, where = [from_corpus(s) for s in sets], "scifact abstracts and Python functions"
    else:
        pools = [from_files("/usr/share/doc", (".txt", ".gz", "copyright", "README")),
                 from_files("/usr/include", (".h",))]
        where = "/usr/share/doc and /usr/include"
    for pool in pools:
        out += rng.sample(pool, min(n // 2, len(pool)))
    rng.shuffle(out)
    return out, where
