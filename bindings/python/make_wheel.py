#!/usr/bin/env python3
"""Write a wheel: the package, and a tree of bin, lib and share that `make python-wheel` made.

    make_wheel.py --version 0.1.0 --tree build/wheel --out dist

The libraries that the tree's programs need go in too, but for glibc's, with their licences as the
distribution has them. Each gets a name of its own (libzmq.so.5 is leazmq.so.5 here), so that it and one
of the same name that another package brings can be in one process; the C++ runtime, which can not, stays
apart in lib/cxx. The same files give the same bytes. Standard library only.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import platform
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Of the machine, by the wheel's tag: glibc, whose parts are of one build.
GLIBC = re.compile(r"(lib(c|m|dl|rt|pthread|resolv|util|anl|mvec|nss_\w+|thread_db)|ld-linux[\w-]*|linux-vdso)\.so")
CXX = re.compile(r"lib(stdc\+\+|gcc_s)\.so")
DT_NEEDED, DT_SONAME, DT_STRTAB, DT_VERNEED, DT_VERNEEDNUM = 1, 14, 5, 0x6FFFFFFE, 0x6FFFFFFF


def die(message: str) -> None:
    sys.exit(f"make_wheel: {message}")


def own_name(name: str) -> str:
    """Of the same length, so that it can be written over the old one."""
    return name if not name.startswith("lib") or CXX.match(name) else "lea" + name[3:]


class Elf:
    """The strings of a 64-bit little-endian ELF file that name libraries."""

    def __init__(self, path: Path) -> None:
        self.path, self.b = path, bytearray(path.read_bytes())
        if self.b[:6] != b"\x7fELF\x02\x01":
            die(f"{path}: no 64-bit little-endian ELF file")
        at, size, n = struct.unpack_from("<Q", self.b, 32)[0], *struct.unpack_from("<HH", self.b, 54)
        self.load, dynamic = [], None
        for i in range(n):
            kind, _, off, vaddr, _, filesz = struct.unpack_from("<IIQQQQ", self.b, at + i * size)
            if kind == 1:
                self.load.append((vaddr, off, filesz))
            elif kind == 2:
                dynamic = (off, filesz)
        if dynamic is None:
            die(f"{path}: no dynamic section")
        self.tags = [struct.unpack_from("<QQ", self.b, dynamic[0] + i) for i in range(0, dynamic[1], 16)]

    def offset(self, vaddr: int) -> int:
        for start, off, size in self.load:
            if start <= vaddr < start + size:
                return vaddr - start + off
        die(f"{self.path}: address {vaddr:#x} is in no segment")
        return 0

    def value(self, tag: int) -> int:
        return next((v for t, v in self.tags if t == tag), 0)

    def names(self) -> list[int]:
        """Where the strings of NEEDED, SONAME and versions' files are in the file."""
        strings = self.offset(self.value(DT_STRTAB))
        found = {strings + v for t, v in self.tags if t in (DT_NEEDED, DT_SONAME)}
        at = self.offset(self.value(DT_VERNEED)) if self.value(DT_VERNEED) else 0
        for _ in range(self.value(DT_VERNEEDNUM)):
            _, _, file, _, step = struct.unpack_from("<HHIII", self.b, at)
            found.add(strings + file)
            at += step
        return sorted(found)

    def string(self, at: int) -> str:
        return bytes(self.b[at : self.b.index(0, at)]).decode()

    def rename(self, names: set[str]) -> None:
        for at in self.names():
            name = self.string(at)
            if name in names:
                if self.b[at - 1]:
                    die(f"{self.path}: {name} is the end of another string")
                self.b[at : at + 3] = own_name(name)[:3].encode()
        self.path.write_bytes(self.b)


