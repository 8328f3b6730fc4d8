#!/usr/bin/env bats
# leann-serve: questions over HTTP.
load helper

setup_file() { serve_notes; }
teardown_file() { end_notes; }
setup() { need_notes; }

port() { local p=${URL##*:} && echo "${p%/}"; }

# The status and the body of a POST of $2 to path $1; more options of curl may follow.
post() {
	curl -s -m 20 -w '\n%{http_code}' -H 'Content-Type: application/json' -d "$2" "${@:3}" "$URL${1#/}"
}

@test "a question is answered with paths, lines, scores and a preview" {
	post /search '{"query": "letting dough rise", "top_k": 2}' >out
	[ "$(tail -n 1 out)" = 200 ]
	jsonq 'd["results"][0]["path"].endswith("bread.md") and d["results"][0]["startLine"] == 1' out
	jsonq 'len(d["results"]) == 2 and d["latency"]["total_ms"] > 0' out
	jsonq '"dough" in d["results"][0]["preview"] and d["results"][0]["stale"] is False' out
	curl -s "${URL}search?q=letting+dough+rise&top_k=2" >get
	jsonq 'd["results"][0]["path"].endswith("bread.md") and len(d["results"]) == 2' get
}

@test "many questions at once, and filters" {
	post /search '{"queries": ["dough", "electronic mail"], "filters": {"languages": ["python"]}}' >out
	jsonq '[a["query"] for a in d["answers"]] == ["dough", "electronic mail"]' out
	jsonq 'all(h["path"].endswith(".py") for a in d["answers"] for h in a["results"])' out
	post /search '{"query": "dough", "filters": {"where": "colour = 3"}}' >out
	[ "$(tail -n 1 out)" = 400 ]
	jsonq '"there are path (text), lang (text)" in d["error"]["message"]' out
}

@test "no filter keeps a worker for long" {
	local deep braces
	deep=$(printf '**%.0s' {1..30})
	braces=$(printf '{*,?*}%.0s' {1..30})
	post /search "{\"query\": \"dough\", \"filters\": {\"paths\": [\"/**e**e${deep}none\", \"/${braces}none\"]}}" >out
	[ "$(tail -n 1 out)" = 200 ]
	"$PYTHON" -c 'print("{\"query\": \"dough\", \"filters\": {\"paths\": %s}}" % str(["a"] * 257).replace("\x27", "\""))' >body
	post /search @body >out
	[ "$(tail -n 1 out)" = 400 ]
	jsonq '"paths: 257 of them, want at most 256" in d["error"]["message"]' out
}

@test "a wrong request is told what is wrong with it" {
	local want body
	while IFS='|' read -r want body; do
		post /search "$body" >out
		[ "$(tail -n 1 out)" = 400 ]
		jsonq "$(printf '"%s" in d["error"]["message"]' "$want")" out
	done <<-'END'
		topk|{"query": "x", "topk": 3}
		top_k: 0, want 1 to 1000|{"query": "x", "top_k": 0}
		want a query|{}
		one of them|{"query": "x", "queries": ["y"]}
		query: want a string, not an integer|{"query": 7}
		want retrieve or rerank|{"query": "x", "mode": "guess"}
		the request: want an object|[]
		the body|{"query": "x"
		colours|{"query": "x", "filters": {"colours": []}}
	END
}

@test "an index that is published anew is served from then on" {
	cp -r "$T/tree" tree
	leann index create --input tree --output i.leann
	serve log --index i.leann
	post /search '{"query": "keeping bees", "top_k": 1}' >out
	jsonq 'not d["results"][0]["path"].endswith("bees.md")' out
	printf '# Bees\n\nKeeping bees takes a hive, a smoker and patience.\n' >tree/notes/bees.md
	leann index update --index i.leann 2>/dev/null
	post /search '{"query": "keeping bees", "top_k": 1}' >out
	jsonq 'd["results"][0]["path"].endswith("bees.md")' out
	echo broken >new
	mv new i.leann
	post /search '{"query": "keeping bees", "top_k": 1}' >out
	jsonq 'd["results"][0]["path"].endswith("bees.md")' out
	kill "$SERVE_PID"
	wait "$SERVE_PID"
}

@test "hostile requests each get what the page says" {
	"$PYTHON" "$TOP/tests/tools/serve_hostile.py" "$(port)" >out || { cat out; return 1; }
	[ "$(grep -oE '^[0-9]+ requests' out | grep -oE '[0-9]+')" -ge 200 ]
}

@test "with a token nothing is answered without it" {
	echo 0123456789abcdef0123 >token
	chmod 644 token
	run -2 leann-serve --index "$T/notes.leann" --token-file token --port 0
	[[ $output == *"others may read it"* ]]
	chmod 600 token
	serve log --index "$T/notes.leann" --token-file token
	[ "$(curl -s -o /dev/null -w '%{http_code}' "${URL}health")" = 401 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer 0123456789abcdef0123' "${URL}health")" = 200 ]
	"$PYTHON" "$TOP/tests/tools/serve_hostile.py" "$(port)" 0123456789abcdef0123 >out || { cat out; return 1; }
	kill "$SERVE_PID"
}

@test "an address that others reach wants a flag and a token" {
	run -2 leann-serve --index "$T/notes.leann" --bind 0.0.0.0 --port 0
	[[ $output == *"want --allow-remote and --token-file"* ]]
	run -2 leann-serve --index "$T/notes.leann" --bind 0.0.0.0 --port 0 --allow-remote
	[[ $output == *"want --allow-remote and --token-file"* ]]
	run -2 leann-serve --index "$T/notes.leann" --bind example.org --port 0
	[[ $output == *"is no IPv4 or IPv6 address"* ]]
}

@test "a passage with what is around it, and what is near it" {
	post /search '{"query": "parse the configuration file", "top_k": 1}' >hit
	local n
	n=$("$PYTHON" -c 'import json; print(json.JSONDecoder().raw_decode(open("hit").read())[0]["results"][0]["chunk"])')
	curl -s "${URL}chunk/$n?context=2" >out
	jsonq '"fopen" in d["text"] and d["stale"] is False and d["startLine"] == 1' out
	curl -s "${URL}related?chunk=$n&top_k=2" >out
	jsonq 'len(d["results"]) == 2 and all(h["chunk"] != '"$n"' for h in d["results"])' out
	curl -s "${URL}related?path=$T/tree/src/config.c&line=3&top_k=2" >again
	jsonq '[h["chunk"] for h in d["results"]] == '"$("$PYTHON" -c 'import json; print([h["chunk"] for h in json.load(open("out"))["results"]])')" again
}

@test "context is whole lines, before and after" {
	seq -f 'Line %g is about tomatoes, sun, water and the side shoots of June.' 1 400 >lines.txt
	leann index create --input lines.txt --output l.leann
	serve log --index l.leann
	curl -s "${URL}chunk/1?context=3" >out
	kill "$SERVE_PID"
	"$PYTHON" - <<-'END'
		import json
		d, lines = json.load(open("out")), open("lines.txt").read().splitlines()
		a, b = d["startLine"], d["endLine"]
		assert a > 3 and d["before"] == "\n".join(lines[a - 4:a - 1]) + "\n", d["before"]
		assert d["text"].strip("\n") == "\n".join(lines[a - 1:b])
		assert d["after"].strip("\n") == "\n".join(lines[b:b + 3]), d["after"]
	END
}

@test "health, an index in detail, metrics, the description for programs" {
	curl -s "${URL}health" >out
	jsonq 'd["status"] in ("healthy", "degraded") and 0 <= d["healthScore"] <= 1 and d["indexSize"] > 1000' out
	leann index stats --json "$T/notes.leann" >stats
	jsonq "abs(d['healthScore'] - $("$PYTHON" -c 'import json; print(json.load(open("stats"))["health"]["score"])') / 100) < .006" out
	curl -s "${URL}indexes/notes" >out
	jsonq 'sum(d["members"].values()) < d["bytes"] and d["files"]["looked"] == 4 and d["counts"]["files"] == 4' out
	jsonq 'sum(d["anchorSizes"]) == d["counts"]["chunks"]' out
	curl -s "${URL}metrics" >out
	grep -E '^leann_requests_total\{path="/search",status="2xx"\} [1-9]' out
	curl -s "${URL}openapi.json" >out
	jsonq 'd["openapi"].startswith("3.1") and "/search" in d["paths"]' out
	# what it describes is there
	"$PYTHON" -c 'import json
for p in json.load(open("out"))["paths"]: print(p.replace("models/{id}", "models/all-minilm").replace("{name}", "notes").replace("{id}", "0"))' |
		while read -r p; do
			[ "$(curl -s -o /dev/null -w '%{http_code}' "$URL${p#/}")" != 404 ] || { echo "$p"; exit 1; }
		done
}

@test "many clients, idle ones and slow ones: no error, and nobody waits for them" {
	"$PYTHON" "$TOP/tests/tools/serve_load.py" "$(port)" "$(cat "$T/pid")" 3 8 200 20 >out || { cat out; return 1; }
	jsonq 'set(d["statuses"]) == {"200"}' out
}

@test "when too many wait the next is told to come again" {
	serve log --index "$T/notes.leann" --workers 1 --queue 1
	local i
	for i in $(seq 12); do
		curl -s -o /dev/null -D "head.$i" "${URL}search?q=question+$i+of+many+about+bread+and+garden" &
	done
	wait $(jobs -p | grep -v "^$SERVE_PID$")
	grep -l '^HTTP/1.1 429' head.* >busy
	grep -qi '^retry-after: 1' "$(head -n 1 busy)"
	grep -l '^HTTP/1.1 200' head.*
	kill "$SERVE_PID"
}

@test "it ends at once when told to, and answers what was asked" {
	serve log --index "$T/notes.leann"
	curl -s "${URL}search?q=a+question+nobody+has+asked+before" >out &
	local c=$!
	# the metrics' own connection is one
	until curl -s "${URL}metrics" | grep -E '^leann_connections ([2-9]|1.)' || ! kill -0 $c; do sleep .01; done
	kill "$SERVE_PID"
	wait "$SERVE_PID"
	wait $c
	jsonq '"results" in d' out
	run -7 curl -s "${URL}health"
}

@test "nobody who asked is left without an answer when it ends, whatever others still ask" {
	"$PYTHON" "$TOP/tests/tools/serve_stop.py" "$T/notes.leann" 4 >out || { cat out; return 1; }
}

@test "a socket of systemd is served" {
	"$PYTHON" - "$T/notes.leann" <<-'END'
		import os, socket, subprocess, sys, time, urllib.request
		s = socket.create_server(("127.0.0.1", 0))
		port = s.getsockname()[1]
		pid = os.fork()
		if not pid:
		    os.dup2(s.fileno(), 3)
		    os.set_inheritable(3, True)
		    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
		    os.execvp("leann-serve", ["leann-serve", "--index", sys.argv[1]])
		try:
		    with urllib.request.urlopen("http://127.0.0.1:%d/health" % port, timeout=10) as r:
		        assert r.status == 200
		finally:
		    os.kill(pid, 15)
		    assert os.waitpid(pid, 0)[1] == 0
	END
}

@test "leann serve --watch: a file that is written is found, by the same server" {
	cp -r "$T/tree" tree
	leann index create --input tree --output w.leann
	: >log
	leann serve --watch --index w.leann --port 0 >log 2>&1 3>&- &
	local pid=$! i
	for i in $(seq 200); do
		URL=$(sed -nE 's/.*listening at (http:[^ ]*).*/\1/p' log)
		[ -z "$URL" ] || break
		sleep .05
	done
	printf '# Bees\n\nKeeping bees takes a hive, a smoker and patience.\n' >tree/notes/bees.md
	for i in $(seq 150); do
		post /search '{"query": "keeping bees", "top_k": 1}' >out
		! jsonq 'd["results"][0]["path"].endswith("bees.md")' out >/dev/null || break
		sleep .2
	done
	jsonq 'd["results"][0]["path"].endswith("bees.md")' out
	kill $pid
	wait $pid || [ $? = 143 ]
	run -7 curl -s "${URL}health"
	sleep .2
	! pgrep -f "leann-watch.*$BATS_TEST_TMPDIR" || { pgrep -af leann-watch; return 1; }
}

@test "mode rerank: without a reranker the answer says how to get one; with one it chooses" {
	post /search '{"query": "dough", "rerank_depth": 3}' >out
	jsonq '"goes with mode rerank" in d["error"]["message"]' out
	LEANN_RERANK_MODEL=not-here serve log --index "$T/notes.leann"
	post /search '{"query": "dough", "mode": "rerank"}' >out
	kill "$SERVE_PID"
	[ "$(tail -n 1 out)" = 500 ]
	jsonq '"leann model import" in d["error"]["message"] and "not-here" in d["error"]["message"]' out
	"$PYTHON" -c 'import numpy' 2>/dev/null || return 0
	"$PYTHON" "$TOP/tests/tools/random_reranker.py" make reranker 7
	serve log --index "$T/notes.leann" --rerank-model "$PWD/reranker"
	post /search '{"query": "dough", "mode": "rerank", "top_k": 3}' >out
	kill "$SERVE_PID"
	leann-embed-server --stop --model "$PWD/reranker"
	[ "$(tail -n 1 out)" = 200 ]
	jsonq 'len(d["results"]) == 3 and all(h["reranked"] for h in d["results"]) and d["latency"]["rerank_ms"] > 0' out
	leann-search --json --mode rerank --rerank-model "$PWD/reranker" -k 3 "$T/notes.leann" dough >same
	leann-embed-server --stop --model "$PWD/reranker"
	jsonq '[h["item"]["path"] for h in d["items"]] == '"$("$PYTHON" -c 'import json; print([h["path"] for h in json.JSONDecoder().raw_decode(open("out").read())[0]["results"]])')" same
}

@test "an index whose name is no UTF-8 is searched and is healthy" {
	local name=$'caf\xe9.leann' path
	cp "$T/notes.leann" "$name"
	serve log --index "$name"
	for path in 'search?q=dough' health indexes indexes/caf%E9 chunk/0 'related?chunk=0'; do
		[ "$(curl -s -o out -w '%{http_code}' "$URL$path")" = 200 ]
	done
	jsonq 'd["results"][0]["index"] == "caf\ufffd"' out
	kill "$SERVE_PID"
}

@test "the indexes there are" {
	curl -s "${URL}indexes" >out
	jsonq '[i["name"] for i in d["indexes"]] == ["notes"] and d["indexes"][0]["files"] == 4' out
}

@test "the examples of its page do what they say" {
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEC/p' "$TOP/cmd/leann-serve/leann-serve.1" |
		sed -n '/^\$ /,/^\.Ed/p' | sed '/^\.Ed/d; s/\\e$/\\/; s/^\$ //' >examples
	# the server of this file stands for the one that is started; openai has a test in 59-faces
	sed -i '/^leann-serve/d; /^OPENAI/,$d; s|http://127.0.0.1:8080/|'"$URL"'|g' examples
	[ "$(grep -c ^curl examples)" = 3 ]
	bash -e -o pipefail examples >out
	"$PYTHON" - <<-'END'
		import json
		a, b, c = [json.loads(x) for x in open("out")]
		assert len(a["results"]) == 3 and a["results"][0]["path"].endswith("bread.md")
		assert all("/notes/" in h["path"] for h in b["results"]) and b["results"][0]["path"].endswith("garden.md")
		assert [len(e["embedding"]) for e in c["data"]] == [384, 384]
	END
}
