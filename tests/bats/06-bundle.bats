#!/usr/bin/env bats
# The index file: tests/golden/index, and an index of a small tree.
load helper

setup() {
	gold=$TOP/tests/golden/index/good/everything.leann bad=$TOP/tests/golden/index/bad
	wrong=$BATS_TEST_TMPDIR/wrong
	: >"$wrong"
	cd "$BATS_TEST_TMPDIR"
}
complain() { printf '%s\n' "$*" | tee -a "$wrong"; }
verdict() { [ ! -s "$wrong" ]; }

# An index of a small tree, a stream of records on stdin, and a file that is not UTF-8; made once.
tree_index() {
	need_model
	T=$BATS_FILE_TMPDIR/t
	[ ! -e "$T/a.leann" ] || return 0
	small_tree "$T/tree"
	printf 'caf\xe9 au lait\n\nsecond \xff\xfe paragraph\n' >"$T/tree/latin.txt"
	printf '%s\n' '{"id":"x","title":"Bread","text":"Dough rises."}' '' '{"id":7,"content":"Tomatoes want sun."}' >"$T/r.jsonl"
	leann-chunk -q "$T/tree" | leann-embed-client -q | leann-graph -q --graph=chunks -o "$T/a.leann"
	leann-chunk -q --jsonl - <"$T/r.jsonl" | leann-embed-client -q | leann-graph -q -o "$T/r.leann"
}

@test "the index of the first release is read, verified and listed by tar" {
	run -0 leann-bundle verify "$gold"
	[ "$output" = "$gold: ok: 3 files, 70 chunks, 14336 bytes" ]
	run -0 leann-bundle verify -q "$gold"
	[ -z "$output" ]
	run -0 tar tf "$gold"
	[ "${lines[0]}" = leann.json ]
	tar xOf "$gold" leann.json | "$PYTHON" -c 'import json, sys; assert json.load(sys.stdin)["format"] == "leann-index"'
}

@test "every damaged index is refused with its message and status 2" {
	for f in "$bad"/*.patch; do
		name=$(basename "$f" .patch) status=0
		apply-patch "$gold" "$f" >bad.leann
		leann-bundle verify bad.leann >out 2>err || status=$?
		[ "$status" = 2 ] || complain "$name: status $status"
		sed 's/^leann-bundle: //' err | cmp -s - "$bad/$name.msg" || complain "$name: $(cat err)"
		[ ! -s out ] || complain "$name: $(cat out)"
	done
	[ "$(ls "$bad" | wc -l)" -ge 100 ]
	verdict
}

@test "show says what is in an index, --json as one object" {
	run -0 leann-bundle show "$gold"
	[[ $output == *"model     toy"* && $output == *"whole file"*14336* ]]
	leann-bundle show --json "$gold" >show.json
	"$PYTHON" - <<-'END'
		import json
		o = json.load(open("show.json"))
		s = o["sizes"]
		assert s["file"]["bytes"] == 14336 == sum(m["bytes"] for m in s["members"].values()), s
		assert o["counts"]["chunks"] == 70 and o["model"]["dim"] == 4, o
	END
}

@test "unpack and pack give the same bytes back" {
	leann-bundle unpack "$gold" d
	[ "$(ls d | wc -l)" = 11 ]
	tar xf "$gold" --one-top-level=t
	diff -r d t
	leann-bundle pack d again.leann
	cmp "$gold" again.leann
}

@test "unpack refuses a directory that is not empty, and a damaged index" {
	mkdir d
	touch d/x
	run -2 leann-bundle unpack "$gold" d
	[[ $output == *"d: not empty"* ]]
	apply-patch "$gold" "$bad/flip-codes.patch" >bad.leann
	run -2 leann-bundle unpack bad.leann e
	[ ! -e e ]
}

@test "pack refuses what makes no sound index, and leaves the one that is there" {
	leann-bundle unpack "$gold" d
	cp "$gold" out.leann
	printf 'x' >>d/codes
	run -2 leann-bundle pack d out.leann
	[[ $output == *"not written: out.leann: damaged index: member codes: 257 bytes, want 256"* ]]
	cmp "$gold" out.leann
	rm -r d
	leann-bundle unpack "$gold" d
	printf 'text\n' >d/README.md
	run -2 leann-bundle pack d out.leann
	[[ $output == *"README.md is no name of a member"* ]]
	rm d/README.md d/chunk-graph
	run -0 leann-bundle pack d out.leann
	[[ $output == *"no file chunk-graph: the index will not have this member"* ]]
	leann-bundle verify -q out.leann
	ln -s /etc/passwd d/notes
	run -2 leann-bundle pack d out.leann
	[ "$(ls | sort | tr '\n' ' ')" = "d out.leann out.leann.lock wrong " ]
}

@test "a member that a later release added is kept" {
	leann-bundle unpack "$gold" d
	echo later >d/later
	leann-bundle pack d out.leann
	leann-bundle verify -q out.leann
	[ "$(tar xOf out.leann later)" = later ]
	leann-bundle text out.leann | leann-bundle text -r -o again.leann
	cmp out.leann again.leann
}

@test "a writer's lock makes pack wait or leave with 75" {
	leann-bundle unpack "$gold" d
	flock out.leann.lock sleep 3 &
	sleep .3
	run -75 leann-bundle pack d out.leann
	run -0 leann-bundle pack --wait 20 d out.leann
	wait
}

@test "an index goes to text and back to the same bytes" {
	leann-bundle text "$gold" >lines
	[ "$(grep -c '^\["chunk"' lines)" = 70 ]
	grep -qF '["file",2,0,"stdin",' lines
	leann-bundle text -r -o again.leann <lines
	cmp "$gold" again.leann
	run -2 leann-bundle text -r lines
	[[ $output == *"name its file with -o FILE"* ]]
	sed 's/"chunk",3,0,/"chunk",4,0,/' lines >odd
	run -2 leann-bundle text -r -o odd.leann odd
	[[ $output == *"odd:6: chunk 4 of file 0, the next is chunk 3 of file 0"* ]]
	[ ! -e odd.leann ]
}

@test "text and pack of an index of real text give the same bytes" {
	tree_index
	for x in a r; do
		leann-bundle text "$T/$x.leann" | leann-bundle text -r -o "$x.text"
		cmp "$T/$x.leann" "$x.text"
		leann-bundle unpack "$T/$x.leann" "$x.d"
		leann-bundle pack "$x.d" "$x.pack"
		cmp "$T/$x.leann" "$x.pack"
		leann-bundle verify -q "$T/$x.leann"
	done
}

@test "cat gives the stream that leann-chunk gave, but for the provenance" {
	tree_index
	leann-chunk -q "$T/tree" | leann-bundle text | sed '1s/"prog".*//; $d' >want
	leann-bundle cat "$T/a.leann" | leann-bundle text | sed '1s/"prog".*//; $d' >got
	diff want got
	leann-chunk -q --jsonl - <"$T/r.jsonl" | leann-bundle text | sed '1s/"prog".*//; $d' >want
	leann-bundle cat "$T/r.leann" | leann-bundle text | sed '1s/"prog".*//; $d' >got
	diff want got
}

