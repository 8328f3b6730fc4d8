# shellcheck shell=bash
# Rows of several processes or settings at once: F2 (in part) F7 F8 F10 F11 F12 F16. Each row_ROW counts its own trials.

# check ROW NAME WHAT COMMAND...: one trial, which holds where the command does.
n_trials=0 n_bad=0
check() {
	local row=$1 name=$2 what=$3
	shift 3
	n_trials=$((n_trials + 1))
	"$@" && return
	n_bad=$((n_bad + 1))
	[ $n_bad -gt 10 ] || printf 'FAILED %s\nREPRO: SEED=%s tests/faults/run %s %s\n' "$what" "$SEED" "$row" "$name"
}
total() { echo "$n_trials trials, $n_bad failed"; }
# A folder of one's own, as before.
folder() { # ROW NAME
	mkdir "$WORK/$1.$2"
	cp -rp "$WORK/before/." "$WORK/$1.$2"
	cd "$WORK/$1.$2"
}
# run STATUS OUT ERR COMMAND: as bash runs it.
try() {
	local want=$1 s=0
	bash -o pipefail -c "$2" >out 2>err || s=$?
	[ $s = "$want" ] && return
	echo "status $s, want $want: $2: $(head -c 300 err)"
	return 1
}

# F2: a stage of a build or an update, killed at a random moment.
killed() { # WHAT INDEX WHICH MICROSECONDS
	local pids=() s=0 i door
	rm -f f1 f2 f3 f4
	mkfifo f1 f2 f3 f4
	cp old "$2"
	if [ "$1" = update ]; then
		leann-chunk -q -j 1 --update u.leann >f1 2>e1 & pids+=($!)
		# shellcheck disable=SC2086 # words
		leann-embed-client -q -j 1 $SERVER <f1 >f2 2>e2 & pids+=($!)
		leann-graph -q -j 1 --update u.leann <f2 2>e3 & pids+=($!)
	else
		leann-chunk -q -j 1 tree >f1 2>e1 & pids+=($!)
		# shellcheck disable=SC2086 # words
		leann-embed-client -q -j 1 $SERVER <f1 >f2 2>e2 & pids+=($!)
		leann-anchors -j 1 <f2 >f3 2>e3 & pids+=($!)
		leann-pq -j 1 <f3 >f4 2>e4 & pids+=($!)
		leann-graph -q -j 1 -o x.leann <f4 2>e5 & pids+=($!)
	fi
	sleep "$(printf '0.%06d' "$4")"
	kill -9 "${pids[$3 % ${#pids[@]}]}" 2>/dev/null || :
	# who waits for a FIFO's other end, which was killed before it opened it, is let in
	while sleep .2; do
		for i in f1 f2 f3 f4; do : <>"$i"; done
	done &
	door=$!
	for i in "${pids[@]}"; do
		wait "$i" 2>/dev/null || s=$((s + 1))
	done
	kill $door
	wait $door 2>/dev/null || :
	cmp -s "$2" old && [ $s != 0 ] && return
	cmp -s "$2" new || { echo "neither old nor new" && return 1; }
}
strays() { find . -name '*tmp.*' -o -name 'leann-??????' | wc -l; }
random_kills() { # pipe or update
	local k index=${INDEX[$1-graph]}
	folder F2 "$1-random"
	cp "$index" old
	bash -o pipefail -c "${COMMAND[$1-graph]}"
	mv "$index" new
	RANDOM=$SEED
	for ((k = 0; k < $(many 5 200); k++)); do
		check F2 "$1-random" "kill $k" killed "$1" "$index" $((RANDOM % 5)) $((RANDOM * 3))
		check F2 "$1-random" "at most one stray after kill $k" test "$(strays)" -le 1
	done
	cp old "$index"
	check F2 "$1-random" "the next run" bash -o pipefail -c "${COMMAND[$1-graph]} && cmp $index new"
	check F2 "$1-random" "no stray after it" test "$(strays)" = 0
	total
}

