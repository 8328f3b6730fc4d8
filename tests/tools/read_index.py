#!/usr/bin/env python3
"""Read an index by leann-index(5) alone, with nothing of ours, and print it as "leann-bundle text" does (paths and
members apart). Shows that the page says all. usage: read_index.py IDX"""
import json
import os
import struct
import sys
import tarfile

import xxhash

data = open(sys.argv[1], "rb").read()
tar = tarfile.open(sys.argv[1])
size = tar.getmembers()[0].size
manifest = json.loads(data[512:512 + size])
zeroed = data[:524] + b"0" * 16 + data[540:512 + size]
assert manifest["xxh3"] == xxhash.xxh3_64_hexdigest(zeroed), "manifest checksum"
member, sums = {}, b""
for m, t in zip(manifest["members"], tar.getmembers()[1:], strict=True):
    off, n = m["offset"], m["length"]
    assert (t.name, t.size, t.offset_data) == (m["name"], n, off) and off % 512 == 0
    assert m["xxh3"] == xxhash.xxh3_64_hexdigest(data[off - 512:off + -(-n // 512) * 512]), m["name"]
    member[m["name"]] = data[off:off + n]
    sums += struct.pack("<Q", int(m["xxh3"], 16))
computed = ("xxh3", "format", "major", "minor", "build_id", "members")
extra = {k: v for k, v in manifest.items() if k not in computed}


def bits(p, at, n):
    """n bits from bit number at, lowest first."""
    return int.from_bytes(p[at // 8:(at + n + 7) // 8], "little") >> at % 8 & (1 << n) - 1


def column(p, n):
    least, width, zero = struct.unpack_from("<QII", p)
    end = 16 + (n * width + 63) // 64 * 8
    assert not zero and width <= 64
    return [(least + bits(p[16:end], i * width, width)) % 2**64 for i in range(n)], p[end:]


def chunk_table(p, files, first):
    n, blocks = first[-1], -(-first[-1] // 64)
    ends = struct.unpack_from(f"<{blocks}I", p)
    base, at, out = 4 * blocks, 0, []
    for b, end in enumerate(ends):
        block, k = p[base + at:base + end], min(64, n - 64 * b)
        end_before, widths, zero = struct.unpack_from("<Q", block)[0], block[8:12], block[12:16]
        assert zero == bytes(4)
        runs, pos = [], 16
        for w in widths:
            runs.append([bits(block[pos:], i * w, w) for i in range(k)])
            pos += (k * w + 7) // 8
        assert pos == len(block)
        for i, (z, length, so, sn) in enumerate(zip(*runs)):
            c = 64 * b + i
            f = max(j for j in range(files) if first[j] <= c)
            if i and c == first[f]:
                end_before = 0
            off = end_before + (-(z + 1) // 2 if z % 2 else z // 2)
            out.append([c, f, off, length, so, sn])
            end_before = off + length
        at = end
    assert base + at == len(p)
    return out


class Coded:
    """A bit string of numbers in truncated binary and of ascending lists."""

    def __init__(self, block):
        self.block, self.pos = block, 0

    def number(self, lo, hi):
        r = hi - lo + 1
        w = r.bit_length() - 1
        u = 2 ** (w + 1) - r
        y = bits(self.block, self.pos, w)
        self.pos += w
        if y >= u:
            y = (y << 1 | bits(self.block, self.pos, 1)) - u
            self.pos += 1
        return lo + y

    def values(self, k, lo, hi):
        if not k:
            return []
        h = k // 2
        v = self.number(lo + h, hi - (k - 1 - h))
        return self.values(h, lo, v - 1) + [v] + self.values(k - 1 - h, v + 1, hi)

    def end(self):
        assert (self.pos + 7) // 8 == len(self.block)


def graph(p):
    """Neighbours of every node."""
    magic, n, entry, most, edges = struct.unpack_from("<4sIIIQ", p)
    blocks = -(-n // 64)
    ends = struct.unpack_from(f"<{blocks}I", p, 24)
    out, at = [], 24 + 4 * blocks
    for b, end in enumerate(ends):
        coded = Coded(p[at + (ends[b - 1] if b else 0):at + end])
        for _ in range(min(64, n - 64 * b)):
            out.append(coded.values(coded.number(0, most), 0, n - 1))
        coded.end()
    assert magic == b"LGR1" and entry < n and sum(map(len, out)) == edges and max(map(len, out)) == most
    return out


def places(p, sizes, n):
    """The place of each chunk's code."""
    ends = struct.unpack_from(f"<{len(sizes)}Q", p)
    order, at = [], 8 * len(sizes)
    for a, (end, k) in enumerate(zip(ends, sizes)):
        coded = Coded(p[at + (ends[a - 1] if a else 0):at + end])
        order += coded.values(k, 0, n - 1)
        coded.end()
    assert at + ends[-1] == len(p) and sorted(order) == list(range(n))
    return {chunk: place for place, chunk in enumerate(order)}


def copies(p, n):
    """Of each chunk the one whose text it has: itself, or an earlier one."""
    first, at, chunk = list(range(n)), 0, 0
    while at < len(p):
        v = []
        for _ in range(3):
            number, shift = p[at] & 127, 7
            while p[at] & 128:
                at += 1
                number |= (p[at] & 127) << shift
                shift += 7
            at += 1
            v.append(number)
        chunk += v[0]
        for i in range(v[1] + 1):
            first[chunk] = chunk - v[2]
            chunk += 1
    assert all(first[first[i]] == first[i] for i in range(n))
    return first


n_files, n_chunks = manifest["counts"]["files"], manifest["counts"]["chunks"]
rest, cols = member["files"], []
for i in range(7):
    col, rest = column(rest, n_files + (i == 6))
    cols.append(col)
assert not rest
hashes, sizes, mtimes, roots, langs, flags, first = cols
chunks = chunk_table(member["chunks"], n_files, first)
name = manifest["build"]["quantization"].get("codebook")
if name:
    assert "pq" not in member
    with open(os.path.join(os.path.dirname(__file__), "../../models/all-MiniLM-L6-v2.codebook"), "rb") as f:
        member["pq"] = f.read()
    assert xxhash.xxh3_64_hexdigest(member["pq"]) == name
dim, m, ksub, dsub, residual, pq_flags, seed = struct.unpack_from("<6IQ", member["pq"])
d, nibbles, framed = m * dsub, pq_flags & 1, pq_flags >> 1
entries = member["pq"][32 + 4 * d + 4 * (1 + nibbles) * m:]
if framed:  # zstd is not among what every Python has
    assert manifest["minor"] >= 3 and entries[:4] == b"\x28\xb5\x2f\xfd"
else:
    assert len(entries) == d * dim + d * (16 if nibbles else ksub)
assert pq_flags < 4 and (not nibbles or (ksub == 256 and dsub % 2 == 0 and manifest["minor"] >= 3))
codes = member["codes"]
first_of = copies(member.get("copies", b""), n_chunks)
coded = [i for i in range(n_chunks) if first_of[i] == i]
assert len(codes) == -(-len(coded) // 64) * 64 * m
M, adim, aseed = struct.unpack_from("<IIQ", member["anchors"])
assert len(member["anchors"]) == 16 + 12 * M + M * adim
entries = struct.unpack_from(f"<{M}I", member["anchors"], 16 + 4 * M)
lists = struct.unpack_from(f"<{M}I", member["anchors"], 16 + 8 * M)
assert sum(lists) == n_chunks and max(entries) < n_chunks
if residual:
    assign, rest = column(member["assign"], n_chunks)
    assert not rest and [assign.count(a) for a in range(M)] == list(lists)
for name, nodes in (("anchor-graph", M), ("chunk-graph", n_chunks)):
    if name in member:
        assert len(graph(member[name])) == nodes, name
place = places(member["lists"], lists, n_chunks) if "lists" in member else range(n_chunks)
if "copies" in member:
    number = {c: i for i, c in enumerate(coded)}
    place = [number[first_of[i]] for i in range(n_chunks)]
build_id = xxhash.xxh3_64_hexdigest(json.dumps(extra, separators=(",", ":"), ensure_ascii=False).encode() + sums)
assert build_id == manifest["build_id"], "build id"
show = lambda v: print(json.dumps(v, separators=(",", ":"), ensure_ascii=False))
for i in range(n_files):
    mtime = mtimes[i] - 2**64 if mtimes[i] >= 2**63 else mtimes[i]
    show(["file", i, roots[i], None, sizes[i], mtime, f"{hashes[i]:016x}", manifest["languages"][langs[i]], flags[i]])
    for c in chunks[first[i]:first[i + 1]]:
        at = place[c[0]]
        code = bytes(codes[at // 64 * 64 * m + j * 64 + at % 64] for j in range(m))
        show(["chunk", *c, code.hex()])
