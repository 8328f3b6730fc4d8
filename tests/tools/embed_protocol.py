#!/usr/bin/env python3
"""Ask our server as pyzmq programs do, the official LEANN client among them.
usage: embed_protocol.py ENDPOINT [REFERENCE.jsonl]"""
import json
import sys
import msgpack
import numpy
import zmq

sock = zmq.Context().socket(zmq.REQ)
sock.setsockopt(zmq.LINGER, 0)
sock.setsockopt(zmq.RCVTIMEO, 30000)
sock.connect(sys.argv[1])

def ask(request):
    sock.send(request if isinstance(request, bytes) else msgpack.packb(request))
    return msgpack.unpackb(sock.recv())

def native(texts, kind="document"):
    r = ask({"v": 1, "id": 2**64 - 1, "op": "embed", "texts": texts, "kind": kind})
    assert r["v"] == 1 and r["id"] == 2**64 - 1 and r["n"] == len(texts), r
    return numpy.frombuffer(r["f32"], "<f4").reshape(r["n"], r["dim"])

texts = ["where is the config read?", "", "Brot backen mit Sauerteig", "a" * 5000, "\x00 \u0301 \U0001f600"]
official = numpy.array(ask(texts))
assert numpy.array_equal(official, native(texts)), "official and native differ"
assert numpy.allclose((official ** 2).sum(1), 1, atol=1e-5)
assert numpy.array_equal(native(texts, "raw"), native(texts)), "a model without prefixes has one kind"
assert ask(["__QUERY_MODEL__"]) == ["all-MiniLM-L6-v2"]
long = native([f"text number {i}" for i in range(150)])
assert numpy.allclose(long[149], native(["text number 149"])[0], atol=1e-5), "slices keep their order"

info = ask({"v": 1, "id": 3, "op": "info"})
precision = info.get("precision", "fp32")
assert info["sha256"] == ask({"v": 1, "id": 3, "op": "embed", "texts": ["x"]})["sha256"]
assert info["n_texts"] == 171 and info["n_batches"] >= 5 and info["n_busy"] == info["queue"] == 0, info

for bad, part in [([[1, 2]], "no index"), ([1, 2], "no index"), ([[1], [1]], "no index"), ([], "neither"),
                  ({}, "id is"), ({"v": 9, "id": 3}, "version 9, this server speaks 1"), ("x", "want a map"),
                  ({"v": 1, "id": 3, "op": "no"}, "op is not"), (b"", "cut short"), (b"\xc1", "0xc1"),
                  ({"v": 1, "id": 3, "op": "embed", "texts": []}, "0 texts"),
                  ({"v": 1, "id": 3, "op": "embed", "texts": ["x"] * 4097}, "4097 texts"),
                  (b"\xdd\x0f\xff\xff\xff", "array32"), (b"\x91" * 50, "nested deeper")]:
    r = ask(bad)
    assert r["err"][0] == 2 and part in r["err"][1], (bad, r)
sock.send_multipart([b"one", b"two"])
assert "2 frames" in msgpack.unpackb(sock.recv())["err"][1]

dealer = zmq.Context.instance().socket(zmq.DEALER)
dealer.setsockopt(zmq.LINGER, 0)
dealer.connect(sys.argv[1])
for i in range(5):
    dealer.send(msgpack.packb({"v": 1, "id": i, "op": "info"}))
assert sorted(msgpack.unpackb(dealer.recv())["id"] for _ in range(5)) == [0, 1, 2, 3, 4]

# A peer that sends and never reads holds nobody up for longer than one wait.
deaf = zmq.Context.instance().socket(zmq.DEALER)
deaf.setsockopt(zmq.LINGER, 0)
deaf.setsockopt(zmq.SNDHWM, 0)
deaf.setsockopt(zmq.RCVHWM, 1)
deaf.connect(sys.argv[1])
for i in range(5000):
    deaf.send(msgpack.packb({"v": 1, "id": i, "op": "info"}))
for i in range(20):
    native(["still there?"])
deaf.close()

if len(sys.argv) > 2 and sys.argv[2]:
    rows = [json.loads(line) for line in open(sys.argv[2])]
    rows = [r for r in rows if r["n_tokens_untruncated"] <= 64]
    cos = (native([r["text"] for r in rows]) * numpy.array([r["embedding"] for r in rows])).sum(1)
    print(f"{len(rows)} reference texts in {precision}, lowest cosine {cos.min():.7f}")
    assert cos.min() > {"fp32": .99999, "bf16": .999, "int8": .99}[precision]