# F7: what is given on the command line.
names_F7() { printf '%s\n' chunk anchors pq graph bundle search cache embed-client; }
row_F7() {
	local k i s args words=(-1 0 1 2.5 1e9 99999999999999999999 nan -- - '' /nowhere/in/particular . .. tree v y.leann x.leann parts auto none scan
		'%s%n' $'\n' $'\x1b[31m' $'\xff\xfe' "$(printf 'a%.0s' {1..5000})" '[' '{a,' '*' '!' ':' 'tree/a1.txt:1' nowhere)
	folder F7 "$1"
	mapfile -t args < <("leann-$1" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*|^  -[A-Za-z0-9]' | tr -d ' ' |
		grep -vE '^--(daemon|watch)$')
	RANDOM=$SEED
	for ((k = 0; k < $(many 15 500); k++)); do
		local line=()
		for ((i = RANDOM % 5; i >= 0; i--)); do
			case $((RANDOM % 3)) in
			0) line+=("${words[RANDOM % ${#words[@]}]}") ;;
			1) line+=("${args[RANDOM % ${#args[@]}]}") ;;
			2) line+=("${args[RANDOM % ${#args[@]}]}=${words[RANDOM % ${#words[@]}]}") ;;
			esac
		done
		# never a server of our own
		case $1 in embed-client | search) line=(--no-start --endpoint "ipc://$WORK/none" --timeout .1 "${line[@]}") ;; esac
		s=0
		timeout 20 "leann-$1" "${line[@]}" >out 2>err </dev/null || s=$?
		check F7 "$1" "status $s: leann-$1 $(printf '%q ' "${line[@]:0:8}" | cut -c1-300): $(head -c 200 err)" \
			grep -qx "$s" <<<$'0\n1\n2\n75'
	done
	total
}

