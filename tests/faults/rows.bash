# shellcheck shell=bash
# The rows of the matrix. names_ROW prints its scenarios, row_ROW NAME does one and ends with a line
# "N trials, N failed".

trials() { # ROW NAME KINDS MODES N
	local only=()
	[ -z "$ONLY" ] || only=(-o "$ONLY")
	[[ $2 != *-named ]] || export FAULT_NO_TMPFILE=1
	# shellcheck disable=SC2086 # options
	fault-trials -s "$SO" -p "${PROG[$2]}" ${INDEX[$2]:+-i "${INDEX[$2]}"} ${OPTIONS[$2]} \
		-b "$WORK/before" \
		-d "$3" -m "$4" -n "$5" -S "$SEED" "${only[@]}" -R "SEED=$SEED tests/faults/run $1 $2" "${COMMAND[$2]}"
}

# F1: what a disk may hold after a crash.
names_F1() {
	usable graph graph-new graph-named graph-all pack text-r pipe-graph graph-update graph-remove update-graph update-named \
		rebuild-graph index-update index-rebuild journal register unregister export import
}
row_F1() {
	local d=$WORK/F1.$1 old='' index=${INDEX[$1]} then=${COMMAND[$1]} every
	every=$(many 7 1)
	case $1 in
	journal) # any state of it is fine, and the vectors are those of a run without
		index=j then="$then | cmp - $WORK/before/cj" every=$(many 3 1)
		export CRASH_ANY=1
		;;
	*-named) every=$(many 200 20) ;; # many states: the file has a name
	# the name of the folder is in it, or what it is made of
	pipe-* | *rebuild*) export CRASH_LOOSE=1 ;;
	*register) then="export LD_PRELOAD=$SO FAULT_TIME=1700000000; $then" ;;
	esac
	export FAULT_TIME=1700000000
	mkdir "$d"
	cp -rp "$WORK/before" "$d/d"
	cp -rp "$WORK/before" "$d/before"
	[[ $1 != *-named ]] || export FAULT_NO_TMPFILE=1
	(cd "$d/d" && FAULT_LOG=$d/log FAULT_PROG=${PROG[$1]} LD_PRELOAD=$SO bash -o pipefail -c "${COMMAND[$1]}") ||
		{ echo "the command fails without a fault" && return; }
	[ ! -e "$d/before/$index" ] || old=$d/before/$index
	echo "REPRO: SEED=$SEED tests/faults/run F1 $1"
	CRASH_DIR=$d/d CRASH_RANDOM=$(many 200 20000) CRASH_SEED=$SEED crash-states "$d/log" "$d/before" "$d/d/$index" \
		"$d/d/$index" "$old" "$every" "$then" |
		sed -E 's/^[0-9]+ calls, [0-9]+ states, ([0-9]+) distinct, (.*) ([0-9]+) failed$/\0\n\1 trials, \3 failed/'
}

# F2: killed before every call that changes something.
names_F2() {
	usable pipe-random update-random graph graph-named graph-all pack pipe-chunk pipe-embed-client pipe-anchors pipe-pq \
		pipe-graph graph-update graph-remove update-named update-chunk update-embed-client update-graph rebuild-chunk rebuild-graph \
		index-update index-rebuild journal register unregister export import
}
row_F2() {
	if [[ $1 == *-random ]]; then random_kills "${1%-random}"; else trials F2 "$1" kill once "$(many 9 100000)"; fi
}

# F3: errors of every call.
names_F3() {
	usable graph graph-named pack text-r anchors pq chunk jsonl client search search-json like verify validate show \
		text cat pipe-graph pipe-pq chunk-update graph-update graph-remove graph-rebuild update-graph index-update \
		rebuild-chunk journal register unregister export import
}
row_F3() { trials F3 "$1" EIO,ENOSPC,EMFILE,EINTR,short once,forever "$(many 3 60)"; }

# F5: no memory.
names_F5() {
	usable graph graph-named graph-all pack text-r anchors pq chunk jsonl client search search-json like verify validate \
		show text cat chunk-update graph-update graph-remove graph-rebuild journal register unregister export import
}
row_F5() { trials F5 "$1" oom once,forever "$(many 6 240)"; }

# F6a: damage that checksums notice.
names_F6a() { printf '%s\n' wide lists small; }
row_F6a() {
	local d=$WORK/F6a.$1 n=60 dim=8 with='--graph chunks'
	mkdir "$d"
	case $1 in
	wide) n=1500 dim=64 ;;
	lists) n=900 dim=48 with='--backend diskann' ;;
	esac
	# shellcheck disable=SC2086 # words
	make-vectors $n $dim 3 | leann-graph -q -j 1 $with -o "$d/a.leann"
	# shellcheck disable=SC2086 # words
	make-vectors $n $dim 3 | leann-graph -q -j 1 -s 7 $with -o "$d/b.leann"
	echo "(seed $SEED; a.leann: make-vectors $n $dim 3 | leann-graph -j 1 $with; b.leann: -s 7)"
	damage "$d/a.leann" "$d/b.leann" "$(many 97 1)" "$SEED"
}

