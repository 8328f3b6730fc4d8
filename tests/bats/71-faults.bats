# A sample of the matrix of tests/faults: a few seconds a row. make check-faults does all of it.

load helper

setup_file() {
	load helper
	case $(ldd "$BIN/leann-graph") in *libasan*) export NO_PRELOAD=1 ;; esac
}

row() { # ROW...
	local r
	[ -z "${NO_PRELOAD:-}" ] || skip "LD_PRELOAD and ASan do not go together"
	for r; do
		SEED=${SEED:-$((RANDOM + 1))} FAULTS=sample LANES=1 run "$TOP/tests/faults/run" "$r"
		[[ $output == *" passed, 0 failed" ]] || { echo "$output"; false; }
		[[ $output != "0 passed"* ]]
	done
}

@test "F1: after a crash the index is the old one or the new one" { row F1; }
@test "F2: killed before any call, the next run makes all well" { row F2; }
@test "F3: an error of any call is told, or nothing is seen of it" { row F3; }
@test "F4: a full disk is told, and the old index stays" { row F4; }
@test "F5: no memory is told, and nothing else happens" { row F5; }
@test "F6: damage is noticed, and damage with right checksums does no harm" { row F6a F6b; }
@test "F7: no words on the command line end a program badly" { row F7; }
@test "F8 F12: pipes that are cut, and things that do not belong together" { row F8 F12; }
@test "F10: readers and writers at once" { row F10; }
@test "F11 F16: sources that changed are told, and the same input gives the same bytes" { row F11 F16; }
