#!/usr/bin/env python3
"""A vector stream on stdin into an .npy file. usage: vectors_to_numpy.py OUT.npy"""
import sys
import msgpack
import numpy
import xxhash

rows, dim, n_records, ended = [], 0, 0, False
checksum = xxhash.xxh3_64()
for frame in msgpack.Unpacker(sys.stdin.buffer, max_buffer_size=1 << 26):
    record = msgpack.unpackb(frame)
    if record[0] == 0:
        assert record[1] == "leann" and record[2] == 1 and record[4] == "vectors", record
        dim = record[5]["dim"]
    elif record[0] == 3:
        assert record[1] == len(rows), "vectors out of order"
        rows.append(numpy.frombuffer(record[2], "<f4"))
        assert rows[-1].shape == (dim,)
    elif record[0] == 127:
        assert record[1] == n_records and record[2] in (None, checksum.intdigest())
        ended = True
    checksum.update(b"\xc6" + len(frame).to_bytes(4, "big") + frame)
    n_records += 1
if not ended:
    sys.exit("vectors_to_numpy.py: the stream has no END")
numpy.save(sys.argv[1], numpy.array(rows).reshape(-1, dim))
