#!/usr/bin/env bats
# The encoder against others' answers: the reference file, PyPI tokenizers and transformers, numpy.
load helper

# levels: the sets of instructions that this machine has, from the message about one that none has
levels() {
	LEANN_SIMD=? leann-nn-probe "$MODEL" </dev/null 2>&1 | sed 's/.*this machine has //; s/,//g'
}

# compare REFERENCE OUT LOWEST MEAN: token ids equal, cosines at least LOWEST, on average MEAN
compare() {
	"$PYTHON" - "$@" <<-'EOF'
		import json, sys
		import numpy as np
		out = [json.loads(line) for line in open(sys.argv[2])]
		ref = [json.loads(line) for line in open(sys.argv[1])][:len(out)]
		assert len(out) > 0
		cosines = []
		for r, o in zip(ref, out):
		    assert r["ids"] == o["ids"] and r["n_tokens_untruncated"] == o["n"], r["text"]
		    a, b = np.array(r["embedding"]), np.array(o["embedding"])
		    cosines.append(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
		print("%d rows, lowest cosine %.9f, mean %.9f" % (len(out), min(cosines), np.mean(cosines)))
		assert min(cosines) >= float(sys.argv[3]) and np.mean(cosines) >= float(sys.argv[4])
	EOF
}

@test "reference rows: token ids are equal and cosines high, at every level in every precision" {
	need_model
	need_python numpy
	[ -n "$SHARED" ] || skip "no ../shared here"
	ref=$SHARED/reference/minilm-l6-reference.jsonl
	[ -f "$ref" ] || skip "no reference file"
	"$PYTHON" -c 'import json, sys
for line in open(sys.argv[1]): print(json.dumps(json.loads(line)["text"]))' "$ref" >"$BATS_TEST_TMPDIR/all"
	head -n 12 "$BATS_TEST_TMPDIR/all" >"$BATS_TEST_TMPDIR/few"
	# every third, as the reference has them, for what is no server's choice on this machine
	awk 'NR % 3 == 1' "$ref" >"$BATS_TEST_TMPDIR/third.jsonl"
	awk 'NR % 3 == 1' "$BATS_TEST_TMPDIR/all" >"$BATS_TEST_TMPDIR/third"
	best=$(leann-embed-client --info | sed -nE 's/.*"kernels":"([^"]*)".*/\1/p')
	for simd in $(levels); do
		for p in "fp32 .99999 .99999" "bf16 .9995 .9999" "int8 .98 .998"; do
			read -r precision lowest mean <<<"$p"
			texts=third
			[ "$precision-$simd" != "$best" ] || texts=all
			# plain C takes a second for 30 tokens; others are the kernels of another level
			case $simd-$precision in
			scalar-fp32) texts=few ;;
			scalar-* | blas-bf16 | blas-int8 | avxvnni-fp32 | avxvnni-bf16 | amx-fp32) continue ;;
			esac
			LEANN_SIMD=$simd leann-nn-probe -j 2 -p "$precision" "$MODEL" <"$BATS_TEST_TMPDIR/$texts" \
				>"$BATS_TEST_TMPDIR/out" 2>/dev/null
			of=$ref
			[ "$texts" != third ] || of=$BATS_TEST_TMPDIR/third.jsonl
			run compare "$of" "$BATS_TEST_TMPDIR/out" "$lowest" "$mean"
			echo "$simd $precision: $output"
			[ "$status" -eq 0 ]
		done
	done
}

@test "random models of other shapes give what numpy, and transformers where installed, give" {
	need_python numpy
	run "$PYTHON" "$TOP/tests/tools/random_bert.py" "$TOOLS/tools/leann-nn-probe" "$BATS_TEST_TMPDIR"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "random rerankers score pairs as numpy does, and transformers where installed, and cut them as tokenizers does" {
	need_python numpy
	run "$PYTHON" "$TOP/tests/tools/random_reranker.py" "$TOOLS/tools/leann-nn-probe" "$BATS_TEST_TMPDIR"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"transformers not installed"* ]] && skip "no transformers here: numpy alone agrees"
	true
}

@test "token ids are those of PyPI tokenizers on every character and thousands of strange texts" {
	need_model
	need_python tokenizers
	run "$PYTHON" "$TOP/tests/tools/tokenizer_oracle.py" "$TOOLS/tools/leann-nn-probe" "$MODEL" 4000 7
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "one thread and two give the same bytes" {
	need_model
	for i in $(seq 40); do
		printf '"%s"\n' "$(seq -s ' words and number ' "$i" $((i + i % 13)))"
	done >"$BATS_TEST_TMPDIR/in"
	for p in fp32 auto; do
		leann-nn-probe -j 1 -p $p "$MODEL" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/one" 2>/dev/null
		leann-nn-probe -j 2 -p $p "$MODEL" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/two" 2>/dev/null
		cmp "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two"
	done
}

@test "an unknown LEANN_SIMD is an error that lists what there is" {
	need_model
	LEANN_SIMD=quantum run leann-nn-probe "$MODEL" </dev/null
	[ "$status" -eq 2 ]
	[[ $output == *"LEANN_SIMD=quantum"*scalar* ]]
}

@test "a model of another family, or a cut weights file, is refused by name" {
	need_model
	cp -r "$MODEL" "$BATS_TEST_TMPDIR/m"
	chmod -R u+w "$BATS_TEST_TMPDIR/m"
	sed -i 's/"bert"/"mpnet"/' "$BATS_TEST_TMPDIR/m/config.json"
	run leann-nn-probe "$BATS_TEST_TMPDIR/m" </dev/null
	[ "$status" -eq 2 ]
	[[ $output == *'"mpnet"; only "bert" is supported'* ]]
	cp "$MODEL/config.json" "$BATS_TEST_TMPDIR/m/"
	truncate -s -4 "$BATS_TEST_TMPDIR/m/model.safetensors"
	run leann-nn-probe "$BATS_TEST_TMPDIR/m" </dev/null
	[ "$status" -eq 2 ]
	[[ $output == *"model.safetensors: tensor "* ]]
}
