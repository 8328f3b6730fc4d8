#!/usr/bin/env bats
# leann-embed-gateway: a provider that is busy, wrong, slow, another, or not agreed to. It is made up.
load helper

setup_file() {
	export T=$BATS_FILE_TMPDIR
	leann-model path >/dev/null 2>&1 || return 0
	small_tree "$T/tree"
	mkdir "$T/fake"
	"$PYTHON" "$TOP/tests/tools/fake_providers.py" "$T/fake" >"$T/fake.log" 2>&1 3>&- &
	echo $! >"$T/pid"
	local i
	for ((i = 0; i < 500; i++)); do
		[ ! -f "$T/fake/port" ] || break
		sleep .02
	done
	local url
	url=http://127.0.0.1:$(cat "$T/fake/port")
	leann index create --input "$T/tree" --output "$T/openai.leann" --provider openai --endpoint "$url" --model small-1
	leann index create --input "$T/tree" --output "$T/ollama.leann" --provider ollama --endpoint "$url" \
		--model nomic-embed-text
	leann index create --input "$T/tree" --output "$T/tei.leann" --provider tei --endpoint "$url" --model tei-model
}

teardown_file() {
	local i
	for i in "$XDG_RUNTIME_DIR"/leann/gateway-*.sock; do
		[ ! -S "$i" ] || leann-embed-gateway --stop --endpoint "ipc://$i" || :
	done
	[ ! -f "$T/pid" ] || kill "$(cat "$T/pid")" || :
}

setup() {
	need_model
	export http_proxy=http://127.0.0.1:1 # which loopback does not go through
	FAKE=$T/fake
	URL=http://127.0.0.1:$(cat "$FAKE/port")
	W=$BATS_TEST_TMPDIR
	cd "$T/tree"
	rm -f "$FAKE/name" "$FAKE/turn" "$FAKE/key" "$FAKE/floats"
}

search() { # API QUESTION [OPTION...]
	run --separate-stderr leann-search --dense "${@:3}" "$T/$1.leann" "$2"
}

client() { # OPTION...: without input, which is an error later than all that is tested
	run -2 bash -c 'leann-embed-client "$@" 2>&1 >/dev/null </dev/null' client "$@"
}

gateway() { # OPTION...: in the foreground until it fails
	run --separate-stderr leann-embed-gateway --idle-timeout 1 --endpoint "ipc://$W/g.sock" "$@"
}

@test "an index of each API answers, with the model's own words before texts" {
	local api
	for api in openai ollama tei; do
		search "$api" 'tomatoes want regular watering'
		[ "$status" = 0 ]
		[[ ${lines[0]} == *notes/garden.md* ]]
	done
	search ollama 'tomatoes'
	leann index stats --json "$T/ollama.leann" >"$W/json"
	jsonq 'd["model"]["provider"]["api"] == "ollama" and d["model"]["query_prefix"] == "search_query: "' "$W/json"
	jsonq 'd["model"]["max_tokens"] == 2048 and d["minor"] == 6 and d["text_leaves_machine"] is False' "$W/json"
	jsonq 'd["chunking"]["model"] == "all-MiniLM-L6-v2" and "precision" not in d["model"]' "$W/json"
	leann-search --dense --no-cache "$T/ollama.leann" zebra >/dev/null || :
	grep -q '"search_query: zebra"\|"search_document: ' "$FAKE/body"
}

