#!/usr/bin/env python3
"""Make tests/golden: streams good and bad by leann-stream(5), an index and damaged ones by leann-index(5).
usage: make_golden.py DIR-OF-PROGRAMS [DIR]   (DIR: tests/golden). Run by hand; its output is committed.
Needs msgpack and xxhash. Messages (*.msg) are what the programs say: read the diff before committing it."""
import json
import os
import struct
import subprocess
import sys

import msgpack
import xxhash

BIN = sys.argv[1]
OUT = sys.argv[2] if len(sys.argv) > 2 else os.path.join(os.path.dirname(__file__), "..", "golden")
NIL, OK = None, object()
f32 = lambda *v: struct.pack(f"<{len(v)}f", *v)
u32 = lambda *v: struct.pack(f"<{len(v)}I", *v)
pack = lambda v: msgpack.packb(v, use_bin_type=True)
frame = lambda body: b"\xc6" + len(body).to_bytes(4, "big") + body


def stream(*records, end=OK, tail=b""):
    """records: lists to pack, or bytes: a body as it is. end: OK, NIL (nil checksum), [n, sum], or b"" for none."""
    out = b"".join(frame(r if isinstance(r, bytes) else pack(r)) for r in records)
    if end is OK or end is NIL:
        end = [len(records), xxhash.xxh3_64_intdigest(out) if end is OK else None]
    return out + (frame(pack([127, *end])) if end != b"" else b"") + tail


def header(kind="chunks", major=1, minor=0, **more):
    keys = {"roots": [b"/nowhere/notes"], "model": "toy", "max_tokens": 32, "chunk_version": 1, "chunk_max_tokens": 32,
            "chunk_overlap": 0, "prog": [["make_golden.py", "1", []]]}
    if kind == "vectors":
        keys |= {"dim": 4, "metric": "cosine", "dtype": "f32", "normalized": True, "model_sha256": "00" * 32,
                 "query_prefix": "", "document_prefix": ""}
    return [0, "leann", major, minor, kind, keys | more]


def file(i, data, path=b"a.txt", flags=0, lang="text", mtime=1700000000_000000000, root=0):
    return [1, i, root, path, len(data), mtime, xxhash.xxh3_64_intdigest(data), lang, flags]


def chunk(i, f, off, n, text, line=1, sub=(0, 0), name=None, last=None):
    return [2, i, f, off, n, line, last or line, 5, *sub, name, text]


DATA = b"Dough rises.\nTomatoes want sun.\n"
HEAD, VHEAD = header(), header("vectors")
F0 = file(0, DATA)
C0, C1 = chunk(0, 0, 0, 13, "Dough rises.\n"), chunk(1, 0, 13, 19, "Tomatoes want sun.\n", 2)
T0, T1 = C0[:11] + [None], C1[:11] + [None]
V0, V1 = [3, 0, f32(1, 0, 0, 0)], [3, 1, f32(0, .6, .8, 0)]
VECS = (VHEAD, F0, T0, V0, T1, V1)
ANCHORS = [16, "kmeans", 42, 2, bytes([127, 0, 0, 0, 0, 76, 102, 0]), f32(1 / 127, 1 / 127)]
ASSIGN = [17, 0, u32(0, 1)]
EYE = bytes(127 if i == j else 0 for i in range(4) for j in range(4))
BOOK = [18, 42, 2, 4, 2, True, EYE, f32(*[1 / 127] * 4), bytes(range(16)), f32(.01, .01)]
CODES = [19, 0, bytes([0, 1, 2, 3])]
RICH = (*VECS, ANCHORS, ASSIGN, BOOK, CODES)
LINES = b'{"id":"x","title":"Bread","text":"Dough rises."}\n{"id":7,"text":"Tomatoes want sun."}\n'
R = (file(0, LINES, b"stdin", 3, "json"), [4, 0, LINES[:20]], [4, 0, LINES[20:]],
     chunk(0, 0, 0, 48, "Bread Dough", sub=(0, 11), name="x"), chunk(1, 0, 0, 48, " rises.", sub=(11, 7), name="x"),
     chunk(2, 0, 49, 36, "Tomatoes want sun.", 2, name="7"))
