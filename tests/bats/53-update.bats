#!/usr/bin/env bats
# An index follows its files: leann index update and leann index rebuild.
load helper

setup() {
	need_model
	cd "$BATS_TEST_TMPDIR"
	small_tree t
	for i in 1 2 3 4 5 6; do
		printf '# Chapter %d\n\nThe captain of ship number %d sailed to island %d.\n\n' "$i" "$i" "$i"
		printf 'The crew of %d sang until morning and slept in hammocks below the deck. %.0s' $(seq 12)
		printf '\n\n'
	done >t/notes/sea.md
	leann index create --input t --output i.leann
}

# Path and lines of the hits of a question, in order.
hits() { # INDEX QUESTION [OPTION ...]
	leann-search --json "${@:3}" "$1" "$2" | "$PYTHON" -c 'import json, os, sys
for i in json.load(sys.stdin)["items"]:
    print("%s:%s" % (os.path.relpath(i["item"]["path"]), i["item"]["startLine"]))'
}
chunk_of() { # INDEX QUESTION: number of the first hit
	leann-search --json -k 1 "$1" "$2" | "$PYTHON" -c 'import json, sys
print(json.load(sys.stdin)["items"][0]["chunk"])'
}

@test "changed, new, moved and removed files are found as they are now, from the next question on" {
	chunk=$(chunk_of i.leann "parse the configuration")
	sed -i 's/Bake at 230 degrees/Fry on charcoal/' t/notes/bread.md
	printf 'Penguins are birds that cannot fly.\n' >t/notes/penguin.md
	mv t/src/mail.py t/src/letter.py
	rm t/notes/garden.md
	run -0 leann index update --index i.leann -v
	[[ $output == *" kept, "* ]]
	leann-bundle verify -q i.leann
	[ "$(hits i.leann "birds that cannot fly" -k 1)" = t/notes/penguin.md:1 ]
	[[ $(hits i.leann "fry on charcoal" -k 1) == t/notes/bread.md:* ]]
	[[ $(hits i.leann "electronic letter over SMTP" -k 1) == t/src/letter.py:* ]]
	run -0 hits i.leann "tomatoes in the garden, mail, penguins, bread" -k 100
	[[ $output != *garden* && $output != *mail.py* ]]
	[ "$(sort <<<"$output" | uniq -d)" = "" ]
	# a passage that nothing happened to keeps its number
	[ "$(chunk_of i.leann "parse the configuration")" = "$chunk" ]
	run -0 leann index validate i.leann --metric balance
}

@test "of a long file only the passages that changed are embedded" {
	sed -i 's/number 4 sailed to island 4/number 4 sank near reef 4/' t/notes/sea.md
	run -0 leann index update --index i.leann -v
	[[ $(grep -m1 '^leann-graph:' <<<"$output") =~ \ ([0-9]+)\ embedded,\ ([0-9]+)\ kept ]]
	[ "${BASH_REMATCH[1]}" -eq 1 ]
	[ "${BASH_REMATCH[2]}" -ge 5 ]
	[[ $(hits i.leann "sank near the reef" -k 1) == t/notes/sea.md:* ]]
	run -0 hits i.leann "a captain sailed to an island" -k 100
	[ "$(sort <<<"$output" | uniq -d)" = "" ]
}

@test "an update that leaves half of an index behind writes it anew" {
	cp -r t u
	rm -r u/src u/notes/bread.md u/notes/garden.md
	leann index create --input u --output u.leann
	size=$(stat -c %s u.leann)
	for i in 1 2 3; do
		printf '\nAnd once more, for the %dth time.\n' "$i" >>u/notes/sea.md
		run -0 leann index update --index u.leann
		[[ $output == *"% changed since it was built: rebuilding"* ]]
	done
	run -0 leann-bundle show u.leann
	[[ $output != *"delta "* ]]
	[ "$(stat -c %s u.leann)" -le $((size + 1024)) ]
}

@test "when nothing changed the index is not touched" {
	before=$(stat -c '%i %Y' i.leann)
	run -0 leann index update --index i.leann
	[ -z "$output" ]
	[ "$(stat -c '%i %Y' i.leann)" = "$before" ]
}

@test "updates add up, a dry run changes nothing, --output leaves the index as it is" {
	printf 'One more file.\n' >t/one.txt
	sum=$(cksum <i.leann)
	run -0 leann index update --index i.leann --dry-run
	[[ $output == *one.txt* ]]
	run -0 leann index update --index i.leann --output j.leann
	[ "$(cksum <i.leann)" = "$sum" ]
	printf 'Yet another file.\n' >t/two.txt
	run -0 leann index update --index j.leann
	run -0 leann-bundle show j.leann
	[[ $output == *"delta     2 updates: 2 chunks added, 0 removed"* ]]
	[ "$(hits j.leann "yet another file" -k 1)" = t/two.txt:1 ]
}

