#!/usr/bin/env python3
"""The official LEANN with its own server, the same with ours, and leann-search; see tests/bench-official.
usage: bench_official.py BIN DATA WORK MODEL EXAMPLES"""
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import time

bin_, data, work, model, examples = sys.argv[1:]
os.environ.setdefault("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))    # of our tools; the package's home is the work folder
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HOME=work, LEANN_LOG_LEVEL="ERROR")
sys.path.insert(0, examples)
n_passages, n_questions = int(os.environ.get("N", 200)), int(os.environ.get("QUESTIONS", 5))
folder = os.path.join(data, os.environ.get("SET", "squad-sents"))
precision = os.environ.get("PRECISION", "fp32")
if not os.path.exists(os.path.join(folder, "corpus.jsonl")):
    print(f"skipped: bench-official: no {folder}/corpus.jsonl: set DATA and SET")
    sys.exit()


def records(name, n):
    with open(os.path.join(folder, name), encoding="utf-8") as f:
        return [json.loads(line) for line, _ in zip(f, range(n))]


@contextlib.contextmanager
def quiet():
    """What the package prints goes into WORK/log, which is shown where it fails."""
    kept = os.dup(1), os.dup(2)
    log = os.open(os.path.join(work, "log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        yield
    except BaseException:
        os.dup2(kept[1], 2)
        sys.stderr.write(open(os.path.join(work, "log")).read()[-3000:])
        raise
    finally:
        sys.stdout.flush()
        os.dup2(kept[0], 1)
        os.dup2(kept[1], 2)


def official_index():
    index = os.path.join(work, f"official-{os.path.basename(folder)}-{n_passages}.leann")
    if not os.path.exists(index + ".meta.json"):
        from leann import LeannBuilder
        builder = LeannBuilder(backend_name="hnsw", embedding_model=model, is_recompute=True)
        for r in records("corpus.jsonl", n_passages):
            builder.add_text(" ".join(filter(None, (r.get("title"), r["text"]))), {"id": str(r.get("_id", r.get("id")))})
        builder.build_index(index)
    return index


def ask(index, questions):
    """(seconds of the first, median seconds, answers): searches of one searcher; the first starts or finds a server."""
    from leann import LeannSearcher
    t0 = time.time()
    searcher = LeannSearcher(index)
    first = searcher.search(questions[0], top_k=5)
    took, answers = [], []
    t1 = time.time()
    for q in questions:
        t = time.time()
        answers.append([r.id for r in searcher.search(q, top_k=5)])
        took.append(time.time() - t)
    del first
    return t1 - t0, statistics.median(took), answers


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def our_server(index):
    """(process, port) of leann-embed-server with the passages of the official index."""
    ours, port = os.path.join(work, "theirs.leann"), free_port()
    subprocess.run(["bash", "-o", "pipefail", "-c", '"$0"/leann-from-jsonl --official "$1" | "$0"/leann-embed-client -q --precision '
                    f'{precision} | "$0"/leann-graph -q -o "$2"', bin_, index + ".meta.json", ours], check=True)
    server = subprocess.Popen([bin_ + "/leann-embed-server", "--model", model, "--precision", precision, "--index", ours,
                               "--endpoint", f"tcp://127.0.0.1:{port}"], stdout=subprocess.PIPE, text=True)
    line = server.stdout.readline()
    if "ready" not in line:
        sys.exit(f"bench-official: leann-embed-server: {line or 'did not start'}")
    return server, port, ours


def leann_search(ours, questions):
    took, answers = [], []
    for q in questions:
        t = time.time()
        out = subprocess.run([bin_ + "/leann-search", "--json", "--dense", "-k", "5", ours, q], check=True, capture_output=True, text=True)
        took.append(time.time() - t)
        answers.append([h["item"]["id"] for h in json.loads(out.stdout)["items"]])
    return took[0], statistics.median(took[1:] or took), answers


def same(a, b):
    return sum(len(set(x) & set(y)) for x, y in zip(a, b)) / sum(map(len, a))


questions = [r["text"] for r in records("queries.jsonl", n_questions)]
t = time.time()
with quiet():
    index = official_index()
build_s = time.time() - t
with quiet():
    theirs = ask(index, questions)
    from leann.embedding_server_manager import EmbeddingServerManager
    EmbeddingServerManager.stop_daemons()
    t = time.time()
    server, port, ours = our_server(index)
    import_s = time.time() - t
    from adopt import adopt
    adopt(index, port, server.pid)
    with_ours = ask(index, questions)
info = subprocess.run([bin_ + "/leann-embed-client", "--info", "--endpoint", f"tcp://127.0.0.1:{port}"], check=True,
                      capture_output=True, text=True)
n_texts = json.loads(info.stdout)["n_texts"]
direct = leann_search(ours, questions)
server.terminate()
server.wait()
if n_texts < 2 * len(questions):
    sys.exit(f"bench-official: leann-embed-server was asked for {n_texts} texts only: the package used another")
print(f"{n_passages} passages of {os.path.basename(folder)}, {len(questions)} questions, top 5, {precision}; "
      f"official index {build_s:.0f} s, ours of it {import_s:.1f} s\n")
print(f"{'searcher':<12} {'embedding server':<20} {'first s':>8} {'median s':>9} {'same hits':>10}")
for name, with_, r in (("official", "official", theirs), ("official", "leann-embed-server", with_ours),
                       ("leann-search", "leann-embed-server", direct)):
    print(f"{name:<12} {with_:<20} {r[0]:>8.2f} {r[1]:>9.3f} {same(theirs[2], r[2]):>10.2f}")
print(f"\nthe official searcher asked leann-embed-server for {n_texts} texts: "
      f"{n_texts / (len(questions) + 1):.0f} a question")
