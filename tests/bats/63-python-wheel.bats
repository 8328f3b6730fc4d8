#!/usr/bin/env bats
# make python-wheel: installed into an environment of its own, where the sources and the machine's
# libraries are not to be had.
load helper

setup_file() {
	load helper
	export T=$BATS_FILE_TMPDIR
	! nm -D "$BIN/../api/libleann.so" 2>/dev/null | grep -q __asan || return 0
	command -v ldd dpkg strip >/dev/null || return 0
	"$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || return 0
	make -s -C "$TOP" BUILD="${BUILD:-build}" DIST="$T/dist" WHEEL_ARGS=--level=1 python-wheel >"$T/made" 2>&1 </dev/null || {
		cat "$T/made"
		return 1
	}
	"$PYTHON" -m venv "$T/venv"
	"$T/venv/bin/python" -m pip install -q --no-index --disable-pip-version-check "$T"/dist/*.whl
}

setup() {
	[ -x "$T/venv/bin/leann" ] || skip "no wheel: it wants ldd, dpkg, strip, Python's venv, and no sanitizers"
	cd "$T"
	unset PYTHONPATH LEANN_LIBRARY
}

@test "the wheel has the tag of this machine, and everything in it is on its record" {
	"$PYTHON" - dist/*.whl <<'PY'
import base64, hashlib, os, platform, sys, zipfile
name = os.path.basename(sys.argv[1])
glibc = os.confstr("CS_GNU_LIBC_VERSION").split()[1].replace(".", "_")
assert name.endswith(f"-py3-none-manylinux_{glibc}_{platform.machine()}.whl"), name
z = zipfile.ZipFile(sys.argv[1])
record = next(n for n in z.namelist() if n.endswith("/RECORD"))
rows = dict(line.split(",", 1) for line in z.read(record).decode().split("\n") if line)
assert set(rows) == set(z.namelist()) and len(rows) == len(z.namelist())
for n in z.namelist():
    data = z.read(n)
    sum = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    assert n == record or rows[n] == f"sha256={sum},{len(data)}", n
names = "\n".join(z.namelist())
for want in "lib/libleann.so.0", "bin/leann-embed-server", "bin/leann", "licenses/LICENSE", "third-party/libzmq5.txt", "py.typed":
    assert want in names, want
assert f"Tag: py3-none-manylinux_{glibc}" in z.read(record.replace("RECORD", "WHEEL")).decode()
PY
}

@test "the same files make the same wheel, byte for byte" {
	version=$(sed -n 's/.*LEANN_VERSION "\(.*\)"/\1/p' "$TOP/lib/base/opts.h")
	tree=$(cd "$BIN/../wheel/tree" && pwd)
	"$PYTHON" "$TOP/bindings/python/make_wheel.py" --version "$version" --tree "$tree" --level 1 --out again >made-again
	cmp dist/*.whl again/*.whl
}

@test "every program of the wheel starts by itself, with libraries of its own" {
	for p in venv/lib/python3*/site-packages/libleann/_native/bin/leann-*; do
		[[ $(head -c 4 "$p") == *ELF ]] || continue
		env -i "$p" --version >/dev/null
		LD_LIBRARY_PATH='' ldd "$p" | awk '/=>/ {print $3}' |
			{ ! grep -v -e "^$T/venv" -e '/lib\(c\|m\|dl\|rt\|pthread\|resolv\)\.so'; }
	done
}

@test "pip installs it where neither sources nor libraries of the machine are, and it builds and answers" {
	need_model
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
	libs=$(dirname -- "$(ldd /bin/sh | sed -n 's/.*=> \([^ ]*libc\.so\.6\).*/\1/p')")
	libs=$(readlink -f "$libs")
	mkdir -p machine run cache/leann
	chmod 700 run
	ln -sfn "$(dirname -- "$MODEL")" cache/leann/models
	# what glibc has, and Python and the tools of scripts need, nothing else
	cp -L "$libs"/lib{c,m,dl,rt,pthread,resolv,util}.so.? machine
	for p in "$(readlink -f venv/bin/python)" /bin/bash $(type -P sed grep awk cat dirname readlink mktemp sort \
		stat flock mkdir rm mv cp tail head tr cut) \
		$("$PYTHON" -c 'import _ctypes, glob, os
print(*(f for f in glob.glob(os.path.dirname(_ctypes.__file__) + "/*.so")))' 2>/dev/null); do
		ldd "$p" 2>/dev/null | awk '$3 ~ /^\// {print $3} $1 ~ /^\/.*ld-linux/ {print $1}'
	done | sort -u | xargs cp -L -t machine
	cp "$TOP/bindings/python/tests/wheel_check.py" .
	cat >inside <<SH
set -e
mount -t tmpfs none '$TOP'
mount --bind '$T/machine' '$libs'
exec env -i PATH=/usr/bin:/bin HOME='$T/home' XDG_CACHE_HOME='$T/cache' XDG_RUNTIME_DIR='$T/run' TMPDIR=/tmp \
	LEANN_NO_LOG=1 XDG_DATA_HOME='$T/data' '$T/venv/bin/python' '$T/wheel_check.py'
SH
	case $T in "$TOP"*) skip "tests run inside the sources" ;; esac
	run unshare -m --propagation private bash inside
	printf '%s\n' "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"the wheel works"* ]]
}

@test "with libraries of the machine it is the same, and leann is a program of the environment" {
	need_model
	run -0 env -i HOME="$T/home" PATH="$T/venv/bin:/usr/bin:/bin" leann --version
	[[ $output == "leann "* ]]
	if ! PATH=/usr/bin:/bin command -v leann-ask; then
		run -2 env -i HOME="$T/home" PATH="$T/venv/bin:/usr/bin:/bin" leann ask "why?"
		[[ $output == "leann ask: leann-ask is not here"*"full installation" ]]
	fi
	run -0 env -i PATH=/usr/bin:/bin HOME="$HOME" XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" LEANN_MODEL=nowhere \
		venv/bin/python -c 'from libleann import tools, LEANNNotFoundError
try: tools.find_model()
except LEANNNotFoundError as e: print(e)'
	[[ $output == *"nowhere: not on this machine: run leann-model"* ]]
}
