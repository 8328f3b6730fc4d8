# Shared by every bats file: where things are, and what a test may need.
bats_require_minimum_version 1.5.0

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=$(cd "$TOP" && cd "${BUILD:-build}/bin" && pwd)
TOOLS=$(cd "$TOP" && cd "${BUILD:-build}/tests" 2>/dev/null && pwd || true)
SHARED=$(cd "$TOP/../shared" 2>/dev/null && pwd || true)
PATH=$BIN:$TOOLS/tools:$PATH
export TOP BIN TOOLS SHARED PATH
export LC_ALL=C.UTF-8 TMPDIR=${BATS_TEST_TMPDIR:-${TMPDIR:-/tmp}}
export LEANN_NO_CACHE=1 # 47-cache.bats has a cache of its own
export LEANN_NO_LOG=1 # 52-health.bats has a log of its own
export XDG_DATA_HOME=${BATS_RUN_TMPDIR:-/tmp}/leann-data # the list of indexes is the tests' own
unset LEANN_INDEX LEANN_MODEL LEANN_ENDPOINT LEANN_PRECISION LEANN_SIMD
unset LEANN_RERANK_MODEL LEANN_RERANK_ENDPOINT LEANN_RERANK_DEPTH
unset LEANN_ALLOW_REMOTE LEANN_EMBED_API_KEY LEANN_EMBED_API_KEY_FILE OPENAI_API_KEY
# One encoder server serves the whole run: its socket directory is the run's own (tests/run sets it).
: "${XDG_RUNTIME_DIR:=${BATS_RUN_TMPDIR:-/tmp}}"
export XDG_RUNTIME_DIR
PYTHON=${LEANN_TEST_PYTHON:-python3}

# Run a pipeline in its own shell with pipefail, as `run` does.
pipe() {
	run bash -o pipefail -c "$1"
}

# Skip unless the default model is on this machine; sets MODEL to its directory.
need_model() {
	MODEL=$(leann-model path 2>/dev/null) || skip "the default model is not here: scripts/leann-model pull"
	export MODEL
}

# Skip unless some Python has Chroma's own client; sets CHROMA to it.
need_chroma() {
	local cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/leann
	CHROMA=${LEANN_CHROMA_PYTHON:-$cache/chroma-venv/bin/python}
	[ -x "$CHROMA" ] || CHROMA=$cache/bench-venv/bin/python
	"$CHROMA" -c 'import importlib.util as u, sys; sys.exit(not u.find_spec("chromadb"))' 2>/dev/null ||
		skip "no Python with chromadb: leann-to-chroma --setup"
	export LEANN_CHROMA_PYTHON=$CHROMA
}

# Skip unless script(1) can run a program on a terminal of its own.
need_terminal() {
	script -qec true /dev/null >/dev/null 2>&1 </dev/null || skip "no script(1), or no terminals to be had"
}

# Skip unless the Python modules named are there.
need_python() {
	local m
	for m; do
		"$PYTHON" -c "import $m" 2>/dev/null || skip "no Python module $m"
	done
}

# A small tree of text and code to index: $1 is the directory.
small_tree() {
	mkdir -p "$1/src" "$1/notes"
	printf '# Bread\n\nMix flour, water, salt and yeast. Let the dough rise for two hours.\n\n## Baking\n\nBake at 230 degrees until the crust is brown.\n' >"$1/notes/bread.md"
	printf '# Garden\n\nTomatoes want sun and regular watering. Prune the side shoots in June.\n' >"$1/notes/garden.md"
	printf '/* Parse the configuration file. */\nint parse_config(const char *path)\n{\n\tFILE *f = fopen(path, "r");\n\tif (!f)\n\t\treturn -1;\n\tfclose(f);\n\treturn 0;\n}\n' >"$1/src/config.c"
	printf 'def send_mail(to, subject, body):\n    """Send an electronic letter over SMTP."""\n    with smtplib.SMTP("localhost") as s:\n        s.sendmail("me", to, body)\n' >"$1/src/mail.py"
}

# leann-serve with these options on a port of its own, what it says in the file $1: sets URL and SERVE_PID.
serve() {
	local i
	: >"$1"
	leann-serve --port 0 "${@:2}" >"$1" 2>&1 3>&- &
	SERVE_PID=$!
	for ((i = 0; i < 500; i++)); do
		URL=$(sed -nE 's/.*listening at (http:[^ ]*).*/\1/p' "$1")
		[ -z "$URL" ] || return 0
		kill -0 "$SERVE_PID" || break
		sleep .02
	done
	cat "$1" >&2
	return 1
}

# Does the Python expression hold of d, the JSON that begins the file $2?
jsonq() {
	"$PYTHON" -c 'import json, sys
d, _ = json.JSONDecoder().raw_decode(open(sys.argv[2]).read())
ok = eval(sys.argv[1])
if not ok: print(sys.argv[1], "does not hold of", json.dumps(d)[:2000])
sys.exit(not ok)' "$1" "$2"
}

# For files of tests that share a server: small_tree and its index below T, leann-serve of it. The file's
# own functions call these; need_notes sets URL.
serve_notes() {
	export T=$BATS_FILE_TMPDIR
	command -v curl >/dev/null || return 0
	leann-model path >/dev/null 2>&1 || return 0
	small_tree "$T/tree"
	leann index create --input "$T/tree" --output "$T/notes.leann"
	serve "$T/log" --index "$T/notes.leann"
	echo "$URL" >"$T/url"
	echo "$SERVE_PID" >"$T/pid"
}
end_notes() { [ ! -f "$T/pid" ] || kill "$(cat "$T/pid")" || :; }
need_notes() {
	command -v curl >/dev/null || skip "no curl"
	need_model
	URL=$(cat "$T/url")
	cd "$BATS_TEST_TMPDIR"
}
