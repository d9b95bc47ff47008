"""Every C++ file is as clang-format leaves it."""
import subprocess
import sys

from tree import ROOT, files

sources = [str(f) for f in files(".h", ".cpp")]
run = subprocess.run(["clang-format-16", "--dry-run", "--Werror", *sources],
                     cwd=ROOT, capture_output=True, text=True)
bad = sorted({line.split(":")[0] for line in run.stderr.splitlines() if ": error:" in line})
if bad:
    print("not formatted; mend with: clang-format-16 -i " + " ".join(bad))
elif run.returncode != 0:
    print(run.stderr)
sys.exit(run.returncode)
