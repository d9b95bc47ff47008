"""kill -9 at random moments of one run from Kafka to Kafka. Its arguments: the number of partitions, the guarantee, and
whom to kill: freshet or broker.

The lists stand in a topic of one partition, so their order tells in which order the events of all partitions were
taken. A run that nobody interrupted, over the events in that order, must have made the same bytes and the same state.
"""

import json
import os
import shutil
import subprocess

from freshet_testing import (ARGUMENTS, BROKER_TOOLS, SLOW, Case, Follower, Running, create_topic, file_run,
                             inspect_state, kafka_options, main, produce, read_topic, succeed, wait_until)
from kill import KILLS, READ_AHEAD, Moments, as_from, compare_lists, events_in_order, linger

PARTITIONS, GUARANTEE, VICTIM = int(ARGUMENTS[0]), ARGUMENTS[1], ARGUMENTS[2]
# A broker needs some seconds to come back.
COUNT = KILLS if VICTIM == "freshet" else max(2, KILLS // 10)
EVENTS = max(4_000 if SLOW else 9_000, (100 if VICTIM == "freshet" else 1_000) * COUNT)


class KillKafka(Case):
    def setUp(self):
        super().setUp()
        create_topic("events", PARTITIONS)
        create_topic("recommendations", 1, cleanup__policy="compact")
        succeed("topics", "create", *kafka_options())
        events = self.folder / "events.jsonl"
        succeed("simulate", "--events", EVENTS, "--users", 700, "--items", 400, "--seed", 6, "--to", events)
        lines = events.read_bytes().splitlines()
        produce("events", [(json.loads(line)["user"].encode(), line) for line in lines])
        self.sent = {f"{m.partition}-{m.offset}": m.value for m in read_topic("events")}
        self.assertEqual(len(self.sent), EVENTS)

    def uninterrupted(self, order):
        """The lists, by the names they have in Kafka, and the state of a run over the events in this order."""
        events, lists, state = (self.folder / name for name in ("log.jsonl", "lists.jsonl", "expected-state"))
        events.write_bytes(b"".join(self.sent[name] + b"\n" for name in order))
        succeed("run", *file_run(events, lists, state))
        values = lists.read_bytes().splitlines()
        self.assertEqual(len(values), len(order))
        return {name: as_from(value, name) for name, value in zip(order, values)}, state

    def wait_until_learned(self, state, running):
        """Until a checkpoint holds every event: lists may have come from a process before this one."""
        def learned():
            try:
                found = inspect_state(state)["positions"]
            except AssertionError:  # there is no checkpoint yet, or one is being written
                return False
            return sum(found.values()) >= EVENTS
        wait_until(learned, "every event is in a checkpoint", interval_s=0.1, alive=running)

    def kill_one(self):
        if VICTIM == "freshet":
            self.assertEqual(self.running.kill(), -9, self.running.errors())
            self.running = Running("run", *self.options)
            return
        for command in ("kill", "restart"):
            subprocess.run([str(BROKER_TOOLS / "kafka"), command, os.environ["KAFKA_DIR"]], check=True)

    def killed(self, state, seed):
        self.options = kafka_options(state__path=str(state), state__checkpoint_interval="50ms",
                                     delivery__commit_interval="20ms", engine__queue_bytes="64KiB",
                                     delivery__guarantee=GUARANTEE, kafka__properties=READ_AHEAD)
        follower = Follower("recommendations")
        ids, read = set(), 0

        def seen():
            nonlocal read
            new = follower.messages[read:]
            read += len(new)
            ids.update(m.headers["freshet-source"] for m in new)
            return len(ids)
        at_work = 0
        self.running = Running("run", *self.options)
        for share, delay_s, early in Moments(seed, COUNT):
            early = early and VICTIM == "freshet"
            wait_until(lambda: early or seen() >= share * EVENTS, f"{share:.0%} of the lists have come",
                       interval_s=0.002, alive=self.running)
            linger(delay_s)
            at_work += seen() < EVENTS and not early
            self.kill_one()
        self.running.started()
        wait_until(lambda: seen() >= EVENTS, "every list has come", alive=self.running)
        self.wait_until_learned(state, self.running)
        self.assertEqual(self.running.terminate(), 0, self.running.errors())
        follower.close()
        return at_work

    def test_everything_is_as_if_nobody_had_interrupted(self):
        state = self.folder / "state"
        at_work = self.killed(state, seed=20 + PARTITIONS)
        self.assertGreaterEqual(at_work, COUNT // 3, "too few kills fell into the work: more events are needed")
        lists = read_topic("recommendations")
        got = [(json.loads(m.value)["list"], m.value) for m in lists]
        for m, (name, _) in zip(lists, got):
            self.assertEqual(m.headers["freshet-source"], "events/" + name.replace("-", "/"))
        expected, expected_state = self.uninterrupted(events_in_order(lists))
        repeats = compare_lists(self, expected, got, byte_equal=True)
        if GUARANTEE == "exactly_once":
            self.assertEqual(repeats, 0, "a read_committed reader sees each list once")
        self.assertEqual(sorted(expected), sorted(self.sent), "each event has its list")
        print(f"{at_work} of {COUNT} kills of {VICTIM} fell into the work; {repeats} lists came twice",
              flush=True)
        self.assertEqual(inspect_state(state)["digest"], inspect_state(expected_state)["digest"])
        if PARTITIONS == 1:
            self.lost_state(state, len(lists))

    def lost_state(self, state, count):
        """A new state is learned from the log again, and what was published is not published again."""
        digest = inspect_state(state)["digest"]
        shutil.rmtree(state)
        running = Running("run", *self.options).started()
        self.wait_until_learned(state, running)
        self.assertEqual(running.terminate(), 0, running.errors())
        self.assertEqual(len(read_topic("recommendations")), count)
        self.assertEqual(inspect_state(state)["digest"], digest)


if __name__ == "__main__":
    main()
