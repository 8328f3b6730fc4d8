"""What an installed wheel has to do where nothing else of leann is; run by 63-python-wheel.bats."""

import os
import re
import subprocess
import sys
import tempfile
import time

import libleann
from libleann import LEANNIndex, _lib, tools

SITE = os.path.dirname(os.path.dirname(os.path.abspath(libleann.__file__)))


def libraries(pid):
    with open(f"/proc/{pid}/maps", encoding="utf-8") as f:
        return {line.split(None, 5)[5].strip() for line in f if ".so" in line}


def foreign(pid):
    """Libraries from outside the wheel, but for glibc and what Python itself has."""
    own = re.compile(r".*/(libc|libm|libdl|librt|libpthread|libresolv|ld-linux[\w-]*)\.so[.\d]*$")
    return {p for p in libraries(pid) if not p.startswith(SITE) and not own.match(p) and "python" not in p}


def server():
    """The one embedding server of this user here, by its program."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            exe = os.readlink(f"/proc/{pid}/exe")
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if exe.endswith("leann-embed-server") and os.environ["XDG_RUNTIME_DIR"].encode() in f.read():
                    return pid, exe
        except OSError:
            pass
    return None, ""


def main():
    before = foreign("self")
    assert _lib.lib_path().startswith(SITE), _lib.lib_path()
    assert tools.program("leann-chunk").startswith(SITE), tools.program("leann-chunk")
    model = tools.find_model()
    assert os.path.isfile(os.path.join(model, "model.safetensors")), model
    with tempfile.TemporaryDirectory() as d:
        with open(f"{d}/bread.md", "w", encoding="utf-8") as f:
            f.write("Let the dough rise for two hours.\n")
        with open(f"{d}/page.html", "w", encoding="utf-8") as f:
            f.write("<html><body><p>Tomatoes want sun and water.</p></body></html>\n")
        leann = os.path.join(os.path.dirname(sys.executable), "leann")
        subprocess.run([leann, "build", "-q", d], check=True)
        subprocess.run([leann, "embed", "stop"], check=True, capture_output=True)
        with LEANNIndex.load(d, cache=False) as ix:
            r = ix.query("how long does the dough rise?", 2)
            assert r[0].item.path.endswith("bread.md") and "two hours" in r[0].preview, r
            assert ix.query("tomatoes", 1)[0].item.path.endswith("page.html")
        after = foreign("self") - before
        assert all("stdc++" in p or "gcc_s" in p for p in after), after
        pid, exe = server()
        assert exe.startswith(SITE), exe
        assert not foreign(pid), foreign(pid)
        out = subprocess.run([leann, "search", "--index", d, "tomatoes"], check=True, capture_output=True, text=True)
        assert "page.html" in out.stdout, out.stdout
        t0 = time.monotonic()
        subprocess.run([leann, "embed", "stop"], check=True, capture_output=True)
        assert time.monotonic() - t0 < 10
    print("the wheel works, its libraries are its own:", len(libraries("self")), "mapped")


main()