@test "a rebuild has what a new index has: the same files, hits and sizes, without what was removed" {
	rm t/notes/garden.md
	sed -i 's/yeast/sourdough/' t/notes/bread.md
	leann index update --index i.leann
	leann index rebuild --index i.leann
	leann-bundle verify -q i.leann
	run -0 leann-bundle show i.leann
	[[ $output != *"delta "* ]]
	leann index create --input t --output new.leann
	for q in "how is bread made" "send a letter" "the captain of the third ship" "read settings"; do
		diff <(leann-search --json i.leann "$q" | grep -o '"path":[^,]*\|"score":[0-9.]\{5\}') \
			<(leann-search --json new.leann "$q" | grep -o '"path":[^,]*\|"score":[0-9.]\{5\}')
	done
	[ "$(stat -c %s i.leann)" -le $(($(stat -c %s new.leann) + 1024)) ]
}

@test "an index with a graph over passages, or with lists, is written anew by an update" {
	for o in "--graph=chunks" "--backend=diskann"; do
		leann-chunk -q t | leann-embed-client -q | leann-graph -q "$o" -o g.leann
		printf 'A file about %s and walruses.\n' "$o" >t/new.txt
		run -0 leann index update --index g.leann
		leann-bundle verify -q g.leann
		[ "$(hits g.leann "walruses" -k 1)" = t/new.txt:1 ]
		run -0 leann-bundle show g.leann
		[[ $output != *"delta "* && $output == *"updates   rewritten"* ]]
	done
}

@test "an index with postings has those of its new files after an update" {
	leann-chunk -q --lexical t | leann-embed-client -q | leann-graph -q -o p.leann
	printf 'The frobnicate_all_the_things switch is below the stairs.\n' >t/new.txt
	run -0 leann index update --index p.leann
	leann-bundle verify -q p.leann
	[ "$(hits p.leann "frobnicate_all_the_things" -k 1)" = t/new.txt:1 ]
	tar tf p.leann | grep -qx postings
}

@test "changes to another build of the index are refused with 75, and to none with 2" {
	printf 'A change.\n' >t/change.txt
	leann-chunk -q --update i.leann | leann-embed-client -q >changes
	leann-graph -q --update i.leann <changes
	run -75 leann-graph -q --update i.leann <changes
	[[ $output == *"another program changed it: update again"* ]]
	run -2 leann-graph -q -o other.leann <changes
	[[ $output == *"name it with --update"* ]]
	[ ! -e other.leann ]
	leann-chunk -q t | leann-embed-client -q >whole
	run -2 leann-graph -q --update i.leann <whole
	[[ $output == *"no changes to an index"* ]]
}

@test "an index without files takes its first; where no file is left nothing is taken for gone" {
	mkdir e
	leann index create --input e --output e.leann
	printf 'The first file of all.\n' >e/first.txt
	leann index update --index e.leann
	[ "$(hits e.leann "first of all" -k 1)" = e/first.txt:1 ]
	rm e/first.txt
	sum=$(cksum <e.leann)
	run -2 leann index update --index e.leann
	[[ $output == *"no file is left"*"nothing is taken for gone"* ]]
	[ "$(cksum <e.leann)" = "$sum" ]
}

@test "files that the sources of an update do not hold, but that are there, are not gone" {
	ls t/notes >list
	(cd t/notes && leann-chunk -q --files-from=../../list | leann-embed-client -q | leann-graph -q -o ../../l.leann)
	cp t/notes/sea.md . # the list's names are looked for from here now
	run -0 leann-chunk --update l.leann --dry-run
	[[ $output == *"bread.md: is there, but in none of the sources: kept as it was"* && $output == *" 0 gone;"* ]]
	echo "From standard input." | leann-chunk -q - t | leann-embed-client -q | leann-graph -q -o s.leann
	run -0 leann-chunk --update s.leann --dry-run t/notes
	[[ $output == *" 0 gone;"* ]]
	leann-chunk -q --update s.leann --full t | leann-embed-client -q | leann-graph -q --update s.leann
	leann-bundle verify -q s.leann
	[[ $(leann-search -k 1 s.leann "from standard input") == stdin:1-1* ]]
}

