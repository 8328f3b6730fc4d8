#!/usr/bin/env python3
"""A stream of chunks as lines (leann-bundle text) -> one of made-up vectors of 8 numbers, by the text's hash:
   leann-chunk DIR | leann-bundle text | made_vectors.py | leann-bundle text -r | leann-graph -o x.leann"""
import base64
import hashlib
import json
import struct
import sys

for line in sys.stdin:
    r = json.loads(line)
    if r[0] == 0:
        r[4] = "vectors"
        r[5].update(dim=8, metric="cosine", dtype="f32", normalized=True, model_sha256="00" * 32, query_prefix="",
                    document_prefix="")
    if r[0] == 127:
        r = [127, None, None]
    vector = None
    if r[0] == 2:
        v = [b - 127.5 for b in hashlib.sha256(r[11].encode()).digest()[:8]]
        norm = sum(x * x for x in v) ** .5
        vector = [3, r[1], {"bin": base64.b64encode(struct.pack("<8f", *(x / norm for x in v))).decode()}]
        r[11] = None
    print(json.dumps(r, ensure_ascii=False))
    if vector:
        print(json.dumps(vector))
