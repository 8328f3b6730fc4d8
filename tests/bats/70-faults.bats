# What faults on demand have found, each with its name, and the tools of tests/faults themselves.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	SO=$TOOLS/leann-fault.so
	case $(ldd "$BIN/leann-graph") in *libasan*) skip "LD_PRELOAD and ASan do not go together" ;; esac
	mkdir before
	make-vectors 40 8 2 >before/old.v
	make-vectors 50 8 2 >before/v
	(cd before && leann-graph -q -o x.leann <old.v)
	GRAPH='leann-graph -q -j 1 -o x.leann <v'
}

# trials KINDS MODES N [COMMAND [PROG]]
trials() {
	fault-trials -s "$SO" -p "${5:-leann-graph}" -b "$PWD/before" -i x.leann -d "$1" -m "$2" -n "$3" "${4:-$GRAPH}"
}

@test "a signal while a writer asks for its lock is not another writer" {
	run -0 trials EINTR once 6
}

@test "no memory for a header of the stream is an error, not an index without it" {
	# of 785 and its like: a copy of the header's map gets no memory, and its keys were left out
	run -0 trials oom once 300
	[[ $output == *"300 trials, 0 failed"* ]]
}

@test "no memory inside libarchive ends with 2, not with 1 or a signal" {
	local out
	FAULT_DO=oom FAULT_COUNT=$PWD/n FAULT_PROG=leann-graph LD_PRELOAD=$SO OPENBLAS_NUM_THREADS=1 \
		leann-graph -q -j 1 -o n.leann <before/v
	# the last calls of a build are those of the archive
	local n k
	n=$(<n)
	for k in $(seq $((n - 60)) $((n - 1))); do
		out=$(FAULT_DO=oom FAULT_AT=$k FAULT_PROG=leann-graph LD_PRELOAD=$SO OPENBLAS_NUM_THREADS=1 \
			leann-graph -q -j 1 -o n.leann <before/v 2>&1) && continue
		[ $? = 2 ] && [[ $out == *memory* ]] || { echo "$k: $out"; false; }
	done
}

@test "no memory leaves no file behind where files without names are not to be had" {
	FAULT_NO_TMPFILE=1 run -0 trials oom once 90
}

@test "a scratch file that cannot be unlinked gets no bytes" {
	FAULT_NO_TMPFILE=1 run -0 trials EIO,kill once 90
}

@test "what a writer left goes, though its number is another program's by now; what one writes to stays" {
	printf x >".x.leann.tmp.$$"
	printf x >.x.leann.tmp.1
	exec 6>.x.leann.tmp.1
	flock 6
	leann-graph -q -j 1 -o x.leann <before/v
	[ ! -e ".x.leann.tmp.$$" ]
	[ -e .x.leann.tmp.1 ]
	exec 6>&-
	FAULT_NO_TMPFILE=1 FAULT_PROG=leann-graph LD_PRELOAD=$SO leann-graph -q -j 1 -o x.leann <before/v
	[ ! -e .x.leann.tmp.1 ]
	[ -z "$(find . -name '*.tmp.*')" ]
}

@test "too many open files end leann-chunk: no file or folder is left out for it" {
	need_model
	mkdir -p before/tree/sub
	printf 'one\n' >before/tree/a.txt
	printf 'two\n' >before/tree/sub/b.txt
	run -0 trials EMFILE once,forever 1000 'leann-chunk -j 1 tree' leann-chunk
}

@test "a removal that was killed leaves no lock when it is done again" {
	mkdir -p before/data/leann
	cp before/x.leann before/z.leann
	printf 'mine\t%s/here/z.leann\t1\n' "$PWD" >before/data/leann/indexes
	REMOVE="ln -sfn \"\$PWD\" $PWD/here; export XDG_DATA_HOME=\$PWD/data
		! grep -q ^mine data/leann/indexes || leann-registry remove mine"
	run -0 fault-trials -s "$SO" -p leann-registry -b "$PWD/before" -i data/leann/indexes -d kill,EIO -m once,forever -n 90 "$REMOVE"
}

@test "an index that cannot be opened is not put in the list as none, nor said to be none" {
	mkdir -p before/data/leann
	run -0 trials EIO,EMFILE once 90 'export XDG_DATA_HOME=$PWD/data; leann-registry add x.leann' leann-registry
}

@test "too many open files end an export: no source is called changed for it" {
	mkdir before/tree
	printf 'one\n' >before/tree/a.txt
	need_model
	BADPEER_MODEL=all-MiniLM-L6-v2 badpeer "ipc://$PWD/s" texts >ready 3>&- &
	while [ ! -s ready ]; do sleep .02; done
	(cd before && leann-chunk -q tree | leann-embed-client -q --endpoint "ipc://$BATS_TEST_TMPDIR/s" | leann-graph -q -o y.leann)
	kill $!
	run -0 fault-trials -s "$SO" -p leann-bundle -b "$PWD/before" -i e.leann -d EMFILE,EIO -m once -n 90 \
		'leann-bundle export --self-contained -o e.leann y.leann'
}

@test "an index that cannot be read is not called a bad stream" {
	run -0 trials EIO once 30 'leann-bundle text x.leann' leann-bundle
}

@test "trials fail where a program writes in place, and where it does not sync" {
	leann-graph -q -o new.leann <before/v
	mv new.leann before
	run -1 trials kill once 9 'dd if=new.leann of=x.leann bs=4k conv=fsync 2>/dev/null' dd
	cp -r before d
	rm d/new.leann before/new.leann
	(cd d && FAULT_LIE=fsync FAULT_LOG=$PWD/../log FAULT_PROG=leann-graph LD_PRELOAD=$SO \
		leann-graph -q -j 1 -o x.leann <v)
	run -1 crash-states log before "$PWD/d/x.leann" d/x.leann before/x.leann
	[[ $output == *FAILED* ]]
}

@test "what fuzzing began with does no harm" {
	cd "$TOP"
	run -0 fuzz-replay tests/fuzz/corpus
	[[ $output == *" inputs, none did harm" ]]
}
