#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2154	# each test is a subshell; run sets stderr
# The embedding service: server, protocol, client, and what happens when either misbehaves.
load helper

setup() {
	EP=ipc://$BATS_TEST_TMPDIR/s
	small_tree "$BATS_TEST_TMPDIR/tree"
}

teardown() {
	local p
	for p in $(jobs -p); do kill "$p" 2>/dev/null || true; done
}

# serve ARG...: our server in the background, at $EP; returns when it is ready.
serve() {
	leann-embed-server --endpoint "$EP" "$@" >"$BATS_TEST_TMPDIR/ready" 2>"$BATS_TEST_TMPDIR/server.err" 3>&- &
	SERVER=$!
	wait_ready
}

# peer BEHAVIOUR [K]: a misbehaving one instead.
peer() {
	badpeer "${PEER_EP:-$EP}" "$@" >"$BATS_TEST_TMPDIR/ready" 3>&- &
	PEER=$!
	wait_ready
}

wait_ready() {
	local i
	for ((i = 0; i < 500; i++)); do
		grep -q ready "$BATS_TEST_TMPDIR/ready" && return 0
		sleep .02
	done
	cat "$BATS_TEST_TMPDIR/server.err"
	return 1
}

# chunks N: a chunk stream of N one-line passages, made without the model.
chunks() {
	"$PYTHON" "$TOP/tests/tools/make_chunks.py" "$1" >"$BATS_TEST_TMPDIR/chunks"
}

# embed SECONDS: the client on that stream; fails the test when it takes a second more.
embed() {
	local t0=$EPOCHREALTIME
	run --separate-stderr bash -c \
		"leann-embed-client -q --endpoint '$EP' --timeout $1 <'$BATS_TEST_TMPDIR/chunks' >'$BATS_TEST_TMPDIR/vectors'"
	awk -v a="$t0" -v b="$EPOCHREALTIME" -v s="$1" 'BEGIN { exit b - a > s + 1 }'
	[ "$status" -eq 0 ] || [ "${#stderr_lines[@]}" -eq 1 ]
}

@test "the ready line names endpoint, model, identity, dimension, precision and kernels" {
	need_model
	serve
	[[ $(cat "$BATS_TEST_TMPDIR/ready") =~ ^leann-embed-server:\ ready\ $EP\ all-MiniLM-L6-v2\ [0-9a-f]{64}\ 384\ (fp32|bf16|int8)\ (fp32|bf16|int8)-[0-9a-z]+$ ]]
}

@test "SIGTERM ends the server with 0 and leaves no socket and no lock file" {
	need_model
	serve
	kill -TERM "$SERVER"
	wait "$SERVER"
	[ ! -e "$BATS_TEST_TMPDIR/s" ] && [ ! -e "$BATS_TEST_TMPDIR/s.pid" ]
}

@test "a second server of the same endpoint is refused with 75, and the first goes on" {
	need_model
	serve
	run --separate-stderr leann-embed-server --endpoint "$EP"
	[ "$status" -eq 75 ]
	[[ $stderr == *"process $SERVER serves it already" ]]
	leann-embed-client --info --endpoint "$EP" | grep -q '"dim":384'
}

@test "a server killed with SIGKILL is replaced: its socket and lock file do not stop the next" {
	need_model
	serve
	kill -KILL "$SERVER"
	wait "$SERVER" || true
	[ -e "$BATS_TEST_TMPDIR/s.pid" ]
	: >"$BATS_TEST_TMPDIR/ready"
	serve
	leann-embed-client --info --endpoint "$EP" | grep -q "\"pid\":$SERVER"
}

@test "--idle-timeout ends an idle server" {
	need_model
	serve --idle-timeout .2
	wait "$SERVER"
	[ ! -e "$BATS_TEST_TMPDIR/s" ]
}

@test "a server whose socket directory was removed leaves" {
	need_model
	mkdir "$BATS_TEST_TMPDIR/d"
	EP=ipc://$BATS_TEST_TMPDIR/d/s
	serve
	rm -r "$BATS_TEST_TMPDIR/d"
	wait "$SERVER"
}