@test "what the provider refuses or answers wrongly is named in one line, with the right status" {
	local api order want said
	while read -r api order want said; do
		search "$api" "@$order" --timeout 4
		echo "$api $order: $status: $stderr"
		[ "$status" = "$want" ]
		[[ $stderr == *"$said"* ]]
		[ "$(grep -c '^leann-search: ' <<<"$stderr")" = 1 ]
		[[ $stderr != *$'\e'* ]]
		[ -z "$output" ]
	done <<-'END'
		openai 400 2 status 400: told to
		openai 403 2 status 403, no key was sent
		openai 404 2 has it model small-1, and is this its address?
		openai 422 2 status 422
		openai 501 2 status 501
		openai quota 2 exceeded your current quota
		openai 307 2 texts are not sent after it
		openai html 2 want application/json, not text/html
		openai json 2 the answer: line 1
		openai list 2 0 embeddings, 1 were asked for
		openai huge 2 an answer of over 1050112 bytes
		openai half 75 cut short
		openai reset 75 cut short
		openai 500 75 status 500
		openai count 2 2 embeddings, 1 were asked for
		openai few 2 0 embeddings, 1 were asked for
		openai dim 2 has 49 numbers, want 48
		openai nothing 2 has 0 numbers, want 48
		openai nan 2 number 3 is not a number
		openai infinite 2 number 3 is infinite
		openai null 2 number 3 is null
		openai word 2 number 3 is a string
		openai zero 2 has the length 0 and no direction
		openai twice 2 without an index below 1
		openai noindex 2 without an index
		openai index 2 without an index
		openai base64 2 is not base64 of floats
		openai odd 2 is not base64 of floats
		ollama 400 2 status 400: told to
		ollama nan 2 the answer: line 1
		ollama infinite 2 number 3 is infinite
		ollama count 2 2 embeddings, 1 were asked for
		ollama null 2 number 3 is null
		ollama zero 2 no direction
		tei 422 2 status 422
		tei list 2 0 embeddings, 1 were asked for
		tei dim 2 has 49 numbers
		tei 503 75 status 503: slow down
	END
	search openai 'tomatoes' # and it works as before
	[ "$status" = 0 ]
}

@test "answers damaged anywhere are an error or none, and the gateway goes on" {
	local api seed n=0 pid
	search openai tomatoes
	for api in openai ollama tei; do
		pid=$(leann-embed-client --for "$T/$api.leann" --info | grep -o '"pid":[ 0-9]*')
		for seed in $(seq 8); do
			search $api "@mangle-$seed tomatoes"
			[ "$status" = 0 ] || [ "$status" = 2 ]
			n=$((n + (status == 2)))
			[ "$status" = 0 ] || [[ $stderr == "leann-search: "*http* ]]
		done
		[ "$(leann-embed-client --for "$T/$api.leann" --info | grep -o '"pid":[ 0-9]*')" = "$pid" ]
	done
	[ "$n" -ge 10 ]
}

@test "answers that come in another order are put in order, and those with an index twice are refused" {
	printf '%s\n' 'tomatoes want sun @order' 'bake the bread until brown' >"$W/batch"
	leann-search --dense --format json --batch "$W/batch" "$T/openai.leann" >"$W/out"
	[ "$(wc -l <"$W/out")" = 2 ]
	head -n 1 "$W/out" | grep -q garden.md
	tail -n 1 "$W/out" | grep -q bread.md
	printf '%s\n' '@twice a' 'bread' 'tomatoes' >"$W/batch"
	run -2 leann-search --dense --batch "$W/batch" "$T/openai.leann"
	[[ $output == *"have the index 0"* ]]
}

@test "who is busy is left alone as long as he says, and asked again until the deadline" {
	local t=$SECONDS
	search openai '@429-x1 tomatoes want watering' --timeout 8
	[ "$status" = 0 ]
	[[ ${lines[0]} == *garden.md* ]]
	[ $((SECONDS - t)) -ge 1 ]
	search openai '@503-x2 tomatoes' --timeout 20
	[ "$status" = 0 ]
	search openai '@429-always' --timeout 3
	[ "$status" = 75 ]
	[[ $stderr == *"for 3 s: come again in 1 s: http"*"status 429: slow down"* ]]
	search openai '@slow tomatoes' --timeout 2
	[ "$status" = 75 ]
	sleep 2 # what is still under way
	search openai tomatoes
	[ "$status" = 0 ]
}

@test "a batch that is too large is halved, a text that is too long is cut where the API can" {
	"$PYTHON" -c 'for i in range(60): print("question %d about tomatoes" % i)' >"$W/batch"
	: >"$FAKE/log"
	leann-search --dense --format json --batch "$W/batch" "$T/tei.leann" >"$W/out"
	[ "$(grep -c . "$W/out")" = 60 ]
	! grep -vE '^/(embed [1-8]|info 0)$' "$FAKE/log"
	sed -i '1s/^/@413 /' "$W/batch"
	leann-search --dense --format json --batch "$W/batch" "$T/openai.leann" >"$W/out"
	[ "$(grep -c . "$W/out")" = 60 ]
	"$PYTHON" -c 'print("tomatoes " * 500)' >"$W/batch"
	leann-search --dense --batch "$W/batch" "$T/ollama.leann"
	leann-search --dense --batch "$W/batch" "$T/tei.leann"
	run -2 leann-search --dense --batch "$W/batch" "$T/openai.leann"
	[[ $output == *"maximum context length"* ]]
}

