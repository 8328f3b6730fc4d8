#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031,SC2154	# each test is a subshell; run sets stderr
# Precision: servers, streams and indexes of fp32, bf16 and int8 side by side, never mixed.
load helper

setup() {
	need_python msgpack numpy
	local t=$BATS_TEST_TMPDIR
	SMALL=$t/small
	"$PYTHON" "$TOP/tests/tools/embed_load.py" model "$SMALL"
	mkdir -m 700 "$t/run"
	export LEANN_MODEL=$SMALL XDG_RUNTIME_DIR=$t/run XDG_CACHE_HOME=$t/cache
	small_tree "$t/tree"
	cd "$t"
}

teardown() {
	leann-embed-server --stop >/dev/null 2>&1 || true
}

# index PRECISION: an index of the tree, $1.leann.
index() {
	leann index create --input tree --output "$1.leann" --precision "$1"
}

# of JSON-LINE KEY: a value.
of() {
	sed 's/.*"'"$2"'":"\([^"]*\)".*/\1/' <<<"$1"
}

@test "a server has the precision it was told, in its name, its info and its identity" {
	local p i ids=()
	for p in fp32 bf16 int8; do
		i=$(leann-embed-client --info --precision "$p")
		[ "$(of "$i" precision)" = "$p" ]
		[[ $(of "$i" kernels) == "$p-"* ]]
		[[ $(of "$i" endpoint) == */embed-*-"$p".sock ]]
		ids+=("$(of "$i" sha256)")
	done
	[ "$(printf '%s\n' "${ids[@]}" | sort -u | wc -l)" = 3 ]
	i=$(leann-embed-client --info)
	[[ $(of "$i" endpoint) =~ /embed-[0-9a-f]{16}.sock$ ]]
	[[ " ${ids[*]} " == *" $(of "$i" sha256) "* ]]
	[ "$(leann embed status | wc -l)" = 4 ]
	[ "$(leann-embed-client --info --no-start --precision int8 | wc -l)" = 1 ]
	leann embed stop --precision int8
	[ "$(leann embed status | wc -l)" = 3 ]
	leann embed stop
	run -1 leann embed status
	[ -z "$(ls run/leann)" ]
}

@test "--precision, LEANN_PRECISION and the settings: the flag wins, and a wrong name is refused" {
	echo '{"embeddingServer": {"precision": "int8"}}' >c.json
	[ "$(of "$(leann-embed-client --info --config c.json)" precision)" = int8 ]
	[ "$(of "$(LEANN_PRECISION=fp32 leann-embed-client --info --config c.json)" precision)" = fp32 ]
	[ "$(of "$(LEANN_PRECISION=fp32 leann-embed-client --info --precision=int8)" precision)" = int8 ]
	[[ $(LEANN_PRECISION=fp32 leann-embed-server --daemon) == *-fp32.sock\ small\ *" fp32 fp32-"* ]]
	run -2 leann-embed-client --info --precision int7
	[[ $output == *"want fp32, bf16, int8 or auto"* ]]
	run -2 leann-embed-server --precision int7
	[[ $output == *"auto fp32 bf16 int8"* ]]
	LEANN_PRECISION=int7 run -2 leann-embed-server --stop
	[[ $output == *'LEANN_PRECISION: "int7"'* ]]
}

@test "an index keeps its precision and kernels, and is searched in it whatever else runs" {
	local p i
	for p in fp32 bf16 int8; do index "$p"; done
	leann embed stop
	leann-embed-server --daemon >/dev/null
	for p in fp32 bf16 int8; do
		leann index stats "$p.leann" | grep -q "^precision $p\$"
		leann index stats "$p.leann" | grep -q "^kernels   $p-"
		leann index stats --json "$p.leann" | grep -q '"minor":[2345]'
		run --separate-stderr leann query --index "$p.leann" --query "bread and water"
		[ "$status" -eq 0 ]
		[ -z "$stderr" ]
	done
	i=$(leann-embed-client --info --no-start)
	# the one that chose by itself answers for its precision, the other two have their own
	[ "$(wc -l <<<"$i")" = 3 ]
	i=$(head -n 1 <<<"$i")
	[[ $(of "$i" endpoint) =~ /embed-[0-9a-f]{16}.sock$ ]]
	[ -z "$(find run/leann -name "*-$(of "$i" precision).sock")" ]
	[ "$(find run/leann -name '*-*-*.sock' | wc -l)" = 2 ]
}

@test "a server of another precision at a named endpoint is refused, by name" {
	index int8
	run -2 leann-search --endpoint "$(of "$(leann-embed-client --info --precision fp32)" endpoint)" int8.leann bread
	[[ $output == *": precision fp32, the index has int8: search without --endpoint, or build it again" ]]
	leann-chunk tree >chunks
	run -2 bash -c "leann-embed-client -q --precision int8 --endpoint \
		'$(of "$(leann-embed-client --info --precision fp32)" endpoint)' <chunks 2>&1 >vectors"
	[[ $output == *": precision fp32, want int8: name another --endpoint, or none" ]]
	run -1 bash -c "leann-bundle text vectors | grep -v FAIL | grep END"
}

@test "the precision is in the header of a vector stream; without it a stream is of fp32" {
	local t=$BATS_TEST_TMPDIR
	leann-chunk tree | leann-embed-client -q --precision int8 >v
	leann-bundle text v | head -n 1 | grep -q '"precision":"int8","kernels":"int8-'
	leann-bundle text v | head -n 1 | grep -q '"--precision=int8"'
	leann-chunk tree | leann-embed-client -q --precision fp32 >v
	leann-bundle text v | sed '1s/"precision":"fp32","kernels":"[^"]*",//; $s/,[^,]*]$/,null]/' | leann-bundle text -r >old
	[ "$(leann-bundle text old | head -n 1 | grep -c '"precision"')" = 0 ]
	leann-graph -q -o old.leann <old
	leann index stats old.leann | grep -q '^precision fp32$'
	leann embed stop
	leann-embed-server --daemon --precision int8 >/dev/null
	leann-search old.leann bread >/dev/null
	leann-embed-client --info --no-start | grep -q '"precision":"fp32"'
}

@test "an index in a precision of the future is refused by name" {
	index int8
	leann-bundle unpack int8.leann d
	sed -i 's/"precision": "int8"/"precision": "int2"/' d/leann.json
	leann-bundle pack d int2.leann
	run -2 leann-search int2.leann bread
	[[ $output == *'int2.leann: made in precision "int2", which is not known here: use a newer leann' ]]
}

@test "weights of bf16 and int8 are kept, and made again when they are damaged" {
	local f
	leann-embed-client --info --precision int8 >/dev/null
	leann embed stop
	f=$(ls cache/leann/packed/*int8*)
	[ -s "$f" ]
	sha256sum "$f" >sum
	leann-embed-client --info --precision int8 >/dev/null
	leann embed stop
	sha256sum -c sum
	printf 'no weights' >"$f"
	leann-embed-client --info --precision int8 >/dev/null
	sha256sum -c sum
}

@test "build and query in another process with another precision by default: just works" {
	index int8
	LEANN_PRECISION=fp32 run --separate-stderr leann query --index int8.leann --query "bread"
	[ "$status" -eq 0 ]
	leann build -q --precision fp32 tree
	LEANN_PRECISION=int8 run --separate-stderr leann query --index tree --query "bread"
	[ "$status" -eq 0 ]
	leann index stats tree | grep -q "^precision fp32$"
}
