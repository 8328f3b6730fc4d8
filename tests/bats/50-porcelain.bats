#!/usr/bin/env bats
# shellcheck disable=SC2154
# The scripts: build, search, index, embed, model, doctor.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
}
# A folder of programs in which $1 is replaced by a script with the text of stdin; it goes on PATH.
with_fake() {
	local dir=$BATS_TEST_TMPDIR/fake p
	mkdir -p "$dir"
	for p in "$BIN"/*; do [ -e "$dir/${p##*/}" ] || ln -s "$(readlink -f "$p")" "$dir/${p##*/}"; done
	rm -f "$dir/$1"
	cat >"$dir/$1"
	chmod +x "$dir/$1"
	PATH=$dir:$PATH
}
json() { # FILE EXPRESSION-OF-d
	"$PYTHON" -c 'import json, sys; d = json.load(open(sys.argv[1])); assert eval(sys.argv[2]), d' "$1" "$2"
}
private_model_cache() {
	XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
	unset HF_HUB_CACHE HF_HOME HF_ENDPOINT
	export XDG_CACHE_HOME
}

@test "build and search: a folder, then a question from anywhere inside it" {
	need_model
	small_tree tree
	run leann build tree
	[ "$status" -eq 0 ]
	[ "$(cat tree/.leann/.gitignore)" = "*" ]
	head -n 1 tree/.leann/CACHEDIR.TAG | grep -q '^Signature: 8a477f597d28d172789f06886806bc55$'
	cd tree/src
	run --separate-stderr leann search "how long does the dough rise?"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == *bread.md:* ]]
	run --separate-stderr leann search "a function that sends electronic mail" -k 1
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == *mail.py:* ]]
}

@test "build again replaces the index and finds what is new" {
	need_model
	small_tree tree
	leann build -q tree
	printf '# Bees\n\nA hive needs water nearby and a quiet place.\n' >tree/notes/bees.md
	leann build -q tree
	run leann search --index tree "what do honey makers need?" -k 1
	[[ $output == *bees.md* ]]
	[ -z "$(find tree/.leann -name '*tmp*' -o -name '*part*')" ]
}

@test "the index: --index wins over LEANN_INDEX, that over the nearest" {
	need_model
	for d in a b c; do
		mkdir $d
		echo "the number of $d is here" >$d/$d.txt
		leann build -q $d
	done
	cd c
	run leann search number -k 1
	[[ $output == *c.txt* ]]
	LEANN_INDEX=../b/.leann/index.leann run leann search number -k 1
	[[ $output == *b.txt* ]]
	LEANN_INDEX=../b run leann search --index=../a number -k 1
	[[ $output == *a.txt* ]]
	LEANN_INDEX=../b run leann query --query number --index ../a --top-k 1
	[[ $output == *a.txt* ]]
}

@test "without an index, search says what to run" {
	run leann search anything
	[ "$status" -eq 2 ]
	[[ $output == *"run 'leann build'"* ]]
	run leann search --index nowhere.leann anything
	[ "$status" -eq 2 ]
	[[ $output == *nowhere.leann* ]]
}

@test "query --format json is one JSON object with items, scores and times" {
	need_model
	small_tree tree
	leann index create --input tree --output t.leann
	leann query --index t.leann --query "parse the configuration" --top-k 2 --format json >out
	json out 'len(d["items"]) == 2 and d["items"][0]["item"]["path"].endswith("config.c")'
	json out '{"total_ms", "embed_ms", "search_ms", "recompute_ms"} <= set(d["latency"])'
	run leann query --index t.leann
	[ "$status" -eq 2 ]
}

@test "filters: --lang and --path choose files; a language that does not exist is an error" {
	need_model
	small_tree tree
	leann build -q tree
	run leann search --index tree "bake bread" --lang python,c --lines 0
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
	[[ $output == *mail.py* && $output == *config.c* ]]
	run leann search --index tree "bake bread" --path 'notes/' --path '!garden*' --lines 0
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *bread.md* ]]
	run leann search --index tree "bake bread" --lang rust
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	run leann search --index tree "bake bread" --lang klingon
	[ "$status" -eq 2 ]
	[[ ${lines[0]} == 'leann-search: --lang: no language "klingon"' ]]
}

@test "--batch answers every line of a file or pipe, each under its question, also the 65th" {
	need_model
	small_tree tree
	leann build -q tree
	run bash -c "leann search --index tree -k 1 --lines 0 --batch <(echo 'bake bread')"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
	[ "${lines[0]}" = "== bake bread" ]
	[[ ${lines[1]} == *bread.md* ]]
	for i in $(seq 65); do echo "question $i"; done >asked
	run leann search --index tree -k 1 --no-recompute --lines 0 --batch asked
	[ "$(grep -c '^== question' <<<"$output")" -eq 65 ]
	[ "$(leann search --index tree -k 1 --no-recompute --json --batch - <asked | wc -l)" -eq 65 ]
}

