#!/usr/bin/env python3
"""Instructions of our int8 encoder, by function: exact where times on a shared machine are not.

usage: bench_counts.py BUILD MODEL_DIR

By the processor's counters (perf) where there are any, for the kernels of this machine; else by
callgrind, for the AVX2 kernels (callgrind knows no AVX-512 and no AMX).
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

WORDS = "the encoder turns a text of so many tokens into one vector and says how long that took "
TEXT = " ".join(f"{WORDS}{i}" for i in range(11))


class Probe:
    def __init__(self, build, model, work):
        self.work = work
        with open(work + "/text", "w") as f:
            f.write(json.dumps(TEXT) + "\n")
        self.argv = [build + "/tests/tools/leann-encoder-probe", "-p", "int8", "-d", work, model,
                     work + "/text"]

    def run(self, n, before=(), **env):
        """n passes over the text under a command; what the probe said first, and stderr."""
        request = json.dumps({"threads": 1, "batches": [[0]] * n}) + "\n"
        p = subprocess.run([*before, *self.argv], input=request, capture_output=True, text=True,
                           env={**os.environ, **env})
        if p.returncode:
            sys.exit(f"skipped: instruction counts: {(p.stderr.strip().splitlines() or ['no word'])[-1]}")
        return json.loads(p.stdout.splitlines()[0]), p.stderr


def by_counters(probe):
    """Instructions and cycles of a pass, all functions together; None without counters."""
    perf = ["perf", "stat", "-x,", "-e", "instructions:u,cycles:u"]
    counts = []
    for n in (1, 41):
        err = probe.run(n, perf)[1]
        found = {name: int(v) for v, name in re.findall(r"^(\d+),,(\w+)", err, re.M)}
        if len(found) < 2:
            return None
        counts.append(found)
    return {k: (counts[1][k] - counts[0][k]) / 40 for k in counts[0]}


def by_callgrind(probe):
    """{function: instructions} of one pass, those of what it calls not included."""
    out = probe.work + "/callgrind"
    info, _ = probe.run(1, ["valgrind", "-q", "--tool=callgrind", "--toggle-collect=encoder_embed",
                            "--callgrind-out-file=" + out], LEANN_SIMD="avx2")
    names, own, at, is_call = {}, {}, None, False
    with open(out) as f:
        for line in f:
            m = re.match(r"fn=\((\d+)\)(?: (.*))?", line)
            if m:
                at = names.setdefault(m[1], m[2])
            elif line.startswith("calls="):
                is_call = True
            elif line[0] in "+-*0123456789":
                if not is_call:
                    own[at] = own.get(at, 0) + int(line.split()[1])
                is_call = False
            else:
                for number, name in re.findall(r"^c?fn=\((\d+)\) (.*)", line):
                    names.setdefault(number, name)
    return info, own


def main():
    build, model = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="leann-counts.") as work:
        probe = Probe(build, model, work)
        info, _ = probe.run(1)
        n_tokens = info["tokens"][0]
        macs = info["layers"] * (4 * info["dim"] ** 2 + 2 * info["dim"] * info["ff_dim"])
        counts = by_counters(probe) if shutil.which("perf") else None
        if counts:
            print(f"\nCounters, {info['kernels']}, a token of a text of {n_tokens}: "
                  f"{counts['instructions'] / n_tokens:.0f} instructions, "
                  f"{counts['cycles'] / n_tokens:.0f} cycles, "
                  f"{macs * n_tokens / counts['instructions']:.2f} products an instruction")
            return
        if not shutil.which("valgrind"):
            print("\nskipped: instruction counts: no counters and no valgrind")
            return
        info, own = by_callgrind(probe)
        total = sum(own.values())
        print(f"\nInstructions by callgrind, {info['kernels']}, a token of a text of {n_tokens}: "
              f"{total / n_tokens:.0f}, for {macs} products in linear layers: "
              f"{macs * n_tokens / total:.2f} an instruction")
        for name, n in sorted(own.items(), key=lambda x: -x[1])[:8]:
            print(f"  {name:32} {n / n_tokens:10.0f} a token, {100 * n / total:5.1f} %")


main()
