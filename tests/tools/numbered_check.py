#!/usr/bin/env python3
"""Ask a server with --index for passages by number, as the official LEANN searcher does.
usage: numbered_check.py ENDPOINT CHUNKS-AS-TEXT [CHANGED-PASSAGE...]
CHUNKS-AS-TEXT is what leann-bundle text makes of leann-bundle cat."""
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
    sock.send(msgpack.packb(request))
    return msgpack.unpackb(sock.recv())

records = [json.loads(line) for line in open(sys.argv[2])]
texts = [r[11] for r in records if r[0] == 2]
changed = {int(i) for i in sys.argv[3:]}
numbers = [i for i in range(len(texts)) if i not in changed]
assert len(numbers) >= 3
want = numpy.array(ask([texts[i] for i in numbers]))

for form in (numbers, [numbers]):
    shape, flat = ask(form)
    assert shape == [len(numbers), want.shape[1]], shape
    rows = numpy.array(flat).reshape(shape)
    assert numpy.allclose(rows, want, atol=1e-5), abs(rows - want).max()
shape, flat = ask([numbers[::-1] + numbers[:1]])
assert numpy.allclose(numpy.array(flat).reshape(shape), want[list(range(len(numbers)))[::-1] + [0]], atol=1e-5)

q = numpy.array(ask(["how is bread baked?"]))[0]
dot, far = -(want @ q), 1e9
for form in ([numbers, q.tolist()], [[numbers], q.tolist()]):
    got = ask(form)
    assert len(got) == 1 and numpy.allclose(got[0], dot, atol=1e-5), got
got = ask([[numbers[2], 10 ** 6, -1, numbers[0], *changed], q.tolist()])[0]
assert numpy.allclose(got, [dot[2], far, far, dot[0]] + [far] * len(changed), atol=1e-5), got
assert ask([[10 ** 6, 2 ** 64 - 1], q.tolist()]) == [[far, far]]

for request, part in [([[0, 10 ** 6]], "passage 1000000"), ([[0], [1.0, 2.0]], "a vector of 2 numbers"),
                      ([[numbers[0], -1]], "passages 0 to"), *[([i], "since it was indexed") for i in changed],
                      ([list(range(4097))], "4097 passages")]:
    r = ask(request)
    assert r["err"][0] == 2 and part in r["err"][1], (request, r)
