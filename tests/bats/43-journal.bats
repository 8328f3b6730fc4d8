#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2164	# run sets stderr; bats stops where cd fails
# The journal of embeddings: a build that is interrupted goes on where it was.
load helper

# One server and one stream for all tests, and the vectors of a run that nothing disturbs.
setup_file() {
	load helper
	leann-model path >/dev/null 2>&1 && "$PYTHON" -c 'import msgpack, xxhash' 2>/dev/null || return 0
	export T=$BATS_FILE_TMPDIR N=160
	cd "$T"
	"$PYTHON" "$TOP/tests/tools/make_chunks.py" $N >chunks
	embed >whole
}
setup() {
	need_model
	need_python msgpack xxhash
	cd "$BATS_TEST_TMPDIR"
}
embed() { leann-embed-client -q --batch-size=8 "$@" <"$T/chunks"; }
embed_cmp() { embed "$@" | cmp - "$T/whole"; }
# What the last `run` says must be one line like $1.
said() {
	echo "$stderr"
	# shellcheck disable=SC2053 # a pattern
	[ "$status" -eq 0 ] && [ "${#stderr_lines[@]}" -eq 1 ] && [[ $stderr == $1 ]]
}
n_texts() { leann-embed-client --info | grep -oE '"n_texts":[0-9]+' | cut -d: -f2; }
record_bytes=1560 # 24 + 4 * 384

@test "with a journal the stream is the same, and again with all of it found, asking nothing" {
	embed --journal j >first
	cmp first "$T/whole"
	[ $((($(stat -c %s j) - 96) % record_bytes)) -eq 0 ]
	[ "$(stat -c %s j)" -eq $((96 + record_bytes * N)) ]
	local before
	before=$(n_texts)
	run --separate-stderr embed_cmp --journal j
	said "leann-embed-client: j: "*" embeddings of a run that was interrupted"
	[ "$(n_texts)" -eq "$before" ]
}

@test "with --texts chunks keep their texts beside the same vectors, and an index of them is the same" {
	embed --texts >texts
	leann-bundle text texts >texts.lines
	leann-bundle text "$T/whole" >whole.lines
	leann-bundle text "$T/chunks" >chunks.lines
	sed 1q texts.lines | grep -q '"texts":true'
	diff <(grep '^\[3,' texts.lines) <(grep '^\[3,' whole.lines)
	diff <(grep '^\[2,' texts.lines) <(grep '^\[2,' chunks.lines)
	[ "$(grep -c '^\[2,' texts.lines)" -eq $N ]
	leann-graph -q -o a.leann <texts
	leann-graph -q -o b.leann <"$T/whole"
	cmp a.leann b.leann
	embed --texts --journal j | cmp - texts
	embed --texts --journal j 2>/dev/null | cmp - texts
}

@test "a run killed at any point leaves what it had, and the next one ends with the same bytes" {
	local pid wait_s size=0
	for wait_s in .03 .06 .1; do
		leann-embed-client -q --batch-size=8 --journal j <"$T/chunks" >/dev/null 2>&1 3>&- &
		pid=$!
		sleep "$wait_s"
		kill -KILL $pid 2>/dev/null || :	# it may be done
		wait $pid || :
		[ ! -e j ] || [ "$(stat -c %s j)" -ge "$size" ]
		size=$(stat -c %s j 2>/dev/null || echo 0)
	done
	# killed when some of it is there, wherever that is
	leann-embed-client -q --batch-size=8 --journal j <"$T/chunks" >/dev/null 2>&1 3>&- &
	pid=$!
	for _ in $(seq 500); do
		[ "$(stat -c %s j 2>/dev/null || echo 0)" -lt $((size + 13000)) ] || break
		sleep .005
	done
	kill -KILL $pid 2>/dev/null || :
	wait $pid || :
	run --separate-stderr embed_cmp --journal j
	said "leann-embed-client: j: "*" embeddings of a run that was interrupted"
}

@test "a journal cut at any byte, or damaged anywhere, gives the same stream" {
	embed --journal good >/dev/null
	local size at
	size=$(stat -c %s good)
	for at in 0 7 8 95 96 $((96 + 3 * record_bytes + 700)) $((size - 1)); do
		head -c "$at" good >j
		embed --journal j >out 2>said || { echo "cut at $at"; return 1; }
		cmp out "$T/whole"
		[ $((($(stat -c %s j) - 96) % record_bytes)) -eq 0 ]
	done
	for at in 20 90 100 $((96 + 5 * record_bytes + 1555)) $((size - 3)); do
		cp good j
		printf '\377\0\377' | dd of=j bs=1 seek="$at" conv=notrunc status=none
		embed --journal j >out 2>said || { echo "damaged at $at"; return 1; }
		cmp out "$T/whole"
	done
}

