# The whole pipe: same bytes whatever the stages, threads and kills.

load helper

setup_file() {
	load helper
	export TREE=$BATS_FILE_TMPDIR/tree
	small_tree "$TREE"
	mkdir -p "$TREE/base"
	cp "$TOP"/lib/base/*.[ch] "$TREE/base"
	export VECTORS=$BATS_FILE_TMPDIR/vectors
	if leann-model path >/dev/null 2>&1; then
		leann-chunk "$TREE" | leann-embed-client >"$VECTORS"
	fi
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

@test "two stages after the vectors, or four, write the same bytes" {
	need_model
	leann-graph -o two.leann <"$VECTORS"
	leann-anchors <"$VECTORS" | leann-pq | leann-graph -o four.leann
	cmp two.leann four.leann
	leann-pq <"$VECTORS" | leann-graph -o three.leann
	cmp two.leann three.leann
}

@test "the whole pipe run twice writes the same bytes" {
	need_model
	leann-chunk "$TREE" | leann-embed-client | leann-graph -o a.leann
	leann-chunk "$TREE" | leann-embed-client | leann-anchors | leann-pq | leann-graph -o b.leann
	cmp a.leann b.leann
}

@test "the number of threads does not show in the bytes" {
	need_model
	local j
	for j in 1 2 5; do
		leann-graph -j $j -o j$j.leann <"$VECTORS"
		leann-anchors -j $j <"$VECTORS" | leann-pq -j $j | leann-graph -j $j --graph chunks -o c$j.leann
	done
	cmp j1.leann j2.leann
	cmp j1.leann j5.leann
	cmp c1.leann c2.leann
	cmp c1.leann c5.leann
}

@test "another seed gives another index, of the same shape" {
	need_model
	leann-graph -o a.leann <"$VECTORS"
	leann-graph -s 7 -o b.leann <"$VECTORS"
	run ! cmp -s a.leann b.leann
	leann-bundle verify -q b.leann
}

@test "no embedding of a passage is in the index or in a scratch file" {
	need_model
	need_python msgpack
	mkdir scratch
	TMPDIR=$PWD/scratch leann-graph --graph chunks -o a.leann <"$VECTORS"
	[ -z "$(ls -A scratch)" ]
	"$PYTHON" - "$VECTORS" a.leann <<-'END'
		import array, msgpack, struct, sys
		data = open(sys.argv[2], "rb").read()
		n = 0
		for frame in msgpack.Unpacker(open(sys.argv[1], "rb"), max_bin_len=1 << 24, max_buffer_size=1 << 26):
		    r = msgpack.unpackb(frame)
		    if r[0] != 3:
		        continue
		    v = struct.unpack("<384f", r[2])
		    for at in (0, 100, 380):
		        assert r[2][4 * at:4 * at + 12] not in data, ("f32", r[1], at)
		        assert struct.pack("<4e", *v[at:at + 4]) not in data, ("f16", r[1], at)
		    n += 1
		assert n > 20, n
	END
}

@test "an empty tree gives an index that verifies, and no hits" {
	need_model
	mkdir empty
	leann-chunk empty | leann-embed-client | leann-graph -o e.leann
	leann-bundle verify e.leann
	run -1 leann-search e.leann "anything at all"
	[ -z "$output" ]
}

@test "one passage is enough for an index" {
	need_model
	mkdir one
	echo "The quick brown fox jumps over the lazy dog." >one/fox.txt
	leann-chunk one | leann-embed-client | leann-graph --graph chunks -o o.leann
	run -0 leann-search o.leann "an animal that leaps"
	[[ ${lines[0]} == *fox.txt:1-1* ]]
	run -0 leann-search --candidates graph o.leann "an animal that leaps"
	[[ ${lines[0]} == *fox.txt:1-1* ]]
}

@test "a second writer of an index is told to try again, and waits if asked to" {
	need_model
	mkfifo f
	leann-graph -o w.leann <f &
	exec 7>f
	for _ in $(seq 100); do [ -e w.leann.lock ] && break; sleep .05; done
	sleep .2
	run -75 leann-graph -o w.leann <"$VECTORS"
	[[ $output == *"another writer"* ]]
	(sleep 1; cat "$VECTORS" >&7) &
	exec 7>&-
	run -0 leann-graph --wait 20 -o w.leann <"$VECTORS"
	wait
}

@test "the old index stays when the new stream is cut" {
	need_model
	leann-graph -o keep.leann <"$VECTORS"
	cp keep.leann before
	head -c 100000 "$VECTORS" >cut
	run -2 leann-graph -o keep.leann <cut
	[[ $output == *"cut after"* || $output == *"without END"* || $output == *"cut inside"* ]]
	cmp keep.leann before
}

@test "an index never takes the place of a device, FIFO, link or folder" {
	need_model
	mkfifo fifo
	: >plain
	ln -s plain link
	ln -s /dev/full device
	mkdir folder
	for name in fifo link device folder; do
		run -2 leann-graph -o "$name" <"$VECTORS"
		[[ $output == "leann-graph: $name: "*" is there, want the name of a regular file or a new one" ]]
	done
	[ -p fifo ] && [ -L link ] && [ -L device ] && [ -d folder ] && [ ! -s plain ]
	[ -z "$(ls -d ./*.lock 2>/dev/null)" ]
}

@test "fifty kills at random moments leave no index, no scratch, and a message" {
	need_model
	local i victim killed=0 whole=0 seed=${SEED:-$RANDOM}
	echo "REPRO: SEED=$seed bats -f fifty tests/bats/60-pipeline.bats"
	RANDOM=$seed
	mkdir out scratch
	mkfifo f1 f2 f3 f4
	export TMPDIR=$PWD/scratch
	# many short records: what a killed client had asked for is soon worked off
	for i in $(seq 3000); do echo "{\"id\": $i, \"text\": \"item number $i\"}"; done >records.jsonl
	leann-embed-client --info >/dev/null
	for i in $(seq 50); do
		local pids=()
		leann-chunk --jsonl records.jsonl >f1 2>err1 & pids[0]=$!
		leann-embed-client <f1 >f2 2>err2 & pids[1]=$!
		leann-anchors <f2 >f3 2>err3 & pids[2]=$!
		leann-pq <f3 >f4 2>err4 & pids[3]=$!
		leann-graph -o out/x.leann <f4 2>err5 & pids[4]=$!
		victim=$((RANDOM % 5))
		sleep ".$((RANDOM % 10))$((RANDOM % 10))"
		kill -9 "${pids[$victim]}" 2>/dev/null || true
		wait "${pids[@]}" 2>/dev/null || true
		[ -z "$(ls -A scratch)" ] || { ls -la scratch; false; }
		if [ -e out/x.leann ]; then
			leann-bundle verify -q out/x.leann
			rm out/x.leann
			whole=$((whole + 1))
		else
			killed=$((killed + 1))
			# the stages after the victim say so; before it, SIGPIPE is silent
			[ $victim = 4 ] || [ -s err5 ] || { echo "no message: $i $victim"; false; }
		fi
		[ "$(ls -A out)" = x.leann.lock ] || { ls -la out; false; }
	done
	echo "$killed killed in time, $whole were done before"
	[ $killed -ge 10 ]
}

@test "a tree that moved gives stale hits, a hint, and with --root the passages again" {
	need_model
	mkdir t
	echo "The quick brown fox jumps over the lazy dog." >t/fox.txt
	leann-chunk t | leann-embed-client | leann-graph -o t.leann
	mv t t2
	run --separate-stderr -0 leann-search t.leann "an animal that leaps"
	[[ $output == *"stale: the file is gone)"* && $output != *"quick brown"* ]]
	[[ $stderr == *"every hit is stale"*"--root"* ]]
	run --separate-stderr -0 leann-search --root t2 t.leann "an animal that leaps"
	[[ $output == *"t2/fox.txt:1-1"*"quick brown"* ]]
	[ -z "$stderr" ]
	echo "A slow red fox sleeps." >t2/fox.txt
	run --separate-stderr -0 leann-search --root t2 t.leann "an animal that leaps"
	[[ $output == *"stale: the file changed"* && $output != *"slow red"* ]]
}

@test "a file that cannot be read is no file that is gone: no answer lacks it unsaid" {
	need_model
	case $(ldd "$BIN/leann-search") in *libasan*) skip "LD_PRELOAD and ASan do not go together" ;; esac
	mkdir -p before/t
	for i in 1 2 3 4; do echo "Recipe $i: bread wants flour, water and salt." >before/t/$i.txt; done
	leann-chunk before/t | leann-embed-client | leann-graph -q -o before/t.leann
	local server=ipc://$XDG_RUNTIME_DIR/unread-$$ how
	leann-embed-server --daemon --endpoint "$server" --idle-timeout 60
	for how in '' --dense; do
		run -0 fault-trials -s "$TOOLS/leann-fault.so" -p leann-search -b "$PWD/before" -i t.leann \
			-d EIO,EMFILE -m once "leann-search -j 1 --no-start --endpoint '$server' $how t.leann \
				'flour and water' --json | sed -E 's/\"[a-z_]*_ms\": *[0-9.e-]+//g'"
		[[ $output == *", 0 failed"* ]]
	done
	leann-embed-server --stop --endpoint "$server"
}

@test "a file that may not be read keeps its place, and a warning names it" {
	need_model
	local as=()
	if [ "$(id -u)" = 0 ]; then
		as=(setpriv --bounding-set=-dac_override,-dac_read_search)
		"${as[@]}" true || skip "no setpriv(1) that can drop capabilities"
	fi
	mkdir t
	echo "Bread wants flour, water and salt." >t/a.txt
	echo "Ships want wind." >t/b.txt
	leann-chunk t | leann-embed-client | leann-graph -q -o t.leann
	chmod 0 t/a.txt
	run -0 --separate-stderr "${as[@]}" leann-search t.leann "flour and water"
	[[ ${lines[0]} == t/a.txt*"(stale: the file cannot be read)" ]]
	[[ $stderr == *"/t/a.txt: Permission denied: passages of 1 file are ranked by codes alone" ]]
	# and where it is not among the hits
	run -0 --separate-stderr "${as[@]}" leann-search -k 1 t.leann "sailing"
	[[ $output == t/b.txt* && $stderr == *"/t/a.txt: Permission denied"* ]]
	chmod 0 t/b.txt
	run -0 --separate-stderr "${as[@]}" leann-search --json t.leann "sailing"
	[[ $output == *'"unreadable"'* && $stderr == *": passages of 2 files are ranked by codes alone"* ]]
	run -1 "${as[@]}" leann-bundle validate t.leann
}