# F8: pipes: the reader leaves, the writer is cut short, standard files are closed.
names_F8() { usable leave cut slow closed; }
stages() {
	if [ -n "$MODEL" ]; then
		echo "leann-chunk -j 1 tree"
		echo "leann-embed-client -q $SERVER <c"
	fi
	printf '%s\n' 'leann-anchors -j 1 <v' 'leann-pq -j 1 <v' 'leann-bundle text y.leann' 'leann-bundle show y.leann'
}
left() { # COMMAND BYTES: the reader leaves after so many
	local s=0
	bash -c "{ $1; echo \$? >status; } 2>err | head -c $2 >/dev/null"
	s=$(<status)
	[ ! -s err ] || grep -q warning err || { cat err && return 1; }
	[ "$s" = 141 ] || [ "$s" = 0 ] || { echo "status $s" && return 1; }
}
refused() { # COMMAND FILE BYTES: what it is given is cut short
	head -c "$3" "$2" >part
	try 2 "${1/<$2/<part}" || return 1
	[ -s err ]
}
slowly() { # COMMAND: the same bytes
	try 0 "$1" && cmp out want
}
closed() { # REDIRECTION COMMAND: done as always or refused, never a signal, a wrong index or a wait
	local s=0 f
	rm -f w.leann e.leann z.leann
	timeout 10 bash -c "exec $1; $2" >out 2>err || s=$?
	case $s in
	0 | 1 | 2) cmp -s x.leann old || cmp -s x.leann new || { echo "x.leann is neither old nor new" && return 1; } ;;
	*) echo "status $s" && return 1 ;;
	esac
	for f in w.leann e.leann z.leann; do
		[ ! -e $f ] || leann-bundle verify -q $f || return 1
	done
	for f in v c du u.leann y.leann; do # nothing was written to what took a closed one's number
		[ ! -e "$WORK/before/$f" ] || cmp "$WORK/before/$f" $f || return 1
	done
	XDG_DATA_HOME=$PWD/data leann-registry list >/dev/null
}
row_F8() {
	local cmd k len step
	local cmds=('leann-graph -q -j 1 -o x.leann' 'leann-graph -q -j 1 -o x.leann <v' 'leann-anchors -j 1' 'leann-pq -j 1'
		'leann-bundle show y.leann' 'leann-bundle pack parts z.leann' 'leann-bundle text' 'leann-bundle verify y.leann'
		"export XDG_DATA_HOME=$WORK/F8.closed/data; leann-registry list"
		"export XDG_DATA_HOME=$WORK/F8.closed/data; leann-registry add --name n x.leann")
	folder F8 "$1"
	mapfile -t list < <(stages)
	case $1 in
	leave)
		for cmd in "${list[@]}"; do
			for ((k = 0; k < 20; k += $(many 10 1))); do
				check F8 leave "$k, $cmd" left "$cmd" $((k * k * 8))
			done
		done
		;;
	cut)
		cp x.leann old
		step=$(many 10 1)
		for cmd in 'leann-anchors -j 1 <v' 'leann-pq -j 1 <v' 'leann-graph -q -j 1 -o x.leann <v' \
			"leann-embed-client -q $SERVER <c" 'leann-bundle text <v' 'leann-bundle text -r <y.txt -o x.leann'; do
			local f=${cmd##*<}
			f=${f%% *}
			[ -s "$f" ] || continue
			len=$(stat -c %s "$f")
			for ((k = 1; k <= 20; k += step)); do
				# the last byte of text alone is a line's end, and what text -r has is whole
				check F8 cut "$k/21 of $len, $cmd" refused "$cmd" "$f" $((len * k / 21))
			done
			check F8 cut "the last byte, $cmd" refused "$cmd" "$f" $((len - 2))
		done
		check F8 cut "the old index stays" cmp x.leann old
		;;
	slow) # a byte a millisecond before, and behind
		len=$(many 16 1)
		for cmd in "${list[@]}" 'leann-bundle text <v'; do
			bash -o pipefail -c "$cmd" >want
			check F8 slow "a slow reader: $cmd" slowly "$cmd | slow-cat $len"
			local f=${cmd##*<}
			f=${f%% *}
			[[ $cmd != *'<'* ]] || check F8 slow "a slow producer: $cmd" slowly "slow-cat $len <$f | ${cmd/<$f/}"
		done
		leann-graph -q -j 1 -o want <v
		check F8 slow "leann-graph behind a slow producer" try 0 "slow-cat $len <v | leann-graph -q -j 1 -o x.leann"
		check F8 slow "the same index" cmp x.leann want
		;;
	closed)
		cp x.leann old
		leann-graph -q -j 1 -o new <v
		rm new.lock
		[ -z "$MODEL" ] || cmds+=("leann-chunk -q -j 1 tree" "leann-embed-client -q $SERVER <c" "leann-embed-client -q $SERVER"
			"leann-search -j 1 $SERVER y.leann bread" "leann-search -j 1 $SERVER --json y.leann bread" 'leann-bundle cat y.leann'
			'leann-chunk -q -j 1 --update u.leann' 'leann-graph -q -j 1 --update u.leann -o w.leann <du'
			'leann-bundle export --self-contained -o e.leann y.leann' 'leann-bundle validate y.leann')
		local r
		for r in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
			for cmd in "${cmds[@]}"; do
				cp old x.leann
				check F8 closed "$r $cmd" closed "$r" "$cmd"
			done
		done
		;;
	esac
	total
}

