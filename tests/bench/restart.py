"""Restart after kill -9: the time from exec to the first list that was not there before, from Kafka to Kafka.

At rest, a checkpoint holds all events and new ones wait in the topic. At work, the process is killed while it takes in
events as fast as it can, and must first learn again what came after the newest checkpoint.
"""

import datetime
import json
import pathlib
import re
import subprocess
import tempfile
import time

import kafka_bench

kafka_bench.with_broker()
from freshet_testing import (BOOTSTRAP, Follower, Running, create_topic, inspect_state, kafka_options,  # noqa: E402
                             produce, succeed, wait_until)

PARTITIONS = 4
LISTS = "recommendations"
HELD = 1_000  # events that wait at a restart from rest


class Shop:
    """Events that go to Kafka piece by piece, and the freshet that takes them in."""

    def __init__(self, folder, events, users):
        create_topic(LISTS, 1, cleanup__policy="compact")
        succeed("topics", "create", "--partitions", PARTITIONS, *kafka_options())
        path = folder / "events.jsonl"
        succeed("simulate", "--events", events, "--users", users, "--to", path)
        self.lines = iter(path.read_bytes().splitlines())
        self.sent = 0
        self.listed = {}  # by partition of the events: the highest offset that has a list
        self.noted = 0  # lists of which that was seen
        self.state = folder / "state"
        self.running = None
        self.start()

    def start(self):
        self.running = Running("run", *kafka_options(state__path=str(self.state)))

    def send(self, count):
        """Returns how many there were."""
        lines = [line for _, line in zip(range(count), self.lines)]
        produce("events", [(json.loads(line)["user"].encode(), line) for line in lines])
        self.sent += len(lines)

    def until_listed(self, count):
        wait_until(lambda: kafka_bench.end_of(LISTS, 1) >= count, f"{count} lists are there",
                   120 + count / 500, 0.05, self.running)

    def at_rest(self):
        """All lists are out, and a checkpoint holds all events."""
        kafka_bench.wait_for_end(LISTS, 1, self.sent, self.running, quiet_s=6.0)

    def note_lists(self, end):
        # To the end, not so many: the topic is compacted, and offsets are no count.
        words = ["kcat", "-b", BOOTSTRAP, "-C", "-q", "-e", "-t", LISTS, "-o", str(self.noted)]
        with subprocess.Popen([*words, "-f", r"%h\n"], stdout=subprocess.PIPE, text=True) as reader:
            for line in reader.stdout:
                partition, offset = place(re.search("freshet-source=([^,]+)", line)[1])
                self.listed[partition] = max(self.listed.get(partition, -1), offset)
        if reader.returncode != 0:
            raise SystemExit(f"restart: kcat ended with {reader.returncode}")
        self.noted = end

    def restart(self):
        """After a kill. Returns what was measured."""
        time.sleep(0.5)  # what was on its way to the broker arrives
        state = inspect_state(self.state)
        end = kafka_bench.end_of(LISTS, 1)
        self.note_lists(end)
        out = self.listed
        follower = Follower(LISTS, end)
        time.sleep(0.5)  # it has found its broker
        looked_at = 0

        def new():
            nonlocal looked_at
            looked_at += 1
            partition, offset = place(follower.messages[looked_at - 1].headers["freshet-source"])
            return offset > out.get(partition, -1)

        begin_wall, begin = time.time(), time.monotonic()
        self.start()
        wait_until(lambda: looked_at < len(follower.messages) and new(), "there is a new list",
                   interval_s=0.002, alive=self.running)
        seconds = time.monotonic() - begin
        follower.close()
        learned = sum(out.values()) + len(out) - sum(state["positions"].values())
        return {"seconds": seconds, "restored": restored_at(self.running.errors()) - begin_wall,
                "again": looked_at - 1, "learned": learned, "state": state}


def place(cause):
    _, partition, offset = cause.split("/")
    return int(partition), int(offset)


def restored_at(log):
    found = re.search(r"(?m)^(\S+)Z info: the state is restored", log)
    if not found:
        return float("nan")
    return datetime.datetime.fromisoformat(found[1] + "+00:00").timestamp()


def sizes(state):
    """Users, and bytes of keys and values."""
    return state["spaces"]["user"]["rows"], sum(space["bytes"] for space in state["spaces"].values())


def main():
    a = kafka_bench.arguments(events=650_000, users=1_000_000, rounds=3, burst=60_000)
    rows = [["restart after kill -9", "users", "state MB", "learned again", "restored s", "first new list s", "s/GB"]]
    with tempfile.TemporaryDirectory(prefix="freshet-bench.") as folder:
        shop = Shop(pathlib.Path(folder), a.events + a.rounds * (HELD + a.burst), a.users)
        shop.send(a.events)
        for way in ("at rest", "at work"):
            for _ in range(a.rounds):
                shop.at_rest()
                if way == "at rest":
                    shop.running.kill()
                    shop.send(HELD)
                else:
                    shop.send(a.burst)
                    shop.until_listed(shop.sent - a.burst // 2)
                    shop.running.kill()
                m = shop.restart()
                users, total = sizes(m["state"])
                rows.append([way, f"{users:,}", f"{total / 1e6:.1f}", f"{m['learned']:,}", f"{m['restored']:.2f}",
                             f"{m['seconds']:.2f}", f"{m['seconds'] * 1e9 / total:.2f}"])
        shop.running.terminate()
    kafka_bench.print_table(rows)


if __name__ == "__main__":
    main()
