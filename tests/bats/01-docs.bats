#!/usr/bin/env bats
# Pages and programs say the same.
load helper

setup() {
	wrong=$BATS_TEST_TMPDIR/wrong
	: >"$wrong"
	cd "$BATS_TEST_TMPDIR"
}
complain() { printf '%s\n' "$*" | tee -a "$wrong"; }
verdict() { [ ! -s "$wrong" ]; }

# Options that --help of a program lists, one a line.
help_options() {
	"$@" --help | grep -E '^  +-' | sed -E 's/^ +//; s/  .*//' | grep -oE '(^|, *)--?[A-Za-z0-9-]+' |
		tr -d ', ' | sort -u
}
# Options that the OPTIONS section of a page defines with .It Fl.
page_options() {
	sed -n '/^\.Sh OPTIONS/,/^\.\(Sh\|Ss\) [^O]/p' "$1" | grep '^\.It Fl' |
		grep -oE '(^\.It Fl|, Fl) [^ ,]+' | sed -E 's/^(\.It Fl|, Fl) /-/' | sort -u
}

@test "every option of --help is in the page, and every option of the page is in --help" {
	for d in "$TOP"/cmd/*/; do
		p=$(basename "$d")
		help_options "$p" >help
		page_options "$d$p.1" >page
		for o in $(comm -23 help page); do complain "$p: $o is in --help, not in the page"; done
		for o in $(comm -13 help page); do complain "$p: $o is in the page, not in --help"; done
		[ -s help ] || complain "$p: --help lists nothing"
	done
	verdict
}

@test "every option of the scripts is in their pages" {
	for p in leann-build leann-index leann-list leann-look leann-model leann-related leann-export leann-to-chroma leann-backend leann-migrate leann-transfer leann-server leann-answer leann; do
		page=$TOP/scripts/leann.1
		[ ! -f "$TOP/scripts/$p.1" ] || page=$TOP/scripts/$p.1
		help_options "$p" >help
		page_options "$page" >page
		for o in $(comm -23 help page); do complain "$p: $o is not in $(basename "$page")"; done
	done
	verdict
}

@test "exit statuses of the programs are in every page" {
	for page in "$TOP"/cmd/*/*.1 "$TOP"/scripts/*.1; do
		sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EXAMPLES/p' "$page" >status
		for n in 0 2; do
			grep -Eq "^\.It (Cm )?$n" status || complain "$(basename "$page"): no status $n"
		done
	done
	verdict
}

@test "pages that are referred to are there" {
	for page in "$TOP"/cmd/*/*.1 "$TOP"/lib/*.3 "$TOP"/lib/*/*.[57] "$TOP"/scripts/*.[17]; do
		sed -nE 's/^\.Xr (leann[a-z-]*) ([0-9]).*/\1.\2/p' "$page" | sort -u | while read -r x; do
			ls "$TOP"/cmd/*/"$x" "$TOP"/lib/"$x" "$TOP"/lib/*/"$x" "$TOP"/scripts/"$x" 2>/dev/null | grep -q . ||
				complain "$(basename "$page"): $x is not there"
		done
	done
	verdict
}

@test "leann(7) names every program and every page" {
	for page in "$TOP"/cmd/*/*.1 "$TOP"/lib/*.3 "$TOP"/lib/*/*.[57] "$TOP"/scripts/*.1; do
		x=$(basename "$page")
		grep -Eq "^\.(It )?Xr ${x%.*} ${x##*.}" "$TOP/scripts/leann.7" || complain "leann.7 does not name $x"
	done
	verdict
}

@test "environment variables that programs read are in leann(7) or the page of the settings" {
	grep -rhoE '"LEANN_[A-Z_]+"' "$TOP/lib" "$TOP/cmd" --include=*.c | tr -d '"' | sort -u >read
	for v in $(cat read); do
		grep -q "$v" "$TOP/scripts/leann.7" "$TOP/lib/sys/leann-config.5" || complain "$v is in neither"
	done
	[ -s read ]
	verdict
}

@test "the keys of a configuration are those of the page" {
	sed -nE 's/.*\.path = "([A-Za-z.]+)".*/\1/p' "$TOP/lib/sys/config_keys.c" | sort >keys
	sed -nE 's/^(\.It )?\.?Cm ([a-z]+[A-Za-z.]*)$/\2/p; s/^\.It Cm ([A-Za-z.]+)$/\1/p' "$TOP/lib/sys/leann-config.5" |
		sort -u >page
	for k in $(comm -23 keys page); do complain "$k is not in leann-config.5"; done
	[ "$(wc -l <keys)" -gt 20 ]
	verdict
}

@test "README and HACKING name files and targets that are there" {
	for doc in README.md HACKING.md; do
		for f in $(grep -oE '\b(cmd|lib|scripts|tests|models)/[A-Za-z0-9_./-]*[A-Za-z0-9]' "$TOP/$doc" | sort -u); do
			case $f in *NAME* | *-X | *-X/*) continue ;; esac # stands for a name
			[ -e "$TOP/$f" ] || complain "$doc: $f is not there"
		done
		for t in $(grep -oE '`make [a-z-]+' "$TOP/$doc" | cut -d' ' -f2 | sort -u); do
			grep -qE "^$t:" "$TOP/Makefile" || complain "$doc: make $t is not there"
		done
		[ -s "$TOP/$doc" ] || complain "$doc is empty"
	done
	verdict
}