# F10: several at once.
names_F10() { printf '%s\n' readers writers holders; [ -z "$MODEL" ] || printf '%s\n' updates servers cut; }
reader() { # NUMBER: reads until told to stop; writes how many answers, and what was wrong
	local k=0 x
	while [ -e go ]; do
		x=$(leann-bundle text x.leann 2>&1 | sha256sum)
		k=$((k + 1))
		case $x in "$sum_a" | "$sum_b") ;; *) leann-bundle verify x.leann || echo "wrong" ;; esac
		leann-bundle verify -q x.leann || echo "does not verify"
	done >wrong."$1" 2>&1
	echo $k >answers."$1"
}
pair() { # two writers at once: one wins, one says so; or both, one after the other
	local a=0 b=0
	leann-graph -q -j 1 -o x.leann <v 2>e1 &
	leann-graph -q -j 1 -o x.leann <ve 2>e2 || b=$?
	wait $! || a=$?
	case $a$b in
	00) ;;
	075) grep -q "another writer" e2 || return 1 ;;
	750) grep -q "another writer" e1 || return 1 ;;
	*) echo "status $a and $b" && return 1 ;;
	esac
	leann-bundle verify -q x.leann
}
update_pair() { # two updates at once: one is told to come again, or both do it; the next changes nothing
	local a=0 b=0
	cp old u.leann
	bash -o pipefail -c "${COMMAND[update-graph]}" 2>e1 &
	bash -o pipefail -c "${COMMAND[update-graph]}" 2>e2 || b=$?
	wait $! || a=$?
	case $a$b in
	00 | 075 | 750) cmp -s u.leann new ;;
	02 | 20) cmp -s u.leann new && cat e1 e2 | grep -q "changed since\|another" ;; # it was replaced in between
	*) false ;;
	esac || { echo "status $a and $b: $(head -c 200 e1) $(head -c 200 e2)" && return 1; }
}
# Two servers bind one path: one serves, the other says who does; where that one is killed a third takes over.
server_pair() {
	local ep=ipc://$PWD/s pids=() k alive=() s=0 precision=--precision=int8
	leann-embed-server -j 1 $precision --endpoint "$ep" 2>e1 & pids+=($!)
	leann-embed-server -j 1 $precision --endpoint "$ep" 2>e2 & pids+=($!)
	printf 'bread\n' >q
	for ((k = 0; k < 600; k++)); do # until one has gone
		alive=()
		for pid in "${pids[@]}"; do if kill -0 "$pid" 2>/dev/null; then alive+=("$pid"); fi; done
		if [ ${#alive[@]} -lt 2 ]; then break; fi
		sleep .05
	done
	[ ${#alive[@]} = 1 ] || { echo "${#alive[@]} servers" && kill -9 "${alive[@]}"; return 1; }
	for pid in "${pids[@]}"; do [ "$pid" = "${alive[0]}" ] || wait "$pid" || s=$?; done
	if [ $s != 75 ] && [ $s != 2 ]; then
		kill -9 "${alive[0]}"
		echo "status $s: $(cat e1 e2)" && return 1
	fi
	leann-embed-client --endpoint "$ep" --no-start --timeout 30 --info >info || s=1000
	kill -9 "${alive[0]}"
	wait "${alive[0]}" 2>/dev/null || :
	[ $s != 1000 ] || { echo "no answer" && return 1; }
	leann-embed-server -j 1 $precision --endpoint "$ep" 2>e3 &
	pid=$!
	for ((k = 0; k < 600; k++)); do
		if leann-embed-client --endpoint "$ep" --no-start --timeout 30 --info >info 2>/dev/null; then break; fi
		sleep .05
	done
	s=0
	cmp -s <(grep -o '"sha256": *"[^"]*"' info) /dev/null && s=1
	kill "$pid"
	wait "$pid" || s=$?
	[ $s = 0 ] || { echo "after a dead one: status $s: $(cat e3)" && return 1; }
}
# Waits until it has a file of that name open or mapped, 5 seconds at most; 1: it has not, or has ended.
has_file() { # PID NAME
	local k
	for ((k = 0; k < 500; k++)); do
		[ -d "/proc/$1/fd" ] || return 1
		if { find "/proc/$1/fd" -lname "*/$2" | grep -q . || grep -q "/$2\$" "/proc/$1/maps"; } 2>/dev/null; then return; fi
		sleep .01
	done
	return 1
}
dead_holder() {
	local pid k
	rm -f f
	mkfifo f
	exec 7<>f
	leann-graph -q -j 1 -o x.leann <f 2>/dev/null 7>&- &
	pid=$!
	has_file $pid x.leann.lock || { echo "the writer has no lock" && return 1; }
	for ((k = 0; k < 500; k++)); do # it is open; asking for it would make the writer fail
		if grep -q ":$(stat -c %i x.leann.lock) " /proc/locks; then break; fi
		sleep .01
	done
	kill -9 $pid
	wait $pid 2>/dev/null || :
	exec 7>&-
	flock -n x.leann.lock true || { echo "a dead holder has the lock" && return 1; }
	leann-graph -q -j 1 -o x.leann <v
}
cut_while_mapped() { # K: blocks of it that stay
	local s=0 pid
	rm -f f
	mkfifo f
	cp y.leann z.leann
	exec 7<>f
	# shellcheck disable=SC2086 # words
	leann-search -j 1 $SERVER --batch f z.leann >out 2>err 7>&- &
	pid=$!
	has_file $pid z.leann || :
	truncate -s $(($1 * 512)) z.leann
	echo "bread" >&7
	has_file $pid f || : # from now on it gets the end, too
	exec 7>&-
	wait $pid || s=$?
	[ $s = 2 ] && grep -q "z.leann" err && return
	[ $s = 0 ] && [ -s out ] && return
	echo "status $s: $(head -c 200 err)"
	return 1
}
row_F10() {
	local k a pids=()
	folder F10 "$1"
	case $1 in
	readers)
		leann-graph -q -j 1 -o a.leann <v
		leann-graph -q -j 1 -o b.leann <ve
		cp a.leann x.leann
		sum_a=$(leann-bundle text a.leann | sha256sum) sum_b=$(leann-bundle text b.leann | sha256sum)
		: >go
		for k in 1 2 3 4 5 6 7 8; do
			reader $k &
			pids+=($!)
		done
		for ((k = 0; k < $(many 20 200); k++)); do
			if ((k % 2)); then a=v; else a=ve; fi
			check F10 readers "replace $k" leann-graph -q -j 1 -o x.leann <$a
		done
		rm go
		wait "${pids[@]}" || :
		for k in 1 2 3 4 5 6 7 8; do
			check F10 readers "reader $k: $(head -c 300 wrong.$k)" test -s answers.$k -a ! -s wrong.$k
			n_trials=$((n_trials + $(cat answers.$k)))
		done
		;;
	writers) for ((k = 0; k < $(many 5 50); k++)); do check F10 writers "pair $k" pair; done ;;
	updates)
		cp u.leann old
		bash -o pipefail -c "${COMMAND[update-graph]}"
		cp u.leann new
		for ((k = 0; k < $(many 3 50); k++)); do check F10 updates "pair $k" update_pair; done
		;;
	servers) for ((k = 0; k < $(many 1 10); k++)); do check F10 servers "pair $k" server_pair; done ;;
	holders) for ((k = 0; k < $(many 5 100); k++)); do check F10 holders "holder $k" dead_holder; done ;;
	cut) for ((k = 0; k < $(many 5 50); k++)); do check F10 cut "$k blocks" cut_while_mapped $((k % 20)); done ;;
	esac
	total
}

