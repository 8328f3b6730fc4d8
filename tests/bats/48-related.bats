#!/usr/bin/env bats
# What is near a passage; one hit for texts that are the same; hits of a file; how many recomputes.
load helper

setup_file() {
	load helper
	export T=$BATS_FILE_TMPDIR LEANN_NO_CACHE=1
	leann-model path >/dev/null 2>&1 || return 0
	cd "$T"
	small_tree tree
	printf '# Pizza\n\nKnead flour, water, salt and yeast to a dough and let it rest before baking.\n' >tree/notes/pizza.md
	leann build -q tree
	# of one file more passages on bread than anyone wants
	for i in $(seq 60); do
		printf '{"id":"b%d","text":"Recipe %d: bake the bread of flour and yeast for %d minutes."}\n' "$i" "$i" $((i + 20))
	done >bread.jsonl
	printf '%s\n' '{"id":"p","text":"Let the pizza dough rise."}' '{"id":"t","text":"Tomatoes want sun."}' >food.jsonl
	printf '%s\n' '{"id":"m","text":"Mail is sent over SMTP."}' >mail.jsonl
	leann-chunk -q --jsonl bread.jsonl food.jsonl mail.jsonl | leann-embed-client -q | leann-graph -q -o many.leann
	mkdir copies
	printf 'Prune the side shoots of tomatoes in June.\n' >copies/a.md
	printf 'Prune the  side shoots\n\tof tomatoes in June.\n\n' >copies/b.md
	cp copies/a.md copies/c.md
	printf 'Prune the side shoots of cucumbers in June.\n' >copies/d.md
	printf 'Send an electronic letter.\n' >copies/e.md
	leann-chunk -q copies | leann-embed-client -q | leann-graph -q -o copies.leann
}

setup() {
	need_model
	cd "$T"
}
# Names of the files of hits, in order; the JSON of leann-search is on stdin.
names() {
	"$PYTHON" -c 'import json, os, sys
print(*[os.path.basename(i["item"]["path"]) for i in json.load(sys.stdin)["items"]])'
}
recomputed() {
	leann-search --json --dense -k 3 "$@" many.leann "how long is bread baked?" |
		"$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["recomputed"])'
}

@test "what is near a passage comes first, and the passage itself is no hit" {
	cd tree
	run -0 leann related notes/bread.md:3 -k 3
	[[ ${lines[0]} == notes/pizza.md:1-3\ * ]]
	[[ $output != *notes/bread.md* && $(grep -c '^[^ ]' <<<"$output") -eq 3 ]]
	near=$output
	run -0 leann related -k 3 notes/bread.md
	[ "$output" = "$near" ]
	run -0 leann-search -k 3 --like "$PWD/notes/bread.md:1-7" .leann/index.leann
	[ "$output" = "$near" ]
	# from below, and through a link
	ln -sfn tree "$T/linked"
	cd notes
	run -0 leann related -k 1 bread.md:5
	[[ ${lines[0]} == pizza.md:1-3\ * ]]
	run -0 leann-search --json -k 1 --like "$T/linked/notes/bread.md" ../.leann/index.leann
	[[ $output == '{"like":'*'notes/pizza.md"'* && $output != *'"query"'* ]]
}

@test "of JSON Lines a line is a record" {
	run -0 leann-search -k 1 --like food.jsonl:1 many.leann
	[[ ${lines[0]} == bread.jsonl:* ]]
	run -0 leann-search -k 62 --like food.jsonl:2 many.leann
	[[ $output != *'[t]'* && $output == *'[p]'* && $output == *'[m]'* ]]
}

@test "a file or a line that the index does not have is status 1 and one line" {
	run -1 --separate-stderr leann-search --like nowhere.md many.leann
	[ "$stderr" = "leann-search: nowhere.md: not in many.leann" ] && [ -z "$output" ]
	run -1 --separate-stderr leann-search --like food.jsonl:3 many.leann
	[ "$stderr" = "leann-search: food.jsonl: no passage of many.leann has line 3" ]
	run -1 leann-search --like "$T/tree/notes/bread.md:1" many.leann
	[[ $output == *"not in many.leann" ]]
}

@test "a file that changed or went away is an error that says so" {
	cp -r tree stale
	leann build -q stale
	cd stale
	echo more >>notes/bread.md
	run -2 leann related notes/bread.md:3
	[[ $output == *"notes/bread.md: changed since it was indexed: build the index again" ]]
	run -2 leann related notes/bread.md
	[[ $output == *"changed since it was indexed: build the index again" ]]
	rm notes/garden.md
	run -2 leann related notes/garden.md:1
	[[ $output == *"notes/garden.md: is gone: build the index again" ]]
}

@test "with another root, paths are below that" {
	cp -r tree moved
	run -0 leann-search -k 1 --root moved --like moved/notes/bread.md:3 tree/.leann/index.leann
	[[ ${lines[0]} == moved/notes/pizza.md:1-3\ * ]]
	run -1 leann-search --root moved --like tree/notes/bread.md tree/.leann/index.leann
}

