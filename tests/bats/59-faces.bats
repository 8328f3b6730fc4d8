#!/usr/bin/env bats
# leann-serve as OpenAI, Ollama and text-embeddings-inference.
load helper

setup_file() { serve_notes; }
teardown_file() { end_notes; }
setup() { need_notes; }

post() {
	curl -s -m 20 -D head -w '\n%{http_code}' -H 'Content-Type: application/json' -d "$2" "${@:3}" "$URL${1#/}"
}

@test "each API gives the vectors of leann-embed-client, and its own errors" {
	need_python msgpack xxhash
	"$PYTHON" "$TOP/tests/tools/make_chunks.py" 150 >chunks
	leann-embed-client -q <chunks >vectors
	"$PYTHON" - <<-'END'
		import json, msgpack, struct
		def records(name):
		    for frame in msgpack.Unpacker(open(name, "rb")):
		        yield msgpack.unpackb(frame)
		json.dump([r[11] for r in records("chunks") if r[0] == 2], open("texts.json", "w"))
		json.dump([struct.unpack("<%df" % (len(r[2]) // 4), r[2]) for r in records("vectors") if r[0] == 3],
		          open("rows.json", "w"))
	END
	"$PYTHON" "$TOP/tests/tools/faces_check.py" "$URL" rows.json texts.json >out || { cat out; return 1; }
	[ "$(cut -d' ' -f1 out)" -gt 600 ]
}

@test "texts that are odd UTF-8, and 2,048 at a time" {
	post /v1/embeddings '{"input": ["\u0000", "a\u0000b", "\ud83c\udf45", "\u202e", " "]}' >out
	[ "$(tail -n 1 out)" = 200 ]
	jsonq 'len(d["data"]) == 5' out
	post /v1/embeddings '{"input": "\ud83c"}' >out
	[ "$(tail -n 1 out)" = 400 ]
	"$PYTHON" -c 'import json; json.dump({"input": ["text %d" % i for i in range(2048)]}, open("many", "w"))'
	post /v1/embeddings @many >out
	jsonq 'len(d["data"]) == 2048 and d["data"][2047]["index"] == 2047' out
}

@test "texts are reranked as a reranker scores them, and as text-embeddings-inference says it" {
	need_python numpy
	"$PYTHON" "$TOP/tests/tools/random_reranker.py" make tiny-reranker 7
	echo '{"query": "where is the bread?", "texts": ["water", "the bread file", "a b c", "", "a b c"]}' >in
	leann-rerank-probe --model "$PWD/tiny-reranker" <in >want
	serve log --index "$T/notes.leann" --rerank-model "$PWD/tiny-reranker"
	post /rerank "$(sed 's/}$/, "raw_scores": true, "return_text": true}/' in)" >raw
	post /rerank @in >out
	post /rerank '{"query": "x", "texts": []}' >empty
	post /rerank '{"query": "x", "texts": "y"}' >string
	post /rerank '{"texts": ["y"]}' >none
	"$PYTHON" -c 'import json; json.dump({"query": "x", "texts": ["word " * 3000]}, open("long", "w"))
json.dump({"query": "x", "texts": ["y"] * 2049}, open("many", "w"))'
	post /rerank @long >long.out
	post /rerank @many >many.out
	post /rerank '{"query": "x", "truncate": true, "texts": ["'"$(printf 'word %.0s' {1..3000})"'"]}' >cut.out
	kill "$SERVE_PID"
	leann-embed-server --stop --model "$PWD/tiny-reranker" >/dev/null || :
	"$PYTHON" - <<-'END'
		import json, math
		def get(name):
		    body, status = open(name).read().rsplit("\n", 1)
		    return int(status), json.loads(body)
		want, texts = json.load(open("want")), json.load(open("in"))["texts"]
		order = sorted(range(5), key=lambda i: (-want[i], i))
		s, raw = get("raw")
		assert s == 200 and [r["index"] for r in raw] == order, (raw, want)
		assert all(abs(r["score"] - want[r["index"]]) < 1e-5 and r["text"] == texts[r["index"]] for r in raw), raw
		s, out = get("out")
		assert s == 200 and all(set(r) == {"index", "score"} for r in out)
		assert all(abs(r["score"] - 1 / (1 + math.exp(-want[r["index"]]))) < 1e-6 for r in out), out
		for name, status, kind in [("empty", 400, "empty"), ("string", 422, "validation"), ("none", 422, "validation"),
		                           ("long.out", 413, "validation"), ("many.out", 413, "validation")]:
		    s, d = get(name)
		    assert s == status and set(d) == {"error", "error_type"} and d["error_type"] == kind, (name, s, d)
		assert get("cut.out")[0] == 200
	END
}

@test "without a reranker the asker is told how to get one" {
	LEANN_RERANK_MODEL=none-such serve log --index "$T/notes.leann"
	post /rerank '{"query": "x", "texts": ["y"]}' >out
	kill "$SERVE_PID"
	[ "$(tail -n 1 out)" = 424 ]
	jsonq 'd["error_type"] == "backend" and "none-such" in d["error"]' out
}

@test "what is refused by its head is refused in the words of the API" {
	curl -s -d x "${URL}v1/embeddings" >openai
	jsonq 'set(d["error"]) == {"message", "type", "param", "code"}' openai
	curl -s -d x "${URL}api/embed" >ollama
	jsonq 'd == {"error": "want Content-Type: application/json"}' ollama
	curl -s -d x "${URL}embed" >tei
	jsonq 'd == {"error": "want Content-Type: application/json", "error_type": "validation"}' tei
	echo 0123456789abcdef0123 >token
	chmod 600 token
	serve log --index "$T/notes.leann" --token-file token
	post /v1/embeddings '{"input": "a"}' >out
	[ "$(tail -n 1 out)" = 401 ]
	jsonq 'd["error"]["code"] == "invalid_api_key"' out
	post /v1/embeddings '{"input": "a"}' -H 'Authorization: Bearer 0123456789abcdef0123' >out
	[ "$(tail -n 1 out)" = 200 ]
	kill "$SERVE_PID"
}

@test "without an embedding server the asker is told to come again, as each API does" {
	mkdir -m 700 none
	XDG_RUNTIME_DIR=$PWD/none serve log --index "$T/notes.leann" --no-start
	post /v1/embeddings '{"input": "a"}' >out
	[ "$(tail -n 1 out)" = 503 ]
	grep -qi '^retry-after: ' head
	jsonq 'd["error"]["type"] == "server_error" and "no embedding server runs" in d["error"]["message"]' out
	post /api/embed '{"input": "a"}' >out
	[ "$(tail -n 1 out)" = 503 ]
	grep -qi '^retry-after: ' head
	jsonq '"no embedding server runs" in d["error"]' out
	post /embed '{"inputs": "a"}' >out
	[ "$(tail -n 1 out)" = 429 ]
	grep -qi '^retry-after: ' head
	jsonq 'd["error_type"] == "overloaded"' out
	kill "$SERVE_PID"
}

@test "when too many requests wait the next is told so in the words of the API" {
	serve log --index "$T/notes.leann" --workers 1 --queue 1
	"$PYTHON" -c 'import json; json.dump({"inputs": ["text %d about gardens" % i for i in range(120)]}, open("many", "w"))'
	local i
	for i in $(seq 6); do
		curl -s -o "body.$i" -D "head.$i" -H 'Content-Type: application/json' -d @many "${URL}embed" &
	done
	wait $(jobs -p | grep -v "^$SERVE_PID$")
	grep -l '^HTTP/1.1 429' head.* >busy
	i=$(head -n 1 busy)
	grep -qi '^retry-after: 1' "$i"
	jsonq 'd["error_type"] == "overloaded"' "body.${i#head.}"
	grep -l '^HTTP/1.1 200' head.*
	kill "$SERVE_PID"
}

@test "the clients openai and ollama of PyPI are content" {
	local python=${LEANN_CLIENTS_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/leann/clients-venv}/bin/python
	"$python" -c 'import openai, ollama' 2>/dev/null || skip "no clients: scripts/bench-setup --clients"
	env -u HTTP_PROXY -u http_proxy -u ALL_PROXY -u all_proxy "$python" "$TOP/tests/tools/faces_clients.py" "$URL"
}
