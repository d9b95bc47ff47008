"""Stand-ins, made from packages, for the two public images that the shipped files name.

No image registry is reachable where the tests run. The stand-ins offer what the shipped files rely on at the same places.
What takes long is kept in the cache: Debian's base, Kafka's jars, and, by ./test, what ccache made of the release.
"""

import io
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile

from docker_engine import HERE, PATH
from freshet_testing import BROKER_TOOLS

DEBIAN, KAFKA = "debian:bookworm-slim", "apache/kafka:4.3.1"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "freshet" / "compose"
COMPILED = CACHE / "compiled"
# The image compiles in /freshet. A compiler or a source that is another is not found, and compiled.
CCACHE = "base_dir = /freshet\nsloppiness = locale\nremote_storage = file:/root/compiled|read-only=true\n"

# As in the public image, which leaves out documentation and translations.
LEFT_OUT = ("groff", "info", "linda", "lintian", "locale", "man", "doc")
DPKG = "force-unsafe-io\n" + "".join(f"path-exclude /usr/share/{name}/*\n" for name in LEFT_OUT) + \
    "path-include /usr/share/doc/*/copyright\n"
APT = 'APT::Update::Post-Invoke { "rm -f /var/cache/apt/*.bin"; };\n' \
    'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin"; };\n'


def repositories():
    """(address, suite) of the machine's own Debian repositories."""
    lines = _output("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)",
                    "Created-By: Packages")
    suites = ("bookworm", "bookworm-updates", "bookworm-security")
    found = {tuple(line.split()[:2]) for line in lines.splitlines() if line.split()[2:] == ["main"]}
    return sorted((address, suite) for address, suite in found if suite in suites)


def _output(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def _apt_settings():
    """How the machine's apt reaches its repositories, for an apt elsewhere."""
    wanted = ("Acquire::http", "Acquire::https", "Acquire::Check", "Acquire::Retries", "Acquire::Force")
    lines = [line for line in _output("apt-config", "dump").splitlines() if line.startswith(wanted)]
    for scheme in ("http", "https"):
        proxy = os.environ.get(f"{scheme}_proxy") or os.environ.get(f"{scheme.upper()}_PROXY")
        if proxy:
            lines.append(f'Acquire::{scheme}::Proxy "{proxy}";')
    return "".join(line + "\n" for line in lines)


def _debian_archive():
    """The tar of a minimal Debian, without any repository's address."""
    archive = CACHE / "bookworm.tar"
    if archive.exists():
        return archive
    address = next(address for address, suite in repositories() if suite == "bookworm")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="freshet-debian.") as root:
        made = subprocess.run(["debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", root, address],
                              env=os.environ | {"PATH": PATH}, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise AssertionError(f"debootstrap failed:\n{made.stdout[-2000:]}{made.stderr[-2000:]}")
        unwanted = ["dev/*", "proc/*", "sys/*", "etc/apt/sources.list", "var/lib/apt/lists/*", "var/cache/apt/*",
                    "var/log/*"] + [f"usr/share/{name}/*" for name in LEFT_OUT]
        part = archive.with_suffix(".part")
        subprocess.run(["tar", "-C", root, *(f"--exclude=./{name}" for name in unwanted), "-cf", part, "."], check=True)
    part.rename(archive)
    return archive


def make_debian(engine):
    """The base image, with the machine's own repositories, and with what was compiled of the release."""
    archive = engine.folder / "debian.tar"
    shutil.copy(_debian_archive(), archive)
    sources = "".join(f"deb {address} {suite} main\n" for address, suite in repositories())
    texts = {"etc/apt/sources.list": sources, "etc/apt/apt.conf.d/99machine": _apt_settings(),
             "etc/apt/apt.conf.d/docker-clean": APT, "etc/dpkg/dpkg.cfg.d/docker": DPKG,
             "root/.config/ccache/ccache.conf": CCACHE}
    if "https:" in sources:
        # Whom the machine trusts, a proxy's authority included.
        texts["etc/apt/authorities.pem"] = pathlib.Path("/etc/ssl/certs/ca-certificates.crt").read_text()
        texts["etc/apt/apt.conf.d/99machine"] += 'Acquire::https::CAInfo "/etc/apt/authorities.pem";\n'
    with tarfile.open(archive, "a") as tar:
        if COMPILED.exists():
            tar.add(COMPILED, "./root/compiled")
        for name, text in texts.items():
            entry = tarfile.TarInfo("./" + name)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    with open(archive, "rb") as file:
        engine.docker("import", "-", DEBIAN, stdin=file)
    archive.unlink()


def make_kafka(engine):
    jars = subprocess.run([str(BROKER_TOOLS / "kafka"), "jars"], check=True, stdout=subprocess.PIPE, text=True)
    folder = engine.folder / "kafka"
    shutil.copytree(HERE / "kafka", folder)
    shutil.copytree(jars.stdout.strip(), folder / "jars")
    shutil.copy(BROKER_TOOLS / "log4j2.properties", folder)
    engine.docker("build", "--tag", KAFKA, folder)
