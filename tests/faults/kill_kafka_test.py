"""kill -9 at random moments of one run from Kafka to Kafka. Its argument: the number of partitions.

With one partition the order of the events is the log's, so everything is as in a run that nobody interrupted, but
for lists that come twice.
"""

import json
import shutil

from freshet_testing import (ARGUMENTS, SLOW, Case, Follower, Running, create_topic, file_run, inspect_state,
                             kafka_options, main, produce, read_topic, succeed, wait_until)
from kill import KILLS, Moments, compare_lists, linger

EVENTS = 4_000 if SLOW else 9_000
PARTITIONS = int(ARGUMENTS[0])


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
        self.sent = read_topic("events")
        self.assertEqual(len(self.sent), EVENTS)

    def expected(self):
        """The lists of an uninterrupted run that takes the partitions one after the other, and its state."""
        events, lists, state = (self.folder / name for name in ("log.jsonl", "lists.jsonl", "expected-state"))
        log = sorted(self.sent)
        events.write_bytes(b"".join(m.value + b"\n" for m in log))
        succeed("run", *file_run(events, lists, state))
        values = lists.read_bytes().splitlines()
        found = {}
        for value in values:
            m = log[json.loads(value)["cause"]["offset"]]
            found[f"{m.partition}-{m.offset}"] = value
        return found, state

    def wait_until_learned(self, state, running):
        """Until a checkpoint holds every event: lists may have come from a process before this one."""
        def learned():
            try:
                return sum(inspect_state(state)["positions"].values()) == EVENTS
            except AssertionError:  # there is no checkpoint yet, or one is being written
                return False
        wait_until(learned, "every event is in a checkpoint", interval_s=0.1, alive=running)

    def killed(self, count, state, seed):
        options = kafka_options(state__path=str(state), state__checkpoint_interval="50ms",
                                delivery__commit_interval="20ms", engine__queue_bytes="64KiB")
        follower = Follower("recommendations")
        ids, read = set(), 0

        def seen():
            nonlocal read
            new = follower.messages[read:]
            read += len(new)
            ids.update(m.headers["freshet-source"] for m in new)
            return len(ids)
        at_work = 0
        for share, delay_s, early in Moments(seed):
            running = Running("run", *options)
            wait_until(lambda: early or seen() >= share * count, f"{share:.0%} of the lists have come", alive=running,
                       interval_s=0.002)
            linger(delay_s)
            at_work += seen() < count and not early
            self.assertEqual(running.kill(), -9, running.errors())
        running = Running("run", *options).started()
        wait_until(lambda: seen() >= count, "every list has come", alive=running)
        self.wait_until_learned(state, running)
        self.assertEqual(running.terminate(), 0, running.errors())
        follower.close()
        return at_work

    def test_nothing_is_lost_and_nothing_comes_out_of_order(self):
        expected, expected_state = self.expected()
        state = self.folder / "state"
        at_work = self.killed(len(expected), state, seed=20 + PARTITIONS)
        self.assertGreaterEqual(at_work, KILLS // 3, "too few kills fell into the work: more events are needed")
        lists = read_topic("recommendations")
        got = [(json.loads(m.value)["list"], m.value) for m in lists]
        for m, (name, _) in zip(lists, got):
            self.assertEqual(m.headers["freshet-source"], "events/" + name.replace("-", "/"))
        repeats = compare_lists(self, expected, got, byte_equal=PARTITIONS == 1)
        print(f"{at_work} of {KILLS} kills fell into the work; {repeats} lists came twice", flush=True)
        ends = {}
        for m in self.sent:
            ends[str(m.partition)] = max(ends.get(str(m.partition), 0), m.offset + 1)
        self.assertEqual(inspect_state(state)["positions"], ends)
        if PARTITIONS == 1:
            self.assertEqual(inspect_state(state)["digest"], inspect_state(expected_state)["digest"])
        self.lost_state(state, len(lists))

    def lost_state(self, state, count):
        """A new state is learned from the log again, and what was published is not published again."""
        digest = inspect_state(state)["digest"]
        shutil.rmtree(state)
        options = kafka_options(state__path=str(state), state__checkpoint_interval="50ms")
        running = Running("run", *options).started()
        self.wait_until_learned(state, running)
        self.assertEqual(running.terminate(), 0, running.errors())
        self.assertEqual(len(read_topic("recommendations")), count)
        if PARTITIONS == 1:
            self.assertEqual(inspect_state(state)["digest"], digest)


if __name__ == "__main__":
    main()
