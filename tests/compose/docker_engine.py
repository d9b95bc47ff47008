"""A Docker engine that lives as long as the script, apart from the machine's own; see `engine`.

`start` gives an Engine, or NoEngine says in one sentence why there is none.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from freshet_testing import REPOSITORY, environment, wait_until

HERE = pathlib.Path(__file__).resolve().parent
START_S = 30
# Debian's own tools, whatever else is installed.
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
COMMANDS = ("docker", "dockerd", "docker-compose", "debootstrap", "slirp4netns", "tini", "unshare", "nsenter")


class NoEngine(Exception):
    """Why no engine runs here."""


def _ends_with_us(*words):
    return ["setpriv", "--pdeathsig", "KILL", *map(str, words)]


class Engine:
    def __init__(self):
        missing = [c for c in COMMANDS if not shutil.which(c, path=PATH)]
        if missing:
            raise NoEngine(f"not installed: {', '.join(missing)}")
        if os.geteuid() != 0:
            raise NoEngine("a Docker engine needs root")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="freshet-engine."))
        self._processes = []
        self._log = open(self.folder / "log", "w+b")  # pylint: disable=consider-using-with
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        outside = self._run_beside(HERE / "engine", self.folder)
        children = pathlib.Path(f"/proc/{outside.pid}/task/{outside.pid}/children")
        here = os.readlink("/proc/self/ns/net")

        def inside():
            if outside.poll() is not None:
                raise NoEngine(self._reason())
            try:
                found = children.read_text().split()
                return next((child for child in found if os.readlink(f"/proc/{child}/ns/net") != here), None)
            except OSError:  # a short-lived child of the script's beginning
                return None
        self._inside = wait_until(inside, "the engine has its namespaces", deadline_s=START_S)
        self._run_beside("slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback", self._inside, "tap0")
        deadline = time.monotonic() + START_S
        while self._ask("version").returncode != 0:
            if outside.poll() is not None or time.monotonic() > deadline:
                raise NoEngine(self._reason())
            time.sleep(0.1)

    def _run_beside(self, *words):
        process = subprocess.Popen(_ends_with_us(*words), stdin=subprocess.DEVNULL, stdout=self._log,
                                   stderr=self._log, env=self.environment())
        self._processes.append(process)
        return process

    def _reason(self):
        lines = (self.folder / "log").read_text(errors="replace").splitlines()
        telling = [line for line in lines if re.search("fail|error|cannot|denied|not permitted", line, re.I)]
        return "\n".join((telling or lines)[-4:]) or "dockerd says nothing"

    def _ask(self, *words):
        return subprocess.run(["docker", *words], env=self.environment(), capture_output=True, check=False)

    def environment(self):
        given = environment({"PATH": PATH, "DOCKER_HOST": f"unix://{self.folder}/docker.sock",
                             "DOCKER_CONFIG": str(self.folder / "client"), "DOCKER_BUILDKIT": "0"})
        # The stack is tested as it is shipped.
        for name in ("KAFKA_PORT", "SHOP_RATE", "COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES"):
            given.pop(name, None)
        return given

    def docker(self, *words, stdin=None, timeout_s=900):
        """Runs a docker command, which must succeed; its output."""
        return self._succeed(["docker", *words], stdin, timeout_s)

    def compose(self, *words, env=None, timeout_s=900):
        return self._succeed(["docker-compose", *words], None, timeout_s, env)

    def within(self, *words, timeout_s=60):
        """Runs a command where the engine's published ports are."""
        return subprocess.run(["nsenter", "--target", self._inside, "--net", *map(str, words)],
                              env=self.environment(), capture_output=True, check=False, timeout=timeout_s)

    def processes(self):
        """The names of all processes in the engine's containers, the engine's own left out."""
        names = subprocess.run(["ps", "-o", "comm=", "--pid", ",".join(self._pids())],
                               capture_output=True, text=True, check=False).stdout.split()
        return [n for n in names if not re.match("tini|dockerd|containerd$|ps$", n)]

    def _pids(self):
        ours = os.readlink(f"/proc/{self._inside}/ns/pid_for_children")
        found = [self._inside]
        for proc in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(proc / "ns" / "pid") == ours:
                    found.append(proc.name)
            except OSError:
                continue
        return found

    def _succeed(self, words, stdin, timeout_s, env=None):
        ended = subprocess.run(list(map(str, words)), stdin=stdin or subprocess.DEVNULL, capture_output=True,
                               cwd=REPOSITORY, env=self.environment() | (env or {}), timeout=timeout_s, check=False)
        if ended.returncode != 0:
            shown = b"\n".join((ended.stdout + ended.stderr).splitlines()[-40:]).decode(errors="replace")
            raise AssertionError(f"{' '.join(map(str, words))}: exit {ended.returncode}\n{shown}")
        return ended.stdout.decode()

    def stop(self):
        """Ends the engine and all that runs in it, and removes its folder."""
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        self._log.close()
        # Its mounts are gone with its namespace, so only files of the engine's own are left.
        shutil.rmtree(self.folder, ignore_errors=True)