# F6b: damage that checksums do not show, under sanitizers where they are built.
names_F6b() { printf '%s\n' golden graph lists words tiny; }
row_F6b() {
	local d=$WORK/F6b.$1 f=tests/golden/index/good/everything.leann tool=resign san=${SAN_BUILD:-build-san}
	local -A full=([golden]=25000 [graph]=35000 [lists]=35000 [words]=50000 [tiny]=60000)
	mkdir "$d"
	[ "$1" = golden ] || f=$d/a.leann
	case $1 in
	graph) make-vectors 200 16 3 | leann-graph -q -j 1 --graph chunks -o "$f" ;;
	lists) make-vectors 200 16 3 | leann-graph -q -j 1 --graph chunks --backend diskann -o "$f" ;;
	tiny) make-vectors 100 16 3 | leann-graph -q -j 1 --bytes 8 -o "$f" ;;
	words)
		if [ -n "$MODEL" ]; then
			# shellcheck disable=SC2086 # words
			leann-chunk -q -j 1 --lexical "$WORK/before/tree" "$WORK/before/small.jsonl" |
				leann-embed-client -q $SERVER | leann-graph -q -j 1 -o "$f"
		else
			cp tests/golden/index/good/everything.leann "$f"
		fi
		;;
	esac
	[ ! -x "$san/tests/tools/resign" ] || tool=$san/tests/tools/resign
	echo "with $tool; a leann-graph of the same vectors gives the same index"
	UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=max_allocation_size_mb=64:allocator_may_return_null=1:quarantine_size_mb=8:malloc_context_size=2 \
		"$tool" "$f" "$(many 150 "${full[$1]}")" "$SEED" ${ONLY:+"$ONLY"}
}

# F4: a full disk: a file system of so many bytes where root may mount one, a limit on files, /dev/full.
names_F4() { usable graph graph-all pack text-r pipe-graph anchors show search chunk; }
try_full() { # NAME KIND SIZE: one trial; sets why where it fails
	local d=$WORK/F4.$1/d s=0 out=$WORK/F4.$1/out err=$WORK/F4.$1/err ix=${INDEX[$1]} good=$WORK/F4.$1/good
	why=''
	mkdir -p "$d"
	if [ "$2" = tmpfs ]; then mount -t tmpfs -o "size=$3" none "$d"; fi
	if cp -rp "$WORK/before/." "$d" 2>/dev/null; then
		case $2 in
		tmpfs) (cd "$d" && TMPDIR=$d bash -o pipefail -c "${COMMAND[$1]}" >"$out" 2>"$err") || s=$? ;;
		limit) # kilobytes; in the same folder, and only the command has the limit
			(cd "$d" && bash -o pipefail -c "ulimit -f $3; ${COMMAND[$1]}" 2>&1 >/dev/null | cat >"$err"
				exit "${PIPESTATUS[0]}") || s=$?
			;;
		full) (cd "$d" && bash -o pipefail -c "${COMMAND[$1]}" >/dev/full 2>"$err") || s=$? ;;
		esac
		if [ $s = 0 ] && [ "$2" != full ]; then
			[ -z "$ix" ] || cmp -s "$d/$ix" "$good" || why="status 0, but not the new index"
		elif [ $s = 0 ]; then
			why="status 0 with /dev/full"
		elif [ $s != 2 ]; then
			why="status $s"
		elif ! grep -qE "No space left|File too large" "$err"; then
			why="no word of space: $(head -c 200 "$err")"
		elif [ -n "$ix" ] && ! cmp -s "$d/$ix" "$WORK/before/$ix"; then
			why="the old index is not there"
		elif [ -n "$(find "$d" -name '*.tmp.*')" ]; then
			why="a stray file"
		fi
	fi
	if [ "$2" = tmpfs ]; then umount "$d"; fi
	rm -rf "$d"
}
row_F4() {
	local n=0 bad=0 why='' kinds=(limit) kind step used k d=$WORK/F4.$1
	mkdir -p "$d/d"
	[ -n "${INDEX[$1]}" ] || kinds=(full)
	if [ -n "${INDEX[$1]}" ] && mount -t tmpfs -o size=1m none "$d/d" 2>/dev/null; then
		umount "$d/d"
		kinds+=(tmpfs)
	fi
	cp -rp "$WORK/before/." "$d/d"
	(cd "$d/d" && bash -o pipefail -c "${COMMAND[$1]}" >/dev/null)
	[ -z "${INDEX[$1]}" ] || cp "$d/d/${INDEX[$1]}" "$d/good"
	rm -rf "$d/d"
	used=$(du -sk --apparent-size "$WORK/before" | cut -f1)
	step=$(many 8 1)
	for kind in "${kinds[@]}"; do
		for ((k = 0; k < 64; k += step)); do
			case $kind in
			full) [ $k = 0 ] || break ;;
			limit) [ $k -lt 24 ] || break ;;
			esac
			if [ $kind = tmpfs ]; then
				try_full "$1" $kind $((used + 60 + 4 * k))k
			else
				try_full "$1" $kind $k
			fi
			n=$((n + 1))
			[ -z "$why" ] && continue
			bad=$((bad + 1))
			printf 'FAILED %s %s: %s\nREPRO: tests/faults/run F4 %s\n' $kind $k "$why" "$1"
		done
	done
	echo "$n trials, $bad failed"
}
