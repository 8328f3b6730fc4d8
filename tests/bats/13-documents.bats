# Documents in an index: found by what they say, with page, message or slide; their text is kept.
load helper

setup() {
	need_model
	command -v pdftotext >/dev/null || skip "no pdftotext: install poppler-utils"
	cd "$BATS_TEST_TMPDIR"
	docs t good
}
docs() { "$PYTHON" "$TOP/tests/tools/make_documents.py" "$@"; }
build() { leann-chunk -q ${tiny:+--structure=none} "$@" t | leann-embed-client -q | leann-graph -q ${tiny:-} -o a.leann; }

@test "every document is found by a question, its text shown, with spans and without" {
	for tiny in '' --tiny; do
		build
		leann-bundle verify a.leann
		for q in "paper.pdf|where do barnacles live on a ship" "letter.docx|when does the lease of the orchard end" \
			"talk.pptx|how do penguins keep warm" "table.xlsx|marmalade" "book.epub|who left an island off the map" \
			"letter.eml|when do the ferries go" "box.mbox|violin strings" "report.odt|why are roofs green" \
			"notes.ipynb|gradient descent" "page.html|who counts the birds in the morning" "tool.1.gz|tool for rope"; do
			run -0 leann-search -k 3 a.leann "${q#*|}"
			[[ $output == *"${q%%|*}"* && $output != *stale* ]] || { echo "$q: $output"; false; }
		done
	done
	mv t/paper.pdf kept.pdf # what is gone is said, and its words are not shown
	run -0 leann-search -k 1 a.leann "where do barnacles live on a ship"
	[[ $output == *paper.pdf*stale* && $output != *shaded* ]]
	mv kept.pdf t/paper.pdf
	run -0 leann-search -k 1 a.leann "where do barnacles live on a ship"
	[[ $output == *paper.pdf*shaded* ]]
}

@test "recompute runs no extractor, and show says what is kept" {
	build
	mkdir bin && printf '#!/bin/sh\nexit 1\n' >bin/pdftotext && chmod +x bin/pdftotext
	PATH=$PWD/bin:$PATH run -0 leann-search -k 1 a.leann "where do barnacles live on a ship"
	[[ $output == *"barnacles prefer the shaded side"* ]]
	run -0 leann-bundle show a.leann
	[[ $output == *"13 documents"*"of text"* ]]
	run -0 leann-bundle stats a.leann
	[[ $output == *"13 documents"* ]]
	leann-bundle text a.leann >lines
	leann-bundle text --reverse -o b.leann lines
	cmp a.leann b.leann
	leann-bundle cat a.leann >again
	[ "$(leann-bundle text again | grep -c '^\[1,')" -eq 13 ]
	leann-bundle export --self-contained -o c.leann a.leann
	leann-bundle verify c.leann
	mv t gone
	run -0 leann-search -k 1 c.leann "how do penguins keep warm"
	[[ $output == *huddle* && $output != *stale* ]]
}

@test "an update takes in what changed, keeps what it has, and waits for what takes too long" {
	build
	cp a.leann before.leann
	touch t/paper.pdf
	run -0 leann-chunk --update a.leann --dry-run
	[[ $output == *"= "*paper.pdf* && $output == *" 0 passages to embed"* ]]
	leann-chunk -q --update a.leann | leann-embed-client -q | leann-graph -q --update a.leann
	leann-bundle verify a.leann
	run -0 leann-search -k 1 a.leann "where do barnacles live on a ship"
	[[ $output == *"shaded side"* && $output != *stale* ]]
	docs other good
	cp other/talk.pptx t/new.pptx
	sed 's/first message/first message about candles/' other/box.mbox >t/box.mbox
	run -0 leann-chunk --update a.leann --dry-run
	[[ $output == *"~ "*box.mbox* && $output == *new.pptx* && $output == *" 1 passages to embed"* ]]
	leann-chunk -q --update a.leann | leann-embed-client -q | leann-graph -q --update a.leann
	leann-bundle verify a.leann
	run -0 leann-search -k 1 a.leann "candles"
	[[ $output == *box.mbox*candles* ]]
	run -0 leann-search -k 1 a.leann "violin strings"
	[[ $output == *"the violin needs new strings"* && $output != *stale* ]]
	# one that takes too long stays as it was; a damaged one goes
	mkdir bin && printf '#!/bin/sh\nexec sleep 100\n' >bin/pdftotext && chmod +x bin/pdftotext
	echo more >>t/paper.pdf
	head -c 300 other/letter.docx >t/letter.docx
	PATH=$PWD/bin:$PATH run -0 leann-chunk --update a.leann --dry-run --extract-timeout=1
	[[ $output == *"- "*letter.docx* && $output != *"- "*paper.pdf* && $output == *"2 documents could not be read"* ]]
	leann-chunk -q --full --update a.leann | leann-embed-client -q | leann-graph -q --update a.leann
	leann-bundle verify a.leann
	run -0 leann-search -k 1 a.leann "how do penguins keep warm"
	[[ $output == *huddle* && $output != *stale* ]]
}

