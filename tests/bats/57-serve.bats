#!/usr/bin/env bats
# leann-serve: questions over HTTP.
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
