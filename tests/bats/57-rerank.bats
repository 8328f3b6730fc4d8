#!/usr/bin/env bats
# shellcheck disable=SC2154	# run sets stderr
# Rerankers: a server that has one, a client that asks it, and searches in two stages.
load helper

# 40 files of a line each, and their index, where the default model is
setup_file() {
	load helper
	leann-model path >/dev/null 2>&1 || return 0
	mkdir "$BATS_FILE_TMPDIR/tree"
	cd "$BATS_FILE_TMPDIR"
	local i words=(bread water file config parser zebra where the a x)
	for i in $(seq 40); do
		echo "${words[i % 10]} number $i: the ${words[i % 7]} ${words[i * 3 % 10]}, ${words[i / 10]} ${words[i % 3]}." >"tree/$i.txt"
	done
	leann-chunk -q tree | leann-embed-client -q | leann-graph -q -o tree.leann
}

setup() {
	need_python numpy
	IX=$BATS_FILE_TMPDIR/tree.leann
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

# need_index: or skip; LEANN_RERANK_MODEL is the tiny one
need_index() {
	need_model
	export LEANN_MODEL=$MODEL LEANN_RERANK_MODEL=$RERANKER
}

Q="where is the bread?"

@test "--mode rerank: the hits of the first stage in the order of the scores that numpy computes, with exact cosines" {
	need_index
	cd "$BATS_TEST_TMPDIR"
	leann-search --json --no-recompute -k 20 "$IX" "$Q" >pool
	leann-search --json -k 20 --recompute 40 "$IX" "$Q" >exact
	"$PYTHON" -c '
import json
print(json.dumps({"query": "where is the bread?", "texts": [open(h["item"]["path"]).read() for h in json.load(open("pool"))["items"]]}))' |
		"$PYTHON" "$TOP/tests/tools/random_reranker.py" score "$RERANKER" 7 >want
	leann-embed-server --daemon --endpoint "$EP" --model "$RERANKER" --precision fp32 >/dev/null
	leann-search --json --mode rerank -k 5 --rerank-depth 20 --rerank-endpoint "$EP" "$IX" "$Q" >got
	"$PYTHON" -c '
import json
pool, got, exact = (json.load(open(f))["items"] for f in ("pool", "got", "exact"))
want = sorted(zip(json.load(open("want")), (h["chunk"] for h in pool)), reverse=True)[:5]
assert [c for _, c in want] == [h["chunk"] for h in got], (want, got)
assert all(abs(h["score"] - s) < 1e-4 and h["reranked"] and h["exact"] for h, (s, _) in zip(got, want)), got
cosine = {h["chunk"]: h["cosine"] for h in exact}
both = [h for h in got if h["chunk"] in cosine]
assert both and all(abs(h["cosine"] - cosine[h["chunk"]]) < 1e-5 for h in both), (got, exact)
assert [h["chunk"] for h in got] != [h["chunk"] for h in pool[:5]]
assert json.load(open("got"))["latency"]["rerank_ms"] > 0' got
	leann-search --mode rerank --explain -k 2 --rerank-endpoint "$EP" "$IX" "$Q" | grep -q "; the score is the reranker's$"
	# the server is started for its folder as well, and several questions are asked at once
	printf '%s\n' "$Q" "a zebra" >questions
	leann-search --json --mode rerank -k 5 --rerank-depth 20 --batch questions "$IX" >many
	[ "$(wc -l <many)" -eq 2 ] && [ "$(grep -o '"reranked"' many | wc -l)" -eq 10 ]
}

@test "answers of the two modes, of two depths and of two rerankers are kept apart" {
	need_index
	unset LEANN_NO_CACHE
	mkdir -p "$BATS_TEST_TMPDIR/cache/leann"
	ln -s "${XDG_CACHE_HOME:-$HOME/.cache}/leann/hashes" "$BATS_TEST_TMPDIR/cache/leann/hashes"
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
	other=$BATS_TEST_TMPDIR/other
	"$PYTHON" "$TOP/tests/tools/random_reranker.py" make "$other" 8
	hits() { sed 's/.*"items": *\(.*\), *"latency".*/\1/' "$1"; }
	ask() { leann-search --json -k 3 "$@" "$IX" "$Q"; }
	cd "$BATS_TEST_TMPDIR"
	ask >a; ask --mode rerank >b; ask --mode rerank --rerank-depth 6 >c; ask --mode rerank --rerank-model "$other" >d
	! grep -q '"cached"' a b c d
	for f in b c d; do [ "$(hits a)" != "$(hits $f)" ]; done
	[ "$(hits b)" != "$(hits d)" ]
	ask >a2; ask --mode rerank >b2; ask --mode rerank --rerank-depth 6 >c2; ask --mode rerank --rerank-model "$other" >d2
	for f in a b c d; do
		grep -q '"cached": *true' ${f}2
		[ "$(hits $f)" = "$(hits ${f}2)" ]
	done
	leann-embed-server --stop --model "$other"
}

@test "a hit that changed comes last and has no score of the reranker" {
	need_index
	cd "$BATS_TEST_TMPDIR"
	cp -r "$BATS_FILE_TMPDIR/tree" .
	leann-search --json --mode rerank --root tree -k 40 "$IX" "$Q" >before
	first=$("$PYTHON" -c 'import json; print(json.load(open("before"))["items"][0]["item"]["path"])')
	echo "something else" >>"$first"
	leann-search --json --mode rerank --root tree -k 40 "$IX" "$Q" >after
	"$PYTHON" -c '
import json, sys
a, b = (json.load(open(f))["items"] for f in ("before", "after"))
assert [h["chunk"] for h in b] == [h["chunk"] for h in a[1:] + a[:1]], (a, b)
assert b[-1]["stale"] == "changed" and "reranked" not in b[-1] and all(h["reranked"] for h in b[:-1])'
}

@test "search --mode rerank without its model, or with one that is none, is one line and status 2" {
	need_index
	mkdir "$BATS_TEST_TMPDIR/empty"
	run -2 --separate-stderr env -u LEANN_RERANK_MODEL HF_HUB_CACHE="$BATS_TEST_TMPDIR/empty" \
		leann-search --mode rerank --rerank-model no-such-reranker "$IX" "$Q"
	[ "$stderr" = "leann-search: reranker no-such-reranker is not here: fetch cross-encoder/no-such-reranker from the model hub, then run leann model import DIR no-such-reranker" ]
	[ -z "$output" ]
	run -2 --separate-stderr leann-search --mode rerank --rerank-model "$MODEL" "$IX" "$Q"
	[[ $stderr == *"the model all-MiniLM-L6-v2 makes embeddings, it is no reranker" ]]
	run -2 --separate-stderr leann-search --mode rerank --like "$BATS_FILE_TMPDIR/tree/1.txt" "$IX"
	[[ $stderr == *"--mode rerank does not go with --like"* ]]
	run -2 --separate-stderr leann-search --mode reorder "$IX" "$Q"
	[[ $stderr == *"retrieve"*"rerank"* ]]
}

@test "leann model import brings a reranker, pull says that nothing pins it, and leann search uses it by name" {
	need_index
	mkdir -p "$BATS_TEST_TMPDIR/cache/leann"
	ln -s "${XDG_CACHE_HOME:-$HOME/.cache}/leann/hashes" "$BATS_TEST_TMPDIR/cache/leann/hashes"
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
	unset LEANN_RERANK_MODEL
	run -2 --separate-stderr leann model pull ms-marco-MiniLM-L6-v2
	[[ $stderr == *"ms-marco-MiniLM-L6-v2: no lock file pins it"*import* ]]
	leann model import "$RERANKER" ms-marco-MiniLM-L6-v2
	[ "$(leann model path ms-marco-MiniLM-L6-v2)" = "$XDG_CACHE_HOME/leann/models/ms-marco-MiniLM-L6-v2" ]
	run -0 leann search --index "$IX" --mode rerank --json -k 2 "$Q"
	[[ $output == *'"reranked"'*'"reranked"'* ]]
	leann-embed-server --stop --model ms-marco-MiniLM-L6-v2 >/dev/null || true
}