lacks() { ! grep -E "$1" "$2"; }
# F11: sources that changed since.
names_F11() { [ -z "$MODEL" ] || echo changed; }
row_F11() {
	local i
	folder F11 changed
	mkdir t
	for i in {1..200}; do printf 'Note %d says %s of number %d.\n' "$i" "$(printf '%x' $((i * 7919)))" "$i" >"t/n$i.txt"; done
	# shellcheck disable=SC2086 # words
	leann-chunk -q -j 1 t | leann-embed-client -q $SERVER | leann-graph -q -j 1 -o s.leann
	for i in {1..200}; do
		case $((i % 5)) in
		0) sed -i 's/Note/Nope/' "t/n$i.txt" ;;
		1) truncate -s 5 "t/n$i.txt" ;;
		2) rm "t/n$i.txt" ;;
		3) printf 'SECRET' >"other$i" && ln -sf "$PWD/other$i" "t/n$i.txt" ;;
		4) tr a-z b-za <"t/n$i.txt" >tmp && touch -r "t/n$i.txt" tmp && mv tmp "t/n$i.txt" ;;
		esac
	done
	# shellcheck disable=SC2086 # words
	leann-search -j 1 $SERVER -k 400 s.leann "a note" >out 2>err || :
	i=$(grep -c '(stale:' out || :)
	check F11 changed "$i of 200 are flagged" test "$i" = 200
	check F11 changed "no text of a changed file is shown" lacks 'SECRET|Nope|Opuf' out
	check F11 changed "validate finds them: status 1" try 1 'leann-bundle validate s.leann'
	check F11 changed "cat refuses" try 1 'leann-bundle cat s.leann'
	n_trials=$((n_trials + 196))
	total
}