@test "index create takes several inputs, is quiet, and answers to --verbose" {
	need_model
	small_tree tree
	run --separate-stderr leann index create --input tree/notes --input tree/src/mail.py --output t.leann
	[ "$status" -eq 0 ]
	[ -z "$output$stderr" ]
	run --separate-stderr leann index create --input tree --output t.leann --verbose
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[[ $stderr == *chunks* ]]
	run leann index create --input tree
	[ "$status" -eq 2 ]
	run leann index create --input nowhere --output t.leann
	[ "$status" -eq 2 ]
	run leann index create --input tree --output no/such/folder/t.leann
	[ "$status" -eq 2 ]
}

@test "names with spaces, line feeds, quotes and leading dashes are names" {
	need_model
	local d
	for d in './-x' 'a b' $'l\nf' "q'\"\$(x)" 'ü'; do
		mkdir -p -- "$d"
		echo "words about gardens" >"$d/file.txt"
		leann build -q -- "$d" 2>/dev/null || leann build -q "$d"
		(cd -- "$d" && leann search gardens -k 1 >/dev/null)
	done
}

@test "stats: text for people, JSON for programs" {
	need_model
	small_tree tree
	leann build -q tree
	run leann index stats tree
	[ "$status" -eq 0 ]
	[[ $output == *codes* ]]
	leann index stats --json tree >out
	json out 'd["counts"]["files"] == 4 and d["sizes"]["file"]["bytes"] > 0'
}

@test "validate: 0 for a sound index, 1 for stale sources, 2 for damage" {
	need_model
	small_tree tree
	leann index create --input tree --output t.leann
	leann index validate --json t.leann >out || [ $? = 1 ] # a tiny tree may miss a target
	json out 'd["sound"] and not d["sources"]["changed"] and not d["sources"]["missing"]'
	leann index validate --metric coverage --json t.leann >out || [ $? = 1 ]
	json out 'list(d["metrics"]) == ["coverage"]'
	echo more >>tree/src/mail.py
	rm tree/notes/garden.md
	run leann index validate t.leann
	[ "$status" -eq 1 ]
	[[ $output == *changed*mail.py* ]]
	[[ $output == *missing*garden.md* ]]
	run leann index validate --json t.leann
	[ "$status" -eq 1 ]
	[[ $output == *'"verdict":"stale"'* ]]
	cp t.leann bad.leann
	printf '\377' | dd of=bad.leann bs=1 seek=$(($(stat -c %s bad.leann) / 2)) conv=notrunc status=none
	run leann index validate bad.leann
	[ "$status" -eq 2 ]
	run --separate-stderr leann index validate --json bad.leann
	[ "$status" -eq 2 ]
	[[ $output == *'"verdict":"damaged"'* ]]
	run leann index validate --metric beauty t.leann
	[ "$status" -eq 2 ]
}

@test "a stage that fails leaves the old index as it was, and its status is the answer" {
	need_model
	small_tree tree
	leann build -q tree
	sha256sum tree/.leann/index.leann >before
	for status_of in 75 3; do
		with_fake leann-embed-client <<<"#!/bin/bash
head -c 100 >/dev/null; echo 'fake: no' >&2; exit $status_of"
		run "$BATS_TEST_TMPDIR/fake/leann" build tree
		[ "$status" -eq "$status_of" ]
		[[ $output == *"fake: no"* ]]
		sha256sum -c before
	done
	[ "$(find tree/.leann -type f | wc -l)" = "$(find tree/.leann -name 'index.leann*' -o -name .gitignore -o -name CACHEDIR.TAG | wc -l)" ]
}

@test "settings: --config, LEANN_CONFIG and leann.config.json in the folder reach the programs" {
	need_model
	small_tree tree
	echo '{"filters": {"excludePaths": ["notes/garden.md"]}}' >tree/leann.config.json
	leann build -q tree
	leann index stats --json tree >out
	json out 'd["counts"]["files"] == 4' # leann.config.json is a file, too
	echo '{"quantization": {"subVectors": 8}}' >mine.json
	leann build -q --config mine.json tree
	leann index stats --json tree >out
	json out 'd["build"]["quantization"]["subVectors"] == 8 and d["counts"]["files"] == 5'
	LEANN_CONFIG=mine.json leann index create --input tree --output t.leann
	leann index stats --json t.leann >out
	json out 'd["build"]["quantization"]["subVectors"] == 8'
	echo '{"hnsw": {"m": 8}}' >wrong.json
	run leann build --config wrong.json tree
	[ "$status" -eq 2 ]
	[[ $output == *"wrong.json: hnsw.m: unknown key; hnsw has M, efConstruction, efSearch"* ]]
	run leann build --config nowhere.json tree
	[ "$status" -eq 2 ]
}

