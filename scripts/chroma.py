#!/usr/bin/env python3
"""What the leann scripts do with Chroma's own client, in a process of its own: see leann-to-chroma(1).

usage: chroma.py write   --path DIR --collection C [--token T] [--batch N] [--space WORD] [--model NAME] [--replace] [--part]
       chroma.py verify  --path DIR --collection C [--part] [--index INDEX] [--sample N] [--seed N] [--overlap X] <LINES
       chroma.py publish --path DIR --collection C
       chroma.py discard --path DIR --collection C
       chroma.py state   --path DIR --collection C

write reads a vector stream with texts by way of leann-to-jsonl, fills the collection C.leann-part and gives it its
name when all is there; with --part publish does that. A collection of that name stays until the very moment when the
new one takes its place, which is one transaction. Prints a JSON object. Status 0; 1: verified, and not equal;
2: an error, one line on stderr.
"""
import argparse
import base64
import contextlib
import fcntl
import json
import math
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from urllib.parse import quote

PART, EARLIER = ".leann-part", ".leann-earlier"
# Chroma's own encoder is this model: a collection of it answers questions in words, too.
CHROMA_MODEL = "all-MiniLM-L6-v2"
LABEL = os.environ.get("LEANN_PROG") or "leann-to-chroma"


def die(message):
    print(f"{LABEL}: {' '.join(str(message).split())}", file=sys.stderr)
    sys.exit(2)


class Progress:
    def __init__(self, what):
        self.what, self.shown, self.on = what, 0, sys.stderr.isatty()

    def at(self, n):
        if self.on and time.monotonic() > self.shown + .5:
            self.shown = time.monotonic()
            print(f"\r{LABEL}: {n} {self.what}\033[K", end="", file=sys.stderr, flush=True)

    def end(self):
        if self.on and self.shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def number(s):
    """A float, or its digits where it is too large for one."""
    return float(s) if math.isfinite(float(s)) else s


def lines_of(file):
    for line in file:
        yield json.loads(line, parse_float=number)


def path_str(p):
    """A path as leann-to-jsonl has it: a string, or its bytes in base64."""
    return p if isinstance(p, str) else base64.b64decode(p["bytes"]).decode("utf-8", "replace")


def plain(v):
    """Can Chroma keep it as it is?"""
    if isinstance(v, list):
        return bool(v) and not any(isinstance(x, list) for x in v) and all(plain(x) and type(x) is type(v[0]) for x in v)
    if isinstance(v, float):
        return math.isfinite(v)     # another makes a store that no client of Chroma can read
    return isinstance(v, (str, bool)) or isinstance(v, int) and -2 ** 63 <= v < 2 ** 63


def takes(key):
    """Does Chroma have such a key? Some it refuses, and those of its own it drops without a word."""
    return key != "" and key[0] not in "#$" and not key.startswith("chroma:")


def named(m):
    """With keys that Chroma has: one that it has not gets a "_" before it."""
    out = {k: v for k, v in m.items() if takes(k)}
    for k, v in m.items():
        if not takes(k):
            while k in m or k in out:
                k = "_" + k
            out[k] = v
    return out


def metadata_of(item):
    """What Chroma is given of an item: its metadata, typed, and its place; None where there is nothing.

    A null is the same as nothing there, and what Chroma has no type for becomes its JSON.
    """
    given = item.get("metadata")
    m = dict(given) if isinstance(given, dict) else {} if given is None else {"metadata": given}
    if "path" in item:
        m.setdefault("path", path_str(item["path"]))
        m.setdefault("first_line", item["lines"][0])
        m.setdefault("last_line", item["lines"][1])
    if "title" in item:
        m.setdefault("title", item["title"])
    m = {k: v if plain(v) else json.dumps(v, ensure_ascii=False) for k, v in named(m).items() if v is not None}
    return m or None


def adapted(given):
    """Of an item's metadata: how many values become JSON, and how many keys another."""
    given = given if isinstance(given, dict) else {}
    kept = {k: v for k, v in given.items() if v is not None}
    return sum(not plain(v) for v in kept.values()), sum(not takes(k) for k in kept)


def equal(a, b):
    """The same type and value. Chroma reads some numbers 1 unit in the last place off: that is not ours to refuse."""
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(equal, a, b))
    return math.isclose(a, b, rel_tol=1e-15, abs_tol=0) if isinstance(a, float) else a == b