@test "a server that knows no base64 is asked for numbers" {
	: >"$FAKE/floats"
	search openai 'bake the bread' --no-cache
	[ "$status" = 0 ]
	[[ ${lines[0]} == *bread.md* ]]
	grep -q '"float"' "$FAKE/body"
}

@test "another model behind the same name is refused by name, by a running gateway and by a new one" {
	search openai tomatoes
	search openai '@model tomatoes'
	[ "$status" = 2 ]
	[[ $stderr == *"the answers are of model another, they were of small-1"* ]]
	: >"$FAKE/turn"
	leann-embed-gateway --stop --provider openai --url "$URL" --model small-1 || :
	search openai tomatoes
	[ "$status" = 2 ]
	[[ $stderr == *"openai.leann: what is called small-1 is another model than it was"*"a cosine of"* ]]
	rm "$FAKE/turn"
	leann-embed-gateway --stop --provider openai --url "$URL" --model small-1
	echo other-model >"$FAKE/name"
	search openai tomatoes
	[ "$status" = 2 ]
	[[ $stderr == *"asked for model small-1, the answers are of other-model"* ]]
	echo org/Small-1:latest >"$FAKE/name"
	search openai tomatoes
	[ "$status" = 2 ]
	[[ $stderr == *"the answers are of model org/Small-1:latest, they were of small-1"* ]]
	leann-embed-gateway --stop --provider openai --url "$URL" --model small-1
	rm "$FAKE/name"
	search openai tomatoes
	[ "$status" = 0 ]
}

@test "a changed prefix or dimension is another model" {
	local with=(--provider openai --endpoint "$URL" --model small-1)
	leann-chunk . | leann-embed-client "${with[@]}" --document-prefix 'text: ' | leann-graph -o "$W/p.leann"
	leann-chunk . | leann-embed-client "${with[@]}" --dimensions 16 | leann-graph -o "$W/d.leann"
	leann index stats --json "$W/d.leann" >"$W/json"
	jsonq 'd["model"]["dim"] == 16 and d["model"]["provider"]["dimensions"] == 16' "$W/json"
	[ "$(for i in "$W/p.leann" "$W/d.leann" "$T/openai.leann"; do
		leann index stats --json "$i" | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)["model"]["sha256"])'
	done | sort -u | wc -l)" = 3 ]
	leann-search --dense "$W/d.leann" tomatoes
	leann-search --dense "$W/p.leann" tomatoes
	leann-chunk . | leann-embed-client --for "$W/d.leann" >"$W/v"
	run -2 bash -o pipefail -c "leann-chunk . | leann-embed-client ${with[*]} --dimensions 48000 2>&1 >/dev/null"
	run -2 bash -o pipefail -c "leann-chunk . | leann-embed-client ${with[*]} --dimensions 49 2>&1 >/dev/null"
	[[ $output == *"does not support 49 dimensions"* ]]
}

@test "an update asks whom the index was made with, and what does not fit is refused" {
	cp -r . "$W/tree"
	cd "$W/tree"
	leann index create --input . --output "$W/u.leann" --provider ollama --endpoint "$URL" --model nomic-embed-text
	printf '# Sheep\n\nWool of sheep is shorn in spring.\n' >notes/sheep.md
	leann index update --index "$W/u.leann"
	run leann-search --dense "$W/u.leann" 'when are sheep shorn of wool'
	[[ ${lines[0]} == *sheep.md* ]]
	leann index rebuild --index "$W/u.leann"
	leann index stats --json "$W/u.leann" >"$W/json"
	jsonq 'd["model"]["provider"]["api"] == "ollama" and d["chunking"]["model"] == "all-MiniLM-L6-v2"' "$W/json"
	leann-bundle cat "$W/u.leann" | leann-embed-client -q | leann-graph -o "$W/native.leann"
	run leann-search "$W/native.leann" 'when are sheep shorn of wool'
	[[ ${lines[0]} == *sheep.md* ]]
	echo more >>notes/sheep.md
	run -2 bash -o pipefail -c "leann-chunk --update '$W/u.leann' | leann-embed-client | leann-graph --update '$W/u.leann' -o '$W/x.leann'"
	[[ $output == *"embeddings of model"* ]]
}

