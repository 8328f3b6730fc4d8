#!/usr/bin/env bats
# Indexes made and searched through real servers of others' APIs: leann-serve's faces, the Python LEANN,
# llama.cpp. The encoder behind most is ours, so that what comes out can be compared.
load helper

setup_file() {
	serve_notes
	official_server || echo "$?" >"$T/official.why"
}

teardown_file() {
	local i
	for i in "$XDG_RUNTIME_DIR"/leann/gateway-*.sock; do
		[ ! -S "$i" ] || leann-embed-gateway --stop --endpoint "ipc://$i" || :
	done
	[ ! -f "$T/official.pid" ] || kill "$(cat "$T/official.pid")" || :
	end_notes
}

setup() {
	need_notes
	URL=${URL%/}
	export http_proxy=http://127.0.0.1:1 # which loopback does not go through
}

curl() { command curl --noproxy '*' "$@"; }

# The Python LEANN's embedding server for our model, where it is installed; told in $T/official.url.
official_server() {
	local python=${LEANN_OFFICIAL_PYTHON:-${XDG_CACHE_HOME:-$HOME/.cache}/leann/bench-official/bin/python} model
	[ -n "${LEANN_SLOW_TESTS:-}" ] || return 0 # half a minute of torch
	model=$(leann-model path 2>/dev/null) || return 0
	"$python" -c 'import leann_backend_hnsw, sentence_transformers' 2>/dev/null || return 0
	local port
	port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	mkdir "$T/official"
	echo '{"id": "0", "text": "x", "metadata": {}}' >"$T/official/p.jsonl"
	"$python" - "$T/official" <<-'END'
		import json, pickle, sys
		d = sys.argv[1]
		pickle.dump({"0": 0}, open(d + "/p.idx", "wb"))
		json.dump({"dimensions": 384, "passage_sources": [{"type": "jsonl", "path": d + "/p.jsonl", "index_path": d + "/p.idx"}]},
		          open(d + "/x.leann.meta.json", "w"))
	END
	env -u http_proxy HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 "$python" -m leann_backend_hnsw.hnsw_embedding_server --zmq-port "$port" \
		--passages-file "$T/official/x.leann.meta.json" --model-name "$model" >"$T/official/log" 2>&1 3>&- &
	echo $! >"$T/official.pid"
	echo "tcp://127.0.0.1:$port" >"$T/official.url"
}