def same(a, b):
    """Equal metadata: the same keys, values and types."""
    a, b = a or {}, {k: v for k, v in (b or {}).items() if v is not None}
    return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)


class Store:
    """A folder of Chroma, opened by its own client."""

    def __init__(self, args, make=False):
        self.args, self.name, self.part = args, args.collection, args.collection + PART
        if not os.path.isdir(args.path) and not make:
            die(f"{args.path}: no such folder")
        with guarded(args.path):
            os.makedirs(args.path, exist_ok=True)
        self.lock = os.open(args.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print(f"{LABEL}: {args.path}: another leann program writes there", file=sys.stderr)
            sys.exit(75)
        try:
            import chromadb
            from chromadb.config import Settings
        except ImportError as e:
            die(f"{sys.executable}: no module {e.name}: run 'leann-to-chroma --setup', or name a --python that has it")
        with guarded(args.path):
            self.client = chromadb.PersistentClient(args.path, settings=Settings(anonymized_telemetry=False))
            self.names = {c if isinstance(c, str) else c.name for c in self.client.list_collections()}
        # Where a name could not be given in one transaction, and it was killed in between.
        if self.name + EARLIER in self.names and make:
            if self.name in self.names:
                self.delete(self.name + EARLIER)
            else:
                self.rename(self.name + EARLIER, self.name)

    def delete(self, name):
        """With the folders of its vectors, which Chroma leaves where they are."""
        folders = self.segments("where collection = (select id from collections where name = ?)", name)
        self.client.delete_collection(name)
        self.names.discard(name)
        for folder in folders - self.segments(""):
            shutil.rmtree(os.path.join(self.args.path, folder), ignore_errors=True)

    def segments(self, where, *values):
        db = sqlite3.connect(f"file:{quote(self.args.path)}/chroma.sqlite3?mode=ro", uri=True, timeout=60)
        with contextlib.closing(db):
            found = {i for i, in db.execute(f"select id from segments {where}", values)}
        return {i for i in found if re.fullmatch("[0-9a-f-]{36}", i)}

    def rename(self, name, to):
        self.client.get_collection(name, embedding_function=None).modify(name=to)
        self.names = self.names - {name} | {to}

    def get(self, name):
        if name not in self.names:
            die(f"{self.args.path}: no collection {name}")
        return self.client.get_collection(name, embedding_function=None)

    def open_part(self):
        """The collection that is being filled: that of an interrupted run of the same source, or a new one."""
        token = self.args.token or ""
        if self.part in self.names:
            part = self.get(self.part)
            if token and (part.metadata or {}).get("leann_source") == token:
                return part
            self.delete(self.part)
        more = {} if self.args.model == CHROMA_MODEL else {"embedding_function": None}
        self.names.add(self.part)
        return self.client.create_collection(self.part, metadata={"leann_source": token or "stream"},
                                             configuration={"hnsw": {"space": self.args.space}}, **more)

    def publish(self):
        """The new collection takes the name; one that has it goes. One transaction: there is never none."""
        if self.part not in self.names:
            die(f"{self.args.path}: no collection {self.part}: nothing was written")
        if self.name not in self.names:
            return self.rename(self.part, self.name)
        swap(os.path.join(self.args.path, "chroma.sqlite3"), self.name)
        self.names = self.names - {self.part} | {self.name + EARLIER}
        self.delete(self.name + EARLIER)


def swap(path, name):
    db = sqlite3.connect(path, timeout=60, isolation_level=None)
    with contextlib.closing(db):
        db.execute("begin immediate")
        (new, where), = db.execute("select id, database_id from collections where name = ?", (name + PART,)).fetchall()
        (old,), = db.execute("select id from collections where name = ? and database_id = ?", (name, where)).fetchall()
        db.execute("update collections set name = ? where id = ?", (name + EARLIER, old))
        db.execute("update collections set name = ? where id = ?", (name, new))
        db.execute("commit")


@contextlib.contextmanager
def guarded(where):
    """What Chroma throws is one line."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as e:      # its Rust part panics with what is no Exception
        die(f"{where}: {type(e).__name__}: {e}")


def add(part, items, fresh):
    import numpy as np
    if items and not fresh:
        there = set(part.get(ids=[x["id"] for x in items], include=[])["ids"])
        items = [x for x in items if x["id"] not in there]
    if items:
        vectors = np.stack([np.frombuffer(base64.b64decode(x["embedding"]), "<f4") for x in items])
        part.add(ids=[x["id"] for x in items], embeddings=vectors, documents=[x["text"] for x in items],
                 metadatas=[metadata_of(x) for x in items])
    return len(items)


def write(args):
    started = time.monotonic()
    made = not os.path.isdir(args.path)
    store = Store(args, make=True)
    if args.collection in store.names and not args.replace:
        die(f"{args.path}: collection {args.collection} is there already: --replace puts another in its place")
    n = n_added = n_json = n_named = 0
    with guarded(args.path):
        part = store.open_part()
        before = part.count()
        batch = min(args.batch, store.client.get_max_batch_size())
    progress, reader = Progress("passages"), subprocess.Popen(["leann-to-jsonl", "-q", "--embedding=base64"],
                                                              stdout=subprocess.PIPE)
    items = []
    with guarded(args.path):
        for item in lines_of(reader.stdout):
            items.append(item)
            more_json, more_named = adapted(item["metadata"])
            n_json, n_named = n_json + more_json, n_named + more_named
            if len(items) == batch:
                n_added += add(part, items, not before)
                n += len(items)
                items = []
                progress.at(n)
        status = reader.wait()
        if not status:
            n_added += add(part, items, not before)
            n += len(items)
            there = part.count()
    progress.end()
    if status:
        if not args.token:      # nobody can go on with it
            store.delete(store.part)
        if made and not args.token:
            remove_made(store)
        sys.exit(status if status > 0 else 2)
    if there != n:
        die(f"{args.path}: collection {store.part} has {there} passages, the stream had {n}: start again without --token")
    if not args.part:
        with guarded(args.path):
            store.publish()
    if n_json:
        print(f"{LABEL}: {n_json} values of metadata are of no type that Chroma has: kept as JSON", file=sys.stderr)
    if n_named:
        print(f"{LABEL}: {n_named} keys of metadata are none that Chroma has: kept with \"_\" before them", file=sys.stderr)
    report(passages=n, found=n - n_added, seconds=round(time.monotonic() - started, 3), path=args.path,
           collection=args.collection)


def remove_made(store):
    """A folder that this run made, and in which nobody has put anything else."""
    if not store.names:
        shutil.rmtree(store.args.path, ignore_errors=True)


def hit_id(hit, by_place):
    """The id that leann-to-jsonl gives the passage of a hit of leann-search."""
    item = hit["item"]
    if "id" in item:
        return item["id"]
    path = item["path"] if isinstance(item["path"], str) else path_str(item["path"])
    for rel, one in by_place.get((item["startLine"], item["endLine"]), ()):
        if path == rel or path.endswith("/" + rel):
            return one
    return None


def overlap(args, collection, sample, by_place):
    """Of the ten passages that leann finds for each of some questions, how many Chroma finds, too."""
    import numpy as np
    asked = [" ".join(x["text"].split()[:16]) for x in sample]
    lines = "".join(json.dumps({"id": str(i), "text": t}) + "\n" for i, t in enumerate(asked))
    show = json.loads(subprocess.run(["leann-bundle", "--json", "show", "--", args.index], check=True,
                                     stdout=subprocess.PIPE).stdout)
    remote = ["--allow-remote"] * args.allow_remote
    key_file = ["--key-file=" + args.key_file] if args.key_file else []
    if "provider" in show["model"]:     # whose tokenizer nobody knows
        model, embed = [], ["--for=" + args.index, *remote, *key_file]
    else:
        model = ["--model=" + show["model"]["name"]]
        embed = model + ["--precision=" + show["model"].get("precision", "fp32")]
    cut = subprocess.run(["leann-chunk", "-q", "--truncate", "--jsonl", *model, "-"], input=lines.encode(), check=True,
                         stdout=subprocess.PIPE).stdout
    out = subprocess.run(["bash", "-o", "pipefail", "-c", 'leann-embed-client -q --texts "$@" | '
                          "leann-to-jsonl -q --embedding=base64", "leann", *embed], input=cut, check=True,
                         stdout=subprocess.PIPE).stdout
    vectors = [np.frombuffer(base64.b64decode(json.loads(x)["embedding"]), "<f4") for x in out.splitlines()]
    batch = subprocess.run(["leann-search", "--json", "--dense", "--all-copies", "--no-cache",
                            "--no-log", "-k", "10", *remote, "--batch", "-", "--", args.index], input="\n".join(asked).encode() + b"\n",
                           stdout=subprocess.PIPE).stdout
    share, n = 0, 0
    with guarded(args.path):
        found = collection.query(query_embeddings=np.stack(vectors), n_results=min(10, collection.count()),
                                 include=["distances"])
    for ours, theirs in zip(map(json.loads, batch.splitlines()), found["ids"]):
        ids = {hit_id(h, by_place) for h in ours["items"]}
        if theirs:
            share, n = share + len(ids & set(theirs)) / len(theirs), n + 1
    return share / n if n else 1.0


def verify(args):
    """Lines of leann-to-jsonl --no-embedding on stdin beside the collection: counts, ids, texts, metadata."""
    started = time.monotonic()
    store = Store(args)
    collection = store.get(store.part if args.part else store.name)
    rng, sample, by_place = random.Random(args.seed), [], {}
    n, wrong, first = 0, {"ids": 0, "texts": 0, "metadata": 0}, None
    progress = Progress("passages compared")

    def compare(items):
        nonlocal first
        got = collection.get(ids=[x["id"] for x in items], include=["documents", "metadatas"])
        at = {i: k for k, i in enumerate(got["ids"])}
        for x in items:
            k = at.get(x["id"])
            bad = ("ids" if k is None else "texts" if (got["documents"][k] or "") != x["text"]
                   else None if same(metadata_of(x), got["metadatas"][k]) else "metadata")
            if bad:
                wrong[bad] += 1
                first = first or f"{x['id']}: {bad} differ"

    items = []
    with guarded(args.path):
        for item in lines_of(sys.stdin.buffer):
            items.append(item)
            if "path" in item:
                by_place.setdefault(tuple(item["lines"]), []).append((path_str(item["path"]), item["id"]))
            n += 1
            if item["text"].strip():        # a reservoir: every passage with the same chance
                if len(sample) < args.sample:
                    sample.append(item)
                elif (k := rng.randrange(n)) < args.sample:
                    sample[k] = item
            if len(items) == 1000:
                compare(items)
                items = []
                progress.at(n)
        if items:
            compare(items)
        count = collection.count()
    progress.end()
    result = {"passages": n, "count": count, "wrong": wrong, "first": first}
    alike = count == n and not any(wrong.values())
    if args.index and sample:
        result["questions"], result["overlap"] = len(sample), round(overlap(args, collection, sample, by_place), 4)
        alike = alike and result["overlap"] >= args.overlap
    report(equal=alike, **result, seconds=round(time.monotonic() - started, 3))
    sys.exit(0 if alike else 1)


def publish(args):
    store = Store(args)
    with guarded(args.path):
        store.publish()
    report(path=args.path, collection=args.collection)


def discard(args):
    """What a write left is given up."""
    store = Store(args)
    left = {store.part} | ({store.name + EARLIER} if store.name in store.names else set())
    with guarded(args.path):
        for name in left & store.names:
            store.delete(name)
    report(path=args.path, collection=args.collection)


def state(args):
    """Opens nothing that is not there."""
    there = os.path.exists(os.path.join(args.path, "chroma.sqlite3"))
    store = Store(args) if there else None
    has = lambda name: store.get(name).count() if store and name in store.names else None
    report(path=args.path, collection=args.collection, there=has(args.collection), part=has(args.collection + PART))


def report(**what):
    print(json.dumps(what), flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("what", choices=["write", "verify", "publish", "discard", "state"])
    p.add_argument("--path", required=True)
    p.add_argument("--collection", required=True)
    for name in ("--token", "--model", "--index", "--key-file"):
        p.add_argument(name)
    p.add_argument("--space", default="cosine", choices=["cosine", "l2", "ip"])
    p.add_argument("--batch", type=int, default=1000)
    p.add_argument("--sample", type=int, default=20)
    p.add_argument("--seed", type=int, default=42)
    p.add_argument("--overlap", type=float, default=.8)
    p.add_argument("--allow-remote", action="store_true")
    p.add_argument("--replace", action="store_true")
    p.add_argument("--part", action="store_true")
    args = p.parse_args()
    if not re.fullmatch("[a-zA-Z0-9][a-zA-Z0-9._-]{1,490}[a-zA-Z0-9]", args.collection):
        die(f"{args.collection}: no name for a collection: want 3 to 492 letters, digits, '.', '_' and '-', a letter or "
            "digit at either end")
    {"write": write, "verify": verify, "publish": publish, "discard": discard, "state": state}[args.what](args)


if __name__ == "__main__":
    main()
