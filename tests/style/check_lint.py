"""clang-tidy, with the short list in .clang-tidy, finds nothing in the program's sources."""
import concurrent.futures
import os
import subprocess
import sys

from tree import ROOT, files

build = sys.argv[1]
sources = [str(f) for f in files(".cpp") if f.parts[0] != "tests"]


def lint(source):
    run = subprocess.run(["clang-tidy-16", "-p", build, "--quiet", source],
                         cwd=ROOT, capture_output=True, text=True)
    return source, run.returncode, run.stdout + (run.stderr if run.returncode and not run.stdout else "")


with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    results = list(pool.map(lint, sources))
bad = [r for r in results if r[1] != 0]
for source, _, text in bad:
    print(f"== {source}\n{text}")
print(f"{len(sources) - len(bad)} of {len(sources)} sources are clean")
sys.exit(1 if bad else 0)
