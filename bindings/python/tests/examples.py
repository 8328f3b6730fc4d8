"""Run the examples of both README.md, each by itself, in the working directory; print what they print."""

import os
import re
import sys

README = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "README.md")
with open(README, encoding="utf-8") as f:
    found = re.findall(r"<!-- example: (\w+) -->\n```python\n(.*?)```", f.read(), flags=re.S)
with open(os.path.join(os.path.dirname(README), "..", "..", "README.md"), encoding="utf-8") as f:
    short = re.search(r"\n    (from libleann .*?)\n\n", f.read(), flags=re.S)
found.append(("readme", short.group(1).replace("\n    ", "\n")))
for name, code in found:
    print(f"== {name}", flush=True)
    exec(compile(code, f"README.md, {name}", "exec"), {"__name__": name})
sys.exit(len(found) != 4)
