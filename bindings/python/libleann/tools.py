"""The programs: where they are, pipelines of them, the embedding model, and `leann` itself.

A wheel has its own; otherwise they are those of the build tree or of $PATH. $LEANN_BIN, a folder, wins.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from typing import Sequence

from ._lib import NATIVE, PACKAGE
from .errors import LEANNDataError, LEANNNotFoundError, by_status

DEFAULT_MODEL = "all-MiniLM-L6-v2"


def _folders() -> list[str]:
    named = os.environ.get("LEANN_BIN")
    own = [str(NATIVE / "bin"), str(PACKAGE.parents[2] / "build" / "bin")]
    return ([named] if named else []) + [d for d in own if os.path.isdir(d)]


def program(name: str) -> str:
    """The path of leann-NAME or leann."""
    for folder in _folders():
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            return path
    found = shutil.which(name)
    if not found:
        raise LEANNNotFoundError(f"{name} is not here: neither in $LEANN_BIN, nor with this package, nor in $PATH")
    return found


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().split("\n") if line]
    return lines[-1] if lines else "it died without a message"


def _message(name: str, text: str) -> str:
    """What a program said last, its own name in front once."""
    line = _last_line(text)
    return line if line.startswith(name) else f"{name}: {line}"


def run(*args: str) -> str:
    """The output of a program; LEANNError with its last line when it fails."""
    r = subprocess.run([program(args[0]), *args[1:]], capture_output=True, text=True, errors="replace",
                       stdin=subprocess.DEVNULL)
    if r.returncode:
        raise by_status(r.returncode if r.returncode != 1 else 2, _message(args[0], r.stderr))
    return r.stdout


def pipe(*stages: Sequence[str]) -> None:
    """Programs joined by pipes, from nothing to a file that the last one writes.

    The first that failed on its own account is the one to blame: those behind it only say so, and those
    before it die of the broken pipe (141 or SIGPIPE).
    """
    running: list[subprocess.Popen[bytes]] = []
    said = [tempfile.TemporaryFile() for _ in stages]
    try:
        for i, stage in enumerate(stages):
            running.append(subprocess.Popen(
                [program(stage[0]), *stage[1:]],
                stdin=running[-1].stdout if running else subprocess.DEVNULL,
                stdout=subprocess.PIPE if i + 1 < len(stages) else subprocess.DEVNULL, stderr=said[i]))
            if i and running[-2].stdout:
                running[-2].stdout.close()
        status = [p.wait() for p in running]
    except BaseException:
        for p in running:
            p.kill()
        for p in running:
            p.wait()
        raise
    else:
        bad = [i for i, r in enumerate(status) if r] or [-1]
        own = [i for i in bad if i >= 0 and status[i] not in (141, -13)] or bad
        if bad[0] >= 0:
            said[own[0]].seek(0)
            text = said[own[0]].read().decode("utf-8", "replace")
            r = status[own[0]]
            raise by_status(r if r in (75,) else 2, _message(stages[own[0]][0], text))
    finally:
        for f in said:
            f.close()


def find_model(name: str | None = None) -> str:
    """The folder of an embedding model that is on this machine; what to do when it is not is the error.

    "sentence-transformers/NAME" is NAME. Models are below ~/.cache/leann/models, where `leann model pull`
    and `leann model import DIR` put them, or in the cache of Hugging Face's programs.
    """
    name = name or os.environ.get("LEANN_MODEL") or DEFAULT_MODEL
    try:
        return run("leann-model", "path", _bare(name)).rstrip("\n")
    except LEANNDataError as e:
        raise LEANNNotFoundError(str(e)) from None


def _bare(name: str) -> str:
    prefix = "sentence-transformers/"
    return name[len(prefix):] if name.startswith(prefix) else name


def pull_model(name: str = DEFAULT_MODEL) -> str:
    """Fetch a model that a lock file pins, as `leann model pull` does, and give its folder."""
    run("leann-model", "pull", name)
    return find_model(name)


def main() -> None:
    """The program `leann` of the environment that the wheel was installed into."""
    path = program("leann")
    if sys.argv[1:2] in (["ask"], ["serve"]):  # a wheel leaves them out
        try:
            program(f"leann-{sys.argv[1]}")
        except LEANNNotFoundError as e:
            print(f"leann {sys.argv[1]}: {e}: it comes with a full installation", file=sys.stderr)
            sys.exit(2)
    os.execv(path, [path, *sys.argv[1:]])
