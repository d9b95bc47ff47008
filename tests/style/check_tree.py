"""The house's own rules: who may include whom, where a library may be seen, what a README may name."""
import pathlib
import re
import sys

from tree import FOLDERS, ROOT, files

# A folder may include itself and the folders named here.
MAY_INCLUDE = {
    "config": set(),
    "stream": {"config"},
    "state": {"config", "stream"},
    "models": {"config", "stream"},
    "connectors": {"config", "stream"},
    "app": {"config", "stream", "state", "models", "connectors"},
    "tests": {"config", "stream", "state", "models", "connectors", "app"},
}

# A library's headers may be seen only in these files (by the beginning of their path); tests are free.
LIBRARIES = {
    r"librdkafka/": ("connectors/kafka/",),
    r"rocksdb/": ("state/",),
    r"simdjson": ("stream/record_fields.h",),
    r"absl/": ("stream/iso_time.cpp",),
    r"xxhash": ("stream/hash.cpp",),
    r"spdlog/": ("app/log.cpp",),
    r"CLI/": ("app/command_line.cpp",),
    r"zlib|zstd": ("connectors/file/",),
    r"boost/(beast|asio)": ("connectors/http/",),
}
ONLY_IN_CPP = r"nlohmann/json\.hpp|Eigen/|rocksdb/"

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)
NAMED_FILE = re.compile(r"`([\w./-]+\.(?:h|cpp|py|sh|json|md|xml|service))`")


def include_problems(path, text):
    top = path.parts[0]
    found = []
    for quote, name in INCLUDE.findall(text):
        target = name.split("/")[0]
        if quote == '"' and target in FOLDERS and target != top and target not in MAY_INCLUDE[top]:
            found.append(f"{path}: includes {name}, but {top}/ may not include {target}/")
        if quote == '"' and top != "tests" and "/" not in name:
            found.append(f"{path}: includes {name}; write the path from the root")
        if top == "tests":
            continue
        for library, places in LIBRARIES.items():
            if re.match(library, name) and not str(path).startswith(places):
                found.append(f"{path}: includes {name}, which is seen only in {', '.join(places)}")
        if re.match(ONLY_IN_CPP, name) and path.suffix != ".cpp":
            found.append(f"{path}: includes {name}, which belongs into .cpp files only")
    return found


def readme_problems(path, text, root):
    """A README's files are named from its own folder, or from the root."""
    found = []
    for name in NAMED_FILE.findall(text):
        if not (root / path.parent / name).exists() and not (root / name).exists():
            found.append(f"{path}: names {name}, which is not there")
    return found


def missing_readmes(paths):
    folders = {p.parent for p in paths
               if p.parts[0] in FOLDERS and (p.parts[0] != "tests" or len(p.parts) == 3)}
    return [f"{f}/README.md is missing: why the folder exists, what belongs in it"
            for f in sorted(folders) if not (ROOT / f / "README.md").exists()]


def secret_paths(path, text):
    """No path of one machine, no registry's host."""
    pattern = r"/(?:work|root|home)/(?!freshet)|https?://(?:repo1?\.|deb\.|pypi\.|registry\.)"
    return [f"{path}: holds {m!r}, which is one machine's" for m in re.findall(pattern, text)]


def main():
    problems = []
    sources = files(".h", ".cpp")
    for path in sources:
        text = (ROOT / path).read_text()
        problems += include_problems(path, text) + secret_paths(path, text)
    for path in files(".md"):
        text = (ROOT / path).read_text()
        problems += readme_problems(path, text, ROOT) + secret_paths(path, text)
    problems += missing_readmes(sources)
    print("\n".join(problems) or f"{len(sources)} sources follow the table")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
