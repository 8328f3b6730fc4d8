# shellcheck shell=bash
# What is done while something goes wrong: names, the program that it happens to, the index that is
# made, options of fault-trials, the command. Its working directory is a copy of $WORK/before:
#
#	tree/ small.jsonl	files to index		c, v, ve		chunks; vectors; vectors with codes
#	x.leann			another index		y.leann, y.txt, parts/	one that is read; as text; as files
#	up/			files of u.leann, since then appended to, removed, moved, made
#	du dr df		vectors of an update of u.leann; of one that only removes; of all of it
#	data/leann/indexes	a list of indexes: two others, and z.leann in the working directory as "mine"
#	j cj			half a journal of the embeddings of c; its vectors	e0.leann	y.leann for elsewhere
#
# The embedding server is badpeer, at $SERVER: a vector depends on its text, and nothing is computed.

scenario() { # NAME PROG INDEX OPTIONS COMMAND
	PROG[$1]=$2 INDEX[$1]=$3 OPTIONS[$1]=$4 COMMAND[$1]=$5
}
declare -A PROG INDEX OPTIONS COMMAND
SERVER="--endpoint ipc://$WORK/server --no-start --timeout 5"
graph='leann-graph -q -j 1'
search="leann-search -j 1 $SERVER"
pipe="leann-chunk -q -j 1 tree | leann-embed-client -q -j 1 $SERVER | leann-anchors -j 1 | leann-pq -j 1 |
	$graph -o x.leann"
scenario graph leann-graph x.leann '' "$graph -o x.leann <v"
scenario graph-new leann-graph new.leann '' "$graph -o new.leann <v"
scenario graph-named leann-graph x.leann '' "$graph -o x.leann <v" # FAULT_NO_TMPFILE
scenario graph-all leann-graph x.leann '' "$graph --graph chunks --backend diskann -o x.leann <ve"
scenario pack leann-bundle x.leann '' 'leann-bundle pack parts x.leann'
scenario text-r leann-bundle x.leann '' 'leann-bundle text -r -o x.leann <y.txt'
scenario anchors leann-anchors '' '' 'leann-anchors -j 1 <v'
scenario pq leann-pq '' '' 'leann-pq -j 1 <v'
scenario chunk leann-chunk '' -tInput/output 'leann-chunk -j 1 tree'
scenario jsonl leann-chunk '' -tInput/output 'leann-chunk -j 1 --lexical --jsonl small.jsonl'
scenario client leann-embed-client '' -a "leann-embed-client -q -j 1 $SERVER <c"
# Of a file that cannot be read the hit says so, with -k 99 none falls out of sight. One that cannot be read
# once has a score from its code, which JSON says, or none for words; the passages are the same.
scenario search leann-search '' '-a -t(stale:' "$search -k 99 y.leann 'bread and salt' | sed -E 's/ +-?[0-9]\.[0-9]+//' | sort"
scenario search-json leann-search '' '-a -t"exact":false' "$search -k 99 --json --batch questions y.leann |
	sed -E 's/\"(recomputed|roundTrips|score|words|[a-z_]*(ms|seconds|_s))\": *[-0-9.e]+//g' | tr '{' '\n' | sed -E 's/\"latency\":\$//; s/[],}]*\$//' | sort"
scenario like leann-search '' '-a -tcannot' "$search -k 99 --like $WORK/before/tree/a1.txt y.leann"
scenario verify leann-bundle '' '' 'leann-bundle verify y.leann'
scenario validate leann-bundle '' -tstale 'leann-bundle validate y.leann || { s=$?; [ $s = 1 ] || exit $s; }'
scenario show leann-bundle '' '' 'leann-bundle show --json y.leann'
scenario text leann-bundle '' '' 'leann-bundle text y.leann'
scenario cat leann-bundle '' -tcannot 'leann-bundle cat y.leann'
for stage in chunk embed-client anchors pq graph; do
	scenario "pipe-$stage" "leann-$stage" x.leann -a "$pipe"
done
update="leann-chunk -q -j 1 --update u.leann | leann-embed-client -q -j 1 $SERVER | $graph --update u.leann"
for stage in chunk embed-client graph; do
	scenario "update-$stage" "leann-$stage" u.leann -a "$update"
	scenario "rebuild-$stage" "leann-$stage" u.leann "-a -ttaken" "${update/u.leann |/u.leann --full |}"