@test "an export asks whom the index was made with, though a model here has the name of its model" {
	leann-chunk "$T/tree" | leann-embed-client --provider openai --endpoint "$URL" --model all-MiniLM-L6-v2 |
		leann-graph -o "$W/same.leann"
	leann export --embedding base64 "$W/same.leann" >"$W/lines"
	jsonq 'len(__import__("base64").b64decode(d["embedding"])) == 4 * 48' "$W/lines"
	leann export --format npy -o "$W/npy" "$T/tei.leann"
	[ -s "$W/npy/vectors.npy" ]
	http_proxy=$URL LEANN_ALLOW_REMOTE=leann.test leann index create --input . --output "$W/far.leann" \
		--provider openai --endpoint http://leann.test --model small-1
	run -2 leann export "$W/far.leann"
	[[ $output == *"openai at http://leann.test is another machine"* ]]
	http_proxy=$URL leann export --allow-remote -o "$W/lines" "$W/far.leann"
	jsonq 'len(d["embedding"]) == 48' "$W/lines"
	leann-embed-gateway --stop --provider openai --url "$URL" --model all-MiniLM-L6-v2
}

@test "a description says whose embeddings they are, and whether text leaves this machine" {
	http_proxy=$URL LEANN_ALLOW_REMOTE=leann.test leann collection create far-notes . --provider openai \
		--endpoint http://leann.test --model small-1 --output "$W/far.leann"
	leann collection describe far-notes --json >"$W/json"
	jsonq '(d["provider"], d["provider_url"], d["remote"]) == ("openai", "http://leann.test", True)' "$W/json"
	leann collection describe far-notes | grep -qx 'remote	true'
	if [ -f "$BIN/../api/libleann.so.0" ] && ! nm -D "$BIN/../api/libleann.so.0" | grep -q __asan; then
		LEANN_LIBRARY=$BIN/../api/libleann.so.0 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$TOP/bindings/python "$PYTHON" -c "
from libleann import LEANNIndex
s = LEANNIndex('$W/far.leann').get_stats()
assert (s.provider, s.provider_url, s.remote) == ('openai', 'http://leann.test', True), s"
	fi
	leann collection delete far-notes
}

@test "chunks that are longer than what the provider takes are refused" {
	run -2 bash -o pipefail -c "leann-chunk . | leann-embed-client --provider openai --endpoint $URL --model llama.gguf 2>&1 >/dev/null"
	[[ $output == *"chunks have up to 256 tokens, model llama.gguf takes 64: use leann-chunk --max-tokens 64"* ]]
	leann-embed-gateway --stop --provider openai --url "$URL" --model llama.gguf
	leann-chunk . | leann-embed-client --provider openai --endpoint "$URL" --model vllm-model >"$W/v"
	leann-embed-client --info --provider openai --endpoint "$URL" --model vllm-model >"$W/json"
	jsonq 'd["max_tokens"] == 333 and d["provider"]["api"] == "openai" and d["provider"]["remote"] is False' "$W/json"
	leann-embed-gateway --stop --provider openai --url "$URL" --model vllm-model
}

