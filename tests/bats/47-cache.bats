#!/usr/bin/env bats
# What searches keep: answers without a server, embeddings that are not computed again, never out of date.
load helper

Q="how long does the dough rise?"

setup_file() {
	load helper
	leann-model path >/dev/null 2>&1 || return 0
	export T=$BATS_FILE_TMPDIR REAL=${XDG_CACHE_HOME:-$HOME/.cache}
	cd "$T"
	small_tree tree
	for i in $(seq 20); do
		printf 'Note %s says the %s-th thing about bread, letters and tomatoes.\n' "$i" "$i" >"tree/notes/$i.txt"
	done
	leann-chunk -q tree | leann-embed-client -q | leann-graph -q -o tree.leann
}

# Every test has a cache of its own, and a copy of the tree; the model is named, as it is in the user's.
setup() {
	need_model
	cd "$BATS_TEST_TMPDIR"
	cp -a "$T/tree" .
	export LEANN_MODEL=$MODEL XDG_CACHE_HOME=$BATS_TEST_TMPDIR/c
	CACHE=$XDG_CACHE_HOME/leann
	# what is known of the model's file, so that it is not hashed in every test
	mkdir -p "$CACHE"
	ln -s "$REAL/leann/hashes" "$CACHE/hashes"
	unset LEANN_NO_CACHE
}
json() { leann-search --root tree --json "$@"; }
# Of answers, one a line, on stdin or in files: their hits, whether each was kept, a number by its name.
hits() { sed 's/.*"items": *\(.*\), *"latency".*/\1/' "$@"; }
kept() { sed 's/.*"cached": *true.*/yes/; t; s/.*/no/' "$@"; }
number() { grep -oE "\"$1\": *[0-9.]+" "$2" | grep -oE '[0-9.]+$'; }
items() { json "$@" | hits; }
asked_before() { [ "$(json "$@" | kept)" = yes ]; }
n_texts() { leann-embed-client --info >info && number n_texts info; }
nowhere() { printf 'ipc://%s/nowhere.sock' "$BATS_TEST_TMPDIR"; }

@test "a question asked before has the same hits without a server, at once" {
	json "$T/tree.leann" "$Q" >first
	[ "$(kept first)" = no ]
	t0=$(date +%s%N)
	json --endpoint "$(nowhere)" --no-start --timeout .1 "$T/tree.leann" "$Q" >second
	ms=$((($(date +%s%N) - t0) / 1000000))
	echo "# $ms ms for the process, $(number total_ms second) ms in the library" >&3
	[ "$(kept second)" = yes ] && [ "$(number recomputed second)" = 0 ]
	cmp <(hits first) <(hits second)
	in_library=$(number total_ms second)
	[ "$ms" -lt 500 ] && [ "${in_library%.*}" -lt 50 ]
	# for people, too
	run -0 leann-search --root tree --endpoint "$(nowhere)" --no-start "$T/tree.leann" "$Q"
	[[ ${lines[0]} == *bread.md* ]]
	# what is wrong in itself is wrong even so
	run -2 leann-search --root tree --endpoint nowhere "$T/tree.leann" "$Q"
	# another question needs the server
	run -75 leann-search --root tree --endpoint "$(nowhere)" --no-start --timeout .1 "$T/tree.leann" "another"
}

@test "an answer whose file changed is searched for again, marked stale and not kept" {
	items -k 30 "$T/tree.leann" "$Q" >first
	asked_before -k 30 "$T/tree.leann" "$Q"
	echo changed >>tree/notes/bread.md
	for i in 1 2; do
		json -k 30 "$T/tree.leann" "$Q" >again
		[ "$(kept again)" = no ]
		grep -q 'bread.md.*"stale": *"changed"' again
	done
	rm tree/notes/bread.md
	[ "$(json -k 30 "$T/tree.leann" "$Q" | kept)" = no ]
	# as it was: the first answer holds again, not one from the time between
	cp "$T/tree/notes/bread.md" tree/notes/
	asked_before -k 30 "$T/tree.leann" "$Q"
	cmp first <(items -k 30 "$T/tree.leann" "$Q")
}

@test "what was asked while a file was away is not the answer when it is back" {
	rm tree/notes/bread.md
	json "$T/tree.leann" "$Q" >away
	cp "$T/tree/notes/bread.md" tree/notes/
	json "$T/tree.leann" "$Q" >back
	[ "$(kept back)" = no ]
	[[ $(hits back) =~ ^[^}]*bread.md ]]
}