# F12: things that do not belong together.
names_F12() { printf '%s\n' headers; [ -z "$MODEL" ] || echo peers; }
with_peer() { # BEHAVIOUR COMMAND: it ends with 2 or 75 and a message, nothing on stdout but a marked stream
	local s=0 pid ep=ipc://$PWD/p
	BADPEER_MODEL=all-MiniLM-L6-v2 badpeer "$ep" "$1" >ready &
	pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		if [ -s ready ]; then break; fi
		sleep .02
	done
	timeout 20 bash -c "${2//$WORK\/server/$PWD/p}" >out 2>err || s=$?
	kill $pid 2>/dev/null || :
	wait $pid 2>/dev/null || :
	rm -f ready p
	case $s in 2 | 75) [ -s err ] && return ;; esac
	echo "status $s: $(head -c 200 err)"
	return 1
}
edited() { # SED-SCRIPT: the index says something else; to be made, or to be searched, is refused
	sed -E "$1" y.txt >z.txt
	! cmp -s y.txt z.txt || { echo "nothing changed by $1" && return 1; }
	leann-bundle text -r -o z.leann <z.txt 2>err && leann-bundle verify -q z.leann 2>>err &&
		timeout 20 bash -c "leann-search -j 1 $SERVER z.leann bread" >out 2>>err || { [ $? = 2 ] && [ -s err ]; }
}
row_F12() {
	local b cmd
	folder F12 "$1"
	case $1 in
	peers)
		for b in wrong-dim wrong-model wrong-count wrong-id nan inf zero norm cut hostile error; do
			# a server that says no more than its word: of another model for all of a run is for the index to tell
			for cmd in "leann-embed-client -q ${SERVER/--timeout 5/--timeout 1} <c >z" \
				"leann-search -j 1 ${SERVER/--timeout 5/--timeout 1} y.leann bread"; do
				check F12 peers "$b, $cmd" with_peer $b "$cmd"
			done
		done
		;;
	headers)
		for b in 's/"dim": *8/"dim":16/' 's/"dim": *8/"dim":0/' 's/"dim": *8/"dim":-8/' 's/"dim": *8/"dim":8.5/' \
			's/"dim": *8/"dim":99999999999/' 's/"chunks": *[0-9]+/"chunks":999999999/'; do
			check F12 headers "$b" edited "$b"
		done
		for b in $(many 'major-2' 'major-2 major-0 major-x'); do
			cp y.leann z.leann
			printf '%s' "${b#major-}" |
				dd of=z.leann bs=1 seek="$(grep -abo '"major": ' y.leann | head -1 | awk -F: '{print $1 + 9}')" conv=notrunc 2>/dev/null
			for cmd in 'leann-bundle show z.leann' 'leann-bundle text z.leann' "leann-search $SERVER z.leann x"; do
				check F12 headers "$b, $cmd" try 2 "$cmd"
			done
		done
		;;
	esac
	total
}

# F16: the same bytes.
names_F16() { usable same; }
row_F16() {
	local j loc tz mask cmd out
	folder F16 same
	local cmds=('leann-anchors -j 1 <v | leann-pq -j 1 | leann-graph -q -j 1 --graph chunks --backend diskann -o OUT')
	[ -z "$MODEL" ] || cmds+=("leann-chunk -q -j 1 tree | leann-embed-client -q $SERVER | leann-graph -q -j 1 -o OUT")
	for cmd in "${cmds[@]}"; do
		bash -c "${cmd//OUT/one}"
		for j in $(many '1 8' '1 2 8'); do
			for loc in C tr_TR.UTF-8 de_DE.UTF-8; do
				for tz in $(many UTC 'UTC Pacific/Apia'); do
					for mask in $(many 077 '000 077'); do
						rm -f two
						(umask $mask && TZ=$tz LC_ALL=$loc OPENBLAS_NUM_THREADS=$j bash -c "${cmd//-j 1/-j $j}" &>/dev/null) || :
						out=${cmd//OUT/two}
						(umask $mask && TZ=$tz LC_ALL=$loc bash -c "${out//-j 1/-j $j}") || :
						check F16 same "$j threads, $loc, $tz, $mask: $cmd" cmp one two
					done
				done
			done
		done
		# another order of names in the folders
		if [ -d tree ]; then
			mkdir other
			for j in $(printf '%s\n' tree/* | sort -R --random-source=<(yes "$SEED")); do cp -p "$j" other; done
			rm -r tree
			mv other tree
			bash -c "${cmd//OUT/two}"
			check F16 same "another order of names: $cmd" cmp one two
		fi
	done
	total
}
