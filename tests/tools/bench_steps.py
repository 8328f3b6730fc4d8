"""The steps of a question inside the library, by tests/tools/leann-search-bench."""
import os
import subprocess

import numpy as np

import bench_ours
import bench_report
from bench_report import fixed

ENCODER = ("question", "passages")


def program(ours):
    """Its path, None where it is not built."""
    path = os.path.join(os.path.dirname(ours.folder), "tests", "tools", "leann-search-bench")
    return path if os.access(path, os.X_OK) else None


def ask(ours, index, questions, path, *options):
    """({"kept", "open", "filter"}, {column: values of the calls})."""
    bench_ours.write_questions(path, questions)
    env = {**os.environ, "PATH": ours.folder + os.pathsep + os.environ.get("PATH", "")}
    with open(path, "rb") as f:
        done = ours.run([program(ours), *options, index], stdin=f, stdout=subprocess.PIPE, text=True, env=env)
    about, names, *lines = done.stdout.splitlines()
    words = about.replace(",", "").split()
    values = np.array([[float(x) for x in line.split("\t")] for line in lines])
    return ({"kept": int(words[1]), "open": float(words[6]), "filter": float(words[8])},
            dict(zip(names.split("\t"), values.T)))


def own(steps):
    """All but the two encoder calls, of each call."""
    return steps["total"] - sum(steps[e] for e in ENCODER)


def table(ours, index, questions, path, kinds, start, n):
    """Where the time of one question goes. start: ms of the process around a search, by the label of a kind."""
    if not program(ours):
        print("skipped: steps of a question: make tests builds leann-search-bench")
        return None
    rows, split, mine = [], [], []
    for label, options in kinds:
        _, steps = ask(ours, index, questions, path, *options)
        names = [k for k in steps if k not in ("total", "cpu")]
        mine = [k for k in names if k not in ENCODER]
        for p in (50, 95):
            rows.append([f"{label}, p{p}", *(fixed(float(np.percentile(x, p)), 2) for x in (
                steps["total"], *(steps[k] for k in names), own(steps), steps["cpu"])),
                fixed(float(np.percentile(start[label], p)), 2) if start.get(label) else None])
        if "-j" not in options:
            split.append((label, *(float(np.median(steps[k])) for k in (*mine, *ENCODER))))
        if label == "default" and n >= 100000:
            print(f"  {label}: all but the two encoder calls p50 {np.percentile(own(steps), 50):.2f}, p95 "
                  f"{np.percentile(own(steps), 95):.2f} ms; wanted: 10 at 100,000 chunks, 15 at 1,000,000")
    bench_report.table(f"Where the time of a question goes, ms, inside the library, {len(questions)} questions one at a "
                       "time; own: all but question and passages, which are the encoder's; process: start and end of\n"
                       "leann-search around that",
                       ["what", "total", *names, "own", "own CPU", "process"], rows)
    return mine, split