@test "wrong use is refused" {
	run -2 leann-search --like a.md many.leann a question
	[[ $output == *"--like and a question: only one of them"* ]]
	run -2 leann-search --like a.md --batch - many.leann
	run -2 leann related
	run -2 leann related a.md b.md
	run -2 leann-search --recall-target .8 many.leann bread
	[[ $output == *"want one of: .90 .95 .99"* ]]
	run -2 leann-search --confidence-threshold .2 many.leann bread
	[[ $output == *"goes with --early-terminate"* ]]
}

@test "texts that are the same but for white space are one hit that names the others" {
	run -0 leann-search copies.leann "tomatoes in June"
	[ "$(grep -c '^[^ ]' <<<"$output")" -eq 3 ]
	[ "$(grep -A9 '^copies/a.md' <<<"$output" | grep '^    also')" = $'    also copies/b.md:1-2\n    also copies/c.md:1-1' ]
	run -0 leann-search --json copies.leann "tomatoes in June"
	[[ $output == *'"also":[{"path":"'*'copies/b.md","startLine":1,"endLine":2},{"path":"'*'copies/c.md","startLine":1,"endLine":1}]'* ]]
	run -0 leann-search --all-copies --json copies.leann "tomatoes in June"
	[[ $output != *'"also"'* && $(names <<<"$output" | wc -w) -eq 5 ]]
}

@test "copies do not take the place of other hits" {
	run -0 leann-search -k 3 --dense --json copies.leann "tomatoes in June"
	[ "$(names <<<"$output" | wc -w)" -le 3 ]
	[[ $(leann-search -k 2 --json copies.leann "tomatoes in June" | names) == "a.md d.md" ]]
	[[ $(leann-search -k 2 --all-copies --json copies.leann "tomatoes in June" | names) != *d.md* ]]
	# of a copy, the copies are one hit
	[[ $(leann-search -k 2 --json --like copies/b.md copies.leann | names) == "a.md d.md" ]]
}

@test "per file, hits come from as many files as it takes" {
	ask=(leann-search --json --dense -k 3 --recompute 3)
	[ "$("${ask[@]}" many.leann "bake bread" | names)" = "bread.jsonl bread.jsonl bread.jsonl" ]
	run -0 "${ask[@]}" --per-file 1 many.leann "bake bread"
	[ "$(names <<<"$output" | tr ' ' '\n' | sort | xargs)" = "bread.jsonl food.jsonl mail.jsonl" ]
	[[ $(names <<<"$output") == bread.jsonl* ]]
	run -0 "${ask[@]}" --per-file 2 -k 9 many.leann "bake bread"
	[ "$(names <<<"$output" | tr ' ' '\n' | sort | xargs)" = "bread.jsonl bread.jsonl food.jsonl food.jsonl mail.jsonl" ]
	# with words, and beside a filter
	[ "$(leann-search --json --per-file 1 -k 2 --path '!mail*' many.leann "bake bread" | names)" = "bread.jsonl food.jsonl" ]
}

@test "a recall target says how many embeddings are computed again, but --recompute does so first" {
	a=$(recomputed --recall-target .90) b=$(recomputed --recall-target 0.95) c=$(recomputed --recall-target .99)
	[ 3 -lt "$a" ] && [ "$a" -lt "$b" ] && [ "$b" -lt "$c" ]
	[ "$(recomputed --recall-target .95 --recompute 7)" -eq 7 ]
}

@test "early termination computes half where hits stand out, and all else" {
	[ "$(recomputed --recompute 40)" -eq 40 ]
	[ "$(recomputed --recompute 40 --early-terminate --confidence-threshold 10)" -eq 40 ]
	[ "$(recomputed --recompute 40 --early-terminate --confidence-threshold .001)" -eq 20 ]
}

@test "what the page shows works" {
	cp -r tree/src .
	leann-chunk -q src | leann-embed-client -q | leann-graph -q -o src.leann
	run -0 leann-search -k 3 --per-file 1 --like src/config.c:2 src.leann
	[[ ${lines[0]} == src/mail.py:* ]]
}

@test "copies leave room for others: k hits come back when there are as many texts" {
	mkdir "$BATS_TEST_TMPDIR/c"
	cd "$BATS_TEST_TMPDIR/c"
	for i in $(seq 30); do printf 'A note about bread number %s and what it needs.\n' "$i" >"n$i.txt"; done
	for i in $(seq 20); do printf 'The same licence stands here: bread for all.\n' >"same$i.txt"; done
	leann-chunk -q . | leann-embed-client -q | leann-graph -q -o x.leann
	for how in --dense '--dense --no-recompute' --word-weight=1; do
		# shellcheck disable=SC2086
		run -0 leann-search -k 30 --json $how x.leann "bread for all"
		[ "$("$PYTHON" -c 'import json, sys; print(len(json.loads(sys.argv[1])["items"]))' "$output")" = 30 ]
	done
}

@test "a path after -- is one, whatever it begins with" {
	mkdir "$BATS_TEST_TMPDIR/d"
	cd "$BATS_TEST_TMPDIR/d"
	printf 'Bread rises.\n' >./-odd.txt
	printf 'Dough rests.\n' >plain.txt
	leann build -q . 2>/dev/null || leann build .
	run -0 leann related -- -odd.txt
	[[ $output == *plain.txt* ]]
}
