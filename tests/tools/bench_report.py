"""What the benchmarks print: a heading that says where and how, aligned tables, pictures by gnuplot."""
import datetime
import os
import shlex
import shutil
import subprocess
import sys


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        names = [line.split(":", 1)[1].strip() for line in f if line.startswith("model name")]
    return names[0] if names else "unknown processor"


def heading(title, target, settings):
    """settings: the names of environment variables that the command line is to show when set."""
    line = ["make", target] + [f"{s}={shlex.quote(os.environ[s])}" for s in settings if os.environ.get(s)]
    uname = os.uname()
    print(f"{title}\n  {' '.join(line)}\n  {uname.machine}, {len(os.sched_getaffinity(0))} processors, "
          f"{processor()}, {datetime.date.today()}, load {os.getloadavg()[0]:.2f}", flush=True)


def table(title, columns, rows):
    """Text to the left, all else to the right; None is a dash. A row may be a string: a line as it is."""
    cells = [[("-" if v is None else str(v)) for v in r] for r in rows if not isinstance(r, str)]
    width = [max([len(c)] + [len(r[i]) for r in cells]) for i, c in enumerate(columns)]
    left = [all(isinstance(r[i], str) or r[i] is None for r in rows if not isinstance(r, str)) and i == 0
            for i in range(len(columns))]

    def put(values):
        print("  " + "  ".join(v.ljust(w) if at else v.rjust(w) for v, w, at in zip(values, width, left)).rstrip())
    print(f"\n{title}")
    put(columns)
    for r in rows:
        print("  " + r) if isinstance(r, str) else put([("-" if v is None else str(v)) for v in r])
    sys.stdout.flush()


def plot(folder, name, script, blocks):
    """folder/name.svg by gnuplot and the data beside it as name.dat; a word when that cannot be.

    script: gnuplot's commands, where DATA is the data's name; blocks: [(title, rows)], which gnuplot
    finds as "index 0" and so on, with the title, unless it is None, as its columnhead.
    """
    if not folder:
        return
    os.makedirs(folder, exist_ok=True)
    data = os.path.join(folder, name + ".dat")
    with open(data, "w", encoding="utf-8") as f:
        for title, rows in blocks:
            f.write(f'"{title}"\n' if title else "")
            f.writelines(" ".join(f'"{v}"' if isinstance(v, str) else f"{v:.6g}" for v in r) + "\n" for r in rows)
            f.write("\n\n")
    if not shutil.which("gnuplot"):
        print(f"skipped: {name}.svg: no gnuplot; its data are in {data}")
        return
    svg = os.path.join(folder, name + ".svg")
    head = f"set terminal svg size 800,500 background 'white'; set output '{svg}'; DATA = '{data}'\n"
    done = subprocess.run(["gnuplot"], input=head + script, text=True, capture_output=True)
    print(f"wrote {svg}" if done.returncode == 0 else f"skipped: {name}.svg: gnuplot: {done.stderr.strip()[-200:]}")


def fixed(value, digits):
    """A figure without its leading zero, as the tables have them."""
    if value is None:
        return None
    s = f"{value:.{digits}f}"
    return s[1:] if s.startswith("0.") else s