@test "other options, filters, questions and indexes have other answers" {
	printf 'One more note.\n' >tree/more.txt
	leann-chunk -q tree | leann-embed-client -q | leann-graph -q -o more.leann
	ask() {
		[ "$(json "$@" | kept)" = no ] || { echo "kept: $*"; return 1; }
		asked_before "$@" || { echo "not kept: $*"; return 1; }
	}
	ask "$T/tree.leann" "$Q"
	ask -k 5 "$T/tree.leann" "$Q"
	ask --dense "$T/tree.leann" "$Q"
	ask --no-recompute "$T/tree.leann" "$Q"
	ask --recompute 12 "$T/tree.leann" "$Q"
	ask --word-weight .5 "$T/tree.leann" "$Q"
	ask --shortlist 15 "$T/tree.leann" "$Q"
	ask --lang markdown "$T/tree.leann" "$Q"
	ask --path '*.py' "$T/tree.leann" "$Q"
	ask --lang rust "$T/tree.leann" "$Q" # no hits: an answer, too
	ask "$T/tree.leann" "$Q "
	leann-search --json more.leann "$Q" >more
	[ "$(kept more)" = no ]
	json -k 101 "$T/tree.leann" "$Q" >many # too many to keep
	[ "$(json -k 101 "$T/tree.leann" "$Q" | kept)" = no ]
}

@test "questions of a batch are kept one by one" {
	json "$T/tree.leann" "$Q" >one
	printf '%s\n' "when do I prune tomatoes?" "$Q" "send a letter" >asked
	json --batch asked "$T/tree.leann" >batch
	[ "$(kept batch | tr '\n' ' ')" = "no yes no " ]
	cmp <(hits one) <(sed -n 2p batch | hits)
	json --batch asked --endpoint "$(nowhere)" --no-start "$T/tree.leann" >again
	[ "$(kept again | sort -u)" = yes ]
	cmp <(hits batch) <(hits again)
}

@test "embeddings that are wanted again are computed twice and kept, exactly" {
	# other -k, so that answers are not those kept; the same passages are recomputed
	json -k 4 "$T/tree.leann" "$Q" >a
	json -k 5 "$T/tree.leann" "$Q" >b
	n=$(n_texts)
	json -k 6 "$T/tree.leann" "$Q" >third
	[ "$(number recomputed a)" -ge 16 ] && [ "$(number recomputed b)" = "$(number recomputed a)" ]
	[ "$(number recomputed third)" = 0 ]
	[ "$(n_texts)" = $((n + 1)) ] # the question alone
	json -k 6 --no-cache "$T/tree.leann" "$Q" >anew
	[ "$(number recomputed anew)" = "$(number recomputed a)" ]
	cmp <(hits third) <(hits anew)
	run ! grep '"exact": *false' third
}

@test "--no-cache and LEANN_NO_CACHE use nothing and leave nothing" {
	json --no-cache "$T/tree.leann" "$Q" >/dev/null
	LEANN_NO_CACHE=1 json "$T/tree.leann" "$Q" >/dev/null
	run -0 find "$XDG_CACHE_HOME" -name '*.cache*'
	[ -z "$output" ]
	json "$T/tree.leann" "$Q" >/dev/null
	asked_before "$T/tree.leann" "$Q"
	[ "$(json --no-cache "$T/tree.leann" "$Q" | kept)" = no ]
	[ "$(LEANN_NO_CACHE=1 json "$T/tree.leann" "$Q" | kept)" = no ]
	LEANN_NO_CACHE=0 asked_before "$T/tree.leann" "$Q"
}

@test "a folder that cannot be made or written, and no folder at all, change nothing" {
	items --no-cache "$T/tree.leann" "$Q" >want
	printf 'a file' >file
	for dir in "$PWD/file" /proc/none; do
		XDG_CACHE_HOME=$dir json "$T/tree.leann" "$Q" >got 2>err
		cmp want <(hits got)
		[ ! -s err ]
	done
	mkdir -p "$CACHE/answers.cache" "$CACHE/embeddings-384.cache" # folders where files should be
	for i in 1 2; do json "$T/tree.leann" "$Q" >got 2>err; done
	cmp want <(hits got)
	[ ! -s err ] && [ "$(kept got)" = no ]
	run -0 find "$CACHE" -name '*.cache.*' # nothing half-made stays
	[ -z "$output" ]
}

@test "damaged files of the cache are made anew or read around" {
	for i in 4 5 6 6; do items -k $i "$T/tree.leann" "$Q" >want; done
	for f in answers.cache embeddings-384.cache; do
		for how in head middle short empty; do
			case $how in
			head) printf 'XXXX' | dd of="$CACHE/$f" conv=notrunc status=none ;;
			middle) LC_ALL=C tr '\000' '\003' <"$CACHE/$f" | tail -c +65601 | dd of="$CACHE/$f" bs=65600 seek=1 conv=notrunc status=none ;;
			short) truncate -s 1000 "$CACHE/$f" ;;
			empty) : >"$CACHE/$f" ;;
			esac
			for i in 1 2; do json -k 6 "$T/tree.leann" "$Q" >got 2>err; done
			cmp want <(hits got)
			[ ! -s err ] && [ "$(kept got)" = yes ]
		done
	done
}