@test "documents that cannot be read are one line, and named with -v; a build goes on" {
	docs t bad
	run -0 --separate-stderr bash -o pipefail -c "leann-chunk t | leann-bundle text | grep -c '^\[1,'"
	[ "$output" -ge 14 ]
	[[ $stderr == *"documents could not be read"* ]]
	[ "$(grep -vc 'files\|leann-bundle' <<<"$stderr")" -le 1 ]
	run -0 --separate-stderr bash -c 'leann-chunk -v t | cat >/dev/null'
	[[ $stderr == *"/locked.pdf: no text: encrypted PDF"* && $stderr == *"/bomb.docx: no text: archive that grows"* ]]
}

@test "a document that cannot be read is not read again until it changes, but counted; a missing program is another matter" {
	docs t good bad
	rm -f t/*.zip t/*.tar*
	leann-chunk -q t 2>/dev/null | leann-embed-client -q | leann-graph -q -o a.leann
	leann-bundle verify a.leann
	run -0 leann-bundle show a.leann
	[[ $output =~ "documents, "([0-9]+)" without text" ]] && n=${BASH_REMATCH[1]} && [ "$n" -ge 5 ]
	# whoever takes text out again says so
	mkdir bin && printf '#!/bin/sh\necho "$@" >>%q\nexec %q "$@"\n' "$PWD/asked" "$(type -P leann-extract)" >bin/leann-extract
	chmod +x bin/leann-extract
	cp "$(type -P leann-chunk)" bin # it starts the one beside it
	update() { bin/leann-chunk --update a.leann "$@"; }
	run -0 --separate-stderr update --dry-run
	[ ! -e asked ] && [[ $stderr == *" $n documents could not be read" && $output == *" 0 changed, 0 added, 0 moved, 0 touched, 0 gone; "* ]]
	run -0 --separate-stderr update --dry-run -v
	[[ $stderr == *"locked.pdf: no text, as before"* ]]
	touch t/locked.pdf
	run -0 --separate-stderr update --dry-run
	[ "$(wc -l <asked)" = 1 ] && [[ $stderr == *" $n documents could not be read" ]]
	rm asked
	run -0 update --dry-run --checksum
	[ "$(wc -l <asked)" = "$n" ]
	# read again, it has text; one that had some has none; the index follows
	cp t/paper.pdf t/locked.pdf
	head -c 300 t/letter.docx >new && mv new t/letter.docx
	run -0 update --dry-run
	[[ $output == *"- "*letter.docx* && $output == *locked.pdf* ]]
	update -q | leann-embed-client -q | leann-graph -q --update a.leann
	leann-bundle verify a.leann
	rm asked
	run -0 --separate-stderr update --dry-run
	[ ! -e asked ] && [[ $stderr == *" $n documents could not be read" ]]
	update -q --full | leann-embed-client -q | leann-graph -q --update a.leann
	leann-bundle verify a.leann
	run -0 leann-bundle show a.leann
	[[ $output == *", $n without text"* ]]
	leann-bundle cat a.leann | leann-bundle text >/dev/null
	# without pdftotext nothing is remembered
	mkdir u && cp t/paper.pdf u
	run -0 --separate-stderr env PATH="$PWD/none" "$(type -P leann-chunk)" -v u
	[[ $stderr == *"paper.pdf: no text: "*"install poppler-utils"* && $stderr == *" 0 files, "* ]]
	[[ $output != *paper.pdf* ]]
}

@test "the same bytes for any number of threads; archives where asked; nothing extracted where not" {
	docs t archives
	leann-chunk -q -j1 t >one
	leann-chunk -q -j8 t >eight
	"$PYTHON" -c 'a, b = (open(f, "rb").read() for f in ("one", "eight")); assert a.replace(b"-j1", b"-j8")[:-200] == b[:-200]'
	run -0 bash -c "leann-bundle text one | grep -c '\"archive\"'" || true
	[ "$output" = 0 ]
	leann-chunk -q --archives t | leann-bundle text >lines
	grep -q '"member":"inner.zip/deep/letter.docx"' lines
	grep -q 'Moss grows on the north wall' lines
	leann-chunk -q --no-extract t | leann-bundle text >plain
	run ! grep -E 'paper.pdf|letter.docx' plain
	grep -q '<h1>Birds' plain
	leann-chunk --list t >list
	[ "$(grep -c . list)" -eq 13 ]
	leann-chunk -q --stdin-name=x.docx - <t/letter.docx | leann-bundle text | grep -q 'orchard lease'
}
