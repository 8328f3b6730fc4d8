#!/usr/bin/env bats
# Passages that are exactly the same: one code, all places; filters, updates, other forms of the index.
load helper

setup_file() {
	load helper
	export T=$BATS_FILE_TMPDIR LEANN_NO_CACHE=1
	leann-model path >/dev/null 2>&1 || return 0
	cd "$T"
	mkdir -p t/a t/b t/c
	for i in $(seq 12); do printf '# Bread %d\n\nKnead flour and yeast for %d minutes, then bake it.\n\n' "$i" $((i * 7)); done >t/a/bread.md
	cp t/a/bread.md t/b/bread.md
	{ cat t/a/bread.md && printf '# Tomatoes\n\nPrune the side shoots in June.\n'; } >t/c/all.md
	printf '# Mail\n\nLetters are sent over SMTP.\n' >t/c/mail.md
	leann-chunk -q --max-tokens=32 t | leann-embed-client -q >t.vectors
	leann-graph -q -o t.leann <t.vectors
}

setup() {
	need_model
	cd "$T"
}
tags() { leann-bundle text | sed -n 's/^\[\([0-9]*\),.*/\1/p' | sort -n | uniq -c | awk '{ print $2 ":" $1 }'; }
n_copies() { leann-bundle stats --json "$1" | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin).get("copies", 0))'; }
# PATH:LINE of each hit, with its other places behind it.
places() {
	leann-search --json "$@" | "$PYTHON" -c '
import json, os, sys
show = lambda p: "/".join(p["path"].split("/")[-2:]) + ":" + str(p.get("startLine", "-"))
for line in sys.stdin:
    for i in json.loads(line)["items"]:
        print(" ".join(map(show, [i["item"], *i.get("also", [])])))'
}
update() { leann-chunk -q --update "$@" | leann-embed-client -q | leann-graph -q --update "$1"; }

@test "a passage that was there before is said to be its copy, and has no code of its own" {
	leann-chunk -q --max-tokens=32 t >s
	[[ " $(tags <s | tr '\n' ' ')" == *" 70:1 "* ]]
	[ "$(n_copies t.leann)" = 23 ]
	run -0 leann-bundle verify t.leann
	[[ $output == *"37 chunks"* ]]
	leann-bundle unpack t.leann d
	[ "$(stat -c %s d/codes)" = $((64 * 24)) ]
	run -0 leann-bundle show t.leann
	[[ $output == *"copies    23 chunks have the text of an earlier one, whose code is theirs: 552 bytes less"* ]]
	[[ $output == *"leann-index 1.5"* ]]
	# an independent reader, and the text form, agree on whose code is whose
	leann-bundle text t.leann | tee lines | leann-bundle text -r -o back.leann
	cmp t.leann back.leann
	if "$PYTHON" -c 'import xxhash' 2>/dev/null; then
		diff <(grep '^\["chunk"' lines) <("$PYTHON" "$TOP/tests/tools/read_index.py" t.leann | grep '^\["chunk"')
	fi
}

@test "a hit names all its places, also where more texts are asked for than places looked at" {
	run -0 places -k 1 t.leann "knead for 21 minutes"
	[ "$output" = "a/bread.md:9 b/bread.md:9 c/all.md:9" ]
	run -0 places -k 99 t.leann bake
	[ "${#lines[@]}" = 14 ]
	[ "$(grep -c 'a/bread.md:.* b/bread.md:.* c/all.md:' <<<"$output")" = 11 ]
	run -0 places -k 99 --all-copies t.leann bake
	[ "${#lines[@]}" = 37 ]
	[ "$(places -k 5 --all-copies t.leann "knead for 21 minutes" | head -3 | sort | tr '\n' ' ')" = "a/bread.md:9 b/bread.md:9 c/all.md:9 " ]
}

@test "answers are those of an index where each passage has a code" {
	leann-graph -q --graph=chunks -o whole.leann <t.vectors
	[ "$(n_copies whole.leann)" = 0 ]
	for q in "knead for 21 minutes" "side shoots" "how are letters sent?"; do
		for o in "" --all-copies --dense "--path=b/*" "--recompute=0"; do
			# shellcheck disable=SC2086
			diff <(places -k 5 $o whole.leann "$q") <(places -k 5 $o t.leann "$q")
		done
	done
}

@test "what a filter lets through is found by the place that it has there" {
	run -0 places -k 1 --path 'b/*' t.leann "knead for 21 minutes"
	[ "$output" = "b/bread.md:9" ]
	run -0 places -k 1 --path 'c/*' --path 'b/*' t.leann "knead for 21 minutes"
	[ "$output" = "b/bread.md:9 c/all.md:9" ]
	run -0 places -k 99 --path 'c/*' t.leann "knead for 21 minutes"
	[ "${#lines[@]}" = 13 ]
	run -0 places -k 99 --filter 'heading = "Bread 3" and path ~ "c/*"' t.leann "knead for 21 minutes"
	[ "$output" = "c/all.md:9" ]
}

