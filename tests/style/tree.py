"""Which files the checks look at."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("app", "config", "connectors", "models", "state", "stream", "tests")


def files(*suffixes):
    """The project's files with these suffixes, tracked by git or new, relative to the root."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"],
        check=True, capture_output=True, text=True).stdout.split("\n")
    return sorted(pathlib.Path(f) for f in listed
                  if f.endswith(suffixes) and (ROOT / f).is_file())
