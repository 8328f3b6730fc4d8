#!/bin/bash
# index-validator.sh: the health of an index in a few lines, with what to do; see leann(1).
. "$(dirname -- "$(readlink -f -- "$0")")/leann-sh-setup"

usage="usage: index-validator.sh [--recall N] [INDEX]
check an index: coverage, quantisation error, balance, delta, stale files, and what to do about them

      --recall=N     embed N passages again, and search among them
  -h, --help         show this and exit
  -V, --version      show the version and exit

INDEX is a file, a folder with .leann, or the nearest. Exit status 0: good, 1: something to do,
2: damaged."

index='' args=()
while [ $# -gt 0 ]; do
	help_version "$1" "$usage"
	case $1 in
	--recall) need_value $# "$1" && args=("$1=$2") && shift ;;
	--recall=*) args=("$1") ;;
	-?*) wrong "unknown option $1" ;;
	*)
		[ -z "$index" ] || wrong "one index at a time"
		index=$1
		;;
	esac
	shift
done
index=$(resolve_index "$index")
status=0
found=$(leann-bundle validate --json "${args[@]}" -- "$index") || status=$?
case $status in
0 | 1) ;;
2)
	[ -z "$found" ] || printf 'index               %s\nverdict             damaged: build it again, or take a copy\n' "$index"
	exit 2
	;;
*) exit "$status" ;;
esac
stats=$(leann-bundle stats --json -- "$index")
# The two objects, a line each, as a report.
python3 -c '
import json, sys
found, d = (json.loads(line) for line in sys.stdin.read().splitlines())
todo, index = [], sys.argv[1]

def row(name, value, target="", met=True):
    print(("%-20s%s" % (name, value + ("  " + target + ": " + ("ok" if met else "missed") if target else ""))))
    return met

def metric(name, key, sign, advice):
    m = found["metrics"].get(key)
    if m is None:
        row(name, "not measured")
    elif not row(name, "%.4f" % m["value"], "target %s %.2f" % (sign, m["target"]), m["met"]):
        todo.append(advice)

row("index", index)
anchors = d["counts"]["anchors"]
metric("coverage", "coverage", ">", "more anchors: leann index rebuild --new-anchor-count %d" % max(2 * anchors, 2))
metric("quantization error", "quantization", "<", "more bytes a passage: set quantization.subVectors, leann-config(5), and build again")
metric("balance", "balance", ">", "anchors of like size: leann index rebuild --anchor-strategy kmeans")
if not row("delta ratio", "%.4f" % d["deltaRatio"], "target <= 0.10", d["deltaRatio"] <= .10):
    todo.append("fold the delta in: leann index rebuild")
s = found["sources"]
stale = s["n_changed"] + s["n_missing"]
if not row("stale files", "%d of %d" % (stale, s["files"]), "target 0", stale == 0):
    todo.append("%d changed, %d missing: leann index update" % (s["n_changed"], s["n_missing"]))
r = found.get("sample", {}).get("recall")
if r and not row("recall", "@3 %.4f, @10 %.4f" % (r["at3"], r["at10"]), "target @3 >= %.2f" % r["target3"], r["met"]):
    todo.append("recompute more: leann search --recall-target .95, or more bytes a passage")
score = d["health"]["score"]
row("health", "not known" if score is None else "%d of 100" % score)
for t in todo or ["nothing to do"]:
    row("recommendation", t)
sys.exit(1 if todo else 0)' "$index" <<<"$found
$stats"
