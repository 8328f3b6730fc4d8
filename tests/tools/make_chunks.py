#!/usr/bin/env python3
"""A chunk stream of N passages of one file on stdout. usage: make_chunks.py N [MODEL]"""
import random
import sys
import msgpack
import xxhash

n, keys = int(sys.argv[1]), {"roots": [b"/nowhere"], "prog": [["make_chunks.py", "1", []]]}
if len(sys.argv) > 2:
    keys["model"] = sys.argv[2]
random.seed(n)
texts = [" ".join(random.choices("the index of bread and garden mail".split(), k=random.randint(1, 60)))
         for _ in range(n)]
checksum = xxhash.xxh3_64()

def put(*record):
    body = msgpack.packb(record)
    frame = b"\xc6" + len(body).to_bytes(4, "big") + body
    checksum.update(frame)
    sys.stdout.buffer.write(frame)

put(0, "leann", 1, 0, "chunks", keys)
put(1, 0, 0, b"notes.txt", sum(len(t) + 1 for t in texts), 0, 0, "", 0)
at = 0
for i, t in enumerate(texts):
    put(2, i, 0, at, len(t), i + 1, i + 1, len(t.split()) + 2, 0, 0, None, t)
    at += len(t) + 1
put(127, n + 2, checksum.intdigest())
