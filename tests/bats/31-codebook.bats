# The codebook that comes with the programs: who takes it, and what the index is then.
# shellcheck disable=SC2154 # run sets stderr
load helper

MINILM=8cedaf901312b880c3ad336a48ea26e942c72a46f3eb6bc3d7d3717418d460b6 # the default model in int8

setup() {
	cd "$BATS_TEST_TMPDIR" || exit
	make-vectors "${N:-1000}" 384 1 "$MINILM" >in
}
has_pq() { tar tf "$1" | grep -qx pq; }

@test "a small collection of the default model names the codebook instead of carrying one" {
	leann-graph -o a.leann <in
	run ! has_pq a.leann
	name=$(tar xOf a.leann leann.json | grep -o '"codebook": *"[0-9a-f]*"' | grep -o '[0-9a-f]\{16\}')
	run -0 leann-bundle show a.leann
	[[ $output == *"codebook  $name"*"reconstruction 0."* ]]
	run -0 leann-bundle verify a.leann
	# what is not 24 bytes a chunk of codes and 7 of the chunks' places
	[ "$(stat -c %s a.leann)" -lt $((1000 * 31 + 20000)) ]
}

@test "with leann-pq in the pipe the index is the same, and the stream has the whole codebook" {
	leann-graph -o a.leann <in
	leann-pq <in >coded
	pipe 'count-records <coded'
	[[ $output == *"24 x 8 x 256 1000 coded" ]]
	leann-graph -o b.leann <coded
	cmp a.leann b.leann
	leann-graph --codebook train -o b.leann <coded
	cmp a.leann b.leann
}

@test "other shapes, other models, residual codes and train carry their own" {
	for o in '--codebook train' '--bytes 32' '--residual' '--codebook-size 64'; do
		# shellcheck disable=SC2086 # words
		leann-pq $o <in | leann-graph -o a.leann
		has_pq a.leann
	done
	make-vectors 1000 384 | leann-graph -o a.leann
	has_pq a.leann
	make-vectors 3000 384 1 "$MINILM" >in
	leann-graph -o a.leann <in
	has_pq a.leann
	leann-graph --codebook shipped -o a.leann <in
	run ! has_pq a.leann
	LEANN_PQ_CODEBOOK=shipped leann-pq <in | leann-graph -o b.leann
	cmp a.leann b.leann
}

@test "shipped is refused, with the remedy, where there is none" {
	for t in leann-pq "leann-graph -o x.leann"; do
		run -2 bash -c "make-vectors 100 384 | $t --codebook shipped >out"
		[[ $output == *"codebook shipped: none comes with this program for this model"*"take codebook train" ]]
		run -2 bash -c "$t --codebook best <in"
		[[ $output == *"auto, shipped or train"* ]]
	done
	[ ! -e x.leann ]
}

@test "the model that is here is the one that the codebook is for" {
	need_model
	printf '%s\n' 'The quick brown fox.' 'int main(void) { return 0; }' >a.txt
	leann-chunk a.txt | leann-embed-client -q | leann-graph -o a.leann
	run ! has_pq a.leann
	run -0 leann-search a.leann fox
	[[ $output == *"quick brown fox"* ]]
}

@test "a reader of the man page alone reads such an index" {
	"$PYTHON" -c 'import xxhash, zstandard' 2>/dev/null || "$PYTHON" -c 'import xxhash' || skip "no python3-xxhash"
	leann-graph -o a.leann <in
	run -0 "$PYTHON" "$TOP/tests/tools/read_index.py" a.leann
}