@test "with --per-file a text is shown where there is room for it" {
	mkdir -p p
	printf '# Garlic\n\nPlant garlic cloves in October.\n\n# Bread\n\nKnead flour and yeast, then bake the dough.\n' >p/a.md
	printf '# Bread\n\nKnead flour and yeast, then bake the dough.\n' >p/b.md
	printf '# Mail\n\nLetters are sent over SMTP.\n' >p/c.md
	leann-chunk -q --max-tokens=20 p | leann-embed-client -q >p.vectors
	leann-graph -q -o p.leann <p.vectors
	leann-graph -q --graph=chunks -o whole.leann <p.vectors
	[ "$(n_copies p.leann)$(n_copies whole.leann)" = 10 ]
	for x in p whole; do
		for o in "" --dense --no-recompute; do
			# shellcheck disable=SC2086
			run -0 places -k 3 --per-file=1 $o $x.leann "plant garlic in october and then bake dough"
			[ "${lines[0]}|${lines[1]%% *}|${lines[2]}" = "p/a.md:1|p/b.md:1|p/c.md:1" ]
		done
	done
	# a file that is not what it was is no room
	mv p/b.md aside
	run -0 places -k 3 --per-file=1 p.leann "plant garlic in october and then bake dough"
	mv aside p/b.md
	[ "${lines[0]}|${lines[1]}" = "p/a.md:1|p/c.md:1" ]
}

@test "a place is found by file and line, and is not near itself" {
	run -0 places -k 1 --like "$T/t/c/all.md:9" t.leann
	[ "$output" = "a/bread.md:9 b/bread.md:9" ]
}

@test "a hit is at a place that is still there" {
	mv t/a/bread.md aside
	run -0 places -k 1 t.leann "knead for 21 minutes"
	[ "$output" = "b/bread.md:9 a/bread.md:- c/all.md:9" ]
	mv aside t/a/bread.md
}

@test "an update keeps the places of a text whose first file goes, and finds copies among what is new" {
	cp -r t u
	leann-chunk -q --max-tokens=32 u | leann-embed-client -q | leann-graph -q -o u.leann
	rm u/a/bread.md
	update u.leann
	run -0 leann-bundle verify u.leann
	[ "$(places -k 1 u.leann "knead for 21 minutes")" = "b/bread.md:9 c/all.md:9" ]
	[ "$(n_copies u.leann)" = 23 ]
	printf '# Garlic\n\nPlant the cloves in October.\n' | tee u/a/one.md >u/a/two.md
	sed -i 's/for 35 minutes/until noon/' u/b/bread.md
	update u.leann
	run -0 leann-bundle verify u.leann
	[ "$(n_copies u.leann)" = 24 ]
	[ "$(places -k 1 u.leann "when to plant garlic")" = "a/one.md:1 a/two.md:1" ]
	[ "$(places -k 1 u.leann "knead until noon")" = "b/bread.md:17" ]
	[ "$(places -k 1 u.leann "knead for 35 minutes")" = "c/all.md:17" ]
	# written anew it has the copies of one made anew
	update u.leann --full
	leann-chunk -q --max-tokens=32 u | leann-embed-client -q | leann-graph -q -o fresh.leann
	leann-bundle unpack u.leann d1
	leann-bundle unpack fresh.leann d2
	cmp d1/copies d2/copies
	cmp d1/chunks d2/chunks
	[ "$(n_copies u.leann)" = "$(n_copies fresh.leann)" ]
}

@test "cat gives copies back, export and import keep them" {
	cmp <(leann-chunk -q --max-tokens=32 t | leann-bundle text | grep '^\[70,') <(leann-bundle cat t.leann | leann-bundle text | grep '^\[70,')
	leann-bundle export -q --self-contained -o e.leann t.leann
	run -0 leann-bundle verify e.leann
	[ "$(n_copies e.leann)" = 23 ]
	[ "$(places -k 1 e.leann "knead for 21 minutes")" = "a/bread.md:9 b/bread.md:9 c/all.md:9" ]
	run -0 leann-bundle validate t.leann --recall=37
	[[ $output == *"37 passages embedded again"* ]]
}

@test "lists, residual codes and --tiny have a code for each passage" {
	leann-graph -q --backend=diskann -o lists.leann <t.vectors
	leann-chunk -q --structure=none --max-tokens=32 t | leann-embed-client -q | leann-graph -q --tiny -o tiny.leann
	for x in lists tiny; do
		run -0 leann-bundle verify $x.leann
		[ "$(n_copies $x.leann)" = 0 ]
		[ "$(places -k 1 $x.leann "knead for 21 minutes")" = "a/bread.md:9 b/bread.md:9 c/all.md:9" ]
	done
}

@test "copies that cannot be are refused" {
	leann-bundle text t.leann | sed 's/^\["member","copies",.*/["member","copies","DAsMAAoM"]/' >lines
	run -2 bash -c 'leann-bundle text -r -o bad.leann <lines && leann-bundle verify bad.leann'
	[[ $output == *"damaged index: member: copies: chunks 24 + 11 are copies of copies"* ]]
	leann-bundle text t.leann | sed 's/^\["member","copies",.*/["member","copies","AAAB"]/' >lines
	run -2 bash -c 'leann-bundle text -r -o bad.leann <lines && leann-bundle verify bad.leann'
	[[ $output == *"damaged index: member: copies: run 0 of 37 chunks is no run"* ]]
	# chunks 1 and on are no copies of 0 and on
	leann-bundle text t.leann | sed 's/^\["member","copies",.*/["member","copies","DAoL"]/' >lines
	run -2 bash -c 'leann-bundle text -r -o bad.leann <lines && leann-bundle verify bad.leann'
	[[ $output == *"damaged index: chunk 12 is a copy of chunk 1, whose hash is another"* ]]
	leann-bundle text t.leann | sed 's/"chunking":{/&"context":"path",/' >lines
	run -2 bash -c 'leann-bundle text -r -o bad.leann <lines && leann-bundle verify bad.leann'
	[[ $output == *"damaged index: member copies and chunking.context"* ]]
}
