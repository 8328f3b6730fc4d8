#!/usr/bin/env bats
# shellcheck disable=SC2154
# Any stage can be another program: Python in the place of leann-embed-client, numpy at the end.
load helper

setup() {
	need_model
	need_python zmq msgpack numpy xxhash
	small_tree "$BATS_TEST_TMPDIR/tree"
	EP=$(leann-embed-client --info | sed 's/.*"endpoint":"\([^"]*\)".*/\1/')
}

@test "30 lines of Python replace leann-embed-client, and numpy reads both vector streams" {
	local t=$BATS_TEST_TMPDIR
	pipe "leann-chunk '$t/tree' | leann-embed-client -q | '$PYTHON' '$TOP/tests/tools/vectors_to_numpy.py' '$t/ours.npy'"
	[ "$status" -eq 0 ]
	pipe "leann-chunk '$t/tree' | '$PYTHON' '$TOP/tests/tools/embed_client.py' '$EP' | '$PYTHON' '$TOP/tests/tools/vectors_to_numpy.py' '$t/python.npy'"
	[ "$status" -eq 0 ]
	"$PYTHON" -c '
import sys, numpy
a, b = (numpy.load(p) for p in sys.argv[1:])
assert a.shape == b.shape and a.shape[0] >= 4 and a.shape[1] == 384, (a.shape, b.shape)
assert ((a * b).sum(1) > .99999).all()' "$t/ours.npy" "$t/python.npy"
}

@test "the Python stage's stream goes on into leann-graph" {
	command -v leann-graph || skip "leann-graph is not built"
	local t=$BATS_TEST_TMPDIR
	pipe "leann-chunk '$t/tree' | '$PYTHON' '$TOP/tests/tools/embed_client.py' '$EP' | leann-graph -o '$t/p.leann'"
	echo "$output"
	[ "$status" -eq 0 ]
	leann-search --top-k 1 "$t/p.leann" "how long does dough rise?" | grep -q bread.md
}
