"""Vector streams, leann-stream(5), in Python: read, write, join. The checksum of END is left out."""
import math

import msgpack
import numpy as np

FILE, CHUNK, VECTOR, TEXT, TERMS, END = 1, 2, 3, 4, 64, 127


def records(path):
    """The records of a stream; an error when it has no END."""
    with open(path, "rb") as f:
        for frame in msgpack.Unpacker(f, max_bin_len=1 << 24, max_buffer_size=1 << 26):
            record = msgpack.unpackb(frame, strict_map_key=False)
            yield record
            if record[0] == END:
                return
    raise SystemExit(f"{path}: the stream has no END")


def header(path):
    """The keys of its header."""
    return next(iter(records(path)))[5]


def read_vectors(path):
    """Names of the chunks (ids of JSON Lines records) and their vectors, a row each."""
    names, rows = [], []
    for r in records(path):
        if r[0] == CHUNK:
            names.append(r[10])
        elif r[0] == VECTOR:
            rows.append(np.frombuffer(r[2], "<f4"))
    return names, np.stack(rows) if rows else np.zeros((0, 1), np.float32)


class Writer:
    """with Writer(file, header keys) as w: w.put(record) ...; END is written when all went well."""

    def __init__(self, out, keys, minor=1):
        self.out, self.n = out, 0
        self.put([0, "leann", 1, minor, "vectors", keys])

    def put(self, record):
        body = msgpack.packb(record)
        self.out.write(b"\xc6" + len(body).to_bytes(4, "big") + body)
        self.n += 1

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.put([END, self.n, None])
            self.out.flush()


def join_terms(terms):
    """One record of terms of several: folded to the fewest buckets, frequencies added."""
    n = min(len(t[2]) for t in terms)
    df = np.zeros(n)
    for t in terms:
        level = np.frombuffer(t[2], np.uint8).astype(float)
        df += np.where(level > 0, 2 ** ((level - .5) / 8), 0).reshape(-1, n).sum(axis=0)
    levels = [1 + math.floor(8 * math.log2(max(1, x))) if x > 0 else 0 for x in df]
    return [TERMS, sum(t[1] for t in terms), bytes(levels)]


def join(paths, out):
    """One stream of several with the same model: files and chunks numbered on."""
    headers = [header(p) for p in paths]
    keys = {**headers[0], "roots": [root for h in headers for root in h["roots"]]}
    files = chunks = first_root = 0
    terms = []
    with Writer(out, keys) as w:
        for p, h in zip(paths, headers):
            n_files = n_chunks = 0
            for r in records(p):
                if r[0] == FILE:
                    r[1] += files
                    r[2] += first_root
                    n_files += 1
                elif r[0] == CHUNK:
                    r[1] += chunks
                    r[2] += files
                    n_chunks += 1
                elif r[0] == VECTOR:
                    r[1] += chunks
                elif r[0] == TEXT:
                    r[1] += files
                else:
                    if r[0] == TERMS:
                        terms.append(r)
                    continue        # header, END, and enrichments, which hold for one set alone
                w.put(r)
            files, chunks, first_root = files + n_files, chunks + n_chunks, first_root + len(h["roots"])
        if len(terms) == len(paths):
            w.put(join_terms(terms))