@test "an index is built again from its own passages, byte for byte" {
	tree_index
	leann-bundle cat "$T/a.leann" | leann-embed-client -q | leann-graph -q --graph=chunks -o new.leann
	cmp "$T/a.leann" new.leann
	leann-bundle cat "$T/r.leann" | leann-embed-client -q | leann-graph -q -o new.leann
	cmp "$T/r.leann" new.leann
}

@test "cat stops at a source that changed, with status 1 and an unfinished stream" {
	tree_index
	cp -r "$T/tree" tree
	leann-chunk -q tree | leann-embed-client -q | leann-graph -q -o x.leann
	echo more >>tree/notes/garden.md
	rm tree/src/mail.py
	run --separate-stderr -1 leann-bundle cat x.leann
	[[ $stderr == *"/tree/notes/garden.md: changed since it was indexed"* ]]
	pipe "leann-bundle cat x.leann 2>/dev/null | leann-bundle text | tail -n 1"
	[ "$status" -ne 0 ]
	run --separate-stderr -0 leann-bundle cat --skip-stale x.leann
	[[ $stderr == *"2 files with 2 passages left out"* ]]
	leann-bundle cat -q --skip-stale x.leann 2>/dev/null | leann-bundle text >lines
	! grep -E 'garden|mail' lines
}

@test "a source that became a link, a FIFO or a directory, or has other bytes of the same size, is stale" {
	tree_index
	mkdir tree
	printf 'Dough rises for two hours.\n' >tree/a.txt
	leann-chunk -q tree | leann-embed-client -q | leann-graph -q -o x.leann
	cp tree/a.txt same
	fresh() { leann-bundle cat x.leann 2>/dev/null | leann-bundle text >/dev/null 2>&1; }
	fresh
	printf 'Dough rises for ten hours.\n' >tree/a.txt
	run ! fresh
	ln -sf "$PWD/same" tree/a.txt
	run ! fresh
	rm tree/a.txt && mkfifo tree/a.txt
	run ! fresh
	rm tree/a.txt && mkdir tree/a.txt
	run ! fresh
	rmdir tree/a.txt && cp same tree/a.txt
	fresh
	mv tree real && ln -s real tree
	run ! fresh
}

@test "cat reads from another root when told" {
	tree_index
	cp -r "$T/tree" tree
	leann-chunk -q tree | leann-embed-client -q | leann-graph -q -o x.leann
	mv tree moved
	run -1 leann-bundle cat x.leann
	leann-bundle cat --root=moved x.leann | leann-bundle text | head -n 1 | grep -F "$PWD/moved"
}

@test "wrong use is told in one line" {
	run -2 leann-bundle
	run -2 leann-bundle frobnicate x
	[[ $output == *"frobnicate: no command of that name"* ]]
	run -2 leann-bundle show
	[[ $output == *"show takes IDX"* ]]
	run -2 leann-bundle show none.leann
	[[ $output == *"none.leann: No such file or directory"* ]]
	run -2 leann-bundle show .
	[[ $output == *".: not a regular file"* ]]
	mkfifo fifo
	run -2 timeout 5 leann-bundle verify fifo
	run -2 leann-bundle text none
}

@test "a reader written from leann-index(5) alone finds the same files, chunks, codes and graphs" {
	need_python xxhash
	"$PYTHON" "$TOP/tests/tools/read_index.py" "$gold" >theirs
	leann-bundle text "$gold" | grep -E '^\["(file|chunk)"' |
		sed -E 's/^(\["file",[0-9]+,[0-9]+,)("[^"]*"|\{[^}]*\})/\1null/' >ours
	diff ours theirs
	[ "$(wc -l <ours)" = 73 ]
}
