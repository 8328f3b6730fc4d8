#!/usr/bin/env bats
# Two-level search, --candidates two-level: what it finds, what it recomputes, and what it refuses.
# shellcheck disable=SC2154 # run sets stderr
load helper

setup_file() {
	load helper
	leann-model path >/dev/null 2>&1 || return 0
	export T=$BATS_FILE_TMPDIR
	cd "$T"
	cp -r "$TOP/lib/base" tree
	leann-chunk -q --max-tokens 64 tree | leann-embed-client -q >tree.vectors
	leann-graph -q --graph chunks -o tree.leann <tree.vectors
	leann-graph -q -o flat.leann <tree.vectors
	printf '%s\n' 'file locks and temporary files' 'out of memory ends the program' 'how is a number parsed' \
		'threads that share work' 'hash of bytes' 'parse JSON text' >questions
}

setup() {
	need_model
	cd "$T"
	export LEANN_NO_CACHE=1
}
# chunks of each answer, a line each
hits() { "$PYTHON" -c 'import json, sys
for l in sys.stdin: print(*[i["chunk"] for i in json.loads(l)["items"]])'; }
# sum of a number of each answer, and the number of answers
sum() { "$PYTHON" -c 'import json, sys
v = [json.loads(l)[sys.argv[1]] for l in sys.stdin]; print(sum(v), len(v))' "$1"; }
# share of the hits of file $1 that file $2 has
recall() { "$PYTHON" -c 'import sys
a, b = ([set(l.split()) for l in open(f)] for f in sys.argv[1:])
print(sum(len(x & y) for x, y in zip(a, b)) / sum(len(x) for x in a))' "$1" "$2"; }
two() { leann-search --candidates two-level --dense --all-copies "$@"; }

@test "it finds what recomputing all finds, recomputes a part and says how much and how often" {
	leann-search --dense --all-copies --recompute 10000 --json --batch questions tree.leann | tee all | hits >want
	two --json --batch questions tree.leann | tee some | hits >got
	recall want got >share
	"$PYTHON" -c 'import sys; sys.exit(float(open("share").read()) < .9)'
	read -r n_all _ < <(sum recomputed <all)
	read -r n_some _ < <(sum recomputed <some)
	read -r n_trips n < <(sum roundTrips <some)
	[ "$n" -eq 6 ] && [ "$n_some" -gt $((n * 64)) ] && [ "$n_some" -lt "$n_all" ] && [ "$n_trips" -gt $((2 * n)) ]
	[ "$(sum roundTrips <all)" = "6 6" ]
	run -0 two --explain -k 2 tree.leann 'hash of bytes'
	[[ ${lines[-1]} =~ ^recomputed\ [0-9]+\ in\ [0-9]+\ round\ trips$ ]]
}

@test "a narrower walk and a smaller share recompute less, larger batches make fewer round trips" {
	two --json --batch questions tree.leann >wide
	two --json --ef-search 16 --promote .02 -k 3 --batch questions tree.leann >narrow
	two --json --recompute-batch 1 --batch questions tree.leann >hasty
	[ "$(sum recomputed <narrow | cut -d' ' -f1)" -lt "$(sum recomputed <wide | cut -d' ' -f1)" ]
	[ "$(sum roundTrips <wide | cut -d' ' -f1)" -lt "$(sum roundTrips <hasty | cut -d' ' -f1)" ]
}

@test "a filter's hits are all from its files, as many as there are, and nothing else is recomputed" {
	leann-search --dense --all-copies --recompute 1000 -k 10 --path '*hash*' --json --batch questions tree.leann | hits >want
	two -k 10 --path '*hash*' --json --batch questions tree.leann | tee some | hits >got
	cmp want got
	run ! grep -vq 'hash\.[ch]' <(grep -o '"path": *"[^"]*"' some)
	n=$(leann-search --dense --all-copies -k 1000 --recompute 1000 --path '*hash*' --json tree.leann x | hits | wc -w)
	[ "$n" -gt 1 ] && [ "$(sum recomputed <some | cut -d' ' -f1)" -le $((6 * n)) ]
}

@test "words rank what was recomputed, and a changed file's passages keep their codes' cosines" {
	cp -r tree moved
	echo >>moved/hash.c
	run -0 leann-search --candidates two-level --root moved -k 30 --json tree.leann 'hash of bytes'
	[[ $output =~ \"exact\":\ ?false && $output =~ \"stale\":\ ?\"changed\" && $output =~ \"exact\":\ ?true ]]
	"$PYTHON" -c 'import json, sys
a = json.loads(sys.argv[1])["items"]
assert any(i["words"] > 0 for i in a) and all(x["score"] >= y["score"] for x, y in zip(a, a[1:]))
assert all(i["exact"] != ("stale" in i) for i in a)' "$output"
}

@test "no graph, and options that do not go with it, are errors that say so" {
	run -2 --separate-stderr two flat.leann x
	[[ $stderr == *"flat.leann has no graph over its chunks: build it with leann-graph --graph chunks"* ]]
	for o in '--recompute 9' --no-recompute '--recall-target .95' --early-terminate; do
		# shellcheck disable=SC2086 # words
		run -2 --separate-stderr two $o tree.leann x
		[[ $stderr == *"two-level search recomputes what its walk comes to"* ]]
	done
	run -2 --separate-stderr leann-search --promote .1 tree.leann x
	[[ $stderr == *"--promote and --recompute-batch go with --candidates two-level"* ]]
	run -2 two --promote 2 tree.leann x
	run -2 two --recompute-batch 0 tree.leann x
}