@test "programs show their settings and where each came from" {
	local p
	echo '{"hnsw": {"efSearch": 77}, "complexity": "low"}' >c.json
	for p in leann-chunk leann-embed-client leann-anchors leann-pq leann-graph leann-search; do
		LEANN_HNSW_M=24 run --separate-stderr $p --config c.json --show-config
		[ "$status" -eq 0 ] || { echo "$p: $status $stderr" && false; }
		[[ $output == *"hnsw.efSearch = 77  (file c.json)"* ]]
		[[ $output == *"hnsw.M = 24  (environment LEANN_HNSW_M)"* ]]
		[[ $output == *"quantization.subVectors = auto  (default)"* ]]
		run $p --config nowhere.json --show-config
		[ "$status" -eq 2 ]
	done
	run leann-anchors --config c.json --count 9 --show-config
	[[ $output == *"anchorSelection.count = 9  (flag)"* ]]
}

@test "every command answers --help, and so does help COMMAND" {
	for c in build search query index "index create" embed "embed start" "embed status" model \
		"model pull" doctor; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr leann $c --help
		[ "$status" -eq 0 ]
		[[ $output == "usage: leann"* ]]
		[ -z "$stderr" ]
		# shellcheck disable=SC2086
		run --separate-stderr leann help $c
		[ "$status" -eq 0 ]
		[[ $output == "usage: leann"* ]]
	done
}

@test "embed start, status and stop" {
	need_model
	XDG_RUNTIME_DIR=$(mktemp -d /tmp/leann-bats.XXXXXX)
	export XDG_RUNTIME_DIR
	run leann embed status
	[ "$status" -eq 1 ]
	leann embed start
	leann embed start
	leann embed status >out
	json out 'd["dim"] == 384'
	leann embed stop
	run leann embed status
	[ "$status" -eq 1 ]
	rm -rf "$XDG_RUNTIME_DIR"
}

@test "model: import checks every file, verify notices a changed byte, pull says what is right" {
	need_model
	private_model_cache
	run leann-model path
	[ "$status" -eq 1 ]
	leann-model import "$MODEL" all-MiniLM-L6-v2
	[ "$(leann-model path)" = "$XDG_CACHE_HOME/leann/models/all-MiniLM-L6-v2" ]
	leann-model verify
	run leann-model pull
	[ "$status" -eq 0 ]
	[[ $output == *"already in"* ]]
	leann-model list | grep -q $'^all-MiniLM-L6-v2\tpinned\t/'
	echo x >>"$XDG_CACHE_HOME/leann/models/all-MiniLM-L6-v2/vocab.txt"
	run leann-model verify
	[ "$status" -eq 2 ]
	[[ $output == *"vocab.txt: 231510 bytes, want 231508"* ]]
	cp -rL "$MODEL" broken
	chmod -R u+w broken
	printf x | dd of=broken/model.safetensors bs=1 seek=5000000 conv=notrunc status=none
	run leann-model import broken all-MiniLM-L6-v2
	[ "$status" -eq 2 ]
	[[ $output == *"model.safetensors: sha256"* ]]
	[ -z "$(find "$XDG_CACHE_HOME" -name '*.part.*')" ]
	rm -rf "$XDG_CACHE_HOME"
}

@test "a model in the Hugging Face cache is used where it is" {
	need_model
	private_model_cache
	local base=$XDG_CACHE_HOME/huggingface/hub/models--sentence-transformers--all-MiniLM-L6-v2
	mkdir -p "$base/refs" "$base/snapshots"
	printf 0123abc >"$base/refs/main"
	ln -s "$MODEL" "$base/snapshots/0123abc"
	[ "$(leann-model path)" = "$base/snapshots/0123abc" ]
	run leann-model pull
	[ "$status" -eq 0 ]
	[[ $output == *"already in $base/snapshots/0123abc"* ]]
	[ ! -e "$XDG_CACHE_HOME/leann/models/all-MiniLM-L6-v2" ]
}

