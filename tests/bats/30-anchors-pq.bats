# leann-anchors and leann-pq: filters over a vector stream.
# shellcheck disable=SC2154 # run sets stderr
load helper

# A stream without its header frame: 0xc6, length in 4 bytes, header.
body() {
	tail -c +$((6 + 16#$(head -c 5 "$1" | tail -c 4 | od -An -tx1 | tr -d ' \n'))) "$1"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || exit
}

@test "anchors and codes are added to what came, which is passed on" {
	pipe 'make-vectors 2000 64 | leann-anchors | leann-pq | count-records'
	[ "$status" -eq 0 ]
	[ "$output" = "200 files 2000 chunks 2000 vectors; 16 anchors (kmeans) 2000 assigned; 4 x 8 x 256 2000 coded" ]
	make-vectors 500 64 >in
	leann-anchors <in >out
	# after the header and before the 30 bytes that hold END, out begins with what in has
	cmp -n $(($(body in | wc -c) - 30)) <(body in) <(body out)
}

@test "bytes do not depend on threads, and do on the seed" {
	make-vectors 3000 64 3 >in
	for s in random kmeans max-coverage stratified-kmeans; do
		leann-anchors -j1 --strategy "$s" <in | leann-pq -j1 >one
		leann-anchors -j4 --strategy "$s" <in | leann-pq -j4 >four
		cmp one four
	done
	leann-pq -j1 --residual <in >one
	leann-pq -j3 --residual <in >four
	cmp one four
	leann-pq --residual --seed 7 <in >other
	run ! cmp -s one other
}

@test "every strategy, count, group and threshold is honoured" {
	make-vectors 1000 32 4 >in
	pipe 'leann-anchors --strategy max-coverage --count 17 <in | count-records'
	[[ $output == *"17 anchors (max-coverage) 1000 assigned"* ]]
	pipe 'leann-anchors --group-by language --min-per-group 3 --allocation equal --count 20 <in | count-records'
	[[ $output == *"20 anchors (stratified-kmeans)"* ]]
	pipe 'leann-anchors --strategy random --diversity-threshold 1 --samples 500 --count 30 <in | count-records'
	[ "$status" -eq 0 ]
	[[ $output != *"30 anchors"* ]]
	run bash -c 'leann-anchors -v <in 2>&1 >/dev/null'
	[[ $output == *"anchors (kmeans) for 1000 chunks"*coverage*balance* ]]
}

@test "code sizes, residual codes and small codebooks are honoured" {
	make-vectors 900 384 >in
	for b in 16 24 32 48 64 96; do
		pipe "leann-pq --bytes $b <in | count-records"
		[[ $output == *"; $b x "*" 900 coded" ]]
	done
	pipe 'leann-pq --sub-vectors 12 --codebook-size 16 --training-samples 300 <in | count-records'
	[[ $output == *"; 12 x 8 x 16 900 coded" ]]
	pipe 'leann-pq --residual <in | count-records'
	[[ $output == *"14 anchors (kmeans) 900 assigned; 24 x "*" residual 900 coded" ]]
	leann-anchors --count 9 <in | leann-pq --residual >out
	pipe 'count-records <out'
	[[ $output == *"9 anchors (kmeans) 900 assigned"*residual* ]]
}

@test "4-bit codes: as many bytes a chunk, a sixteenth of the centroids, by pipe or by leann-graph" {
	make-vectors 9000 64 >in
	for o in '' --residual; do
		# shellcheck disable=SC2086 # words
		leann-pq -j1 --code-bits 4 $o <in >coded
		# shellcheck disable=SC2086
		leann-pq -j3 --code-bits 4 $o <in | cmp - coded
		leann-graph -q -o a.leann <coded
		leann-bundle verify -q a.leann
		run -0 leann-bundle show a.leann
		[[ $output == *"codes     4 bytes: 4 sub-vectors of 8 dimensions, halves of 16 values"* ]]
		tar xOf a.leann leann.json | grep -q '"minor": 3'
		# head, scales of 32 rows and 8 codebooks, rotation, 16 centroids a dimension: less in a frame
		[ "$(tar xOf a.leann pq | wc -c)" -le $((32 + 4 * 32 + 4 * 8 + 32 * 64 + 16 * 32)) ]
	done
	leann-pq --code-bits 4 <in | leann-graph -q -o a.leann
	LEANN_PQ_CODE_BITS=4 leann-graph -q -o b.leann <in
	cmp a.leann b.leann
	leann-graph -q -o c.leann <in
	run -1 grep -c codeBits <(tar xOf c.leann leann.json)
}

@test "4-bit codes of another width or codebook are refused" {
	make-vectors 100 384 >in
	for o in '--code-bits 5' '--code-bits 4 --codebook-size 32' '--code-bits 4 --codebook shipped' \
		'--code-bits 4 --sub-vectors 128' '--code-bits 9'; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr bash -c "leann-pq $o <in >out"
		[ "$status" -eq 2 ]
		[[ $stderr == "leann-pq: "*" want "* || $stderr == *"by 4-bit codes: take "* || $stderr == *"take codebook train" ]]
	done
}

@test "sub-vectors that cannot be served are an error that lists those that can" {
	make-vectors 100 384 >in
	run --separate-stderr bash -c 'leann-pq --sub-vectors 50 <in >out'
	[ "$status" -eq 2 ]
	[[ $stderr == *"50 sub-vectors of 384 dimensions cannot be served: take 1 to 48, 64, 96, 128, 192, 384" ]]
	run -2 bash -c 'leann-pq --bytes 25 <in'
	[[ $output == *"16 24 32 48 64 96"* ]]
	run -2 bash -c 'leann-anchors --count 0 <in'
	run -2 bash -c 'leann-anchors --strategy best <in'
}

@test "no chunk, one chunk and a few chunks pass" {
	pipe 'make-vectors 0 64 | leann-anchors | leann-pq --residual | count-records'
	[ "$status" -eq 0 ]
	[ "$output" = "0 files 0 chunks 0 vectors; 0 anchors (none) 0 assigned; 0 x 0 x 0 0 coded" ]
	for n in 1 2 7 30; do
		pipe "make-vectors $n 64 | leann-anchors | leann-pq --residual | count-records"
		[ "$status" -eq 0 ]
		[[ $output == *" $n assigned; "*" residual $n coded" ]]
	done
}

@test "a second run over the same stream is refused, and says so downstream" {
	make-vectors 100 64 | leann-anchors | leann-pq >both
	run -2 bash -c 'leann-anchors <both >out'
	[[ $output == *"anchors already"* ]]
	run -2 bash -c 'leann-pq <both >out'
	[[ $output == *"codes already"* ]]
	run -2 bash -c 'count-records <out'
	[[ $output == *"leann-pq"*"codes already"* ]]
}

@test "a cut stream, NaN, chunks without vectors and a wrong kind are refused" {
	make-vectors 50 64 >in
	head -c 5000 in >short
	for t in leann-anchors leann-pq; do
		run -2 bash -c "$t <short >out"
		[[ $output == *"stdin: "*cut* ]]
		run -2 bash -c "make-vectors 20 64 1 nan | $t >out"
		[[ $output == *"record "*NaN* ]]
		run -2 bash -c "$t </dev/null"
		[[ $output == *empty* ]]
		run -2 bash -c "printf hello | $t"
	done
}

@test "settings come from a file, and flags win over it" {
	make-vectors 400 384 >in
	printf '{"anchorSelection": {"type": "random", "count": 13}, "quantization": {"subVectors": 16}}' >c.json
	pipe 'leann-anchors --config c.json <in | leann-pq --config c.json | count-records'
	[[ $output == *"13 anchors (random)"*"; 16 x "* ]]
	pipe 'leann-anchors --config c.json --count 5 <in | leann-pq --config c.json --bytes 32 | count-records'
	[[ $output == *"5 anchors (random)"*"; 32 x "* ]]
	run -0 leann-pq --config c.json --show-config
	[[ $output == *"quantization.subVectors = 16"* ]]
}

@test "no scratch file is left, and a killed reader is no noise" {
	make-vectors 3000 64 >in
	mkdir scratch
	TMPDIR=$PWD/scratch leann-pq <in >/dev/null
	[ -z "$(ls -A scratch)" ]
	run bash -c 'set -o pipefail; leann-pq <in | head -c 1 >/dev/null'
	[ "$status" -eq 141 ]
}