BASE = "0123456789abcdef"
CHEAD, CVHEAD = header(base=BASE), header("vectors", base=BASE)
HASHES, GONE = [66, 0, b"\x11\x22"], [67, u32(0, 3, 4)]
passage = lambda n, off, length, sub=(0, 0), pad=b"\0\0\0": u32(n) + b"\x33" + pad + struct.pack("<4Q", off, length, *sub)
KEPT = [68, 0, passage(7, 0, 5) + passage(9, 5, 8)]


def but(record, i, v):
    return [*record[:i], v, *record[i + 1:]]


def streams():
    good = {
        "empty": stream(HEAD),
        "chunks": stream(HEAD, F0, C0, C1),
        "vectors": stream(*VECS),
        "vectors-texts": stream(header("vectors", texts=True), F0, C0, V0, C1, V1),
        "enriched": stream(*RICH),
        "unknown-tag-71": stream(HEAD, [71, {"later": True}, -1, 1.5], F0, C0, [125], C1),
        "extra-key": stream(header(later=[1, {"x": None}], more=2 ** 64 - 1), F0, C0),
        "minor-7": stream(header(minor=7), F0 + ["more"], C0 + [3], C1),
        "end-without-checksum": stream(HEAD, F0, C0, C1, end=NIL),
        "stored-records": stream(HEAD, *R),
        "odd-names": stream(HEAD, file(0, DATA, b"caf\xe9/\xff\n.txt", lang=""), C0,
                            file(1, DATA, "d\u00e9j\u00e0 vu/\u2028.md".encode(), mtime=-5), chunk(1, 1, 0, 13, "\ufffd")),
        "hashes": stream(HEAD, F0, C0, C1, [66, 0, b"\x11"], [66, 1, b"\x22"]),
        "copies": stream(HEAD, F0, C0, C1, [70, u32(1, 1, 0)]),
        "copies-full": stream(header(base=BASE, full=True), F0, [70, u32(1, 1, 0)], [70, u32(3, 2, 0)],
                              [68, 0, passage(0, 0, 5)]),
        "chunk-args": stream(header(chunk_args=[b"--glob=!x", b"--", b"/caf\xe9"]), F0, C0),
        "changes": stream(CVHEAD, GONE, F0, T0, V0, T1, V1, HASHES, KEPT, [68, 0, passage(7, 13, 5)]),
        "changes-full": stream(header(base=BASE, full=True), *R[:4], file(1, DATA, b"b"),
                               [66, 0, b"\x11"], [68, 0, passage(0, 0, 48, (11, 7)) + passage(1, 49, 36)], but(KEPT, 1, 1)),
        "other-encodings": stream(HEAD, F0, b"\x9c\xcc\x02" + pack(C0)[2:], C1),
    }
    bad = {
        "not-a-stream": b"hello, world\n",
        "no-bytes": b"",
        "wrong-magic": stream(but(HEAD, 1, "lean")),
        "no-header": stream(F0, C0),
        "future-major": stream(header(major=2)),
        "unknown-kind": stream(header("pictures")),
        "header-key-twice": stream(pack(HEAD[:5])[:0] + b"\x96" + b"".join(map(pack, HEAD[:5])) + b"\x82\xa1a\x01\xa1a\x02"),
        "header-key-not-str": stream(but(HEAD, 5, {1: 2})),
        "texts-nil": stream(header("vectors", texts=True), F0, C0, V0, T1, V1),
        "texts-number": stream(header("vectors", texts=1), F0, C0, V0),
        "no-dim": stream(header("vectors", dim=0)),
        "dim-too-large": stream(header("vectors", dim=8193)),
        "second-header": stream(HEAD, HEAD),
        "cut-in-frame": stream(HEAD, F0, C0, end=b"")[:-28],
        "cut-in-body": stream(HEAD, F0, C0, end=b"")[:-3],
        "no-end": stream(HEAD, F0, C0, end=b""),
        "after-end": stream(HEAD, F0, C0, tail=b"\0"),
        "wrong-count": stream(HEAD, F0, C0, end=[4, None]),
        "wrong-checksum": stream(HEAD, F0, C0, end=[3, 1]),
        "not-a-frame": stream(HEAD, end=b"") + b"\xc5\0\0",
        "huge-length": stream(HEAD, end=b"") + b"\xc6\xff\xff\xff\xff",
        "oversized": stream(HEAD, end=b"") + b"\xc6\x01\x00\x00\x01",
        "array32": stream(HEAD, b"\xdd\x0f\xff\xff\xff"),
        "map32": stream(HEAD, b"\x92\x46\xdf\x00\x00\x00\x00"),
        "ext": stream(HEAD, b"\x92\x46\xd4\x01\x00"),
        "many-items": stream(HEAD, b"\xdc\xff\xff\x46"),
        "long-str": stream(HEAD, b"\x92\x46\xdb\x7f\xff\xff\xffx"),
        "too-deep": stream(HEAD, [70, [[[[[[1]]]]]]]),
        "bytes-after-record": stream(HEAD, pack(F0) + b"\0"),
        "no-tag": stream(HEAD, ["file", 1]),
        "tag-128": stream(HEAD, [128]),
        "unknown-tag-20": stream(HEAD, [20, 0]),
        "unknown-tag-63": stream(HEAD, [63]),
        "failed-2": stream(HEAD, F0, [126, 2, "leann-chunk", "a.txt: Input/output error"], end=b""),
        "failed-75": stream(HEAD, [126, 75, "leann-embed-client", "no server answered within 60 s"], end=b""),
        "failure-malformed": stream(HEAD, [126, "2"], end=b""),
        "end-malformed": stream(HEAD, end=["1", None]),
        "file-short": stream(HEAD, F0[:8]),
        "file-id": stream(HEAD, but(F0, 1, 1)),
        "file-root": stream(HEAD, but(F0, 2, 1)),
        "file-path-str": stream(HEAD, but(F0, 3, "a.txt")),
        "file-path-up": stream(HEAD, but(F0, 3, b"x/../../etc/passwd")),
        "file-path-absolute": stream(HEAD, but(F0, 3, b"/etc/passwd")),
        "file-path-nul": stream(HEAD, but(F0, 3, b"a\0b")),
        "file-size": stream(HEAD, but(F0, 4, 2 ** 63)),
        "file-mtime": stream(HEAD, but(F0, 5, 2 ** 63)),
        "file-language": stream(HEAD, but(F0, 7, "x" * 32)),
        "file-language-bytes": stream(HEAD, pack(F0)[:-6] + b"\xa4te\xfft\x00"),
        "file-flags": stream(HEAD, but(F0, 8, 4)),
        "text-of-other-file": stream(HEAD, R[0], [4, 1, LINES]),
        "text-of-plain-file": stream(HEAD, F0, [4, 0, DATA]),
        "text-too-long": stream(HEAD, R[0], [4, 0, LINES + b"x"]),
        "text-too-short": stream(HEAD, R[0], R[1], R[3]),
        "chunk-id": stream(HEAD, F0, C0, C0),
        "chunk-before-file": stream(HEAD, C0),
        "chunk-of-other-file": stream(HEAD, F0, file(1, DATA, b"b"), C0),
        "chunk-past-file": stream(HEAD, F0, but(C0, 4, 33)),
        "chunk-far-past-file": stream(HEAD, F0, but(C0, 3, 2 ** 63 - 1)),
        "chunk-empty": stream(HEAD, F0, but(C0, 4, 0)),
        "chunk-lines": stream(HEAD, F0, but(C0, 5, 0)),
        "chunk-without-text": stream(HEAD, F0, T0),
        "chunk-bytes-not-text": stream(HEAD, F0, but(C0, 11, b"Dough")),
        "chunk-text-not-utf8": stream(HEAD, F0, pack(but(C0, 11, "?"))[:-1] + b"\xff"),
        "chunk-sub-span": stream(HEAD, F0, but(C0, 9, 4)),
        "vec-in-chunks": stream(HEAD, F0, C0, V0),
        "vec-missing": stream(VHEAD, F0, T0, T1, V0),
        "vec-missing-last": stream(VHEAD, F0, T0, V0, T1),
        "vec-id": stream(VHEAD, F0, T0, but(V0, 1, 1)),
        "vec-twice": stream(VHEAD, F0, T0, V0, V0),
        "vec-dim": stream(VHEAD, F0, T0, but(V0, 2, f32(1, 0, 0))),
        "vec-floats": stream(VHEAD, F0, T0, but(V0, 2, [1.0, 0.0, 0.0, 0.0])),
        "vec-nan": stream(VHEAD, F0, T0, but(V0, 2, f32(1, float("nan"), 0, 0))),
        "vec-inf": stream(VHEAD, F0, T0, but(V0, 2, f32(1, 0, float("-inf"), 0))),
        "vec-zero": stream(VHEAD, F0, T0, but(V0, 2, bytes(16))),
        "vec-denormal": stream(VHEAD, F0, T0, but(V0, 2, u32(1, 1, 1, 1))),
        "vec-length": stream(VHEAD, F0, T0, but(V0, 2, f32(2, 0, 0, 0))),
        "anchors-in-chunks": stream(HEAD, F0, C0, ANCHORS),
        "anchors-early": stream(*VECS[:-1], ANCHORS),
        "anchors-twice": stream(*VECS, ANCHORS, ANCHORS),
        "anchors-none": stream(*VECS, but(but(but(ANCHORS, 3, 0), 4, b""), 5, b"")),
        "anchors-size": stream(*VECS, but(ANCHORS, 4, b"\0" * 7)),
        "anchors-many": stream(*VECS, but(ANCHORS, 3, 32769)),
        "anchors-scale": stream(*VECS, but(ANCHORS, 5, f32(1, float("inf")))),
        "assign-early": stream(*VECS, ASSIGN),
        "assign-missing-anchor": stream(*VECS, ANCHORS, but(ASSIGN, 2, u32(0, 2))),
        "assign-too-many": stream(*VECS, ANCHORS, but(ASSIGN, 2, u32(0, 1, 0))),
        "assign-too-few": stream(*VECS, ANCHORS, but(ASSIGN, 2, u32(0))),
        "codebook-twice": stream(*RICH[:-1], BOOK),
        "codebook-shape": stream(*VECS, ANCHORS, ASSIGN, but(BOOK, 4, 3)),
        "codebook-ksub": stream(*VECS, ANCHORS, ASSIGN, but(BOOK, 3, 257)),
        "codebook-scale": stream(*VECS, ANCHORS, ASSIGN, but(BOOK, 9, f32(.01, -1))),
        "codebook-residual-early": stream(*VECS, BOOK),
        "codes-early": stream(*VECS, CODES),
        "codes-over-ksub": stream(*RICH[:-1], but(CODES, 2, bytes([0, 1, 2, 4]))),
        "codes-odd": stream(*RICH[:-1], but(CODES, 2, bytes([0, 1, 2]))),
        "codes-gap": stream(*RICH[:-1], but(CODES, 1, 1)),
        "base-malformed": stream(header(base="0123456789ABCDEF")),
        "full-without-base": stream(header(full=True)),
        "full-not-bool": stream(header(base=BASE, full=1)),
        "args-not-bin": stream(header(chunk_args=["--hidden"])),
        "args-nul": stream(header(chunk_args=[b"a\0b"])),
        "args-many": stream(header(chunk_args=[b""] * 257)),
        "hashes-gap": stream(HEAD, F0, C0, C1, [66, 1, b"\x22"]),
        "hashes-none": stream(HEAD, F0, C0, [66, 0, b""]),
        "hashes-too-many": stream(HEAD, F0, C0, HASHES),
        "hashes-too-few": stream(HEAD, F0, C0, C1, [66, 0, b"\x11"]),
        "hashes-early": stream(HEAD, F0, C0, [66, 0, b"\x11"], C1),
        "hashes-before-vector": stream(VHEAD, F0, T0, [66, 0, b"\x11"], V0),
        "copies-none": stream(HEAD, F0, C0, C1, [70, b""]),
        "copies-size": stream(HEAD, F0, C0, C1, [70, u32(1, 1)]),
        "copies-empty-run": stream(HEAD, F0, C0, C1, [70, u32(1, 0, 0)]),
        "copies-of-itself": stream(HEAD, F0, C0, C1, [70, u32(1, 1, 1)]),
        "copies-of-later": stream(HEAD, F0, C0, C1, [70, u32(0, 1, 1)]),
        "copies-with-context": stream(header(context="path"), F0, C0, C1, [70, u32(1, 1, 0)]),
        "copies-beyond": stream(HEAD, F0, C0, C1, [70, u32(1, 2, 0)]),
        "copies-twice": stream(HEAD, F0, C0, C1, [70, u32(1, 1, 0)], [70, u32(1, 1, 0)]),
        "copies-wrap": stream(HEAD, F0, C0, C1, [70, u32(1, 2 ** 32 - 1, 0)]),
        "copies-early": stream(HEAD, F0, C0, [70, u32(0, 1, 0)], C1),
        "copies-before-vector": stream(VHEAD, F0, T0, V0, T1, [70, u32(1, 1, 0)], V1),
        "gone-without-base": stream(HEAD, GONE),
        "gone-late": stream(CHEAD, F0, GONE),
        "gone-in-full": stream(header(base=BASE, full=True), GONE),
        "gone-order": stream(CHEAD, [67, u32(1, 1)]),
        "gone-order-records": stream(CHEAD, GONE, [67, u32(4)]),
        "gone-size": stream(CHEAD, [67, b"\0\0\0"]),
        "kept-without-base": stream(HEAD, F0, KEPT),
        "kept-of-no-file": stream(CHEAD, F0, but(KEPT, 1, 1)),
        "kept-files-descend": stream(CHEAD, F0, file(1, DATA, b"b"), but(KEPT, 1, 1), KEPT),
        "kept-order": stream(CHEAD, F0, KEPT, [68, 0, passage(7, 5, 5)]),
        "kept-early": stream(CHEAD, F0, KEPT, C0),
        "kept-size": stream(CHEAD, F0, but(KEPT, 2, b"\0" * 39)),
        "kept-padding": stream(CHEAD, F0, [68, 0, passage(0, 0, 5, pad=b"\0\1\0")]),
        "kept-empty": stream(CHEAD, F0, [68, 0, passage(0, 0, 0)]),
        "kept-far": stream(CHEAD, F0, [68, 0, passage(0, 2 ** 63, 1)]),
        "kept-long": stream(CHEAD, F0, [68, 0, passage(0, 0, 2 ** 24 + 1)]),
        "codes-too-few": stream(*RICH[:-1], but(CODES, 2, bytes([0, 1]))),
    }
    return good, bad


