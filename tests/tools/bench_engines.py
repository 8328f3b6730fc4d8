"""Engines that encode texts, each a process that takes requests: ours and the rivals.

A name is [KERNELS/]PRECISION for ours (int8, blas/fp32, avx2/int8: KERNELS as in LEANN_SIMD), or
one that bench_rivals.py knows: those of RIVALS, or ort-FILE for another of the ONNX files, such as
ort-int8-fused.
All speak what leann-encoder-probe.c describes: a line when ready, then a line of JSON a request.
"""
import array
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RIVALS = ("ort-fp32", "ort-int8", "torch-fp32", "torch-bf16", "torch-int8", "st-fp32")
OURS = ("int8", "bf16", "fp32", "blas/fp32")


class Engine:
    """One process. start() begins, ready() waits; both apart, so that several load at once."""

    def __init__(self, name, build, model, texts, onnx=None):
        self.name, self.rival = name, name.startswith(("ort-", "torch-", "st-"))
        env = dict(os.environ)
        if self.rival:
            worker = os.path.join(HERE, "bench_rivals.py")
            argv = [sys.executable, worker, name, model, texts, onnx or ""]
        else:
            kernels, _, precision = name.rpartition("/")
            probe = os.path.join(build, "tests/tools/leann-encoder-probe")
            argv = [probe, "-p", precision, model, texts]
            if kernels:
                env["LEANN_SIMD"] = kernels
            env["OPENBLAS_NUM_THREADS"] = "1"   # the encoder has threads of its own
        self.argv, self.env = argv, env
        self.label = name if self.rival else "leann " + name
        self.info, self.why = None, None

    def start(self):
        self.proc = subprocess.Popen(self.argv, env=self.env, stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return self

    def ready(self):
        """True when it answers; False, with self.why, when it cannot run here."""
        line = self.proc.stdout.readline()
        if line:
            self.info = json.loads(line)
            return True
        said = self.proc.stderr.read().decode(errors="replace").strip().splitlines()
        self.why = said[-1] if said else f"ended with status {self.proc.wait()}"
        self.stop()
        return False

    def ask(self, batches, threads, **more):
        """Encodes batches of text numbers; returns {"wall_s", "cpu_s"}."""
        request = {"batches": batches, "threads": threads, **more}
        self.proc.stdin.write(json.dumps(request).encode() + b"\n")
        self.proc.stdin.flush()
        line = self.proc.stdout.readline()
        if not line:
            said = self.proc.stderr.read().decode(errors="replace").strip().splitlines()
            sys.exit(f"{self.name}: died: {said[-1] if said else 'no word'}")
        return json.loads(line)

    def vectors(self, batches, threads, path, **more):
        """Rows of floats, array by array, in the order of the batches."""
        self.ask(batches, threads, out=path, **more)
        flat = array.array("f")
        with open(path, "rb") as f:
            flat.frombytes(f.read())
        os.unlink(path)
        dim = len(flat) // sum(map(len, batches))
        return [flat[i:i + dim] for i in range(0, len(flat), dim)]

    def stop(self):
        for pipe in (self.proc.stdin, self.proc.stdout, self.proc.stderr):
            pipe.close()
        self.proc.wait()


def start_all(names, build, model, texts, onnx, say):
    """Those of names that run here, ready; say(line) hears of the others."""
    engines = [Engine(n, build, model, texts, onnx).start() for n in names]
    up = []
    for e in engines:
        if e.ready():
            up.append(e)
        else:
            say(f"skipped: {e.label}: {e.why}")
    return up


def cosines(a, b):
    """Cosine of each row of a to that of b."""
    def one(x, y):
        xx, yy = sum(v * v for v in x), sum(v * v for v in y)
        return sum(v * w for v, w in zip(x, y)) / (xx * yy) ** .5
    return [one(x, y) for x, y in zip(a, b)]