@test "another machine gets nothing before its host was agreed to, at any time" {
	local url
	for url in http://example.org https://api.openai.com/v1 http://127.0.0.1.example.org http://10.0.0.1:8080 \
		http://127.0.0.256 'http://127.0.0.1:1@example.org/' 'http://example.org#@127.0.0.1/' 'http://localhost.example.org'; do
		run -2 bash -c 'leann-chunk . | leann-embed-client --provider openai --endpoint "$1" --model m 2>&1 >/dev/null' x "$url"
		echo "$url: $output"
		[[ $output == *"want --allow-remote"* || $output == *"want no ? and no #"* || $output == *"user or a password"* ]]
		gateway --provider openai --url "$url" --model m
		[ "$status" = 2 ]
		[[ $stderr == *"want --allow-remote"* || $stderr == *"want no ? and no #"* || $stderr == *"user or a password"* ]]
	done
	# An index whose provider is another machine, as a stranger's may be.
	http_proxy=$URL LEANN_ALLOW_REMOTE=leann.test leann index create --input . --output "$W/r.leann" \
		--provider openai --endpoint http://leann.test --model small-1
	: >"$FAKE/log"
	export http_proxy=$URL
	local try
	for try in "leann-search $W/r.leann tomatoes" "leann search --index $W/r.leann tomatoes" \
		"leann related --index $W/r.leann notes/bread.md" "leann-ask --show-prompt $W/r.leann tomatoes" \
		"env LEANN_ALLOW_REMOTE=other.test,xleann.test leann-search $W/r.leann tomatoes"; do
		run -2 $try
		[[ $output == *"openai at http://leann.test is another machine"*"LEANN_ALLOW_REMOTE=leann.test"* ]]
	done
	echo '# Hay' >notes/hay.md
	run -2 leann index update --index "$W/r.leann"
	[[ $output == *"another machine"* ]]
	if command -v curl >/dev/null; then
		local fake=$URL
		serve "$W/serve.log" --index "$W/r.leann"
		curl --noproxy '*' -s "${URL}search?q=tomatoes" >"$W/json"
		curl --noproxy '*' -s -H 'Content-Type: application/json' -d '{"input": "a"}' "${URL}v1/embeddings" >"$W/json2"
		kill "$SERVE_PID"
		URL=$fake
		jsonq '"another machine" in d["error"]["message"]' "$W/json"
		jsonq '"another machine" in d["error"]["message"]' "$W/json2"
	fi
	[ ! -s "$FAKE/log" ]
	leann-search --allow-remote --dense "$W/r.leann" tomatoes
	LEANN_ALLOW_REMOTE='a.test, leann.test' leann-search --dense "$W/r.leann" 'tomatoes and sun'
	leann index update --allow-remote --index "$W/r.leann"
	rm notes/hay.md
	[ -s "$FAKE/log" ]
	run leann index stats "$W/r.leann"
	[[ $output == *"leaves this machine: questions and passages go to leann.test"* ]]
	leann index stats --json "$W/r.leann" >"$W/json"
	jsonq 'd["text_leaves_machine"] is True' "$W/json"
	leann-embed-gateway --stop --provider openai --url http://leann.test --model small-1
}

@test "keys come from the environment or a file of one's own, and are in no output" {
	local key=sk-very-secret-5f3a try
	export LEANN_EMBED_API_KEY=$key
	echo "$key" >"$FAKE/key"
	LEANN_EMBED_API_KEY='' leann-embed-gateway --stop --provider openai --url "$URL" --model small-1 || :
	leann index create --verbose --input . --output "$W/k.leann" --provider openai --endpoint "$URL" --model small-1 >"$W/log" 2>&1
	search openai '@400 tomatoes' # whose message quotes the header
	[[ $stderr == *"Bearer *"* ]]
	printf '%s\n' "$stderr" >>"$W/log"
	leann-embed-client --info --provider openai --endpoint "$URL" --model small-1 >>"$W/log"
	leann index stats "$W/k.leann" >>"$W/log"
	tr '\0' ' ' <"/proc/$(head -n 1 "$XDG_RUNTIME_DIR"/leann/gateway-*.pid | grep -oE '^[0-9]+$' | head -n 1)/cmdline" >>"$W/log" || :
	# The wrong one is named by where it belongs, and the next gateway has the right one.
	export LEANN_EMBED_API_KEY=$key-wrong
	leann-embed-gateway --stop --provider openai --url "$URL" --model small-1
	search openai tomatoes
	[ "$status" = 2 ]
	[[ $stderr == *"status 401: Incorrect API key provided: Bearer *: the key is that of LEANN_EMBED_API_KEY"* ]]
	printf '%s\n' "$stderr" >>"$W/log"
	unset LEANN_EMBED_API_KEY
	search openai tomatoes
	[[ $stderr == *"status 401, no key was sent"* ]]
	OPENAI_API_KEY=$key search openai tomatoes # which is OpenAI's own
	[ "$status" = 2 ]
	echo "$key" >"$W/file"
	LEANN_EMBED_API_KEY_FILE=$W/file search openai tomatoes
	[[ $stderr == *"others may read it"* ]]
	chmod 600 "$W/file"
	LEANN_EMBED_API_KEY_FILE=$W/file search openai tomatoes
	[ "$status" = 0 ]
	leann-embed-gateway --stop --provider openai --url "$URL" --model small-1
	leann-chunk . | leann-embed-client -v --key-file "$W/file" --provider openai --endpoint "$URL" --model small-1 2>>"$W/log" >"$W/v"
	! grep -rq "${key:3}" "$W/log" "$W/k.leann" "$W/v" "$XDG_RUNTIME_DIR/leann"
	LEANN_EMBED_API_KEY=$key gateway --allow-remote --provider openai --url http://192.0.2.1 --model m
	[ "$status" = 2 ]
	[[ $stderr == *"over https alone"* ]]
	LEANN_EMBED_API_KEY='two words' gateway --provider openai --url "$URL" --model m
	[[ $stderr == *"LEANN_EMBED_API_KEY: want a line of ASCII"* && $stderr != *words* ]]
}