def run(args, data=b""):
    p = subprocess.run([os.path.join(BIN, args[0]), *args[1:]], input=data, capture_output=True)
    return p.returncode, p.stderr.decode().removeprefix(args[0] + ": ")


def save(path, data):
    with open(os.path.join(OUT, path), "wb") as f:
        f.write(data)


def make_streams():
    good, bad = streams()
    for name, data in good.items():
        status, said = run(["leann-bundle", "text"], data)
        save(f"stream/good/{name}.stream", data)
        if status:
            sys.exit(f"good stream {name}: {said}")
    for name, data in bad.items():
        status, said = run(["leann-bundle", "text"], data)
        save(f"stream/bad/{name}.stream", data)
        save(f"stream/bad/{name}.msg", said.encode())
        if status != (75 if name == "failed-75" else 2):
            sys.exit(f"bad stream {name}: status {status}: {said}")


# The index: 70 chunks (two blocks) in three files, with everything an index can have.
def index_stream():
    text = b"".join(b"line %d\n" % i for i in range(100))
    other = b"caf\xe9\n" * 3
    recs, nearest, i = [VHEAD, file(0, text, b"src/a.c", lang="c")], [], 0

    def add(f, off, n, **more):
        nonlocal i
        angle = i / 7
        v = struct.unpack("<4f", f32(*(.5 * x for x in (1, 1, 1, 1))))
        v = [v[0] + .1 * (i % 5), v[1] - .1 * (i % 3), v[2] + .1 * (i % 2), v[3] + .01 * angle]
        norm = sum(x * x for x in v) ** .5
        recs.extend([chunk(i, f, off, n, None, **more), [3, i, f32(*(x / norm for x in v))]])
        nearest.append(int(.6 * v[1] + .8 * v[2] > v[0]))  # of ANCHORS, nearly
        i += 1

    for k in range(66):
        add(0, 7 * k, 7)
    recs.append(file(1, other, b"src/caf\xe9.txt", lang="text", mtime=-1))
    add(1, 0, 5)
    recs.extend([file(2, LINES, b"stdin", 3, "json"), [4, 0 + 2, LINES]])
    add(2, 0, 48, sub=(0, 11), name="x")
    add(2, 0, 48, sub=(11, 7), name="x")
    add(2, 49, 36, name="7")
    recs += [ANCHORS, [17, 0, u32(*nearest)], BOOK, [19, 0, bytes(k % 4 for k in range(2 * i))]]
    return stream(*recs)


