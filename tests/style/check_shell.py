"""shellcheck finds nothing in the shell scripts."""
import subprocess
import sys

from tree import ROOT, files

scripts = [str(f) for f in files("") if f.suffix in ("", ".sh") and
           (ROOT / f).read_bytes()[:64].split(b"\n")[0] in (b"#!/usr/bin/env bash", b"#!/bin/bash")]
assert "run" in scripts and "test" in scripts, scripts
run = subprocess.run(["shellcheck", *scripts], cwd=ROOT, check=False)
print(f"{len(scripts)} scripts checked")
sys.exit(run.returncode)