@test "a download that fails, is wrong or is killed leaves no model" {
	private_model_cache
	mkdir fake
	PATH=$PWD/fake:$PATH
	cat >fake/python3 <<-'EOF'
		#!/bin/bash
		[ "$3" = --version ] && exit 0
		case $FAKE in
		fail) echo "no network" >&2; exit 1 ;;
		wrong) while [ "$1" != -d ]; do shift; done; echo garbage >"$2/x-0.1.0-py3-none-any.whl" ;;
		hang) while [ "$1" != -d ]; do shift; done; echo half >"$2/x.whl"; echo $$ >"$HANGS"; exec sleep 60 9>&- ;;
		esac
	EOF
	chmod +x fake/python3
	FAKE=fail run leann-model pull
	[ "$status" -eq 75 ]
	FAKE=wrong run leann-model pull
	[ "$status" -eq 2 ]
	[[ $output == *"sha256"*"want b9a0018d"* ]]
	[ -z "$(find "$XDG_CACHE_HOME" -name '*.part.*')" ]
	FAKE=hang HANGS=$PWD/hangs leann-model pull 3>&- &
	local pid=$! i
	for i in $(seq 100); do
		[ ! -s hangs ] || break
		sleep .1
	done
	[ -n "$(find "$XDG_CACHE_HOME" -name '*.part.*')" ]
	kill -KILL "$pid"
	kill -KILL "$(cat hangs)"
	wait "$pid" || :
	run leann-model path
	[ "$status" -eq 1 ]
	[ -z "$(leann-model list | grep -v absent)" ]
	FAKE=fail run leann-model pull
	[ "$status" -eq 75 ]
	[ -z "$(find "$XDG_CACHE_HOME" -name '*.part.*')" ]
}

@test "two imports at the same time both succeed" {
	need_model
	private_model_cache
	leann-model import "$MODEL" twin 3>&- &
	local a=$!
	leann-model import "$MODEL" twin 3>&- &
	wait "$a"
	wait $!
	[ -f "$XDG_CACHE_HOME/leann/models/twin/model.safetensors" ]
	rm -rf "$XDG_CACHE_HOME"
}

@test "doctor finds everything here, and says what is missing elsewhere" {
	need_model
	run leann doctor
	echo "$output"
	[ "$status" -eq 0 ]
	LEANN_MODEL=$MODEL run leann doctor
	[ "$status" -eq 0 ]
	[[ $output == *"note  model"*"no lock file pins it"* ]]
	private_model_cache
	run leann doctor
	[ "$status" -eq 1 ]
	[[ $output == *"MISS  model"* ]]
}

@test "an installation somewhere else works by itself, and uninstall leaves nothing" {
	need_model
	make -s -C "$TOP" BUILD="${BUILD:-build}" install DESTDIR="$PWD/dest" PREFIX=/usr >/dev/null
	small_tree tree
	unset BUILD
	PATH=$PWD/dest/usr/bin:/usr/bin:/bin
	[ "$(leann --version)" = "leann 0.1.0" ]
	[ "$(command -v leann-graph)" = "$PWD/dest/usr/bin/leann-graph" ]
	leann-model list | grep -q pinned
	leann build -q tree
	run leann search --index tree "bake bread" -k 1
	[[ $output == *bread.md* ]]
	[ -s dest/usr/share/man/man7/leann.7 ]
	make -s -C "$TOP" uninstall DESTDIR="$PWD/dest" PREFIX=/usr >/dev/null
	[ -z "$(find dest -type f)" ]
}

# Its stages are gone, and nothing is published. The status is given, for `run wait` does not know
# it: that is another shell. The folder's name is of this test alone, as others run beside it.
stopped() { # STATUS FOLDER
	[ "$1" = 143 ]
	run ! pgrep -f -- "-- $2\$"
	[ ! -e "$2/.leann/index.leann" ]
	exec 8<>"$2/.leann/index.leann.lock"
	flock -n 8
}

@test "a build that is told to stop stops all of its stages and publishes nothing" {
	need_model
	local pid r=0 big=big-$BASHPID
	cp -r "$TOP/lib" "$big"
	leann build "$big" >log 2>&1 &
	pid=$!
	for _ in $(seq 100); do [ -e "$big/.leann/index.leann.lock" ] && break; sleep .05; done
	kill -TERM $pid
	wait $pid || r=$?
	stopped $r "$big"
}

@test "a build that is told to stop before it waits for its stages stops them all" {
	need_model
	local pid r=0 big=big-$BASHPID
	cp -r "$TOP/lib" "$big"
	# As on a busy machine: the script sleeps for a second as soon as the stages are there.
	cat >late <<-'EOF'
		set -T
		trap '[ -z "${!:-}" ] || [ -n "${late:-}" ] || { late=1; sleep 1; }' DEBUG
	EOF
	BASH_ENV=$PWD/late leann build "$big" >log 2>&1 &
	pid=$!
	for _ in $(seq 100); do [ -e "$big/.leann/index.leann.lock" ] && break; sleep .02; done
	kill -TERM $pid
	wait $pid || r=$?
	stopped $r "$big"
}

@test "build and export take a folder and an index whose names begin with a hyphen, behind --" {
	need_model
	mkdir w
	cd w
	mkdir -- -notes
	echo "Bread rises for two hours." >-notes/bread.txt
	leann build -q -- -notes
	[ -f -notes/.leann/index.leann ]
	cp -- -notes/.leann/index.leann -i.leann
	leann export --no-embedding -- -i.leann | grep -q '"Bread rises for two hours'
	run -2 leann build -q -- -notes -more
}