@test "--daemon, --info --no-start and --stop: started once, found, stopped" {
	need_model
	run -1 leann-embed-client --info --no-start
	local first
	first=$(leann-embed-server --daemon --endpoint "$EP")
	[ "$(leann-embed-server --daemon --endpoint "$EP")" = "$first" ]
	leann-embed-client --info --endpoint "$EP" | grep -q '"endpoint":"'"$EP"'"'
	leann-embed-server --stop --endpoint "$EP"
	[ ! -e "$BATS_TEST_TMPDIR/s" ]
	run -1 leann-embed-server --stop --endpoint "$EP"
}

@test "five clients that start a server at the same time share one" {
	need_model
	export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR
	local i pids=()
	for i in 1 2 3 4 5; do
		leann-embed-client --info >"$BATS_TEST_TMPDIR/info$i" 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	[ "$(cat "$BATS_TEST_TMPDIR"/info? | grep -o '"pid":[0-9]*' | sort -u | wc -l)" -eq 1 ]
	leann-embed-server --stop
	[ -z "$(ls "$BATS_TEST_TMPDIR/leann")" ]
}

@test "only loopback is served or asked; long and relative socket paths are refused by name" {
	local ep
	for ep in tcp://0.0.0.0:5555 'tcp://*:5555' tcp://192.168.1.1:5555 tcp://example.org:5555; do
		run -2 leann-embed-server --endpoint "$ep" --stop
		[[ $output == *"only loopback is served"* ]]
		run -2 leann-embed-client --info --endpoint "$ep"
	done
	run -2 leann-embed-client --info --endpoint ipc://relative
	[[ $output == *"want an absolute path"* ]]
	run -2 leann-embed-client --info --endpoint "ipc:///$(printf 'x%.0s' {1..107})"
	[[ $output == *"path of 108 bytes, sockets take 107"* ]]
	run -2 leann-embed-client --info --endpoint http://localhost:1
}

@test "tcp on loopback works, and localhost is another name for it" {
	need_model
	EP=tcp://127.0.0.1:$((20000 + BASHPID % 20000))
	serve
	leann-embed-client --info --endpoint "${EP/127.0.0.1/localhost}" | grep -q '"dim":384'
}

@test "a model that is not here is exit 2, and the message says what to run" {
	run -2 leann-embed-server --model no-such-model
	[ "$output" = "leann-embed-server: model no-such-model is not here: run leann-model import DIR" ]
	run -2 leann-embed-client --info --model no-such-model
}