done
scenario update-named leann-graph u.leann -a "$update" # FAULT_NO_TMPFILE
scenario chunk-update leann-chunk '' -tInput/output 'leann-chunk -j 1 --update u.leann'
scenario graph-update leann-graph w.leann '' "$graph --update u.leann -o w.leann <du"
scenario graph-remove leann-graph w.leann '' "$graph --update u.leann -o w.leann <dr"
scenario graph-rebuild leann-graph w.leann '' "$graph --update u.leann -o w.leann <df"
index="LEANN_ENDPOINT=ipc://$WORK/server leann index"
scenario index-update leann-graph u.leann -a "$index update -q --index u.leann"
scenario index-rebuild leann-graph u.leann -a "$index rebuild -q --index u.leann"
scenario journal leann-embed-client '' '-a -tjournal' "leann-embed-client -q -j 1 --batch-size 2 $SERVER --journal j <c"
list='export XDG_DATA_HOME=$PWD/data'
scenario register leann-registry data/leann/indexes '' "$list; leann-registry add --name third $WORK/before/y.leann"
# its entry has a name of the folder that is the same in every one
scenario unregister leann-registry data/leann/indexes '' "ln -sfn \"\$PWD\" $WORK/here; $list
	! grep -q ^mine data/leann/indexes || leann-registry remove mine >/dev/null"
scenario export leann-bundle e.leann '' 'leann-bundle export --self-contained -o e.leann y.leann'
# what it lacks is found out when it is there, and is not the model's bytes when those cannot be read
scenario import leann-bundle i.leann '-l -tdo:' "$list; leann-bundle import -o i.leann e0.leann || { s=\$?; [ \$s = 1 ] || exit \$s; }"

needs_model() {
	case $1 in pipe-* | chunk* | jsonl | client | search* | like | cat | validate) return 0 ;; esac
	case $1 in update-* | rebuild-* | index-* | graph-update | graph-remove | graph-rebuild | journal | import) return 0 ;; esac
	return 1
}

# The scenarios among those named that this machine has what they need for.
usable() {
	local s
	for s; do
		if [ -n "$MODEL" ] || ! needs_model "$s"; then echo "$s"; fi
	done
}

make_fixture() {
	local i d=$WORK/before
	mkdir -p "$d/tree"
	MODEL=$(leann-model path 2>/dev/null) || MODEL=''
	export MODEL SERVER
	for i in 1 2 3 4 5 6 7 8 9; do
		printf '# Note %d\n\nMix flour, water and salt; number %d. The dough of day %d rises.\n' $i $((i * 7)) $i |
			tee "$d/tree/a$i.txt" >>"$d/tree/long.md"
	done
	for i in 1 2 3; do printf '{"id":"r%d","title":"t%d","text":"Tomatoes want sun %d."}\n' $i $i $i; done >"$d/small.jsonl"
	printf 'bread\nsalt and sun\n' >"$d/questions"
	BADPEER_MODEL=all-MiniLM-L6-v2 badpeer "ipc://$WORK/server" texts >"$WORK/ready" &
	peer=$!
	for ((i = 0; i < 100; i++)); do
		if [ -s "$WORK/ready" ]; then break; fi
		sleep .02
	done
	cd "$d"
	make-vectors 50 8 2 >v
	make-vectors 40 8 2 | $graph -o x.leann
	if [ -n "$MODEL" ]; then
		leann-chunk -q -j 1 tree small.jsonl >c
		# shellcheck disable=SC2086 # words
		leann-embed-client -q $SERVER <c >cv
		$graph -o y.leann <cv
	else
		make-vectors 60 8 3 | $graph -o y.leann
	fi
	leann-anchors -j 1 <v | leann-pq -j 1 >ve
	leann-bundle text y.leann >y.txt
	leann-bundle unpack y.leann parts
	[ -z "$MODEL" ] || make_update
	mkdir -p data/leann
	cp x.leann z.leann
	printf '%s\t%s\t%d\n' one "$d/x.leann" 1 two "$d/y.leann" 2 mine "$WORK/here/z.leann" 3 >data/leann/indexes
	rm -f ./*.lock
	cd "$TOP"
}

# u.leann, what became of its files, and the streams that updates of it are.
make_update() {
	local i
	embed() { leann-embed-client -q --endpoint "ipc://$WORK/server" --no-start "$@"; }
	mkdir up
	for i in {10..39}; do
		printf '# Day %d\n\nThe ship was at %d degrees north. We saw %d whales.\n' $i $((i * 3)) $((i % 7)) >up/d$i.txt
	done
	leann-chunk -q -j 1 up | embed | $graph -o u.leann
	rm up/d11.txt up/d37.txt
	leann-chunk -q -j 1 --update u.leann | embed >dr
	printf 'There was ice, too.\n' >>up/d12.txt
	mv up/d13.txt up/d99.txt
	printf 'In port at last.\n' >up/d40.txt
	leann-chunk -q -j 1 --update u.leann | embed >du
	leann-chunk -q -j 1 --update u.leann --full | embed >df
	embed -j 1 --batch-size 2 --journal j <c >cj
	truncate -s $(($(stat -c %s j) / 2)) j
	leann-bundle export -q --self-contained -o e0.leann y.leann
}
