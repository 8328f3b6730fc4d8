#!/usr/bin/env bats
# The Python LEANN's searcher and our embedding server: passages by number.
load helper

setup() {
	T=$BATS_TEST_TMPDIR
	EP=ipc://$T/s
	small_tree "$T/tree"
}

teardown() {
	local p
	for p in $(jobs -p); do kill "$p" 2>/dev/null || true; done
}

# index_server INDEX ARG...: leann-embed-server with it at $EP; returns when it is ready.
index_server() {
	local i
	leann-embed-server --endpoint "$EP" --index "$@" >"$T/ready" 2>"$T/server.err" 3>&- &
	SERVER=$!
	for ((i = 0; i < 500; i++)); do
		! grep -q ready "$T/ready" || return 0
		sleep .02
	done
	cat "$T/server.err"
	return 1
}

@test "a server with an index answers for its passages by number: embeddings and distances, as the official one" {
	need_model
	need_python zmq msgpack numpy
	leann index create --input "$T/tree" --output "$T/i.leann"
	leann-bundle cat "$T/i.leann" | leann-bundle text >"$T/chunks"
	index_server "$T/i.leann"
	"$PYTHON" "$TOP/tests/tools/numbered_check.py" "$EP" "$T/chunks"
}

@test "of a file that changed there are no embeddings by number, and its passages are far away" {
	need_model
	need_python zmq msgpack numpy
	leann index create --input "$T/tree" --output "$T/i.leann"
	leann-bundle cat "$T/i.leann" | leann-bundle text >"$T/chunks"
	local mail
	mail=$(grep -n 'send_mail' <(grep '^\[2,' "$T/chunks") | cut -d: -f1)
	index_server "$T/i.leann" --distance-metric mips
	printf 'x = 1\n' >"$T/tree/src/mail.py"
	"$PYTHON" "$TOP/tests/tools/numbered_check.py" "$EP" "$T/chunks" $((mail - 1))
}

@test "distances are the squared ones with --distance-metric l2" {
	need_model
	need_python zmq msgpack numpy
	leann index create --input "$T/tree" --output "$T/i.leann"
	index_server "$T/i.leann" --distance-metric l2
	"$PYTHON" - "$EP" <<'EOF'
import msgpack, numpy, sys, zmq
s = zmq.Context().socket(zmq.REQ)
s.setsockopt(zmq.LINGER, 0)
s.setsockopt(zmq.RCVTIMEO, 30000)
s.connect(sys.argv[1])
def ask(r):
    s.send(msgpack.packb(r))
    return msgpack.unpackb(s.recv())
shape, flat = ask([[0, 1, 2]])
q = 2 * numpy.array(ask(["bread"]))[0]
want = ((numpy.array(flat).reshape(shape) - q) ** 2).sum(1)
got = ask([[0, 1, 2], q.tolist()])
assert numpy.allclose(got[0], want, atol=1e-5), (got, want)
EOF
}

@test "an index of another model, none, and one without an endpoint are refused" {
	need_model
	run -2 --separate-stderr leann-embed-server --index "$T/none.leann"
	[ "$stderr" = "leann-embed-server: --index wants --endpoint: the user's own socket has no index
try 'leann-embed-server --help'" ]
	run -2 --separate-stderr timeout 20 leann-embed-server --endpoint "$EP" --index "$T/none.leann"
	[[ $stderr == "leann-embed-server: $T/none.leann: "* ]]
	make-vectors 50 64 >"$T/v"
	leann-graph -o "$T/other.leann" <"$T/v"
	run -2 --separate-stderr timeout 20 leann-embed-server --endpoint "$EP" --index "$T/other.leann"
	[[ $stderr == *"other.leann: made with model "*" served is all-MiniLM-L6-v2, 384: name the model of the index"* ]]
}
