# The benchmarks run over a tiny set, and say what they leave out.

load helper

setup_file() {
	load helper
	export DATA=$BATS_FILE_TMPDIR/data
	mkdir -p "$DATA/tiny"
	local i
	for i in $(seq 60); do
		printf '{"id": "d%d", "title": "note %d", "text": "%s keeps %d loaves of bread in the garden shed"}\n' \
			"$i" "$i" "$(printf 'anna bert cleo dora' | cut -d ' ' -f $((i % 4 + 1)))" "$i"
	done >"$DATA/tiny/corpus.jsonl"
	printf '{"id": "q%d", "text": "who has %d loaves?"}\n' 1 7 2 23 >"$DATA/tiny/queries.jsonl"
	printf 'query-id\tcorpus-id\tscore\nq1\td7\t1\nq2\td23\t1\n' >"$DATA/tiny/qrels.tsv"
	export LEANN_TEST_PYTHON=$PYTHON BUILD=${BIN%/bin} RECOMPUTE=4 BYTES=24
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

@test "bench-quality has a row for each ranking, and exact search finds what exact search finds" {
	need_model
	need_python msgpack
	need_python numpy
	SETS=tiny run -0 "$TOP/tests/bench-quality"
	[[ $output == *"tiny, 2 questions"* ]]
	[[ $output =~ "exact dense"\ +-\ +-\ +1\.000\ +1\.000\ +(1\.0000|\.[0-9]{4})\ +\+0\.0000 ]]
	[[ $output == *"BM25 ("* && $output == *"RRF of the two"* && $output == *"--recompute 4"* ]]
	[[ $output == *"bytes a chunk: "*codes* ]]
}

@test "bench-quality asks several sets of one index" {
	need_model
	need_python msgpack
	need_python numpy
	cp -r "$DATA" data
	cp -r data/tiny data/more
	UNION=1 DATA=$PWD/data SETS="tiny more" RECOMPUTE=2 run -0 "$TOP/tests/bench-quality"
	[[ $output == *"tiny, 2 questions to the union of tiny more"* ]]
	[[ $output == *"for 120 chunks"* ]]
}

@test "a set that is not there is skipped with a word" {
	need_model
	need_python msgpack
	need_python numpy
	SETS=none run -0 "$TOP/tests/bench-quality"
	[[ $output == *"skipped: none: no $DATA/none/corpus.jsonl"* ]]
	[[ $output != *recall@3* ]]
}

@test "bench-search builds as many vectors as asked for and prints its times" {
	need_model
	need_python msgpack
	need_python numpy
	N=130 BASE=60 SETS=tiny SINGLES=1 FILTERS=1 run -0 "$TOP/tests/bench-search"
	[[ $output == *"130 vectors, each one of 60 embeddings of real text"* ]]
	[[ $output == *"one a process, --no-recompute"* && $output == *"batch of 2, default"* ]]
	[ -x "$BUILD/tests/tools/leann-search-bench" ] || skip "steps and filters: no leann-search-bench: make tests"
	[[ $output =~ default,\ p95\ +[0-9.]+\ +[0-9.]+ ]]
	[[ $output =~ "leann, all"\ +130\  && $output =~ "leann --dense, 10 %"\ +40\  ]]
}

@test "the steps of a search add up to all of it, and words are among them" {
	need_model
	need_python msgpack
	need_python numpy
	local bench=$BUILD/tests/tools/leann-search-bench
	[ -x "$bench" ] || skip "no leann-search-bench: make tests"
	leann-chunk --jsonl -q "$DATA/tiny/corpus.jsonl" | leann-embed-client -q | leann-graph -q -o tiny.leann
	"$bench" tiny.leann <<<"who has seven loaves?" >steps
	[ "$(head -1 steps | cut -d ' ' -f 2-5)" = "60 of 60 chunks," ]
	# texts and words took time, nothing is below zero, and the sum is the total
	awk -F '\t' 'NR == 3 { for (i = 2; i < NF; i++) { s += $i; if ($i < -.001) exit 1 }
		exit !($4 > 0 && $5 > 0 && s - $1 < .01 && $1 - s < .01) }' steps
	"$bench" --dense --path 'nothing*' tiny.leann <<<"who?" >steps
	[[ $(head -1 steps) == "# 0 of 60 chunks"* ]]
}

@test "bench-quality says what filtered searches find beside exact search over what is kept" {
	need_model
	need_python msgpack
	need_python numpy
	SETS=tiny FILTERS=1 run -0 "$TOP/tests/bench-quality"
	[[ $output =~ all\ +60\ +10\ +10\ +0\ +48\ +(1\.000|\.[0-9]{3}) ]]
	[[ $output =~ "10 %"\ +20\ +10\ +10\ +0\ +20\ +1\.000\ +1\.000 ]]
}

@test "bench-rivals measures ours and skips the official one unless asked" {
	need_model
	need_python msgpack
	need_python numpy
	SET=tiny STORES="faiss-flat leann-official-16" run -0 "$TOP/tests/bench-rivals"
	[[ $output =~ leann\ 24\ B,\ recomputed,\ dense\ .*\ [01.0-9]+ ]]
	[[ $output == *"skipped: leann-official: 6.5 GB to install"* ]]
	[[ $output == *"skipped: faiss-flat: no Python module faiss"* || $output =~ faiss-flat,.*\ 1\.000\ +1\.000 ]]
	STORES=nothing SET=tiny run -1 "$TOP/tests/bench-rivals"
	[[ $output == *"no store nothing"* ]]
}

@test "bench-codes has a row for each kind of code, of wider vectors as well" {
	need_model
	need_python msgpack
	need_python numpy
	SETS="tiny none" WIDE=768 WIDE_KINDS="--bytes 48" KINDS="--bytes 24;--bytes 24 --code-bits 4 --residual" RECOMPUTE=30 \
		run -0 "$TOP/tests/bench-codes"
	[[ $output == *"tiny: 60 chunks of 384 dimensions, 2 questions"* ]]
	[[ $output == *"| bytes 24 code-bits 4 residual: 24 x 2 x 2 x 16 | "* ]]
	[[ $output == *"60 chunks of 768 dimensions"*"| bytes 48: 48 x "* ]]
	[[ $output == *"skipped: none: no $DATA/none/corpus.jsonl"* ]]
}

@test "bench-churn has a row for each stage of an index's life, and recall stays" {
	need_model
	SET=tiny N=40 ROUNDS=2 SHARE=10 run -0 "$TOP/tests/bench-churn"
	[[ $output =~ "| start | "[0-9]+" | "[0-9]+" | 1.000 | " ]]
	[[ $output =~ "| after 2 updates | "[0-9]+ && $output =~ "| rebuilt | "[0-9]+" | "[0-9]+" | 1.000 | " ]]
	[[ $output =~ "| made anew | "[0-9]+ ]]
	SET=tiny N=60 ROUNDS=1 run -1 "$TOP/tests/bench-churn"
	[[ $output == *"has 60 records, 63 are wanted"* ]]
	SET=none run -0 "$TOP/tests/bench-churn"
	[[ $output == *"skipped: no none at $DATA"* ]]
}