class Index:
    """The bytes of an index and where things are in it, by leann-index(5)."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.manifest_end = 512 + int(data[124:135], 8)
        self.manifest = json.loads(data[512:self.manifest_end])
        self.at = {m["name"]: (m["offset"], m["length"]) for m in self.manifest["members"]}

    def set(self, member, off, data):
        start = self.at[member][0] + off
        self.data[start:start + len(data)] = data
        return self

    def flip(self, at, bit=1):
        self.data[at] ^= bit
        return self

    def replace(self, old, new):
        """In the manifest; spaces make up for the length."""
        new = new.ljust(len(old))
        head = bytes(self.data[512:self.manifest_end])
        assert head.count(old) == 1 and len(old) == len(new), (old, head.count(old))
        self.data[512:self.manifest_end] = head.replace(old, new)
        return self

    def sign(self):
        """All checksums right again: what is wrong must be found without them."""
        for name, (off, n) in self.at.items():
            padded = (n + 511) // 512 * 512
            x = xxhash.xxh3_64_hexdigest(bytes(self.data[off - 512:off + padded])).encode()
            where = self.data.index(b'"name": "%s"' % name.encode(), 512)
            where = self.data.index(b'"xxh3": "', where) + 9
            self.data[where:where + 16] = x
        self.data[524:540] = b"0" * 16
        self.data[524:540] = xxhash.xxh3_64_hexdigest(bytes(self.data[:self.manifest_end])).encode()
        return self


def indexes(good):
    new = lambda: Index(good)
    n, at, end = len(good), new().at, new().manifest_end
    bad = {f"flip-{m}": new().flip(at[m][0] + at[m][1] // 2) for m in at}
    bad |= {
        "flip-padding": new().flip(at["codes"][0] + at["codes"][1] + 3),
        "flip-tar-header": new().flip(at["codes"][0] - 512 + 100),
        "flip-manifest": new().replace(b'"seed": 42', b'"seed": 43'),
        "flip-manifest-padding": new().set("files", end - at["files"][0] - 2, b"\t"),
        "flip-manifest-header": new().flip(108),
        "flip-tail": new().flip(n - 1),
        "future-major": new().replace(b'"major": 1', b'"major": 2').sign(),
        "past-major": new().replace(b'"major": 1', b'"major": 0').sign(),
        "other-format": new().replace(b"leann-index", b"leann-indxe").sign(),
        "counts-files": new().replace(b'"files": 3', b'"files": 4').sign(),
        "counts-chunks": new().replace(b'"chunks": 70', b'"chunks": 71').sign(),
        "counts-negative": new().replace(b'"chunks": 70', b'"chunks": -7').sign(),
        "counts-huge": new().replace(b'"files": 3,\n  "chunks": 70,\n  "anchors": 2,\n',
                                       b'"files":3,"chunks":4294967295,"anchors":2,').sign(),
        "counts-stored": new().replace(b'"stored_bytes": 86', b'"stored_bytes": 87').sign(),
        "dim": new().replace(b'"dim": 4', b'"dim": 5').sign(),
        "roots-none": new().replace(b'"/nowhere/notes"', b'                ').sign(),
        "root-relative": new().replace(b'"/nowhere/notes"', b'"_nowhere/notes"').sign(),
        "member-missing": new().replace(b'"name": "codes"', b'"name": "c0des"').sign_names("codes", "c0des"),
        "member-twice": new().replace(b'"name": "codes"', b'"name": "files"').sign_names("codes", "files"),
        "member-name": new().replace(b'"name": "codes"', b'"name": "../xx"').sign_names("codes", "../xx"),
        "member-offset": new().replace(b'"offset": %d' % at["pq"][0], b'"offset": %d' % (at["pq"][0] + 1)).sign(),
        "member-length": new().replace(b'"length": %d' % at["codes"][1], b'"length": %d' % (at["codes"][1] + 512)).sign(),
        "column-width-65": new().set("files", 8, b"\x41").sign(),
        "column-too-long": new().set("files", 8, b"\x3f\x3f\x3f").sign(),
        "file-size": new().set("files", at_column(new(), 1), b"\xff" * 8).sign(),
        "file-language": new().set("files", at_column(new(), 4), b"\x07").sign(),
        "file-flags": new().set("files", at_column(new(), 5), b"\x08").sign(),
        "file-chunks": new().set("files", at_column(new(), 6), b"\x01").sign(),
        "path-frame-cut": new().set("paths", 0, b"\x05").sign(),
        "path-frame-damaged": new().set("paths", 12, b"\0\0\0\0").sign(),
        "path-length": new().set("paths", 8, b"\x03").sign(),
        "chunk-block-end": new().set("chunks", 0, b"\x01").sign(),
        "chunk-width": new().set("chunks", 8 + 8, b"\x41").sign(),
        "chunk-past-file": new().set("chunks", 8, b"\xff\xff").sign(),
        "code-over-ksub": new().set("codes", 5, b"\x04").sign(),
        "pq-ksub-0": new().set("pq", 8, b"\0").sign(),
        "pq-ksub-257": new().set("pq", 8, b"\x01\x01").sign(),
        "pq-m": new().set("pq", 4, b"\x01").sign(),
        "pq-scale-nan": new().set("pq", 32, b"\xff\xff\xff\xff").sign(),
        "anchors-count": new().set("anchors", 0, b"\x01").sign(),
        "anchors-entry": new().set("anchors", 24, u32(70)).sign(),
        "anchors-size": new().set("anchors", 32, u32(34)).sign(),
        "assign-anchor": new().set("assign", 0, b"\x01").sign(),
        "text-size": new().set("text", 0, b"\x55").sign(),
        "text-frame": new().set("text", 16, b"\0").sign(),
        "graph-magic": new().set("anchor-graph", 0, b"X").sign(),
        "graph-nodes": new().set("anchor-graph", 4, u32(3)).sign(),
        "graph-entry": new().set("anchor-graph", 8, u32(2)).sign(),
        "graph-edges": new().set("chunk-graph", 16, b"\xff").sign(),
    }
    bad = {k: bytes(v.data) for k, v in bad.items()}
    for cut in (0, 100, 1024, end, n // 2, n - 1024, n - 1):
        bad[f"cut-at-{cut}"] = good[:cut]
    bad["too-long"] = good + b"\0"
    return bad


def at_column(ix, i):
    """Where column i of member files begins in it."""
    off, pos = ix.at["files"][0], 0
    for k in range(i):
        width = struct.unpack_from("<I", ix.data, off + pos + 8)[0]
        pos += 16 + (width * (3 + (k == 6)) + 63) // 64 * 8
    return pos


def sign_names(self, old, new):
    """As sign(), for a member whose name was changed in the manifest."""
    self.at = {(new if k == old else k): v for k, v in self.at.items() if k != new}
    return self.sign()


Index.sign_names = sign_names


def patch(good, bad):
    """The differences as text: a size, then offset and hexadecimal bytes."""
    lines, i, n = [f"size {len(bad)}"], 0, min(len(good), len(bad))
    while i < n:
        k = i
        while k < n and k < i + 32 and good[k] != bad[k]:
            k += 1
        if k > i:
            lines.append(f"{i} {bad[i:k].hex()}")
        i = max(k, i + 1)
    if len(bad) > len(good):
        lines.append(f"{len(good)} {bad[len(good):].hex()}")
    return "\n".join(lines) + "\n"


def make_indexes():
    path = os.path.join(OUT, "index/good/everything.leann")
    if not os.path.exists(path):    # made once: every later release must read it
        status, said = run(["leann-graph", "--graph=chunks", "-q", "-o", path], index_stream())
        if status:
            sys.exit(f"leann-graph: {said}")
        os.remove(path + ".lock")
    good = open(path, "rb").read()
    for name, data in indexes(good).items():
        save(f"index/bad/{name}.patch", patch(good, data).encode())
        save("bad.leann", data)
        status, said = run(["leann-bundle", "verify", os.path.join(OUT, "bad.leann")])
        save(f"index/bad/{name}.msg", said.replace(os.path.join(OUT, "bad.leann"), "bad.leann").encode())
        if status != 2:
            print(f"bad index {name}: status {status}: {said}")
    os.remove(os.path.join(OUT, "bad.leann"))


make_streams()
make_indexes()