@test "an index imported below another folder follows that one" {
	leann bundle export -o parcel i.leann
	cp -r t moved
	leann bundle import --root moved -o m.leann parcel
	printf 'Penguins are birds that cannot fly.\n' >moved/penguin.md
	leann index update -q --index m.leann
	[ "$(hits m.leann "birds that cannot fly" -k 1)" = moved/penguin.md:1 ]
	run -0 hits m.leann "bread, mail, tomatoes" -k 100
	[[ $output != *t/* ]]
	leann bundle export --self-contained -o self.leann i.leann
	run -2 leann index update --index self.leann
	[[ $output == *"does not say what it was made of"* ]]
}

@test "a rebuild that embeds everything again has a codebook of its own" {
	mkdir few
	cp t/notes/bread.md few
	leann-chunk -q few | leann-embed-client -q | leann-graph -q --codebook train -o few.leann
	cp -r t/* few
	leann-chunk -q --update few.leann --full --reembed | leann-embed-client -q | leann-graph -q --update few.leann
	run -0 leann-bundle show few.leann
	[[ $output == *"256 values"* ]]
}

@test "an index whose folder is not there is left alone" {
	mv t away
	sum=$(cksum <i.leann)
	run -2 leann index update --index i.leann
	[ "$(cksum <i.leann)" = "$sum" ]
}

@test "an index that followed six commits of this project answers as a fresh one" {
	run "$TOP/tests/replay" 6
	[ "$status" -ne 77 ] || skip "${lines[-1]#skipped: }"
	[ "$status" -eq 0 ]
	[ "$(grep -c ": 100 of 100 questions" <<<"$output")" -eq 2 ]
}

@test "a rebuild takes other anchors, graphs and codes; what nobody says stays as it was" {
	leann index rebuild --index i.leann --output o.leann --anchor-count 3 --anchor-strategy random \
		--backend diskann --complexity low
	leann-bundle verify -q o.leann
	run -0 leann-bundle show --json o.leann
	[[ $output == *'"anchorSelection":{"type":"random","count":3}'* && $output == *'"backend":"diskann"'* ]]
	[[ $output == *'"complexity":"low"'* ]]
	[[ $(hits o.leann "parse the configuration" -k 1) == t/src/config.c:* ]]
	# again, with nothing said: anchors are counted anew, all else stays
	leann index rebuild --index o.leann --graph chunks
	run -0 leann-bundle show --json o.leann
	[[ $output == *'"type":"random","count":1}'* && $output == *'"backend":"diskann"'* ]]
	[[ $output == *'"complexity":"low"'* && $output == *'"kind":"chunks"'* ]]
	leann index rebuild --index o.leann --reembed --bytes 8
	run -0 leann-bundle show --json o.leann
	[[ $output == *'"subVectors":8'* ]]
	leann index rebuild --index o.leann --reembed --new-anchor-count=2
	run -0 leann-bundle show --json o.leann
	[[ $output == *'"subVectors":8'* && $output == *'"count":2}'* ]]
}

@test "options of a rebuild that contradict each other, or what is kept, are wrong use" {
	run -2 leann index rebuild --index i.leann --anchor-count 3 --new-anchor-count 4
	[[ $output == *"two numbers of anchors: 3 and 4"* ]]
	run -2 leann index rebuild --index i.leann --bytes 8
	[[ $output == *"--bytes: codes are kept without --reembed"* ]]
	run -2 leann index update --index i.leann --anchor-count 3
	[[ $output == *"--anchor-count=3 go with rebuild"* ]]
	printf 'x\n' >t/x.txt
	leann-chunk -q --update i.leann | leann-embed-client -q >changes
	run -2 leann-graph -q --update i.leann --anchor-strategy random <changes
	[[ $output == *"anchors and codes stay"*"--full"* ]]
	leann-chunk -q --update i.leann --full | leann-embed-client -q >changes
	run -2 leann-graph -q --update i.leann --bytes 8 <changes
	[[ $output == *"keep their codes of 24 bytes: give leann-chunk --reembed"* ]]
}

@test "an index without spans, or with residual codes, says what makes it anew, and that does" {
	local n command
	leann-chunk -q --structure=none t | leann-embed-client -q >v
	leann-graph -q --tiny --bytes 16 -o tiny.leann <v
	leann-anchors <v | leann-pq --residual | leann-graph -q -o residual.leann
	printf 'Penguins are birds that cannot fly.\n' >t/penguin.md
	for n in tiny residual; do
		run -2 --separate-stderr leann index update --index $n.leann
		[ "$(wc -l <<<"$stderr")" = 1 ]
		[[ $stderr =~ \'(leann index rebuild --reembed --index .*)\'\ makes\ it\ anew$ ]]
		command=${BASH_REMATCH[1]}
		run -2 leann index rebuild --index $n.leann
		$command
		leann-bundle verify -q $n.leann
		[ "$(hits $n.leann "birds that cannot fly" -k 1)" = t/penguin.md:1 ]
	done
	! tar tf tiny.leann | grep -qx chunks
	run -0 leann-bundle show --json tiny.leann
	[[ $output == *'"subVectors":16'* ]]
	# such a one has no use for what is not there to be read
	leann-chunk -q --structure=none - <t/penguin.md | leann-embed-client -q | leann-graph -q --tiny -o stored.leann
	run -2 leann index rebuild --reembed --index stored.leann
}

log() { # BUILD N MS
	mkdir -p state/leann
	for _ in $(seq "$2"); do printf '1795644000 %s %s 16\n' "$1" "$3"; done >>state/leann/queries.log
}
id_of() { leann-bundle show --json "$1" | grep -o '"build_id":"[0-9a-f]*' | cut -d'"' -f4; }

@test "an index is due to be written anew for more added chunks than the setting has" {
	run -1 leann-bundle due i.leann
	[ -z "$output" ]
	for i in $(seq 60); do echo "File $i." >t/more$i.txt; done
	leann index create --input t --output i.leann
	for i in 1 2 3; do echo "New file $i." >t/new$i.txt; done
	leann index update --index i.leann
	run -1 leann-bundle due i.leann
	export LEANN_DELTA_INDEX_THRESHOLD=2
	run -0 leann-bundle due i.leann
	[ "$output" = "3 chunks added, over incremental.deltaIndexThreshold 2" ]
	echo "Another." >t/new4.txt
	run -0 leann index update --index i.leann
	[[ $output == *": 4 chunks added, over incremental.deltaIndexThreshold 2"*"'leann index rebuild'"* ]]
	LEANN_AUTO_REBUILD=true run -0 leann index update --index i.leann
	[[ $output == *": 4 chunks added, over"*": rebuilding" ]]
	run -1 leann-bundle due i.leann
}

@test "it is due when what was added is covered by no anchor, unless coverage was low from the start" {
	for i in $(seq 20); do echo "Bread $i is made of flour, water and salt, and baked in oven $i." >b$i.txt; done
	mkdir b
	mv b*.txt b
	leann index create --input b --output b.leann
	printf 'def send_mail(to):\n    smtplib.send(to)\n' >b/mail.py
	leann index update --index b.leann
	run -0 leann-bundle show --json b.leann
	[[ $output == *'"coverage":0.0,"main":"'* ]]
	run -1 leann-bundle due b.leann
	leann-bundle unpack b.leann d
	sed -i -E '/"quality"/,/}/s/("coverage": )[0-9.]+/\10.72/' d/leann.json
	leann-bundle pack d low.leann
	run -0 leann-bundle due low.leann
	[ "$output" = "coverage 0.69, 0.72 when it was built (least .70)" ]
	sed -i -E '/"quality"/,/}/s/("coverage": )[0-9.]+/\10.69/' d/leann.json
	leann-bundle pack d low.leann
	run -1 leann-bundle due low.leann
}

@test "it is due when questions take a third longer than after it was built, and auto-rebuild says so" {
	unset LEANN_NO_LOG
	export XDG_STATE_HOME=$PWD/state
	for i in $(seq 20); do echo "File $i." >t/more$i.txt; done
	leann index create --input t --output i.leann
	log "$(id_of i.leann)" 20 10.0
	log "$(id_of i.leann)" 20 50.0 # not of the first
	echo "New file." >t/new.txt
	leann index update --index i.leann
	log "$(id_of i.leann)" 19 14.0
	run -1 leann-bundle due i.leann # too few
	log "$(id_of i.leann)" 1 14.0
	run -0 leann-bundle due i.leann
	[ "$output" = "a question takes 14.0 ms, 10.0 when it was built (medians of 20): 40 % more" ]
	run -0 leann index update --auto-rebuild --index i.leann
	[[ $output == *": a question takes 14.0 ms, 10.0 when it was built (medians of 20): 40 % more: rebuilding" ]]
	run -0 leann-bundle show i.leann
	[[ $output != *"delta "* ]]
	run -1 leann-bundle due i.leann
	# 30 % more is not over 30 %
	echo "Newer file." >t/newer.txt
	log "$(id_of i.leann)" 20 10.0
	leann index update --index i.leann
	log "$(id_of i.leann)" 20 13.0
	run -1 leann-bundle due i.leann
}
