"""The stack of docker-compose.yml as a stranger brings it up: lists come, and `down` leaves nothing running."""

import datetime
import json
import re
import sys
import threading
import time
import unittest

import docker_engine
import stand_ins
from freshet_testing import EXIT_SKIPPED, REPOSITORY, main, wait_until

FIRST_LIST_S = 60
IMAGE_BYTES = 150_000_000
PORT, OTHER_PORT = "9092", "19092"
UP, SHOW, DOWN = "docker-compose up -d", "docker-compose exec kafka /opt/kafka/bin/kafka-console-consumer.sh", \
    "docker-compose down"


def readme_command(beginning):
    """The README's command that begins so, in words and without its comment."""
    found = re.search(rf"^{re.escape(beginning)}(?:\\\n|[^\n#])*", (REPOSITORY / "README.md").read_text(), re.M)
    if not found:
        raise AssertionError(f"the README does not say: {beginning}")
    return found[0].replace("\\\n", " ").split()


def timed(what, action):
    start = time.monotonic()
    result = action()
    print(f"{what}: {time.monotonic() - start:.0f} s", flush=True)
    return result


class Stack(unittest.TestCase):
    engine = None

    def test_a_stranger_sees_lists(self):
        self.build()
        self.up()
        self.image_is_small_and_not_roots()
        self.readme_shows_lists()
        self.becomes_healthy()
        self.knows_the_catalogue()
        before = self.positions()
        self.stops_in_good_order()
        self.leaves_nothing_running()
        self.up(OTHER_PORT)
        self.goes_on_from(before)
        self.engine.compose(*readme_command(DOWN)[1:], "-v")
        self.assertEqual(self.named_volumes(), [])

    def build(self):
        """Kafka's stand-in and the program's image at the same time: each keeps about one core busy."""
        failures = []

        def kafka():
            try:
                timed("Kafka's stand-in", lambda: stand_ins.make_kafka(self.engine))
            except Exception as failure:  # shown by the main thread
                failures.append(failure)
        beside = threading.Thread(target=kafka)
        beside.start()
        try:
            timed("the image", lambda: self.engine.compose("build", "freshet"))
        finally:
            beside.join()
        if failures:
            raise failures[0]

    def up(self, port=PORT):
        chosen = {} if port == PORT else {"KAFKA_PORT": port}
        timed("up", lambda: self.engine.compose(*readme_command(UP)[1:], env=chosen))
        started = datetime.datetime.fromisoformat(self.inspect("kafka")["State"]["StartedAt"][:26] + "+00:00")
        self.nothing_is_published_but_kafka_on_loopback(port)
        message = self.first_list(port)
        seconds = time.time() - started.timestamp()
        print(f"first list read from the published port {seconds:.1f} s after the broker's start", flush=True)
        self.assertLess(seconds, FIRST_LIST_S)
        key, value = message.split(" ", 1)
        shown = json.loads(value)
        self.assertEqual(shown["user"], key)
        self.assertTrue(shown["items"])

    def first_list(self, port):
        ended = self.engine.within("kcat", "-b", f"127.0.0.1:{port}", "-C", "-q", "-t", "recommendations", "-o", "beginning",
                                   "-c", "1", "-f", "%k %s", timeout_s=FIRST_LIST_S)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended.stdout.decode()

    def container(self, service):
        return self.engine.compose("ps", "-a", "-q", service).strip()

    def inspect(self, service):
        return json.loads(self.engine.docker("inspect", self.container(service)))[0]

    def image_is_small_and_not_roots(self):
        sizes = [json.loads(self.engine.docker("image", "inspect", name))[0]["Size"]
                 for name in ("freshet", stand_ins.DEBIAN)]
        above = sizes[0] - sizes[1]
        print(f"the image is {above / 1e6:.1f} MB above its base of {sizes[1] / 1e6:.1f} MB", flush=True)
        self.assertLess(above, IMAGE_BYTES)
        for service in ("freshet", "shop"):
            status = self.engine.compose("exec", "-T", service, "cat", "/proc/1/status")
            self.assertRegex(status, r"(?m)^Name:\s+freshet$")
            self.assertRegex(status, r"(?m)^Uid:\s+10001\s+10001\s+10001\s+10001$")
            self.assertRegex(status, r"(?m)^CapEff:\s+0+$")

    def nothing_is_published_but_kafka_on_loopback(self, port):
        for service in ("kafka", "topics", "catalog", "freshet", "shop"):
            ports = self.inspect(service)["HostConfig"]["PortBindings"] or {}
            expected = {"29092/tcp": [{"HostIp": "127.0.0.1", "HostPort": port}]} if service == "kafka" else {}
            self.assertEqual(ports, expected)

    def readme_shows_lists(self):
        words = readme_command(SHOW)[1:]
        shown = self.engine.compose(words[0], "-T", *words[1:])
        lists = [json.loads(line) for line in shown.splitlines() if line.startswith("{")]
        self.assertTrue(lists, shown)
        self.assertTrue(all(one["items"] for one in lists))

    def becomes_healthy(self):
        wait_until(lambda: self.inspect("freshet")["State"]["Health"]["Status"] == "healthy", "freshet is healthy",
                   interval_s=1)
        self.assertEqual(self.inspect("freshet")["RestartCount"], 0)

    def state(self):
        return json.loads(self.engine.compose("exec", "-T", "freshet", "freshet", "inspect", "state", "--json"))

    def positions(self):
        return self.state()["positions"]

    def knows_the_catalogue(self):
        wait_until(lambda: self.state().get("catalog_positions"), "the catalogue is in the state", interval_s=1)

    def stops_in_good_order(self):
        timed("stop", lambda: self.engine.compose("stop", "freshet", "shop"))
        for service in ("freshet", "shop"):
            logs = self.engine.compose("logs", service)
            self.assertEqual(self.inspect(service)["State"]["ExitCode"], 0, logs)

    def leaves_nothing_running(self):
        timed("down", lambda: self.engine.compose(*readme_command(DOWN)[1:]))
        self.assertEqual(self.engine.docker("ps", "-aq"), "")
        self.assertEqual(self.engine.docker("network", "ls", "-q", "--filter", "type=custom"), "")
        self.assertEqual(self.engine.processes(), [])
        self.assertEqual(len(self.named_volumes()), 2)

    def named_volumes(self):
        return self.engine.docker("volume", "ls", "-q", "--filter", "name=_").split()

    def goes_on_from(self, before):
        """Topics and state outlived `down`: each partition is further than it was, and nobody had to start again."""
        def further():
            now = self.positions()
            return len(before) == len(now) and all(now[p] > before[p] for p in before)
        wait_until(further, f"all partitions are beyond {before}", interval_s=1)
        self.assertEqual(self.inspect("freshet")["RestartCount"], 0)


def run():
    try:
        Stack.engine = timed("the engine", docker_engine.Engine)
    except docker_engine.NoEngine as reason:
        print(f"skipped: no Docker engine can be started here, so the stack is not tested: {reason}")
        sys.exit(EXIT_SKIPPED)
    try:
        timed("Debian's stand-in", lambda: stand_ins.make_debian(Stack.engine))
        try:
            Stack.engine.docker("run", "--rm", stand_ins.DEBIAN, "true")
        except AssertionError as reason:
            print(f"skipped: the Docker engine cannot run a container here, so the stack is not tested: {reason}")
            sys.exit(EXIT_SKIPPED)
        main()
    finally:
        Stack.engine.stop()


if __name__ == "__main__":
    run()
