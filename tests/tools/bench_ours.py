"""Our programs as the benchmarks run them: by their documented options, newer ones only where --help has them.

bin is the folder of the programs; they find their server by XDG_RUNTIME_DIR as always.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import bench_stream

TICK = os.sysconf("SC_CLK_TCK")


class Programs:
    def __init__(self, folder):
        self.folder, self.pages = folder, {}

    def argv(self, name, *args):
        return [os.path.join(self.folder, name), *map(str, args)]

    def has(self, name, option):
        """Does this program's --help have the option?"""
        if name not in self.pages:
            self.pages[name] = subprocess.run(self.argv(name, "--help"), capture_output=True, text=True).stdout
        return option in self.pages[name].replace("=", " ").replace(",", " ").replace("|", " ").split()

    def run(self, argv, fine=(0,), **more):
        done = subprocess.run(argv, **more)
        if done.returncode not in fine:
            sys.exit(f"{os.path.basename(argv[0])}: ended with status {done.returncode}")
        return done

    def embed(self, jsonl, out, precision=None):
        """A file of JSON Lines, a passage a record, into a vector stream."""
        asked = ["--precision", precision] if precision else []
        with open(out + ".part", "wb") as f:
            chunk = subprocess.Popen(self.argv("leann-chunk", "--jsonl", "--truncate", "-q", jsonl),
                                     stdout=subprocess.PIPE)
            self.run(self.argv("leann-embed-client", "-q", *asked), stdin=chunk.stdout, stdout=f,
                     stderr=subprocess.DEVNULL)
            chunk.stdout.close()
            if chunk.wait():
                sys.exit(f"leann-chunk: ended with status {chunk.returncode}")
        os.rename(out + ".part", out)

    def kept(self, jsonl, out, precision=None):
        """embed(), unless out has it: the same model and precision, and not older than jsonl."""
        info = self.info(precision)
        if os.path.exists(out) and os.path.getmtime(out) >= os.path.getmtime(jsonl):
            keys = bench_stream.header(out)
            if keys["model_sha256"] == info["sha256"] and keys.get("precision", "fp32") == info["precision"]:
                return
        self.embed(jsonl, out, precision)

    def info(self, precision=None):
        """What the server says of itself; starts it."""
        asked = ["--precision", precision] if precision else []
        return json.loads(self.run(self.argv("leann-embed-client", "--info", *asked), stdout=subprocess.PIPE).stdout)

    def graph(self, vectors, out, *args):
        """Build an index from a stream (a path, or a function that writes one into a pipe); what it took."""
        argv = self.argv("leann-graph", *args, "-o", out)
        if not callable(vectors):
            with open(vectors, "rb") as f:
                return timed(argv, stdin=f)

        def feed(proc):
            try:
                vectors(proc.stdin)
                proc.stdin.close()
            except BrokenPipeError:
                pass                # its status says more
        return timed(argv, feed, stdin=subprocess.PIPE)

    def search_argv(self, index, questions, *args):
        """Nothing kept from an earlier run may be measured instead: --no-cache where there is one."""
        # every answer computed, every passage counted
        cold = [o for o in ("--no-cache", "--all-copies") if self.has("leann-search", o)]
        return self.argv("leann-search", "--json", "--batch", questions, *cold, *args, index)

    def search(self, index, questions, *args):
        """Answers to a file of questions, one object each, in order; what the program and the server took."""
        pid = self.info(self.precision(index))["pid"]
        before = server_cpu_s(pid)
        with tempfile.TemporaryFile() as f:
            took = timed(self.search_argv(index, questions, *args), stdout=f, fine=(0, 1))
            took["server_s"] = server_cpu_s(pid) - before
            f.seek(0)
            answers = [json.loads(line) for line in f]
        return answers, took

    def ask(self, index, questions, *args):
        """Answers alone, and the wall ms of the program."""
        at = time.perf_counter()
        done = self.run(self.search_argv(index, questions, *args), (0, 1), stdout=subprocess.PIPE)
        wall = 1000 * (time.perf_counter() - at)
        return [json.loads(line) for line in done.stdout.splitlines()], wall

    def precision(self, index):
        """Of its embeddings: the server of that precision answers."""
        return self.show(index)["model"].get("precision", "fp32")

    def show(self, index):
        return json.loads(self.run(self.argv("leann-bundle", "--json", "show", index), stdout=subprocess.PIPE).stdout)


def server_cpu_s(pid):
    """CPU seconds of a process of this machine, its threads included."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
        part = f.read().rpartition(")")[2].split()
    return (int(part[11]) + int(part[12])) / TICK


def timed(argv, feed=None, fine=(0,), **more):
    """Run a program; {"wall_s", "cpu_s", "rss_kib"}, the last None without time(1).

    Not by wait4 alone: a child's peak begins with that of the Python it was forked from.
    """
    gnu = shutil.which("time")
    with tempfile.NamedTemporaryFile("r") as f:
        wrap = [gnu, "-q", "-o", f.name, "-f", "%M"] if gnu else []
        at = time.perf_counter()
        proc = subprocess.Popen(wrap + argv, **more)
        if feed:
            feed(proc)
        _, status, used = os.wait4(proc.pid, 0)
        wall = time.perf_counter() - at
        proc.returncode = os.waitstatus_to_exitcode(status)
        if proc.returncode not in fine:
            sys.exit(f"{os.path.basename(argv[0])}: ended with status {proc.returncode}")
        rss = int(f.read()) if gnu else None
    return {"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "rss_kib": rss}


def write_questions(path, texts):
    """One a line, as --batch reads them."""
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(" ".join(t.split()) + "\n" for t in texts)


def members(show):
    """"codes 25.7, pq 24.5, ...": bytes a chunk by member, largest first; headers of the file included."""
    sizes = sorted(show["sizes"]["members"].items(), key=lambda m: -m[1]["bytes"])
    return ", ".join(f"{name} {m['bytes_per_chunk']:.2f}" for name, m in sizes)
