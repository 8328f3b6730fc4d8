# leann-extract: the text of documents of every kind; hostile ones are one line and nothing worse.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
}
make_docs() { "$PYTHON" "$TOP/tests/tools/make_documents.py" "$1" "$2"; }
needs() { command -v pdftotext >/dev/null || [ "$1" != paper.pdf ]; }

@test "every kind of document gives its text" {
	make_docs good good
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$TOP/tests/tools "$PYTHON" -c '
import make_documents as m
for k, v in m.NEEDLE.items(): print(k + "\t" + v)' >needles
	[ "$(wc -l <needles)" -ge 12 ]
	while IFS=$'\t' read -r name needle; do
		needs "$name" || continue
		leann-extract --text "good/$name" >out
		tr '\n' ' ' <out | grep -qF "$needle" || { echo "$name: no $needle"; false; }
	done <needles
}

@test "parts, titles, authors and dates are known; scripts, menus and deleted words are no text" {
	make_docs good good
	leann-extract --json good/talk.pptx | grep -q '"slide":2,"text":"# Cold'
	leann-extract --json good/table.xlsx | grep -q '"sheet":"Pantry","text":"# Pantry\\n\\nJar | Count\\ntangerine marmalade | 42'
	leann-extract --json good/book.epub | grep -q '"title":"Maps","author":"Ada Writer"'
	leann-extract --json good/letter.eml >mail
	grep -q '"subject":"Fähre","author":"Jürgen Boat <j@example.org>","date":"2026-11-22T10:11:12+01:00"' mail
	run ! grep -E 'html twin|AAAA' mail
	grep -q 'plan.pdf' mail
	[ "$(leann-extract --json good/box.mbox | wc -l)" -eq 2 ]
	leann-extract --json good/page.html >page
	grep -q '# Birds & boats\\n\\nEvery morning the lighthouse' page
	grep -qF '\n- one\n- two\n\nBird | Count\nGull | 7\n\n```\n# not a heading\n  indented\n```' page
	run ! grep -E 'track|color|Contact' page
	run ! grep gone <(leann-extract --text good/letter.docx)
	if needs paper.pdf; then
		leann-extract --json good/paper.pdf >pages
		grep -q '"title":"On Barnacles","author":"A. Carrell","date":"2026-01-05' pages
		grep -q '"page":1,"text":"An introduction\\nto marine biology' pages
		grep -q '"page":2,"text":"barnacles' pages
	fi
}

@test "records have frames, a header and an END" {
	make_docs good good
	need_python msgpack
	leann-extract good/box.mbox >s
	"$PYTHON" - <<-'END'
		import msgpack
		r = [msgpack.unpackb(b) for b in msgpack.Unpacker(open("s", "rb"))]
		assert r[0] == [0, "leann-document", 1, "email"], r[0]
		assert [x[0] for x in r[1:-1]] == [1, 3, 3, 3, 3, 2] * 2 and r[-1][0] == 127 and r[-1][1] == len(r) - 1, r
		assert [3, "message", 2] in r and [3, "subject", "Strings"] in r
	END
	run -2 leann-extract good/letter.docx --max-text=10 --text
	[[ $output == *"more than 10 bytes of text"* ]]
}

@test "encrypted, damaged, hostile and empty documents are one line and status 2" {
	make_docs bad bad
	for f in cut.pdf:damaged locked.pdf:encrypted noise.pdf:damaged cut.docx:damaged locked.docx:encrypted \
		empty.docx:"no document" zip.docx:document.xml bomb.docx:"grows more than 200 times" bomb.gz:"grows more than" \
		cut.gz:truncated bad.ipynb:"no notebook" deep.ipynb:"no notebook" cut.epub:damaged; do
		[[ $f != *.pdf:* ]] || needs paper.pdf || continue
		run -2 --separate-stderr leann-extract --text "bad/${f%%:*}"
		[[ $stderr == *"${f#*:}"* ]] || { echo "$f: $stderr"; false; }
		[ "$(wc -l <<<"$stderr")" -eq 1 ]
	done
	for f in lol.docx deep.html endless.eml noise.gz; do
		leann-extract --text "bad/$f" >out
		[ "$(stat -c %s out)" -lt 1000 ]
	done
}

@test "members of archives are read where asked, three deep, and none outside" {
	make_docs a archives
	run -2 leann-extract --text a/loose.zip
	[[ $output == *--archives* ]]
	leann-extract --json --archives a/pack.tar.gz >out
	grep -q '"member":"notes/moss.txt","text":"Moss grows' out
	grep -q '"member":"inner.zip/deep/letter.docx".*pear tree' out
	run ! grep -E 'escape|passwd|root:' out
	run -0 --separate-stderr leann-extract --text --archives a/nest.zip
	[[ $stderr == *"1 members could not be read"* && $output != *bottom* ]]
}

@test "an extractor has no network, writes no files, and ends when its time is over" {
	make_docs good good
	need_pdftotext=$(command -v pdftotext) || skip "no pdftotext"
	mkdir bin
	cat >bin/pdftotext <<-'END'
		#!/bin/bash
		exec 2>/dev/null
		(exec 3<>/dev/tcp/127.0.0.1/9) && echo "connected"
		: >made && echo "wrote"
		python3 -c 'import socket; socket.socket(); print("socket")'
		[ -z "$SPIN" ] || while :; do :; done
		echo "it ran from $0"
	END
	chmod +x bin/pdftotext
	PATH=$PWD/bin:$PATH run -0 leann-extract --text good/paper.pdf
	[[ $output == *"it ran from"* && $output != *connected* && $output != *wrote* && $output != *socket* ]]
	[ ! -e made ]
	[ -n "$need_pdftotext" ]
	PATH=$PWD/bin:$PATH SPIN=1 run -2 leann-extract --text -t 1 good/paper.pdf
	[[ $output == *"signal"* ]]
	echo 'exec tail -c 1G /dev/zero' >bin/pdftotext
	PATH=$PWD/bin:$PATH run -2 leann-extract --text --memory=64 good/paper.pdf
	rm bin/pdftotext
	ln -s "$(command -v pdfinfo)" bin/
	PATH=$PWD/bin run -75 "$BIN/leann-extract" --text good/paper.pdf
	[[ $output == *"install poppler-utils"* ]]
}
