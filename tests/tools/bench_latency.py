"""How long one request takes: through a warm leann-embed-server, and in the rivals' own process."""
import os
import statistics
import subprocess
import time

QUERY_TOKENS = 12 + 2       # [CLS] and [SEP] beside them
WARM = 2                    # requests that do not count
REPEATS = {"query": 200}
FEW = 7
ENOUGH_S = 10               # for one engine and one kind of request, after three
RIVALS = ("ort-int8", "ort-fp32", "torch-fp32")
LIMITS_MS = {"query": .8, "30 passages": 200}       # of our int8


def short_texts(texts):
    """Beginnings of texts, some of which have QUERY_TOKENS."""
    return [" ".join(t.split()[:n]) for t in texts[:300] for n in (7, 8, 9, 10)]


class Server:
    def __init__(self, name, build, model, threads, work):
        import msgpack
        import zmq
        self.pack, self.unpack = msgpack.packb, msgpack.unpackb
        kernels, _, precision = name.rpartition("/")
        env = {**os.environ, "XDG_RUNTIME_DIR": work, **({"LEANN_SIMD": kernels} if kernels else {})}
        endpoint = f"ipc://{work}/{name.replace('/', '-')}.sock"
        argv = [build + "/bin/leann-embed-server", "--model", model, "--precision", precision,
                "--endpoint", endpoint, "-j", str(threads), "--idle-timeout", "300"]
        self.proc = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True)
        if " ready " not in self.proc.stdout.readline():
            raise SystemExit(f"bench-encoder: {' '.join(argv)}: does not start")
        self.label = "leann " + name
        self.socket = zmq.Context.instance().socket(zmq.REQ)
        self.socket.connect(endpoint)

    def seconds(self, texts, kind):
        request = self.pack({"v": 1, "id": 1, "op": "embed", "texts": texts, "kind": kind})
        t = time.perf_counter()
        self.socket.send(request)
        reply = self.socket.recv()
        t = time.perf_counter() - t
        reply = self.unpack(reply)
        assert reply.get("n") == len(texts), reply.get("err")
        return t

    def stop(self):
        self.socket.close(0)
        self.proc.terminate()
        self.proc.wait()
        self.proc.stdout.close()


def jobs(lengths, texts):
    """NAME: a list of lists of text numbers, taken in turn."""
    n = len(texts.tokens)
    queries = [i for i in range(n, len(lengths)) if lengths[i] == QUERY_TOKENS]
    near = sorted(range(n), key=lambda i: (abs(texts.tokens[i] - 128), i))[:16]
    return {"query": [[i] for i in queries[:20]],
            "10 passages": [[i for b in texts.cell(1, r, 10) for i in b] for r in range(FEW)],
            "30 passages": [[i for b in texts.cell(1, r, 30) for i in b] for r in range(FEW)],
            "16 of 128 tokens": [near]}


def batches(which, lengths, size):
    which = sorted(which, key=lambda i: lengths[i])
    return [which[i:i + size] for i in range(0, len(which), size)]


def enough(took, label, name):
    t = took.get((label, name), [])
    return len(t) > WARM + 2 and sum(t) > ENOUGH_S


def show(engines, texts, chosen, figures, build, model, work, threads, say):
    """The table; False when a limit is missed."""
    try:
        import msgpack, zmq  # noqa: F401, E401
    except ImportError:
        say("\nskipped: latency: no Python modules msgpack and zmq")
        return True
    lengths = engines[0].info["tokens"]
    servers = {e.name: Server(e.name, build, model, threads, work) for e in engines if not e.rival}
    rivals = [e for e in engines if e.name in RIVALS]
    try:
        took = ask_all(servers.values(), rivals, lengths, texts, chosen, figures, threads)
    finally:
        for s in servers.values():
            s.stop()
    n_tokens = {n: sum(lengths[i] for i in s[0]) for n, s in jobs(lengths, texts).items()}
    return table(took, n_tokens, threads, say)


def ask_all(servers, rivals, lengths, texts, chosen, figures, threads):
    """{(label, job): seconds of each request}, all in turn."""
    took = {}
    for name, sets in jobs(lengths, texts).items():
        for r in range(-WARM, REPEATS.get(name, FEW)):
            which = sets[r % len(sets)]
            for s in servers:
                if enough(took, s.label, name):
                    continue
                kind = "query" if name == "query" else "document"
                t = s.seconds([chosen[i] for i in which], kind)
                took.setdefault((s.label, name), []).append(t)
            for e in rivals:
                if enough(took, e.label, name):
                    continue
                size = min(figures.best(e.name, threads) or 8, 32)
                t = e.ask(batches(which, lengths, size), threads)["wall_s"]
                took.setdefault((e.label, name), []).append(t)
    return took


def table(took, n_tokens, threads, say):
    good = True
    say(f"\nMilliseconds of a request, {threads} threads: median (95 of 100 take less), by what it asks"
        "\nfor. Ours: to a warm server and back, tokeniser and socket included. Rivals: in their process,"
        "\ntokenised before.")
    names = list(n_tokens)
    say(f"{'':18}" + "".join(f"{n:>21}" for n in names))
    say(f"{'':18}" + "".join(f"{str(n_tokens[n]) + ' tokens':>21}" for n in names))
    for label in dict.fromkeys(label for label, _ in took):
        row = f"{label:18}"
        for n in names:
            t = sorted(1e3 * x for x in took[label, n][WARM:])
            row += f"{statistics.median(t):10.2f} ({t[min(len(t) - 1, int(len(t) * .95))]:8.2f})"
        say(row)
    for name, limit in LIMITS_MS.items():
        if ("leann int8", name) in took:
            got = 1e3 * statistics.median(took["leann int8", name][WARM:])
            said = "reached" if got <= limit else "MISSED"
            say(f"  int8, {name}: want {limit} ms, got {got:.2f} ms   {said}")
            good &= got <= limit
    return good