@test "a journal of another model, precision or version is begun anew, and said to be" {
	embed --journal good >/dev/null
	change() { # OFFSET BYTE: in the header, signed again
		"$PYTHON" - "$@" <<-'END'
			import struct, sys, xxhash
			b = bytearray(open("good", "rb").read())
			b[int(sys.argv[1])] = int(sys.argv[2])
			b[88:96] = struct.pack("<Q", xxhash.xxh3_64_intdigest(bytes(b[:88])))
			open("j", "wb").write(b)
		END
	}
	change 20 120
	run --separate-stderr embed_cmp --journal j
	said "leann-embed-client: warning: j: it is of another model or precision: begun anew"
	change 8 2
	run --separate-stderr embed_cmp --journal j
	said "leann-embed-client: warning: j: it is of another version: begun anew"
	change 12 1 # dimensions
	run --separate-stderr embed_cmp --journal j
	said "leann-embed-client: warning: j: it is of another model or precision: begun anew"
}

@test "a file that is no journal is refused and left as it is" {
	echo "my novel" >novel
	run --separate-stderr bash -c "leann-embed-client -q --journal novel <'$T/chunks' >out"
	[ "$status" -eq 2 ]
	[[ $stderr == *"novel: not a journal of embeddings: name another file" ]]
	[ "$(cat novel)" = "my novel" ]
	mkfifo pipe
	run bash -c "leann-embed-client -q --journal pipe <'$T/chunks' >out"
	[ "$status" -eq 2 ]
}

@test "a disk that is full for the journal is a warning, and the stream is whole" {
	full() { (ulimit -f 16 && embed --journal j) | cmp - "$T/whole"; }
	run --separate-stderr full
	said "leann-embed-client: warning: j: "*"File too large: no more is kept for a next run"
	embed_cmp --journal j
	run --separate-stderr embed_cmp --journal nowhere/j
	said "leann-embed-client: warning: nowhere/j: No such file or directory: nothing is kept for a next run"
}

@test "a second run at the same time goes on without the journal, and says so" {
	: >j
	exec 8<>j
	flock 8
	run --separate-stderr embed_cmp --journal j 8>&-
	exec 8>&-
	said "leann-embed-client: warning: j: another process writes it: nothing is kept for a next run"
	[ ! -s j ]
}

# In $1 the same programs, but for a client that is killed when it has kept something.
dying_client() {
	local p
	mkdir "$1"
	for p in "$BIN"/*; do ln -s "$(readlink -f "$p")" "$1/${p##*/}"; done
	rm "$1"/leann-embed-client
	cat >"$1"/leann-embed-client <<-END
		#!/bin/bash
		"$BIN/leann-embed-client" --batch-size=2 -j 1 "\$@" <&0 &
		while [ "\$(stat -c %s .docs.leann.journal 2>/dev/null || echo 0)" -lt 3200 ]; do sleep .002; done
		kill -KILL \$!
		wait \$!
	END
	chmod +x "$1"/leann-embed-client
}

@test "leann index create that was killed half way says what it found, and removes it at the end" {
	mkdir tree
	cp "$TOP"/lib/base/[a-e]*.[ch] tree
	leann index create --input tree --output whole.leann
	[ ! -e .whole.leann.journal ]
	dying_client fake
	run fake/leann index create --input tree --output docs.leann
	[ "$status" -ne 0 ]
	[ ! -e docs.leann ]
	run --separate-stderr leann index create --input tree --output docs.leann
	said "leann-embed-client: ./.docs.leann.journal: "*" embeddings of a run that was interrupted"
	[ ! -e .docs.leann.journal ]
	cmp docs.leann whole.leann
}

@test "an update, and a rebuild, that was killed half way says what it found, and removes it at the end" {
	local how
	mkdir tree
	cp "$TOP"/lib/base/[a-c]*.[ch] tree
	leann index create --input tree --output docs.leann
	cp "$TOP"/lib/base/[d-e]*.[ch] tree
	leann index update --index docs.leann --output update.leann
	leann index rebuild --reembed --index docs.leann --output rebuild.leann
	[ -z "$(find . -name '*.journal')" ]
	dying_client fake
	cp docs.leann old.leann
	for how in update 'rebuild --reembed'; do
		cp old.leann docs.leann
		# shellcheck disable=SC2086 # words
		run fake/leann index $how --index docs.leann
		[ "$status" -ne 0 ]
		cmp docs.leann old.leann
		[ -s .docs.leann.journal ]
		# shellcheck disable=SC2086 # words
		run --separate-stderr leann index $how --index docs.leann
		[ "$status" -eq 0 ]
		[[ $stderr == "leann-embed-client: ./.docs.leann.journal: "*" embeddings of a run that was interrupted"* ]]
		[ ! -e .docs.leann.journal ]
		cmp docs.leann "${how%% *}.leann"
	done
}