# The vectors of an index's passages as a provider makes them beside those of our server: the least cosine.
least_cosine() { # VECTORS VECTORS
	"$PYTHON" - "$1" "$2" <<-'END'
		import msgpack, struct, sys
		def rows(name):
		    for frame in msgpack.Unpacker(open(name, "rb")):
		        r = msgpack.unpackb(frame)
		        if r[0] == 3:
		            yield struct.unpack("<%df" % (len(r[2]) // 4), r[2])
		pairs = list(zip(rows(sys.argv[1]), rows(sys.argv[2])))
		assert len(pairs) > 3, len(pairs)
		print(min(sum(x * y for x, y in zip(a, b)) for a, b in pairs))
	END
}

is_close() { # BOUND: the number on stdin is at least that
	awk -v least="$1" '{print; if ($1 < least || $1 > 1.001) exit 1}'
}

hits() { # INDEX
	local q
	for q in 'how long does dough rise' 'where is the configuration read' 'send a letter' 'watering tomatoes'; do
		leann-search "$1" "$q" -k 3 --json | "$PYTHON" -c 'import json, sys
for h in json.loads(sys.stdin.readline())["items"]: print(h["item"]["path"], h["item"]["startLine"])'
	done
}

@test "leann-serve as OpenAI, Ollama and text-embeddings-inference: vectors and hits of the encoder behind it" {
	need_python msgpack
	local api
	leann-chunk "$T/tree" "$TOP/lib/base" >chunks
	leann-embed-client -q <chunks >native
	hits "$T/notes.leann" >want
	[ "$(wc -l <want)" -ge 4 ]
	for api in openai ollama tei; do
		leann-embed-client -q --provider $api --endpoint "$URL" --model all-MiniLM-L6-v2 <chunks >"$api"
		least_cosine native "$api" | is_close .99999
		leann index create --input "$T/tree" --output "$api.leann" --provider $api --endpoint "$URL" --model all-MiniLM-L6-v2
		hits "$api.leann" >"$api.hits"
		diff want "$api.hits"
	done
	leann-embed-client --info --provider tei --endpoint "$URL" --model all-MiniLM-L6-v2 >json
	jsonq 'd["max_tokens"] == 256 and d["provider"]["served"].endswith("all-MiniLM-L6-v2") and d["dim"] == 384' json
	leann-embed-client --info --provider openai --endpoint "$URL" --model all-MiniLM-L6-v2 >json
	jsonq 'd["kind"] == "embedder" and d["normalized"] is True and d["n_texts"] > 100' json
}

@test "an index made with one provider is searched with another that has the same model" {
	leann index create --input "$T/tree" --output x.leann --provider openai --endpoint "$URL" --model all-MiniLM-L6-v2
	# where it is now, the same API; then our own server, which has another identity
	leann-search --endpoint "http://localhost:${URL##*:}" x.leann 'watering tomatoes'
	leann-embed-client --info >json
	run -2 leann-search --endpoint "$("$PYTHON" -c 'import json; print(json.load(open("json"))["endpoint"])')" x.leann zebra
	[[ $output == *"model all-MiniLM-L6-v2 ("*"), want "* ]]
}

@test "leann-serve of an index with a provider embeds for others by it, and searches" {
	leann index create --input "$T/tree" --output x.leann --provider ollama --endpoint "$URL" --model all-MiniLM-L6-v2
	local first=$URL
	serve log --index x.leann
	curl -s -H 'Content-Type: application/json' -d '{"input": "a b c"}' "${URL}v1/embeddings" >a
	curl -s -H 'Content-Type: application/json' -d '{"input": "a b c"}' "$first/v1/embeddings" >b
	curl -s "${URL}search?q=watering+tomatoes&top_k=1" >hits
	curl -s "${URL}indexes" >list
	kill "$SERVE_PID"
	"$PYTHON" - <<-'END'
		import json
		a, b = (json.load(open(n))["data"][0]["embedding"] for n in "ab")
		assert sum(x * y for x, y in zip(a, b)) > .99999
	END
	jsonq 'd["results"][0]["path"].endswith("garden.md")' hits
	jsonq 'd["indexes"][0]["provider"] == "ollama" and d["indexes"][0]["text_leaves_machine"] is False' list
	leann-embed-gateway --stop --provider ollama --url "$first" --model all-MiniLM-L6-v2
}

@test "the embedding server of the Python LEANN is an encoder for ours" {
	[ -f "$T/official.url" ] || skip "wants LEANN_SLOW_TESTS=1, and leann 0.3.8 of PyPI with its hnsw backend: LEANN_OFFICIAL_PYTHON"
	need_python msgpack
	local url i
	url=$(cat "$T/official.url")
	MODEL=$(leann-model path)
	for ((i = 0; i < 60; i++)); do # it loads torch
		leann-embed-client --info --provider leann --endpoint "$url" --model "$MODEL" --timeout 3 >json 2>err && break
		kill -0 "$(cat "$T/official.pid")" || { tail -n 5 "$T/official/log"; return 1; }
	done
	jsonq 'd["dim"] == 384 and d["provider"]["api"] == "leann"' json
	leann-chunk "$T/tree" >chunks
	leann-embed-client -q --precision fp32 <chunks >native
	leann-embed-client -q --provider leann --endpoint "$url" --model "$MODEL" <chunks >official
	least_cosine native official | is_close .9999
	leann-graph -o official.leann <official
	hits official.leann >got
	hits "$T/notes.leann" >want
	diff want got
}

@test "llama.cpp is an encoder for ours, where it is" {
	command -v llama-server >/dev/null || skip "no llama-server"
	[ -f "${LEANN_TEST_GGUF:-}" ] || skip "no model for it: LEANN_TEST_GGUF"
	local i
	llama-server --embeddings --port 18080 -m "$LEANN_TEST_GGUF" >llama.log 2>&1 3>&- &
	local pid=$!
	for ((i = 0; i < 200; i++)); do
		curl -sf http://127.0.0.1:18080/health >/dev/null && break
		sleep .1
	done
	leann index create --input "$T/tree" --output llama.leann --provider openai --endpoint http://127.0.0.1:18080 \
		--model "$(basename "$LEANN_TEST_GGUF")" || { kill $pid; return 1; }
	hits llama.leann >got
	kill $pid
	[ -s got ]
}
