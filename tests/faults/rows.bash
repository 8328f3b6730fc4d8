# shellcheck shell=bash
# The rows of the matrix. names_ROW prints its scenarios, row_ROW NAME does one and ends with a line
# "N trials, N failed".

trials() { # ROW NAME KINDS MODES N
	local only=()
	[ -z "$ONLY" ] || only=(-o "$ONLY")
	[ "$2" != graph-named ] || export FAULT_NO_TMPFILE=1
	# shellcheck disable=SC2086 # options
	fault-trials -s "$SO" -p "${PROG[$2]}" ${INDEX[$2]:+-i "${INDEX[$2]}"} ${OPTIONS[$2]} -b "$WORK/before" \
		-d "$3" -m "$4" -n "$5" -S "$SEED" "${only[@]}" -R "SEED=$SEED tests/faults/run $1 $2" "${COMMAND[$2]}"
}

# F1: what a disk may hold after a crash.
names_F1() { usable graph graph-new graph-named graph-all pack text-r pipe-graph; }
row_F1() {
	local d=$WORK/F1.$1 old=''
	mkdir "$d"
	cp -rp "$WORK/before" "$d/d"
	cp -rp "$WORK/before" "$d/before"
	[ "$1" != graph-named ] || export FAULT_NO_TMPFILE=1
	(cd "$d/d" && FAULT_LOG=$d/log FAULT_PROG=${PROG[$1]} LD_PRELOAD=$SO bash -o pipefail -c "${COMMAND[$1]}")
	[ ! -e "$d/before/${INDEX[$1]}" ] || old=$d/before/${INDEX[$1]}
	echo "REPRO: SEED=$SEED tests/faults/run F1 $1"
	CRASH_RANDOM=$(many 200 20000) CRASH_SEED=$SEED crash-states "$d/log" "$d/before" "$d/d/${INDEX[$1]}" \
		"$d/d/${INDEX[$1]}" "$old" "$(many 40 10)" "${COMMAND[$1]}" |
		sed -E 's/^[0-9]+ calls, ([0-9]+) states, (.*) ([0-9]+) failed$/\0\n\1 trials, \3 failed/'
}

# F2: killed before every call that changes something.
names_F2() { usable graph graph-named graph-all pack pipe-chunk pipe-embed-client pipe-anchors pipe-pq pipe-graph; }
row_F2() { trials F2 "$1" kill once "$(many 9 100000)"; }

# F3: errors of every call.
names_F3() {
	usable graph graph-named pack text-r anchors pq chunk jsonl client search search-json like verify validate show \
		text cat pipe-graph pipe-pq
}
row_F3() { trials F3 "$1" EIO,ENOSPC,EMFILE,EINTR,short once,forever "$(many 3 60)"; }

# F5: no memory.
names_F5() {
	usable graph graph-named graph-all pack text-r anchors pq chunk jsonl client search search-json like verify validate \
		show text cat
}
row_F5() { trials F5 "$1" oom once,forever "$(many 6 400)"; }

for row in F4 F6a F6b F8 F10 F11 F12 F16; do
	eval "names_$row() { :; }"
done
