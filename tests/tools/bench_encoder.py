#!/usr/bin/env python3
"""make bench-encoder: our encoder and its rivals, on the same texts, interleaved, in one run.

usage: bench_encoder.py BUILD MODEL_DIR [ONNX_DIR]

A cell is a batch size and a number of threads. A round goes through all cells, and in each through
all engines, another one first each time, on the same texts; the figures are medians of rounds.
Rivals are timed on ids that are padded already, in batches of texts of like length; ours on text, so
that its time holds the tokeniser's. tests/bench-encoder says what can be set.
"""
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import bench_engines
import bench_latency
import bench_texts

PASSAGES = 16           # of a cell of small batches, at least; $PASSAGES
BIG = 256               # a batch that takes as long as all others: measured every BIG_EVERY rounds
BIG_EVERY = 4
MIN_ROUNDS = 3          # $ROUNDS
ONLY = {"st-fp32": (32,)}       # its own batch size
# ours, the rival, the least ratio
TARGETS = [("int8", "ort-int8", 1.9), ("int8", "ort-fp32", 4.2), ("int8", "torch-fp32", 5.2),
           ("bf16", "ort-fp32", 2.4), ("fp32", "ort-fp32", 1.25), ("blas/fp32", "ort-fp32", 1.0)]


def env(name, default):
    return os.environ.get(name) or default


def say(line=""):
    print(line, flush=True)


