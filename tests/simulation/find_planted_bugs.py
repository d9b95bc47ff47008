"""Each planted bug must be found within so many seeds, and nothing without one.   find_planted_bugs.py PROGRAM SEEDS"""
import re
import subprocess
import sys

from planted_bugs import BUGS


def run(program, bug, seeds):
    done = subprocess.run([program, "--bug", str(bug), "--seeds", f"0..{seeds - 1}"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=600)
    return done.returncode, done.stdout


def main():
    program, seeds = sys.argv[1], int(sys.argv[2])
    status, told = run(program, 0, seeds)
    print("without a bug:", "nothing was found" if status == 0 else told)
    missed = status != 0
    for number, (what, _) in enumerate(BUGS, 1):
        status, told = run(program, number, seeds)
        found = re.search(r"^seed (\d+) found a problem, after (\d+) seeds", told, re.M)
        place = f"after {found[2]} seeds" if found else f"by an assertion ({status})" if status < 0 else "NOT FOUND"
        print(f"bug {number:2}, {place}: {what}", flush=True)
        missed = missed or status == 0 or status > 1
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