@test "wrong use is told, and a provider that is not there is a matter of later" {
	gateway --model m
	[[ $stderr == *"which --provider"* ]]
	gateway --provider openai --url "$URL"
	[[ $stderr == *"which model"* ]]
	gateway --provider openai --url tcp://127.0.0.1:1 --model m
	[[ $stderr == *"is at http://HOST"* ]]
	gateway --provider leann --url http://127.0.0.1:1 --model m
	[[ $stderr == *"is at ipc:///PATH or tcp://HOST:PORT"* ]]
	gateway --provider ollama --url "$URL" --model none
	[ "$status" = 2 ]
	[[ $stderr == *"status 404: model 'none' not found"* ]]
	gateway --provider tei --url http://127.0.0.1:1 --model m
	[ "$status" = 75 ]
	gateway --provider leann --url "ipc://$W/none.sock" --model m --timeout .3
	[ "$status" = 75 ]
	[[ $stderr == *"no answer in 0.3 s"* ]]
	client --provider openai --precision int8 --model m
	[[ $output == *"its own business"* ]]
	client --query-prefix x
	[[ $output == *"goes with --provider"* ]]
	client --provider x --model m
	[[ $output == *"want openai, ollama, tei or leann"* ]]
	run -1 leann-embed-gateway --stop --endpoint "ipc://$W/none.sock"
	run -75 leann-search --no-start --endpoint http://127.0.0.1:1 "$T/openai.leann" zebra
	[[ $output == *"no gateway to http://127.0.0.1:1 runs"* ]]
}

@test "a manifest whose provider is damaged makes nobody ask anything" {
	leann-bundle unpack "$T/openai.leann" "$W/d"
	: >"$FAKE/log"
	local edit
	for edit in 'p.pop("url")' 'p.update(api="gopher")' 'p.update(url="http://127.0.0.1 x/")' 'p.update(probe="***")' \
		'p.update(probe="")' 'p.update(url="x"*2000)' 'p.update(dimensions=-1)' 'p.update(dimensions=9000)' \
		'm.update(provider=7)' 'p.update(served=7)' 'm.update(query_prefix="x"*1024)' 'p.update(url="http://\u00e9vil/")'; do
		cp "$W/d/leann.json" "$W/orig"
		"$PYTHON" - "$W/d/leann.json" "$edit" <<-'END'
			import json, sys
			d = json.load(open(sys.argv[1]))
			m = d["model"]; p = m["provider"]
			exec(sys.argv[2])
			json.dump(d, open(sys.argv[1], "w"))
		END
		rm -f "$W/bad.leann"
		leann-bundle pack "$W/d" "$W/bad.leann"
		mv "$W/orig" "$W/d/leann.json"
		run -2 leann-search "$W/bad.leann" zebra
		echo "$edit: $output"
		[[ $output == *provider* || $output == *query_prefix* ]]
	done
	[ ! -s "$FAKE/log" ]
}
