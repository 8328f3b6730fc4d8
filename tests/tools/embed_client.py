#!/usr/bin/env python3
"""leann-embed-client in Python: chunk stream in, vector stream out. usage: embed_client.py ENDPOINT"""
import sys
import msgpack
import zmq

sock = zmq.Context().socket(zmq.REQ)
sock.connect(sys.argv[1])

def ask(**request):
    sock.send(msgpack.packb({"v": 1, "id": 1, **request}))
    reply = msgpack.unpackb(sock.recv())
    return reply if "err" not in reply else sys.exit(f"embed_client.py: {reply['err'][1]}")

def put(*record):
    body = msgpack.packb(record)
    sys.stdout.buffer.write(b"\xc6" + len(body).to_bytes(4, "big") + body)
    put.count += 1

put.count, info = 0, ask(op="info")
for frame in msgpack.Unpacker(sys.stdin.buffer):
    tag, *rest = msgpack.unpackb(frame)
    if tag == 0:
        rest[3] = "vectors"
        rest[4].update({k: info[k] for k in ("dim", "model", "max_tokens", "precision", "kernels") if k in info},
                       metric="cosine", dtype="f32", normalized=True, model_sha256=info["sha256"])
    text = rest.pop() if tag == 2 else None
    put(tag, *((put.count, None) if tag == 127 else rest + [None] if tag == 2 else rest))
    if tag == 2:
        put(3, rest[0], ask(op="embed", texts=[text], kind="document")["f32"])
