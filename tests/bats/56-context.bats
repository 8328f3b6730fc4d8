#!/usr/bin/env bats
# The line before a passage's text: embedded when an index is made, and again, the same, ever after.
load helper

setup_file() {
	load helper
	export T=$BATS_FILE_TMPDIR LEANN_NO_CACHE=1
	cd "$T"
	small_tree tree
	leann-model path >/dev/null 2>&1 || return 0
	leann-chunk -q --context=full tree | leann-embed-client -q | leann-graph -q -o full.leann
}

setup() {
	need_model
	cd "$BATS_TEST_TMPDIR"
}
# From a stream: "key PATTERN", else all texts, each with \n for its line ends.
texts() {
	leann-bundle text | "$PYTHON" -c 'import json, sys
for line in sys.stdin:
    r = json.loads(line)
    if r[0] == 2:
        print(json.dumps(r[11]))'
}
# The vectors of a stream, one a line.
vectors() { leann-embed-client -q | leann-bundle text | grep '^\[3,' | cut -d, -f3-; }
cosine() { # INDEX QUESTION: of the first hit, recomputed
	leann-search --json --dense -k 1 "$1" "$2" | "$PYTHON" -c 'import json, sys
i = json.load(sys.stdin)["items"][0]
print(i["exact"], i["cosine"] > 0.995, i["preview"][:2])'
}

@test "none is nothing, path the path, full the path and the symbol or heading" {
	leann-chunk -q --context=none "$T/tree" | texts >none
	leann-chunk -q --context=path "$T/tree" | texts >path
	leann-chunk -q --context=full "$T/tree" | texts >full
	[ "$(head -c 10 none)" = '"# Bread\n' ]
	grep -q '^"notes/bread.md\\n# Bread' path
	grep -q '^"notes/bread.md > Bread\\n# Bread' full
	grep -q '^"src/mail.py > send_mail\\ndef send_mail' full
	# the passages are the same
	sed 's/^"[^"]*\.\(md\|c\|py\)\\n/"/' path | cmp - none
	run -2 leann-chunk -q --context=some "$T/tree"
	[[ $output == *"want none, path or full"* ]]
}

@test "lines and passages together are within the limit, and one without room for a line is refused" {
	printf 'word %.0s' $(seq 2000) >long.md
	leann-chunk -q --context=full --max-tokens=64 long.md | leann-bundle text >s
	"$PYTHON" -c 'import json
n = [r[7] for r in map(json.loads, open("s")) if r[0] == 2]
assert len(n) > 60 and max(n) <= 64, (len(n), max(n))'
	run -2 leann-chunk -q --context=full --max-tokens=40 long.md
	[[ $output == *"--max-tokens 40: too few for --context=full"* ]]
}

@test "words and hashes are of the passages alone" {
	for c in none full; do
		leann-chunk -q --context=$c --lexical "$T/tree" | leann-bundle text | grep -E '^\[6[456],' >$c
	done
	cmp none full
	[ "$(wc -l <none)" = 3 ]
}

@test "records have no line" {
	printf '{"id":"1","title":"Bread","text":"Mix flour."}\n' >r.jsonl
	[ "$(leann-chunk -q --jsonl --context=full r.jsonl | texts)" = '"Bread Mix flour."' ]
}

@test "the passages of an index have the texts, the vectors and the codes that it was made of" {
	leann-chunk -q --context=full "$T/tree" >made
	leann-bundle cat "$T/full.leann" >again
	texts <made >a
	texts <again >b
	cmp a b
	vectors <made >a
	vectors <again >b
	cmp a b
	leann-embed-client -q <again | leann-graph -q -o again.leann
	leann-bundle unpack "$T/full.leann" one
	leann-bundle unpack again.leann two
	cmp one/codes two/codes
	grep -q '"context": *"full"' two/leann.json
	grep -q '"minor": *5' two/leann.json
}

@test "what a search recomputes is what was embedded, and it shows the passage alone" {
	text=$(cat "$T/tree/notes/garden.md")
	[ "$(cosine "$T/full.leann" "notes/garden.md > Garden
$text")" = "True True # " ]
	[ "$(cosine "$T/full.leann" "$text")" = "True False # " ]
	run -0 leann-bundle validate --recall 4 "$T/full.leann"
}

@test "copies of a text in several places are one hit" {
	cp -r "$T/tree" t
	cp t/notes/garden.md t/other-name-of-it.md
	leann-chunk -q --context=full t | leann-embed-client -q | leann-graph -q -o i.leann
	run -0 leann-search --json i.leann "prune tomatoes in June"
	[ "$(grep -o '"path"' <<<"$output" | wc -l)" = 4 ] || echo "$output"
	[ "$(grep -o 'Tomatoes want sun' <<<"$output" | wc -l)" = 1 ]
}

@test "an update goes on as the index was made, and a moved file is where it is now" {
	cp -r "$T/tree" t
	leann index create --input t --context=full --output i.leann
	printf 'Penguins are birds that cannot fly.\n' >t/penguin.md
	mv t/notes t/papers
	leann index update --index i.leann
	[ "$(leann-bundle cat i.leann | texts | grep -c '^"papers/\|^"penguin.md\\nPeng')" = 3 ]
	[ "$(cosine i.leann "penguin.md
Penguins are birds that cannot fly.")" = "True True Pe" ]
	[ "$(cosine i.leann "papers/garden.md > Garden
$(cat t/papers/garden.md)")" = "True True # " ]
	leann index rebuild --index i.leann
	leann-bundle unpack i.leann u
	grep -q '"context": *"full"' u/leann.json
}

@test "an index without spans has the same lines" {
	leann build -q --tiny --context=full "$T/tree"
	leann-bundle cat "$T/tree/.leann/index.leann" | texts | grep -q '^"notes/bread.md > Bread\\n# Bread'
	rm -r "$T/tree/.leann"
}

@test "a context that is not known is refused" {
	leann-bundle unpack "$T/full.leann" one
	sed -i 's/"context": *"full"/"context":"moon"/' one/leann.json
	leann-bundle pack one moon.leann
	run -2 leann-search moon.leann bread
	[[ $output == *'chunking.context "moon" is not known here'* ]]
	run -2 leann-bundle cat moon.leann
	leann-chunk -q --context=full "$T/tree" | leann-embed-client -q | leann-bundle text |
		sed '1s/"context":"full"/"context":"moon"/' >moon.txt
	grep -q moon moon.txt
	run -2 bash -o pipefail -c 'leann-bundle text --reverse moon.txt | leann-graph -q -o j.leann'
	[[ $output == *'context "moon" is not known here'* ]]
	[ ! -e j.leann ]
}