class Texts:
    """The texts by length, and which of them a cell of a round is made of."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.order = sorted(range(len(tokens)), key=lambda i: (tokens[i], i))
        self.mean = sum(tokens) / len(tokens)

    def window(self, at, size):
        """Batch of neighbours in length; at: 0 the shortest, 1 the longest."""
        i = min(int(at * (len(self.order) - size + 1)), len(self.order) - size)
        return self.order[i:i + size]

    def middling(self, size):
        """The batch of neighbours whose mean length is that of all texts."""
        off = [abs(sum(self.tokens[i] for i in self.order[k:k + size]) / size - self.mean)
               for k in range(0, len(self.order) - size + 1)]
        k = off.index(min(off))
        return self.order[k:k + size]

    def cell(self, size, round_, passages=PASSAGES):
        """Batches from all lengths alike: one from each of equal parts, elsewhere in each round,
        and mirrored in the other half, so that a cell's mean length hardly changes."""
        if size >= BIG:
            return [self.middling(min(size, len(self.order)))]
        n = max(2, -(-passages // size))
        u = (.5 + round_ * .6180339887) % 1
        return [self.window((k + (u if k < n / 2 else 1 - u)) / n, size) for k in range(n)]

    def count(self, batches):
        return sum(self.tokens[i] for b in batches for i in b)


class Figures:
    """took[engine, batch, threads]: a list of (round, tokens, passages, wall_s, cpu_s)."""

    def __init__(self):
        self.took = {}

    def add(self, name, batch, threads, row):
        self.took.setdefault((name, batch, threads), []).append(row)

    def rates(self, name, batch, threads, wall=True):
        """Tokens a second, or a CPU second, by round."""
        return {r[0]: r[1] / r[3 if wall else 4] for r in self.took.get((name, batch, threads), [])}

    def median(self, name, batch, threads, wall=True):
        rates = self.rates(name, batch, threads, wall)
        return statistics.median(rates.values()) if rates else None

    def passages(self, name, batch, threads):
        return statistics.median(r[2] / r[3] for r in self.took[name, batch, threads])

    def best(self, name, threads, wall=True):
        """The batch size with the best median, or None."""
        sizes = {b: self.median(name, b, threads, wall)
                 for n, b, t in self.took if (n, t) == (name, threads)}
        return max(sizes, key=sizes.get) if sizes else None

    def ratio(self, a, b, threads, wall=True):
        """a to b, each at its best batch size: median over the rounds that both have, least, most."""
        x, y = (self.rates(n, self.best(n, threads, wall), threads, wall) for n in (a, b))
        both = [x[r] / y[r] for r in x if r in y]
        return (statistics.median(both), min(both), max(both)) if both else None


def measure_cell(engines, texts, figures, size, threads, round_):
    batches = texts.cell(size, round_, int(env("PASSAGES", PASSAGES)))
    n_tokens, n = texts.count(batches), sum(map(len, batches))
    first = round_ % len(engines)
    for e in engines[first:] + engines[:first]:
        if size in ONLY.get(e.name, (size,)):
            t = e.ask(batches, threads)
            figures.add(e.name, size, threads, (round_, n_tokens, n, t["wall_s"], t["cpu_s"]))


def measure(engines, texts, sizes, threads, limit_s):
    """Rounds until limit_s is over, three at least; then more of the big batch where it leads."""
    figures, began, round_, took = Figures(), time.monotonic(), 0, 0
    min_rounds = int(env("ROUNDS", MIN_ROUNDS))
    while round_ < min_rounds or time.monotonic() - began + took < limit_s:
        took, with_big = 0, round_ % BIG_EVERY == 0
        for n in threads:
            for size in sizes:
                t = time.monotonic()
                if size < BIG or with_big:
                    measure_cell(engines, texts, figures, size, n, round_)
                if size < BIG:
                    took += time.monotonic() - t
        round_ += 1
        print(f"round {round_}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    for n in threads:
        leaders = [e for e in engines if figures.best(e.name, n) == BIG]
        for extra in range(1, min_rounds):
            if leaders:
                measure_cell(leaders, texts, figures, BIG, n, extra)
    return figures


def agreement(engines, texts, threads, work):
    """Warms every engine up; mean and least cosine of its embeddings to those of the reference."""
    batches = texts.cell(8, 0, 64)
    rows = {e.name: e.vectors(batches, threads, work + "/v") for e in engines}
    for name in ("torch-fp32", "ort-fp32", "fp32", "blas/fp32", engines[0].name):
        if name in rows:
            break
    out = {}
    for e in engines:
        c = bench_engines.cosines(rows[e.name], rows[name])
        out[e.name] = sum(c) / len(c), min(c)
    return name, out


def show_tables(engines, figures, sizes, threads):
    for n in threads:
        say(f"\n{n} thread{'s' * (n > 1)}, by batch size: tokens a second, tokens a CPU second,"
            " passages a second")
        say(f"{'':18}" + "".join(f"| {'batch ' + str(s):^23} " for s in sizes))
        for e in engines:
            row = f"{e.label:18}"
            for s in sizes:
                if figures.median(e.name, s, n):
                    row += (f"| {figures.median(e.name, s, n):8.0f}"
                            f" {figures.median(e.name, s, n, False):8.0f}"
                            f" {figures.passages(e.name, s, n):5.1f} ")
                else:
                    row += f"| {'-':>8} {'-':>8} {'-':>5} "
            say(row)


def show_best(engines, figures, threads, cosines, reference):
    rivals = [r for r in ("ort-int8", "ort-fp32", "torch-fp32") if any(e.name == r for e in engines)]
    n = max(threads)
    say(f"\nEach at its best batch size, {n} threads, tokens a second and tokens a CPU second; x: median of the"
        f"\nrounds' ratios of tokens a second; cosine to {reference}, mean and least")
    say(f"{'':18}batch rounds tokens/s (least.. most)  /CPU-s pass/s cosine  least "
        + "".join(f"{'x ' + r:>13}" for r in rivals))
    for e in engines:
        b = figures.best(e.name, n)
        rates = figures.rates(e.name, b, n).values()
        row = (f"{e.label:18}{b:5} {len(rates):6} {figures.median(e.name, b, n):8.0f}"
               f" ({min(rates):5.0f}..{max(rates):5.0f}) {figures.median(e.name, b, n, False):8.0f}"
               f" {figures.passages(e.name, b, n):6.1f} {cosines[e.name][0]:.4f} {cosines[e.name][1]:.4f}")
        row += "".join(f"{1 if e.name == r else figures.ratio(e.name, r, n)[0]:13.2f}" for r in rivals)
        say(row.rstrip())


def show_targets(engines, figures, threads, busy):
    """The ratios asked for; False when one is missed. With others at work (busy) by CPU seconds of
    the least threads: time tells little then, and threads that wait for each other use CPU."""
    names, good = {e.name for e in engines}, True
    if not any(t[0] in names and t[1] in names for t in TARGETS):
        return good
    say("\nRatios, each at its own best batch size: tokens a second (least .. most round), tokens a CPU second")
    for ours, rival, want in TARGETS:
        if ours not in names or rival not in names:
            continue
        row = f"  {ours:9} to {rival:10} want {want:4.2f}:"
        for n in threads:
            got, cpu = figures.ratio(ours, rival, n), figures.ratio(ours, rival, n, False)
            row += (f"   {n} thread{'s' * (n > 1)} {got[0]:5.2f} ({got[1]:.2f} .. {got[2]:.2f}),"
                    f" CPU {cpu[0]:5.2f}")
        got = figures.ratio(ours, rival, min(threads) if busy else max(threads), not busy)[0]
        say(f"{row}   {'reached' if got >= want else 'MISSED'}{', by CPU seconds' * busy}")
        good &= got >= want
    return good


def show_peak(build, engines, figures, threads):
    """How much of what the instructions could do; linear layers alone, so a little more is done."""
    out = subprocess.run([build + "/tests/tools/leann-peak"], capture_output=True, text=True).stdout
    say("\nPeak of one thread, 1e9 operations a second: "
        + ", ".join(line.replace("\t", " ") for line in out.splitlines()))
    for e in engines:
        if e.rival or min(threads) != 1:
            continue
        i = e.info
        n_ops = 2 * i["layers"] * (4 * i["dim"] ** 2 + 2 * i["dim"] * i["ff_dim"])
        rate = figures.median(e.name, figures.best(e.name, 1, False), 1, False)
        say(f"  {e.label:18} {i['kernels']:14} {n_ops / 1e6:.1f} million operations a token in linear"
            f" layers, {rate * n_ops / 1e9:6.1f} 1e9 a CPU second")


def cpu_times():
    """Jiffies of all processors: busy, stolen by other guests."""
    with open("/proc/stat") as f:
        t = list(map(int, f.readline().split()[1:9]))
    return sum(t) - t[3] - t[4] - t[7], t[7]


def others_share(began, busy, engines):
    """Of the processors, since began: what other programs used."""
    hz = os.sysconf("SC_CLK_TCK")
    own = sum(sum(resource.getrusage(w)[:2]) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    for e in engines:                   # those that still run
        with open(f"/proc/{e.proc.pid}/stat") as f:
            own += sum(map(int, f.read().rpartition(")")[2].split()[11:13])) / hz
    return max(0, (cpu_times()[0] - busy) / hz - own) / ((time.monotonic() - began) * os.cpu_count())


def run(build, model, onnx, work):
    began, (busy, stolen) = time.monotonic(), cpu_times()
    n_here = len(os.sched_getaffinity(0))
    threads = sorted({min(int(t), n_here) for t in env("THREADS", "1 2").split()})
    sizes = sorted(map(int, env("BATCHES", "1 8 32 256").split()))
    chosen, where = bench_texts.choose(env("DATA", ""), int(env("TEXTS", "2000")))
    n_texts = len(chosen)
    chosen += bench_latency.short_texts(chosen)
    with open(work + "/texts", "w") as f:
        f.writelines(json.dumps(t) + "\n" for t in chosen)
    names = env("ENGINES", " ".join(bench_engines.OURS + (bench_engines.RIVALS if onnx else ()))).split()
    engines = bench_engines.start_all(names, build, model, work + "/texts", onnx, say)
    if not engines:
        sys.exit("bench-encoder: no engine runs here")
    texts = Texts(engines[0].info["tokens"][:n_texts])
    say(f"{n_texts} texts, {where}: {texts.mean:.0f} tokens on average, cut at {max(texts.tokens)}")
    for e in engines:
        say(f"  {e.label:18} {e.info.get('about') or e.info['kernels']}")
        n_other = sum(a != b for a, b in zip(e.info["tokens"], texts.tokens))
        if n_other:
            say(f"  {e.label} has other numbers of tokens for {n_other} texts")
    reference, cosines = agreement(engines, texts, max(threads), work)
    figures = measure(engines, texts, sizes, threads, float(env("BENCH_S", "450")))
    show_tables(engines, figures, sizes, threads)
    show_best(engines, figures, threads, cosines, reference)
    others = others_share(began, busy, engines)
    good = show_targets(engines, figures, threads, others > .1)
    if env("LATENCY", "1") != "0":
        good &= bench_latency.show(engines, texts, chosen, figures, build, model, work, max(threads), say)
    show_peak(build, engines, figures, threads)
    for e in engines:
        e.stop()
    stolen_s = (cpu_times()[1] - stolen) / os.sysconf("SC_CLK_TCK")
    say(f"\n{time.monotonic() - began:.0f} s; other programs used {100 * others:.0f} % of the processors during"
        f" the rounds, other guests {100 * stolen_s / (time.monotonic() - began) / os.cpu_count():.0f} %")
    return good


def main():
    build, model = sys.argv[1:3]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    onnx = sys.argv[3] if len(sys.argv) > 3 else None
    with tempfile.TemporaryDirectory(prefix="leann-bench.") as work:
        good = run(build, model, onnx, work)
    sys.exit(0 if good or env("CHECK", "0") == "0" else 1)


if __name__ == "__main__":
    main()
