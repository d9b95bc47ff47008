"""kill -9 while a catalogue and events are read. Its argument: the guarantee.

Where the catalogue's records stood among the events can be seen in no topic, so the shop says it: while freshet is dead it
describes all items anew, with the number of that edition as their title, and lists show titles. At a start the catalogue
comes first, so every list must be of one edition, which tells between which events it was taken. A run from files, which
reads up to each edition and stops, must have made the same bytes and the same state. What the shop says while freshet is at
work is of items that no list holds; its place makes no difference, but it must be in the state, and once.
"""

import base64
import json
import os
import subprocess

from freshet_testing import (ARGUMENTS, BOOTSTRAP, BROKER_TOOLS, Case, Follower, Running, create_topic, file_run,
                             inspect_state, json_lines, kafka_options, main, produce, read_topic, succeed, wait_until)
from kill import KILLS, READ_AHEAD, Moments, as_from, compare_lists, events_in_order, linger

GUARANTEE = ARGUMENTS[0]
COUNT = max(6, KILLS // 5)
EVENTS, ITEMS, UNSEEN = max(3_000, 200 * COUNT), 200, 60


def committed_offsets():
    """{(topic, partition): offset} of the group, told by Kafka's own tool."""
    tool = subprocess.run([str(BROKER_TOOLS / "kafka"), "tool",
                           "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--bootstrap-server", BOOTSTRAP,
                           "--describe", "--group", "freshet"], capture_output=True, check=True, env=os.environ)
    rows = [line.split() for line in tool.stdout.decode().splitlines() if line.startswith("freshet ")]
    return {(row[1], int(row[2])): int(row[3]) for row in rows if row[3] != "-"}


def described(item, edition, **more):
    entry = {"item": item, "title": str(edition), "category": ["shop", f"shelf-{len(item) + edition % 3}"], "price": 5}
    return item.encode(), json.dumps({**entry, **more}).encode()


def edition_of(edition):
    """All items; each time others are sold out, and two records are of no use."""
    entries = [described(f"i{i}", edition, stock=(i + edition) % 5) for i in range(ITEMS)]
    return entries + [described(f"i{i}", edition, price=-1) for i in range(2)]


def unseen(edition):
    """Of items that are never to be had."""
    return [described(f"unseen-{i}", edition, available=False) for i in range(UNSEEN)]


class KillCatalog(Case):
    def setUp(self):
        super().setUp()
        create_topic("events", 2)
        create_topic("catalog", 2, cleanup__policy="compact")
        create_topic("recommendations", 1, cleanup__policy="compact")
        succeed("topics", "create", *kafka_options())
        events = self.folder / "events.jsonl"
        succeed("simulate", "--events", EVENTS, "--users", 300, "--items", ITEMS, "--seed", 6, "--to", events)
        lines = events.read_bytes().splitlines()
        produce("events", [(json.loads(line)["user"].encode(), line) for line in lines])
        produce("catalog", edition_of(0) + unseen(0))

    def killed(self, state):
        """Kills, with a new edition at each. Returns how many kills fell into the work."""
        options = kafka_options(state__path=str(state), state__checkpoint_interval="50ms",
                                delivery__commit_interval="20ms", delivery__guarantee=GUARANTEE,
                                engine__queue_bytes="64KiB", lists__include=["title"], kafka__properties=READ_AHEAD)
        follower = Follower("recommendations")
        self.addCleanup(follower.close)

        def seen():
            return len({m.headers["freshet-source"] for m in follower.messages[:]})
        at_work = 0
        running = Running("run", *options)
        for edition, (share, delay_s, early) in enumerate(Moments(3, COUNT), 1):
            wait_until(lambda: early or seen() >= share * EVENTS, "some lists have come", alive=running)
            if not early:
                produce("catalog", unseen(edition))
            linger(delay_s)
            at_work += seen() < EVENTS and not early
            self.assertEqual(running.kill(), -9, running.errors())
            produce("catalog", edition_of(edition))
            running = Running("run", *options)
        self.ends = {}
        for topic in ("events", "catalog"):
            for m in read_topic(topic):
                self.ends[topic, m.partition] = max(self.ends.get((topic, m.partition), 0), m.offset + 1)
        wanted = [{str(p): end for (topic, p), end in self.ends.items() if topic == name} for name in ("events", "catalog")]

        def learned():
            try:
                told = inspect_state(state)
                return [told["positions"], told.get("catalog_positions", {})] == wanted
            except AssertionError:  # a checkpoint is being written
                return False
        wait_until(learned, "all of both topics is in a checkpoint", interval_s=0.1, alive=running)
        self.assertEqual(running.terminate(), 0, running.errors())
        return at_work

    def editions(self, values):
        """The edition of each list, in their order."""
        editions = []
        for value in values:
            shown = json.loads(value)
            titles = {entry["title"] for entry in shown["items"]}
            self.assertEqual(len(titles), 1, f"list {shown['list']} is of more than one edition")
            edition = int(titles.pop())
            for entry in shown["items"]:
                self.assertNotEqual((int(entry["item"][1:]) + edition) % 5, 0, f"{shown['list']}: {entry} is sold out")
            editions.append(edition)
        self.assertEqual(editions, sorted(editions), "an edition that was taken is taken for good")
        return editions

    def uninterrupted(self, order, editions):
        """The lists by their names, the rejected records, and the state of a run that took all in this order."""
        sent = {f"{m.partition}-{m.offset}": m.value for m in read_topic("events")}
        # At a start it is one run a partition; those of the catalogue are numbered downwards from -1.
        said = sorted(read_topic("catalog"), key=lambda m: (-m.partition, m.offset))
        titles = [int(json.loads(m.value)["title"]) for m in said]
        events, catalog, lists, state = (self.folder / name for name in ("log", "said", "lists", "expected-state"))
        before = -1
        for edition in [*dict.fromkeys(editions), COUNT + 1]:
            with open(events, "ab") as file:
                file.writelines(sent[name] + b"\n" for name, e in zip(order, editions) if e == edition)
            with open(catalog, "ab") as file:
                file.writelines(m.value + b"\n" for m, title in zip(said, titles) if before < title <= edition)
            succeed("run", *file_run(events, lists, state, source__catalog_path=str(catalog), lists__include=["title"]))
            before = edition
        values = lists.read_bytes().splitlines()
        self.assertEqual(len(values), len(order))
        rejected = json_lines((self.folder / "lists.rejected").read_bytes())
        return ({name: as_from(value, name) for name, value in zip(order, values)},
                sorted((base64.b64decode(r["record_base64"]), r["reason"]) for r in rejected), state)

    def test_both_topics_go_on_where_they_were(self):
        state = self.folder / "state"
        at_work = self.killed(state)
        self.assertGreaterEqual(at_work, COUNT // 3, "too few kills fell into the work: more events are needed")
        self.assertEqual(committed_offsets(), self.ends)
        lists = read_topic("recommendations")
        for m in lists:
            self.assertEqual(m.headers["freshet-source"], "events/" + json.loads(m.value)["list"].replace("-", "/"))
        got = [(json.loads(m.value)["list"], m.value) for m in lists]
        order, first = events_in_order(lists), {}
        for name, value in got:
            first.setdefault(name, value)
        editions = self.editions(first.values())
        self.assertGreater(len(set(editions)), COUNT // 3, "too few editions were seen by lists")
        expected, expected_rejected, expected_state = self.uninterrupted(order, editions)
        repeats = compare_lists(self, expected, got, byte_equal=True)
        self.assertEqual(len(expected), EVENTS, "each event has its list")
        rejected = {}
        messages = read_topic("rejected")
        for m in messages:
            self.assertTrue(m.headers["source"].startswith("catalog/"), m.headers)
            rejected[m.headers["source"]] = (m.value, m.headers["reason"])
        self.assertEqual(sorted(rejected.values()), expected_rejected)
        if GUARANTEE == "exactly_once":
            self.assertEqual((repeats, len(messages)), (0, len(rejected)), "and once")
        print(f"{at_work} of {COUNT} kills fell into the work; lists of {len(set(editions))} editions; {repeats} lists "
              f"came twice", flush=True)
        self.assertEqual(inspect_state(state)["digest"], inspect_state(expected_state)["digest"])


if __name__ == "__main__":
    main()
