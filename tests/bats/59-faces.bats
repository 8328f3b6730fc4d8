#!/usr/bin/env bats
# leann-serve as OpenAI, Ollama and text-embeddings-inference.
load helper

setup_file() {
	export T=$BATS_FILE_TMPDIR
	command -v curl >/dev/null || return 0
	leann-model path >/dev/null 2>&1 || return 0
	small_tree "$T/tree"
	leann index create --input "$T/tree" --output "$T/notes.leann"
	serve "$T/log" --index "$T/notes.leann"
	echo "$URL" >"$T/url"
	echo "$SERVE_PID" >"$T/pid"
}

teardown_file() {
	[ ! -f "$T/pid" ] || kill "$(cat "$T/pid")" || :
}

setup() {
	command -v curl >/dev/null || skip "no curl"
	need_model
	URL=$(cat "$T/url")
	cd "$BATS_TEST_TMPDIR"
}

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
