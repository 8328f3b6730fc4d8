#!/usr/bin/env bats
# What every program does alike: help, version, wrong use, a full disk, a reader that leaves.
load helper

programs() {
	local d
	for d in "$TOP"/cmd/*/; do basename "$d"; done
}
scripts() {
	printf '%s\n' leann leann-build leann-index leann-list leann-look leann-model leann-related leann-doctor leann-watch-loop leann-index-update leann-transfer leann-export leann-to-chroma leann-backend leann-migrate leann-server leann-answer
}
everything() {
	programs
	scripts
}
# What is wrong, one line each, collected over all programs; the test fails if anything is.
setup() {
	wrong=$BATS_TEST_TMPDIR/wrong
	: >"$wrong"
	cd "$BATS_TEST_TMPDIR"
}
complain() { printf '%s\n' "$*" | tee -a "$wrong"; }
verdict() { [ ! -s "$wrong" ]; }

@test "--help and -h print usage on stdout, nothing on stderr, and succeed" {
	for p in $(everything); do
		for flag in -h --help; do
			"$p" $flag >out 2>err </dev/null || complain "$p $flag: status $?"
			head -n 1 out | grep -q "^usage: leann" || complain "$p $flag: no usage: line first"
			[ ! -s err ] || complain "$p $flag: writes on stderr: $(cat err)"
		done
	done
	verdict
}

@test "--version and -V print name and version first" {
	for p in $(programs); do
		for flag in -V --version; do
			"$p" $flag >out 2>err </dev/null || complain "$p $flag: status $?"
			[ "$(head -n 1 out)" = "$p $(leann --version | cut -d' ' -f2)" ] ||
				complain "$p $flag: $(head -n 1 out)"
		done
	done
	[ "$(leann --version)" = "leann 0.1.0" ]
	verdict
}

@test "an unknown option is refused on stderr with status 2, and leads to --help" {
	for p in $(everything); do
		for flag in --no-such-option -?; do
			r=0
			"$p" "$flag" >out 2>err </dev/null || r=$?
			[ "$r" = 2 ] || complain "$p $flag: status $r"
			[ ! -s out ] || complain "$p $flag: writes on stdout"
			grep -q -- --help err || complain "$p $flag: does not mention --help: $(cat err)"
		done
	done
	verdict
}

@test "an option that lacks its value is refused with status 2" {
	for p in $(programs); do
		for flag in $("$p" --help | sed -n 's/^ .*\(--[a-z-]*\)=.*/\1/p'); do
			r=0
			"$p" "$flag" >out 2>err </dev/null || r=$?
			[ "$r" = 2 ] || complain "$p $flag: status $r"
			grep -q -- "$flag needs a value" err || complain "$p $flag: $(cat err)"
		done
	done
	verdict
}

@test "a number out of range, or no number, is refused with its range" {
	for p in $(programs); do
		for flag in $("$p" --help | sed -nE 's/^ .*(--[a-z-]*)=(N|SECONDS|S|X)( .*|$)/\1/p'); do
			for value in -1000000000001 1e x '' 99999999999999999999; do
				r=0
				"$p" "$flag=$value" >out 2>err </dev/null || r=$?
				[ "$r" = 2 ] || complain "$p $flag=$value: status $r"
				grep -q -- "$flag" err || complain "$p $flag=$value: $(cat err)"
			done
		done
	done
	verdict
}

@test "help on a full disk is not success" {
	for p in $(programs); do
		r=0
		"$p" --help >/dev/full 2>err </dev/null || r=$?
		[ "$r" = 2 ] || complain "$p --help >/dev/full: status $r"
		[ -s err ] || complain "$p --help >/dev/full: no message"
	done
	verdict
}

@test "programs that read a stream refuse an empty one and say so" {
	for p in leann-embed-client leann-anchors leann-pq "leann-graph -o x.leann"; do
		r=0
		$p >out 2>err </dev/null || r=$?
		[ "$r" = 2 ] || complain "$p </dev/null: status $r"
		[ -s err ] || complain "$p </dev/null: no message"
	done
	[ ! -e x.leann ]
	verdict
}

@test "programs that read or write a stream refuse a terminal" {
	need_terminal
	for p in leann-embed-client leann-anchors leann-pq; do
		timeout 20 script -qec "$p" /dev/null >out 2>&1 </dev/null && complain "$p on a terminal: status 0"
		grep -q "is a terminal" out || complain "$p on a terminal: $(head -c 300 out)"
	done
	verdict
}

@test "a reader that left ends a program quietly with 141, ignored SIGPIPE or not" {
	need_model
	small_tree tree
	# Enough output to fill the pipe that nobody reads.
	for i in $(seq 400); do cp tree/notes/bread.md "tree/notes/$i.md"; done
	for trap in : "trap '' PIPE"; do
		r=$(bash -c "$trap; { leann-chunk tree 2>err; echo \$? >status; } | :; cat status")
		[ "$r" = 141 ] || complain "leann-chunk | : with '$trap': status $r"
		[ ! -s err ] || complain "leann-chunk | : with '$trap': says $(cat err)"
	done
	verdict
}

@test "programs with closed standard descriptors neither crash nor hang" {
	for p in $(programs); do
		r=0
		timeout 20 "$p" --help <&- >&- 2>&- || r=$?
		[ "$r" -lt 3 ] || complain "$p with all closed: status $r"
	done
	verdict
}

@test "a closed stdin or stdout is an error, not an empty file" {
	need_model
	echo words >a.txt
	r=0
	leann-chunk a.txt >&- 2>err || r=$?
	[ "$r" -eq 2 ]
	grep -q "^leann-chunk: stdout: write: Bad file descriptor" err
	r=0
	leann-chunk - <&- >out 2>err || r=$?
	[ "$r" -eq 2 ]
	grep -q "Bad file descriptor" err
}
