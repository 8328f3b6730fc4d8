# A folder as people have them: every file is taken, or left out, as is said of it.
load helper

setup_file() {
	export T=$BATS_FILE_TMPDIR
	chmod 755 "$T"
	(umask 022 && "$PYTHON" "$TOP/tests/tools/messy_folder.py" "$T/t") >"$T/expect"
}

teardown_file() {
	chmod -R u+rwx "$T/t" 2>/dev/null || :
}

setup() {
	need_model
	command -v pdftotext >/dev/null || skip "no pdftotext: install poppler-utils"
	command -v ctags >/dev/null || skip "no ctags: install universal-ctags"
	cd "$T"
}

messy_check() { "$PYTHON" "$TOP/tests/tools/messy_check.py" expect t "$@"; }
user() { [ "$(id -u)" != 0 ] || echo root; }

@test "of a messy folder every file gives what it should, and no other" {
	[ "$(wc -l <expect)" -ge 200 ]
	leann-chunk -q t | leann-bundle text >lines
	run -0 messy_check $(user) <lines
	[[ $output == *" expectations, 0 not met" ]]
}

@test "with --archives so do the members of archives" {
	leann-chunk -q --archives t | leann-bundle text >lines
	run -0 messy_check $(user) archives <lines
}

@test "as an ordinary user, too" {
	[ "$(id -u)" = 0 ] || skip "this one is ordinary"
	command -v setpriv >/dev/null || skip "no setpriv"
	local as="setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent"
	# copies: neither the programs nor the model need be where everybody may look
	mkdir -p bin model
	cp "$BIN/leann-chunk" "$BIN/leann-extract" bin
	cp "$MODEL"/*.json "$MODEL"/*.txt model
	cp -r "$MODEL"/1_Pooling model 2>/dev/null || :
	chmod -R a+rX bin model
	local d=$T
	until [ "$d" = / ]; do
		[ ! -O "$d" ] || chmod a+x "$d"
		d=$(dirname "$d")
	done
	$as test -x "$T/bin/leann-chunk" || skip "an ordinary user cannot get at $T"
	$as "$T/bin/leann-chunk" -q -m "$T/model" t | leann-bundle text >lines
	run -0 messy_check <lines
}

@test "--list has the same files, and --explain says why the others are out" {
	leann-chunk --list -0 t >listed
	leann-chunk -q t | leann-bundle text >lines
	(cd t && find . -print0) >all
	(cd t && xargs -0 "$(command -v leann-chunk)" --explain -0 -- <../all) >why || [ $? = 123 ]
	run -0 messy_check $(user) why why listed listed <lines
}

@test "a file that is replaced while it is read ends in a line, not in a wrong passage" {
	mkdir -p race
	"$PYTHON" - <<-'END'
		open("race/a.txt", "w").write("".join("alpha %d is here.\n" % i for i in range(200000)))
		open("race/b", "w").write("".join("beta %d is here.\n" % i for i in range(210000)))
	END
	swap() { while :; do cp race/b race/a.txt; cp race/c race/a.txt; done; }
	cp race/a.txt race/c
	swap 3>&- &
	local pid=$! i
	for i in 1 2 3 4; do
		leann-chunk race/a.txt 2>err | leann-bundle text | grep -a '^\[2' >lines || :
		[ -s lines ] || [ ! -s err ] || grep -qE 'changed|left out' err
		if grep -q alpha lines && grep -q beta lines; then kill $pid; return 1; fi
	done
	kill $pid
}
