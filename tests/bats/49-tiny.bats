#!/usr/bin/env bats
# An index without spans of passages: files are cut again, and everything is as with them.
load helper

setup_file() {
	load helper
	export T=$BATS_FILE_TMPDIR LEANN_NO_CACHE=1
	leann-model path >/dev/null 2>&1 || return 0
	cd "$T"
	small_tree tree
	cp "$TOP"/lib/base/opts.[ch] "$TOP"/lib/base/utf8.c tree/src
	cp "$TOP/cmd/leann-graph/leann-graph.1" tree/notes
	# bytes that are not UTF-8, among several passages; a name that says no language
	{
		for i in $(seq 60); do printf 'Caf\xe9 number %s serves \xff\xfe bread of rye, and tea with lemon.\n' "$i"; done
	} >tree/notes/latin
	# a licence, which is in no passage
	{
		printf '/* SPDX-License-Identifier: MIT\n * Permission is hereby granted to all. */\n\n'
		for i in $(seq 40); do printf '/* Kneads dough %s times, slowly, and lets it rest. */\nint knead_%s(int dough);\n\n' "$i" "$i"; done
	} >tree/src/knead.c
	leann-chunk -q --structure=none tree | leann-embed-client -q >tree.vectors
	leann-graph -q --bytes 16 -o with.leann <tree.vectors
	leann-graph -q --tiny --bytes 16 -o tiny.leann <tree.vectors
}

setup() {
	need_model
	cd "$BATS_TEST_TMPDIR"
}
# Hits of an index as JSON, without what differs from one run to the next.
hits() { leann-search --json "$@" | sed 's/, *"latency".*//; s/,"meta":{"heading":"[^"]*"}//g'; }
# The tiny index with a change to its manifest: sed's SCRIPT, to FILE.
edited() { # SCRIPT FILE
	leann-bundle unpack "$T/tiny.leann" taken
	sed -i "$1" taken/leann.json
	leann-bundle pack taken "$2"
}

@test "without spans an index has the same hits, lines, headings and passages" {
	for q in "how long does the dough rise?" "parse an option" "rye bread and lemon tea" "knead dough slowly"; do
		for o in "" "--dense" "--no-recompute" "--per-file 1" "--recall-target .99"; do
			hits $o "$T/with.leann" "$q" >a
			hits $o "$T/tiny.leann" "$q" >b
			grep -q '"chunk"' a
			cmp a b
		done
		cmp <(leann-search "$T/with.leann" "$q") <(leann-search "$T/tiny.leann" "$q")
	done
	for at in notes/latin:30 notes/bread.md src/opts.c:100; do
		cmp <(leann-search --like "$T/tree/$at" "$T/with.leann") <(leann-search --like "$T/tree/$at" "$T/tiny.leann")
	done
	leann-bundle cat "$T/with.leann" | leann-bundle text | sed '1d;$d;/^\[69,/d' >a
	leann-bundle cat "$T/tiny.leann" | leann-bundle text | sed '1d;$d;/^\[69,/d' >b
	[ "$(grep -c . a)" -gt 40 ]
	cmp a b
}

@test "headings of documents, and of files in other encodings, are found again" {
	mkdir d
	printf '<h1>Garden</h1><p>Intro to the garden and all of its plants.</p><h2>Tomatoes</h2><p>Prune the side shoots in June and water the roots.</p><h2>Garlic</h2><p>Plant the cloves in October.</p>' >d/page.html
	printf '# Boats\n\nThey swim.\n\n## Oars\n\nRow with wooden oars on the lake, slowly.\n\n## Sails\n\nWind.\n\n## Ropes\n\nKnots.\n' | iconv -t UTF-16 >d/boats.md
	leann-chunk -q --structure=none --max-tokens=20 d | leann-embed-client -q >v
	leann-graph -q -o with.leann <v
	leann-graph -q --tiny -o tiny.leann <v
	for q in "prune tomatoes in june" "row with oars"; do
		leann-search -k 1 with.leann "$q" >a
		leann-search -k 1 tiny.leann "$q" | cmp a -
		grep -q ' > ' a
	done
}

@test "such an index is smaller, and passes what any index passes" {
	[ "$(stat -c %s "$T/tiny.leann")" -lt "$(stat -c %s "$T/with.leann")" ]
	run -0 leann-bundle show "$T/tiny.leann"
	[[ $output == *"leann-index 1."[345]* && $output != *$'\nmeta '* && $output == *"spans     none: files are cut again"* ]]
	[[ $output == *"codes     16 bytes"* && $output != *$'\nchunks  '*B* ]]
	run -0 leann-bundle show "$T/with.leann"
	[[ $output == *"leann-index 1."[2345]* && $output != *"spans "* ]]
	run -0 leann-bundle verify "$T/tiny.leann"
	leann-bundle validate "$T/tiny.leann" >out || [ $? -eq 1 ]
	! grep -q stale out
	leann-bundle unpack "$T/tiny.leann" d && leann-bundle pack d again.leann
	cmp "$T/tiny.leann" again.leann
	run -2 --separate-stderr leann-bundle text "$T/tiny.leann"
	[[ $stderr == *"has no spans of passages to write as lines"* ]]
	# a codebook that comes with the program is smaller than one for 16 bytes
	leann-graph -q --tiny -j 1 -o b.leann <"$T/tree.vectors"
	[ "$(stat -c %s b.leann)" -lt "$(stat -c %s "$T/tiny.leann")" ]
	run -0 leann-bundle show b.leann
	[[ $output == *"codes     24 bytes"* ]]
}