@test "programs at the same time share the cache" {
	items --no-cache "$T/tree.leann" "$Q" >want
	for i in $(seq 6); do
		{ for _ in 1 2 3; do items "$T/tree.leann" "$Q"; done | sort -u >"got.$i"; } &
	done
	wait
	for i in $(seq 6); do cmp want "got.$i"; done
	asked_before "$T/tree.leann" "$Q"
}

@test "cache stats counts, cache clear removes the files and nothing else" {
	run -0 leann cache stats
	[ "$output" = "$CACHE: nothing kept" ]
	json "$T/tree.leann" "$Q" >/dev/null
	json "$T/tree.leann" "$Q" >/dev/null
	leann cache stats --json >stats
	[[ $(grep -oE '"name": *"[^"]*"' stats | grep -oE '[a-z0-9-]+.cache' | tr '\n' ' ') == "answers.cache embeddings-384.cache " ]]
	[ "$(number used stats | tr '\n' ' ')" = "1 0 " ] && [ "$(number hits stats | tr '\n' ' ')" = "1 0 " ]
	for max in $(number max_bytes stats); do [ "$max" -le 16777216 ]; done
	run -0 leann-cache stats
	[[ ${lines[1]} == answers.cache*"1 of 1276 slots"* ]]
	[ "$(stat -c %a "$CACHE/answers.cache")" = 600 ]
	touch "$CACHE/answers.cache.123" "$CACHE/mine.cache" "$CACHE/embeddings-x.cache"
	leann cache clear
	[ "$(cd "$CACHE" && find . -type f | grep -v hashes | sort | tr '\n' ' ')" = "./embeddings-x.cache ./mine.cache " ]
	[ "$(json "$T/tree.leann" "$Q" | kept)" = no ]
	: >"$CACHE/answers.cache"
	run -0 leann-cache stats
	[[ $output == *"answers.cache"*damaged* ]]
	for wrong in "" "stats clear" "clear --json" "gone"; do
		# shellcheck disable=SC2086 # words
		run -2 leann-cache $wrong
	done
}

@test "an answer that read a file of another time is not kept" {
	mkdir "$BATS_TEST_TMPDIR/m"
	cd "$BATS_TEST_TMPDIR/m"
	for i in $(seq 30); do printf 'Bread recipe %s with flour and water and salt.\n' "$i" >"r$i.txt"; done
	printf 'Nothing of the kind stands in this file, or does.\n' >far.txt
	leann-chunk -q . | leann-embed-client -q | leann-graph -q -o ../m.leann
	cp -p far.txt ../far.txt
	printf 'dough flour dough flour dough flour dough flour d\n' | head -c "$(stat -c %s far.txt)" >tmp && mv tmp far.txt
	leann-search --json --recompute 3 -k 3 ../m.leann "flour dough flour" >/dev/null
	cp -p ../far.txt far.txt
	leann-search --json --recompute 3 -k 3 ../m.leann "flour dough flour" >a
	leann-search --json --no-cache --recompute 3 -k 3 ../m.leann "flour dough flour" >b
	"$PYTHON" - <<'P'
import json
a, b = (json.load(open(f)) for f in "ab")
assert not a.get("cached"), "kept"
assert [i["score"] for i in a["items"]] == [i["score"] for i in b["items"]]
P
}

@test "leann cache warm reads what questions touch, at most what it may, and says what it left" {
	cp "$T/tree.leann" warm.leann
	# what is not in memory now; some file systems keep it all the same
	dd if=warm.leann of=/dev/null iflag=nocache count=0 status=none
	run -0 --separate-stderr leann-cache warm warm.leann
	[[ ${lines[0]} == "warm.leann: read "*" of "*" bytes in "*" ms, "*" were in memory"* ]]
	[[ $output == *"warm.leann: left: "*hashes* && $output != *left:*codes* ]]
	[[ $output == *"embedding server answers, after"* ]]
	# all of it is there now
	run -0 leann-cache warm --index-only --max 1 warm.leann
	[[ ${lines[0]} == "warm.leann: read 0 of "* && $output != *server* && $output != *left:*codes* ]]
	# the porcelain takes the nearest
	mkdir -p tree/.leann && cp "$T/tree.leann" tree/.leann/index.leann && cd tree
	run -0 leann cache warm
	[[ $output == *".leann/index.leann: read "* ]]
	run -2 leann-cache warm nowhere.leann
	run -2 leann-cache warm
	run -2 leann-cache stats --max 1k
	run -2 leann-cache warm --max 0 "$T/tree.leann"
}
