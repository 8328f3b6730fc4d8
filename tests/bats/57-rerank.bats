#!/usr/bin/env bats
# shellcheck disable=SC2154	# run sets stderr
# Rerankers: a server that has one, a client that asks it, and searches in two stages.
load helper

setup() {
	need_python numpy
	RERANKER=$BATS_TEST_TMPDIR/tiny-reranker
	EP=ipc://$BATS_TEST_TMPDIR/s
	make_reranker "$RERANKER"
}

teardown() {
	leann-embed-server --stop --model "$RERANKER" >/dev/null 2>&1 || true
	leann-embed-server --stop --endpoint "$EP" >/dev/null 2>&1 || true
}

# make_reranker DIR: a small one of random weights
make_reranker() {
	"$PYTHON" "$TOP/tests/tools/random_reranker.py" make "$1" 7
}

questions='{"query":"where is the bread?","texts":["water","the bread file","a b c","", "where where where"]}
{"query":"","texts":["parse the config"]}'

# near FILE: [scores] a line on stdin are those of FILE, within MOST
near() {
	"$PYTHON" -c '
import json, sys
a, b = ([json.loads(l) for l in f] for f in (sys.stdin, open(sys.argv[1])))
assert [len(x) for x in a] == [len(x) for x in b] and a, (a, b)
off = max(abs(x - y) for r, s in zip(a, b) for x, y in zip(r, s))
print("off by %.3g" % off)
assert off <= float(sys.argv[2]), (a, b)' "$@"
}

@test "a server with a reranker gives the scores that numpy computes, started on demand by its folder" {
	"$PYTHON" "$TOP/tests/tools/random_reranker.py" score "$RERANKER" 7 <<<"$questions" >"$BATS_TEST_TMPDIR/want"
	leann-rerank-probe --model "$RERANKER" --precision fp32 <<<"$questions" | near "$BATS_TEST_TMPDIR/want" 2e-5
	leann-embed-client --info --no-start --model "$RERANKER" >"$BATS_TEST_TMPDIR/info"
	grep -q '"kind":"reranker"' "$BATS_TEST_TMPDIR/info"
	grep -q '"dim":1,' "$BATS_TEST_TMPDIR/info"
}

@test "scores of many texts, of several requests, are those of each alone" {
	"$PYTHON" -c '
import json
t = ["the water %d file %s" % (i, "bread " * (i % 60)) for i in range(300)]
print(json.dumps({"query": "bread?", "texts": t}))
for x in t[::37]: print(json.dumps({"query": "bread?", "texts": [x]}))' >"$BATS_TEST_TMPDIR/in"
	leann-rerank-probe --model "$RERANKER" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
	"$PYTHON" -c '
import json, sys
all, *one = map(json.loads, open(sys.argv[1]))
assert len(all) == 300 and [x[0] for x in one] == all[::37], one' "$BATS_TEST_TMPDIR/out"
}

@test "embedding by a reranker, and reranking by a model of embeddings, are refused by name" {
	leann-embed-server --daemon --endpoint "$EP" --model "$RERANKER" >/dev/null
	run -2 --separate-stderr leann-rerank-probe --embed --endpoint "$EP" <<<"$questions"
	[[ $stderr == *"embed: the model tiny-reranker is a reranker: it scores texts for a query and makes no embeddings" ]]
	leann-embed-server --stop --endpoint "$EP"
	need_model
	run -2 --separate-stderr leann-rerank-probe --model "$MODEL" <<<"$questions"
	[[ $stderr == *"the model all-MiniLM-L6-v2 makes embeddings, it is no reranker" ]]
}

@test "a rerank request to a model of embeddings, whoever sends it, is refused by the server" {
	need_model
	need_python msgpack zmq
	leann-embed-server --daemon --endpoint "$EP" >/dev/null
	"$PYTHON" -c '
import msgpack, sys, zmq
s = zmq.Context().socket(zmq.REQ)
s.setsockopt(zmq.LINGER, 0)
s.setsockopt(zmq.RCVTIMEO, 20000)
s.connect(sys.argv[1])
s.send(msgpack.packb({"v": 1, "id": 9, "op": "rerank", "query": "q", "texts": ["a"]}))
r = msgpack.unpackb(s.recv())
assert r["id"] == 9 and r["err"] == [2, "rerank: the model all-MiniLM-L6-v2 makes embeddings, it is no reranker"], r
s.send(msgpack.packb({"v": 1, "id": 10, "op": "embed", "texts": ["a"]}))
assert msgpack.unpackb(s.recv())["n"] == 1' "$EP"
}

@test "a reranker that is not here is one line that says how to get it" {
	run -2 --separate-stderr env XDG_CACHE_HOME="$BATS_TEST_TMPDIR" HF_HUB_CACHE="$BATS_TEST_TMPDIR/hub" leann-rerank-probe </dev/null
	[[ $stderr == *"reranker ms-marco-MiniLM-L6-v2 is not here: fetch cross-encoder/ms-marco-MiniLM-L6-v2 from the model hub, then run leann model import DIR ms-marco-MiniLM-L6-v2" ]]
	mkdir -p "$BATS_TEST_TMPDIR/hub/models--cross-encoder--ms-marco-MiniLM-L6-v2/refs" "$BATS_TEST_TMPDIR/hub/models--cross-encoder--ms-marco-MiniLM-L6-v2/snapshots"
	echo -n abc >"$BATS_TEST_TMPDIR/hub/models--cross-encoder--ms-marco-MiniLM-L6-v2/refs/main"
	cp -r "$RERANKER" "$BATS_TEST_TMPDIR/hub/models--cross-encoder--ms-marco-MiniLM-L6-v2/snapshots/abc"
	export HF_HUB_CACHE=$BATS_TEST_TMPDIR/hub
	leann-rerank-probe <<<"$questions" >"$BATS_TEST_TMPDIR/one"
	leann-rerank-probe --model cross-encoder/ms-marco-MiniLM-L6-v2 <<<"$questions" | cmp - "$BATS_TEST_TMPDIR/one"
}