@test "a damaged model is reported by the tool that wanted a server" {
	need_model
	cp -rL "$MODEL" "$BATS_TEST_TMPDIR/m"
	truncate -s 1000000 "$BATS_TEST_TMPDIR/m/model.safetensors"
	export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR
	run -2 --separate-stderr leann-embed-client --info --model "$BATS_TEST_TMPDIR/m"
	[[ $stderr == "leann-embed-client: cannot start leann-embed-server: "*safetensors* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "pyzmq gets the same embeddings by the native and the official protocol, and errors as replies" {
	need_model
	need_python zmq msgpack numpy
	local p
	for p in fp32 auto; do
		: >"$BATS_TEST_TMPDIR/ready"
		serve --precision "$p"
		run "$PYTHON" "$TOP/tests/tools/embed_protocol.py" "$EP" "${SHARED:+$SHARED/reference/minilm-l6-reference.jsonl}"
		echo "$output"
		[ "$status" -eq 0 ]
		kill "$SERVER"
		wait "$SERVER"
	done
}

# small_model: a model that needs no download; in $SMALL.
small_model() {
	need_python zmq msgpack numpy xxhash
	SMALL=$BATS_TEST_TMPDIR/small
	"$PYTHON" "$TOP/tests/tools/embed_load.py" model "$SMALL"
}

@test "a server that is asked too much says busy, answers questions in between, and merges them" {
	small_model
	serve --model "$SMALL" --precision fp32
	run "$PYTHON" "$TOP/tests/tools/embed_load.py" check "$EP"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "our client beside more requests than wait: it comes back until it has everything, and all is the same" {
	small_model
	chunks 700
	local t=$BATS_TEST_TMPDIR
	serve --model "$SMALL" --precision fp32
	leann-embed-client -q -j 16 --batch-size 8 --endpoint "$EP" <"$t/chunks" >"$t/want"
	"$PYTHON" "$TOP/tests/tools/embed_load.py" hold "$EP" 400 >"$t/hold" 3>&- &
	while ! grep -q full "$t/hold"; do sleep .02; done
	leann-embed-client -q -j 16 --batch-size 8 --endpoint "$EP" <"$t/chunks" >"$t/got"
	cmp "$t/want" "$t/got"
	wait $!
	[ "$(cut -d' ' -f2 "$t/hold" | tail -1)" -gt 0 ]
}

@test "the vector stream does not depend on -j or on other clients" {
	need_model
	local t=$BATS_TEST_TMPDIR
	pipe "leann-chunk '$TOP'/lib/sys/*.h >'$t/chunks' && leann-embed-client -q -j1 <'$t/chunks' >'$t/a'"
	[ "$status" -eq 0 ]
	leann-embed-client -q <"$t/chunks" >"$t/b" &
	leann-embed-client -q -j 3 <"$t/chunks" >"$t/c"
	wait $!
	cmp "$t/a" "$t/b" && cmp "$t/a" "$t/c"
}

@test "a text that came before is embedded once, and has the same vector" {
	need_model
	need_python msgpack
	cd "$BATS_TEST_TMPDIR" && mkdir t
	for i in $(seq 1300); do printf 'Text number %d of many.\n' $((i % 600 + (i > 1000 ? i : 0))) >"t/$(printf %04d "$i")"; done
	leann-chunk -q t | leann-embed-client -v 2>err >got
	grep -q " 400 of them have the text of one before" err
	leann-chunk -q t | leann-embed-client -q -j 1 >one && cmp got one
	"$PYTHON" -c '
import msgpack
texts, vecs = [], {}
for f in msgpack.Unpacker(open("got", "rb")):
    r = msgpack.unpackb(f)
    if r[0] == 1: name = r[3].decode()
    if r[0] == 3: vecs.setdefault(open("t/" + name).read(), set()).add(r[2])
assert len(vecs) == 900 and all(len(v) == 1 for v in vecs.values()), len(vecs)
assert len(set.union(*vecs.values())) > 890'
}

@test "a stream that is damaged, cut or of the wrong kind is refused, and no END is written" {
	need_python msgpack xxhash
	chunks 10
	local t=$BATS_TEST_TMPDIR
	peer good
	head -c 500 "$t/chunks" >"$t/cut"
	run -2 bash -c "leann-embed-client -q --endpoint '$EP' <'$t/cut' 2>&1 >'$t/v'"
	[[ $output == *"stdin: record "*": cut after "* ]]
	leann-embed-client -q --endpoint "$EP" <"$t/chunks" >"$t/good"
	leann-embed-client -q --endpoint "$EP" <"$t/good" | cmp - "$t/good" # has its vectors: passed on
	run -2 bash -c "leann-embed-client -q --model other --endpoint '$EP' <'$t/good' 2>&1 >'$t/v'"
	[[ $output == *"a stream of vectors of model "*", wanted is other"* ]]
	run -2 bash -c "head -c 700 '$t/good' | leann-embed-client -q 2>&1 >'$t/v'"
	run -2 bash -c "leann-embed-client -q --endpoint '$EP' <'$t/chunks' 2>&1 >/dev/full"
	run -141 bash -o pipefail -c "{ sleep .3; leann-embed-client -q --endpoint '$EP' <'$t/chunks'; } | :"
}

@test "chunks cut for another tokenizer are refused" {
	need_python msgpack xxhash
	"$PYTHON" "$TOP/tests/tools/make_chunks.py" 10 other-model >"$BATS_TEST_TMPDIR/chunks"
	peer good
	embed 2
	[ "$status" -eq 2 ]
	[[ $stderr == *"were cut for the tokenizer of model other-model, the server has model bad"* ]]
}

@test "a good peer is served, a slow one within its deadline too" {
	need_python msgpack xxhash
	chunks 700
	peer good
	embed 5
	[ "$status" -eq 0 ]
	kill "$PEER"
	: >"$BATS_TEST_TMPDIR/ready"
	peer slow
	embed 2		# each request has its own deadline: 11 of them take longer than that together
	[ "$status" -eq 0 ]
}

@test "mute peers end at the deadline with 75" {
	need_python msgpack xxhash
	chunks 700
	local how
	for how in 'mute 2' mute-info 'die 2'; do
		: >"$BATS_TEST_TMPDIR/ready"
		# shellcheck disable=SC2086
		peer $how
		embed .5
		[ "$status" -eq 75 ]
		[[ $stderr == "leann-embed-client: embedding server at $EP: no answer in 0.5 s"* ]]
		kill "$PEER" || true
	done
	local PEER_EP
	EP=tcp://127.0.0.1:$((20000 + BASHPID % 20000))
	: >"$BATS_TEST_TMPDIR/ready"
	peer mute-tcp
	embed .5
	[ "$status" -eq 75 ]
}

@test "nobody at the endpoint, or a stopped process: 75 at the deadline" {
	need_python msgpack xxhash
	chunks 10
	embed .5
	[ "$status" -eq 75 ]
	peer good
	kill -STOP "$PEER"
	embed .5
	[ "$status" -eq 75 ]
	kill -KILL "$PEER"
}

@test "wrong replies are exit 2, with the reply and the numbers named" {
	need_python msgpack xxhash
	chunks 700
	local how want
	while read -r how want; do
		: >"$BATS_TEST_TMPDIR/ready"
		peer "$how" 2
		embed 5
		kill "$PEER"
		echo "$how: $stderr"
		[ "$status" -eq 2 ]
		[[ $stderr == "leann-embed-client: embedding server at $EP: reply "* ]]
		[[ $stderr == *"$want"* ]]
	done <<-END
		wrong-dim	: 7 floats, model has 8
		wrong-count	were asked for
		wrong-id	answers no open request
		twice		answers no open request
		wrong-model	: model bad (f123456789ab), it was bad (0123456789ab) before
		nan		is not a number
		inf		is infinite
		zero		: norm 0, want 1
		norm		: norm 1.00499, want 1
		error		: the cat sat on the keyboard
		hostile		array32 is not allowed
		official	array, want a map
		cut		cut short at byte
	END
}

@test "a peer that says later is asked three times, then 75" {
	need_python msgpack xxhash
	chunks 700
	peer later 2
	embed 5
	[ "$status" -eq 75 ]
	[[ $stderr == *": the cat sat on the keyboard, 3 times" ]]
}

@test "a peer that is busy is asked again until it is not, or until the deadline: 75" {
	need_python msgpack xxhash
	chunks 700
	local t=$BATS_TEST_TMPDIR
	peer good
	leann-embed-client -q --endpoint "$EP" <"$t/chunks" >"$t/want"
	kill "$PEER"
	: >"$t/ready"
	peer busy-often 2
	embed 5
	[ "$status" -eq 0 ]
	cmp "$t/want" "$t/vectors"
	kill "$PEER"
	: >"$t/ready"
	peer busy 2
	embed .5
	[ "$status" -eq 75 ]
	[[ $stderr == *": for 0.5 s: busy: the cat sits on the keyboard" ]]
}

@test "a peer that dies between requests and comes back costs nothing" {
	need_python msgpack xxhash
	chunks 700
	local t=$BATS_TEST_TMPDIR
	peer good
	leann-embed-client -q --endpoint "$EP" <"$t/chunks" >"$t/want"
	kill "$PEER"
	(badpeer "$EP" die 3 >/dev/null; badpeer "$EP" die 4 >/dev/null; exec badpeer "$EP" good) >"$t/back" 3>&- &
	PEER=$!
	embed 10
	[ "$status" -eq 0 ]
	cmp "$t/want" "$t/vectors"
}

@test "our server killed in the middle: the client starts another and finishes the same stream" {
	need_model
	local t=$BATS_TEST_TMPDIR
	leann-chunk "$TOP"/lib/sys/*.h >"$t/chunks"
	export XDG_RUNTIME_DIR=$t
	leann-embed-client -q <"$t/chunks" >"$t/want"
	leann-embed-client -q <"$t/chunks" >"$t/got" 3>&- &
	local client=$! pid
	sleep .3
	pid=$(head -1 "$t"/leann/*.pid)
	kill -KILL "$pid"
	wait "$client"
	cmp "$t/want" "$t/got"
	leann-embed-server --stop
}