@test "a file that changed, is gone, or is cut into other passages is stale, and the hit says which" {
	cp -a "$T/tree" tree
	find_in() { hits --root tree -k 300 "$1" "Prune the side shoots of tomatoes" | tr '{' '\n'; }
	find_in "$T/tiny.leann" | grep -A9 garden.md >fresh
	run ! grep -q stale fresh
	printf 'More.\n' >>tree/notes/garden.md
	rm tree/notes/bread.md
	find_in "$T/tiny.leann" >found
	[ "$(grep -c '"stale": *"changed"' found)" -ge 1 ]
	[ "$(grep -c '"stale": *"missing"' found)" -ge 1 ]
	run ! grep '"recut"' found
	# the same bytes, other parameters: other passages
	edited 's/"max_tokens": *256,\( *"overlap"\)/"max_tokens":64,\1/; /"chunking"/,/}/s/"max_tokens": *256/"max_tokens": 64/' other.leann
	find_in other.leann >found
	[ "$(grep -c '"stale": *"recut"' found)" -ge 1 ]
	run -0 leann-search --root tree -k 300 other.leann "parse an option"
	[[ $output == *"(stale: the file is cut into other passages now)"* ]]
	run -1 --separate-stderr leann-bundle cat --root tree other.leann
}

@test "another version of the chunker, another tokenizer and a manifest that does not say are refused" {
	edited '/"chunking"/,/}/s/"version": *[0-9]*/"version": 9/' v3.leann
	run -2 --separate-stderr leann-search v3.leann "bread"
	[[ $stderr == *"v3.leann: has no spans of passages, and chunker version 9 cut it, this program has "* ]]
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	run -2 --separate-stderr leann-bundle cat v3.leann
	run -0 leann-bundle show v3.leann
	rm -r taken
	edited '/"chunking"/,/}/s/"version"/"licences": "sold", &/' sold.leann
	run -2 --separate-stderr leann-search sold.leann "bread"
	[[ $stderr == *'sold.leann: has no spans of passages, and chunking.licences "sold" is not known here'* ]]
	rm -r taken
	edited '/tokenizer_sha256/s/[0-9a-f]\{64\}/'"$(printf '%064d' 7)"'/' tok.leann
	run -2 --separate-stderr leann-search tok.leann "bread"
	[[ $stderr == *"tok.leann: passages were cut with another tokenizer"* ]]
	rm -r taken
	edited '/"chunking"/,/}/s/"overlap"/"overlop"/' none.leann || :
	[ ! -e none.leann ] || run -2 leann-search none.leann "bread"
}

@test "a stored file is cut again too, and JSON Lines are refused before any work" {
	leann-chunk -q --structure=none --stdin-name page - <"$T/tree/notes/leann-graph.1" | leann-embed-client -q >in.vectors
	leann-graph -q --bytes 16 -o with.leann <in.vectors
	leann-graph -q --tiny --bytes 16 -o tiny.leann <in.vectors
	cmp <(hits with.leann "hubs keep more links") <(hits tiny.leann "hubs keep more links")
	cmp <(hits --like page:40 with.leann) <(hits --like page:40 tiny.leann)
	printf '%s\n' '{"id":"p","text":"Let the pizza dough rise."}' >food.jsonl
	leann-chunk -q --jsonl food.jsonl | leann-embed-client -q >food.vectors
	run -2 --separate-stderr leann-graph -q --tiny -o no.leann <food.vectors
	[[ $stderr == *"--tiny: food.jsonl: of JSON Lines the spans of passages are kept"* && ! -e no.leann ]]
}

@test "leann build --tiny makes such an index, and leann related and search know it" {
	small_tree mine
	leann build -q --tiny mine
	run -0 leann index stats mine
	[[ $output == *"spans     none"* ]]
	cd mine
	run -0 leann search "side shoots of tomatoes" -k 1
	[[ ${lines[0]} == notes/garden.md:1-3* ]]
	run -0 leann related -k 1 notes/bread.md:3
	leann index create --tiny --input . --output x.leann
	run -0 leann index stats x.leann
	[[ $output == *"spans     none"* ]]
}