def needed(files: list[Path]) -> dict[str, Path]:
    """Libraries that the loader finds for these, and for what it finds, but glibc's."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("LD_")}
    found: dict[str, Path] = {}
    out = subprocess.run(["ldd", *map(str, files)], env=env, capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        m = re.match(r"\s*(\S+) => (\S+)", line)
        if m and m[2] == "not":
            die(f"{m[1]} is not on this machine")
        if m and not GLIBC.match(m[1]) and not m[1].startswith("libleann"):
            found[m[1]] = Path(m[2])
    return found


def licences_of(libs: list[Path]) -> dict[str, bytes]:
    """What the packages of the libraries say of copyright, by package."""
    names = {}  # dpkg knows a file by one of these
    for lib in libs:
        real = str(lib.resolve())
        for name in (real, str(lib), real.replace("/usr/lib/", "/lib/", 1), "/usr" + real):
            names[name] = lib
    out = subprocess.run(["dpkg", "-S", *names], capture_output=True, text=True).stdout
    package = {}
    for line in out.splitlines():
        owner, _, name = line.rpartition(": ")
        if name in names:
            package[names[name]] = owner.split(":")[0]
    for lib in libs:
        if lib not in package:
            die(f"{lib}: of no package that dpkg knows, so its licence is not known")
    return {p: Path(f"/usr/share/doc/{p}/copyright").read_bytes() for p in package.values()}


def bundle(tree: Path) -> dict[str, bytes]:
    """Put the libraries below tree/lib; licences by package."""
    own = [f for d in ("bin", "lib") for f in sorted((tree / d).iterdir()) if f.read_bytes()[:4] == b"\x7fELF"]
    subprocess.run(["strip", "-s", "-R", ".note.gnu.build-id", *map(str, own)], check=True)
    libs = needed(own)
    (tree / "lib" / "cxx").mkdir()
    copies = []
    for name, path in sorted(libs.items()):
        to = tree / "lib" / ("cxx/" + name if CXX.match(name) else own_name(name))
        shutil.copyfile(path, to)
        to.chmod(0o755)
        copies.append(to)
    for f in own + copies:
        Elf(f).rename({n for n in libs if own_name(n) != n})
    return licences_of(list(libs.values()))


def digest(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def metadata(version: str, licences: list[str]) -> bytes:
    lines = ["Metadata-Version: 2.4", "Name: libleann", f"Version: {version}",
             "Summary: Semantic search over one's own files, offline: libleann for Python",
             "License-Expression: MIT"]
    lines += [f"License-File: {name}" for name in licences]
    lines += ["Requires-Python: >=3.9"]
    for extra, package in ("langchain", "langchain-core"), ("llamaindex", "llama-index-core"):
        lines += [f"Provides-Extra: {extra}", f'Requires-Dist: {package}; extra == "{extra}"']
    lines += ["Description-Content-Type: text/markdown", ""]
    return "\n".join(lines).encode() + b"\n" + (HERE / "README.md").read_bytes()


def collect(tree: Path, version: str, tag: str) -> dict[str, tuple[bytes, int]]:
    """Every file of the wheel by its name: its bytes and mode, RECORD last."""
    files: dict[str, tuple[bytes, int]] = {}
    licences = {f"third-party/{k}.txt": v for k, v in bundle(tree).items()}
    licences["LICENSE"] = (HERE.parents[1] / "LICENSE").read_bytes()
    for f in sorted((HERE / "libleann").rglob("*")):
        if f.suffix in (".py", ".typed"):
            files[f"libleann/{f.relative_to(HERE / 'libleann').as_posix()}"] = (f.read_bytes(), 0o644)
    for f in sorted(tree.rglob("*")):
        if f.is_file():
            mode = 0o755 if os.access(f, os.X_OK) else 0o644
            files[f"libleann/_native/{f.relative_to(tree).as_posix()}"] = (f.read_bytes(), mode)
    info = f"libleann-{version}.dist-info"
    files[f"{info}/METADATA"] = (metadata(version, sorted(licences)), 0o644)
    wheel = f"Wheel-Version: 1.0\nGenerator: leann {version}\nRoot-Is-Purelib: false\nTag: {tag}\n"
    files[f"{info}/WHEEL"] = (wheel.encode(), 0o644)
    files[f"{info}/entry_points.txt"] = (b"[console_scripts]\nleann = libleann.tools:main\n", 0o644)
    for name, text in licences.items():
        files[f"{info}/licenses/{name}"] = (text, 0o644)
    record = "".join(f"{n},{digest(b)},{len(b)}\n" for n, (b, _) in sorted(files.items()))
    files[f"{info}/RECORD"] = ((record + f"{info}/RECORD,,\n").encode(), 0o644)
    return files


def write(path: Path, files: dict[str, tuple[bytes, int]], level: int) -> None:
    epoch = max(int(os.environ.get("SOURCE_DATE_EPOCH", 0)), 315532800)  # zip begins with 1980
    part = path.with_name(f".{path.name}.part.{os.getpid()}")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as z:
            for name in sorted(files, key=lambda n: (".dist-info/" in n, n.endswith("/RECORD"), n)):
                i = zipfile.ZipInfo(name, time.gmtime(epoch)[:6])
                i.create_system, i.compress_type = 3, zipfile.ZIP_DEFLATED
                i.external_attr = (0o100000 | files[name][1]) << 16
                z.writestr(i, files[name][0], compresslevel=level)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def main() -> None:
    p = argparse.ArgumentParser(description="write the wheel of libleann")
    p.add_argument("--version", required=True)
    p.add_argument("--tree", required=True, type=Path, help="bin, lib and share as they are to be installed")
    p.add_argument("--out", required=True, type=Path, help="folder for the wheel")
    p.add_argument("--level", type=int, default=9, help="how hard to compress, 1 to 9 (9)")
    o = p.parse_args()
    libc = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
    if len(libc) != 2 or sys.byteorder != "little" or struct.calcsize("P") != 8:
        die("wheels are made on 64-bit little-endian machines with glibc")
    tag = f"py3-none-manylinux_{libc[1].replace('.', '_')}_{platform.machine()}"
    o.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as d:
        tree = Path(d) / "tree"
        shutil.copytree(o.tree, tree)
        files = collect(tree, o.version, tag)
    path = o.out / f"libleann-{o.version}-{tag}.whl"
    write(path, files, o.level)
    print(f"{path}: {path.stat().st_size} bytes, {len(files)} files")


if __name__ == "__main__":
    main()
