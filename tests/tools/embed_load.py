#!/usr/bin/env python3
"""More requests than our server lets wait, from one peer and from many; questions beside them.

    embed_load.py model DIR             write a small random model to serve
    embed_load.py check ENDPOINT        check, and print what info counted
    embed_load.py hold ENDPOINT N       keep the queue full until N requests were answered"""
import os
import sys
import msgpack
import zmq

BULK, PEERS, LARGE = 192, 5, 65  # requests that may wait of those that have many; texts of one that is not small


def peer(kind):
    s = zmq.Context.instance().socket(kind)
    for option, value in ((zmq.LINGER, 0), (zmq.RCVTIMEO, 60000), (zmq.SNDHWM, 0), (zmq.RCVHWM, 0)):
        s.setsockopt(option, value)
    s.connect(sys.argv[2])
    return s


def send(s, i, texts, kind="document"):
    s.send(msgpack.packb({"v": 1, "id": i, "op": "embed", "texts": texts, "kind": kind}))


def receive(s):
    return msgpack.unpackb(s.recv())


def info(s):
    s.send(msgpack.packb({"v": 1, "id": 0, "op": "info"}))
    return receive(s)


def bulk(i):
    return [f"bread {i} {k}" for k in range(LARGE)]


def model():
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import random_bert
    random_bert.make(sys.argv[2], dict(name="load", dim=128, heads=4, layers=4, ff=512, pos=64,
                                       prompts={"query": "parse: ", "passage": ""}), 1)


def hold():
    peers, n_answered = [peer(zmq.DEALER) for _ in range(PEERS)], 0
    poller = zmq.Poller()
    for p in peers:
        poller.register(p, zmq.POLLIN)
        for i in range(60):
            send(p, i, bulk(i))
    print("full", flush=True)
    while n_answered < int(sys.argv[3]):
        for p, _ in poller.poll(60000):
            r = receive(p)
            n_answered += "err" not in r
            send(p, r["id"], bulk(r["id"]))
    print("left", info(peer(zmq.REQ))["n_busy"], flush=True)


def one_flood(asker):
    """A busy server still answers info and questions, and every request once."""
    before, flood = info(asker), peer(zmq.DEALER)
    for i in range(200):
        send(flood, i, bulk(i))
    send(asker, 1, ["where is the bread?"], "query")
    question = receive(asker)
    assert question["n"] == 1, question
    waiting = info(asker)["queue"]
    assert 0 < waiting <= 64, f"{waiting} requests of one peer wait behind a question that is answered"
    replies = [receive(flood) for _ in range(200)]
    assert sorted(r["id"] for r in replies) == list(range(200)), "every request has one reply"
    refused = [r for r in replies if "err" in r]
    assert all(r["err"][0] == 75 and r["busy"] is True and r["err"][1].startswith("busy: ") for r in refused), refused
    assert 0 < len(refused) <= 200 - 64, f"{len(refused)} of 200 refused"
    assert all(r["n"] == LARGE and len(r["f32"]) == 4 * LARGE * r["dim"] for r in replies if "err" not in r)
    after = info(asker)
    assert after["n_busy"] - before["n_busy"] == len(refused) and after["queue"] == 0


def many_floods(asker):
    """Peers that have many fill all places but those for small requests of others."""
    n_busy, flood = info(asker)["n_busy"], [peer(zmq.DEALER) for _ in range(PEERS)]
    for i in range(64):
        for p in flood:
            send(p, i, bulk(i))
    while (now := info(asker))["n_busy"] == n_busy:
        assert now["queue"] <= BULK, now["queue"]
    send(asker, 1, ["where is the garden?"], "query")
    assert receive(asker)["n"] == 1
    assert info(asker)["queue"] > 0, "the question did not wait for the others"
    replies = [receive(p) for p in flood for _ in range(64)]
    assert 0 < sum("err" in r for r in replies) <= PEERS * 64 - BULK


def questions(asker):
    """Questions of many peers at the same time share calls, and each gets what it gets alone."""
    texts, alone = [f"where is file number {i}?" for i in range(40)], []
    for t in texts:
        send(asker, 1, [t], "query")
        alone.append(receive(asker)["f32"])
    before, peers = info(asker), [peer(zmq.DEALER) for _ in texts]
    blas = before["kernels"].endswith("-blas")
    for _ in range(5):
        for p, t in zip(peers, texts):
            send(p, 1, [t], "query")
        assert [receive(p)["f32"] for p in peers] == alone or blas, "neighbours change nothing"
    after = info(asker)
    assert after["n_texts"] - before["n_texts"] == 5 * 40
    if not blas:
        assert after["n_merged"] - before["n_merged"] > 5 * 10, "they are merged"
        assert after["n_batches"] - before["n_batches"] < 5 * 40


def check():
    asker = peer(zmq.REQ)
    one_flood(asker)
    many_floods(asker)
    questions(asker)
    print(*(f"{k} {v}" for k, v in info(asker).items() if k.startswith("n_") or k == "kernels"))


{"model": model, "hold": hold, "check": check}[sys.argv[1]]()
