"""kill -9 while a catalogue and events are read. Its argument: the guarantee. Positions and committed offsets of both
topics are those of their ends, each event has its list, and each wrong item of the catalogue is rejected."""

import json
import os
import subprocess

from freshet_testing import (ARGUMENTS, BOOTSTRAP, BROKER_TOOLS, Case, Follower, Running, create_topic, inspect_state,
                             kafka_options, main, produce, read_topic, succeed, wait_until)
from kill import Moments, linger

GUARANTEE = ARGUMENTS[0]
EVENTS, ITEMS, KILLS = 3_000, 600, 6


def committed_offsets():
    """{(topic, partition): offset} of the group, told by Kafka's own tool."""
    tool = subprocess.run([str(BROKER_TOOLS / "kafka"), "tool",
                           "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--bootstrap-server", BOOTSTRAP,
                           "--describe", "--group", "freshet"], capture_output=True, check=True, env=os.environ)
    rows = [line.split() for line in tool.stdout.decode().splitlines() if line.startswith("freshet ")]
    return {(row[1], int(row[2])): int(row[3]) for row in rows if row[3] != "-"}


class KillCatalog(Case):
    def test_both_topics_go_on_where_they_were(self):
        for topic in ("events", "catalog"):
            create_topic(topic, 2, **({"cleanup__policy": "compact"} if topic == "catalog" else {}))
        succeed("topics", "create", *kafka_options())
        events = self.folder / "events.jsonl"
        succeed("simulate", "--events", EVENTS, "--users", 300, "--items", 200, "--seed", 6, "--to", events)
        lines = events.read_bytes().splitlines()
        produce("events", [(json.loads(line)["user"].encode(), line) for line in lines])
        items = [(f"c{i}".encode(), json.dumps({"item": f"c{i}", "price": -1 if i % 10 == 0 else i}).encode())
                 for i in range(ITEMS)]
        produce("catalog", items + [(b"c7", None)])
        # What comes while it works.
        more = [(f"d{i}".encode(), json.dumps({"item": f"d{i}"}).encode()) for i in range(100)]

        state = self.folder / "state"
        options = kafka_options(state__path=str(state), state__checkpoint_interval="50ms",
                                delivery__commit_interval="20ms", delivery__guarantee=GUARANTEE)
        follower = Follower("recommendations")
        self.addCleanup(follower.close)
        running = Running("run", *options)
        for i, (share, delay_s, early) in enumerate(Moments(3, KILLS)):
            wait_until(lambda: early or len(follower.messages) >= share * EVENTS, "some lists have come", alive=running)
            produce("catalog", more[i::KILLS])
            linger(delay_s)
            self.assertEqual(running.kill(), -9, running.errors())
            running = Running("run", *options)

        ends = {}
        for topic in ("events", "catalog"):
            for m in read_topic(topic):
                ends[topic, m.partition] = max(ends.get((topic, m.partition), 0), m.offset + 1)
        wanted = [{str(p): end for (topic, p), end in ends.items() if topic == name} for name in ("events", "catalog")]

        def learned():
            try:
                told = inspect_state(state)
                return [told["positions"], told.get("catalog_positions", {})] == wanted
            except AssertionError:  # a checkpoint is being written
                return False
        wait_until(learned, "all of both topics is in a checkpoint", interval_s=0.1, alive=running)
        self.assertEqual(running.terminate(), 0, running.errors())
        self.assertEqual(committed_offsets(), ends)
        names = [m.headers["freshet-source"] for m in read_topic("recommendations")]
        self.assertEqual([name for name in names if not name.startswith("events/")], [])
        self.assertEqual(len(set(names)), EVENTS, "each event has its list")
        rejected = [m.headers["source"] for m in read_topic("rejected")]
        self.assertEqual(len(set(rejected)), ITEMS // 10, rejected[:3])
        self.assertTrue(all(source.startswith("catalog/") for source in rejected), rejected[:3])
        if GUARANTEE == "exactly_once":
            self.assertEqual(len(names), EVENTS, "and has it once")
            self.assertEqual(len(rejected), ITEMS // 10)


if __name__ == "__main__":
    main()
