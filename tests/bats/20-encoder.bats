#!/usr/bin/env bats
# The encoder against others' answers: the reference file, PyPI tokenizers and transformers, numpy.
load helper

@test "reference rows: token ids are equal and every cosine is at least 0.99999" {
	need_model
	need_python numpy
	[ -n "$SHARED" ] || skip "no ../shared here"
	ref=$SHARED/reference/minilm-l6-reference.jsonl
	[ -f "$ref" ] || skip "no reference file"
	for simd in "" scalar; do
		"$PYTHON" -c 'import json, sys
for line in open(sys.argv[1]): print(json.dumps(json.loads(line)["text"]))' "$ref" |
			LEANN_SIMD=$simd leann-nn-probe -j 2 "$MODEL" >"$BATS_TEST_TMPDIR/out" 2>/dev/null
		run "$PYTHON" - "$ref" "$BATS_TEST_TMPDIR/out" <<-'EOF'
			import json, sys
			import numpy as np
			ref = [json.loads(line) for line in open(sys.argv[1])]
			out = [json.loads(line) for line in open(sys.argv[2])]
			assert len(ref) == len(out) > 0
			low = 2
			for r, o in zip(ref, out):
			    assert r["ids"] == o["ids"] and r["n_tokens_untruncated"] == o["n"], r["text"]
			    a, b = np.array(r["embedding"]), np.array(o["embedding"])
			    low = min(low, a @ b / np.linalg.norm(a) / np.linalg.norm(b))
			print("lowest cosine %.9f" % low)
			assert low >= 0.99999
		EOF
		echo "$output"
		[ "$status" -eq 0 ]
	done
}

@test "random models of other shapes give what numpy, and transformers where installed, give" {
	need_python numpy
	run "$PYTHON" "$TOP/tests/tools/random_bert.py" "$TOOLS/tools/leann-nn-probe" "$BATS_TEST_TMPDIR"
	echo "$output"
	[ "$status" -eq 0 ]
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
	leann-nn-probe -j 1 "$MODEL" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/one" 2>/dev/null
	leann-nn-probe -j 2 "$MODEL" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/two" 2>/dev/null
	cmp "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two"
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
