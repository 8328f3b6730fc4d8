#!/usr/bin/env bats
# Streams, good and bad: tests/golden/stream, made by tests/tools/make_golden.py.
load helper

setup() {
	good=$TOP/tests/golden/stream/good bad=$TOP/tests/golden/stream/bad
	wrong=$BATS_TEST_TMPDIR/wrong
	: >"$wrong"
	cd "$BATS_TEST_TMPDIR"
}
complain() { printf '%s\n' "$*" | tee -a "$wrong"; }
verdict() { [ ! -s "$wrong" ]; }

@test "every good stream is read, and goes to text and back to the same bytes" {
	for f in "$good"/*.stream; do
		leann-bundle text <"$f" >lines 2>err || complain "$f: $(cat err)"
		leann-bundle text -r <lines >again 2>err || complain "$f: back: $(cat err)"
		cmp -s "$f" again || complain "$f: other bytes come back"
		leann-bundle text "$f" | cmp -s - lines || complain "$f: by name it reads otherwise"
	done
	[ "$(ls "$good" | wc -l)" -ge 10 ]
	verdict
}

@test "every bad stream is refused with its message and status 2, or 75 where the writer said so" {
	for f in "$bad"/*.stream; do
		name=$(basename "$f" .stream) want=2
		[ "$name" != failed-75 ] || want=75
		status=0
		leann-bundle text <"$f" >/dev/null 2>err || status=$?
		[ "$status" = "$want" ] || complain "$name: status $status"
		sed 's/^leann-bundle: //' err | cmp -s - "$bad/$name.msg" || complain "$name: $(cat err)"
		[ "$(wc -l <err)" = 1 ] || complain "$name: not one line"
	done
	[ "$(ls "$bad" | wc -l)" -ge 150 ]
	verdict
}

@test "the stages of a build refuse a bad stream too, and leave nothing" {
	for f in "$bad"/{no-end,cut-in-body,cut-in-frame,wrong-count,wrong-checksum,after-end,vec-nan,vec-dim,vec-zero,unknown-tag-20,failed-2,future-major}.stream; do
		for p in "leann-anchors -q" "leann-pq -q" "leann-graph -q -o out.leann"; do
			status=0
			$p <"$f" >out 2>err || status=$?
			[ "$status" = 2 ] || complain "$p <$(basename "$f"): status $status"
			[ "$(wc -l <err)" = 1 ] || complain "$p <$(basename "$f"): $(cat err)"
		done
	done
	[ ! -e out.leann ]
	verdict
}

@test "a stage that gets a bad stream tells the next one" {
	pipe "leann-pq -q <'$bad/vec-nan.stream' 2>/dev/null | leann-graph -q -o out.leann"
	[ "$status" -eq 2 ]
	[[ $output == *"stopped: leann-pq failed: stdin: record 3: vector of chunk 0: component 1 is NaN"* ]]
	[ ! -e out.leann ]
}

@test "a stream of the wrong kind is refused by name, with the remedy" {
	run -2 leann-pq <"$good/chunks.stream"
	[[ $output == *"a stream of chunks, this program takes vectors: put leann-embed-client before it"* ]]
	run -2 leann-graph -o out.leann <"$good/chunks.stream"
	[[ $output == *"put leann-embed-client before it"* ]]
	# what it would add is there: passed on
	diff <(leann-embed-client --no-start <"$good/vectors.stream" | leann-bundle text | sed '1d;$d') \
		<(leann-bundle text "$good/vectors.stream" | sed '1d;$d')
}

@test "records that a program does not know are passed on" {
	{
		leann-bundle text "$good/vectors.stream" | sed '$d'
		printf '%s\n' '[71,{"later":true}]' '[127,null,null]'
	} | leann-bundle text -r | leann-pq -q --sub-vectors=2 | leann-bundle text >lines
	grep -qxF '[71,{"later":true}]' lines
	grep -q '^\[19,' lines
}

@test "END with null count and checksum is computed" {
	leann-bundle text "$good/chunks.stream" | sed '$s/.*/[127,null,null]/' | leann-bundle text -r >again
	cmp again "$good/chunks.stream"
}

@test "lines without END, behind END, or that are no JSON are refused" {
	leann-bundle text "$good/chunks.stream" >lines
	head -n 2 lines >cut
	run --separate-stderr -2 leann-bundle text -r cut
	[[ $stderr == "leann-bundle: cut: ended without an END line"* ]]
	{ cat lines && echo '[1]'; } >more
	run --separate-stderr -2 leann-bundle text -r more
	[[ $stderr == "leann-bundle: more:"*": a line after END" ]]
	echo '[1,' >odd
	run --separate-stderr -2 leann-bundle text -r odd
	[[ $stderr == "leann-bundle: odd:1: "* ]]
	run --separate-stderr -2 leann-bundle text -r -o out cut
	[ ! -e out ]
}

@test "text -r that fails midway leaves a stream that says so" {
	leann-bundle text "$good/chunks.stream" | head -n 2 >cut
	pipe "leann-bundle text -r cut 2>/dev/null | leann-bundle text >/dev/null"
	[ "$status" -eq 2 ]
	[[ $output == *"stopped: leann-bundle failed: cut: ended without an END line"* ]]
}

@test "control characters in a stream do not reach a terminal" {
	need_terminal
	printf '%s\n' '[0,"leann",1,0,"chunks",{"model":"\u001b[2J\u009b2J\u202e"}]' '[127,null,null]' |
		leann-bundle text -r >s
	script -qec "leann-bundle text s" /dev/null </dev/null >out
	! grep -qP '\x1b|\xc2\x9b|\xe2\x80\xae' out
	grep -qiF '\u001b[2J\u009b2J\u202e' out
}
