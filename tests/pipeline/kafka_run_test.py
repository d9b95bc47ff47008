"""A real stream of shop events through Kafka: read and written by the program, produced and checked by kcat."""

import collections
import json
import time

from freshet_testing import (DATA, SLOW, Case, Follower, Running, check_list, create_topic, file_run, freshet, kafka_options,
                             main, produce, read_bytes, read_topic, succeed)

STREAM = "yoochoose_100k.test.jsonl.zst"
PARTITIONS = 4


class KafkaRun(Case):
    def test_one_list_for_each_event_as_the_contract_says(self):
        lines = read_bytes(DATA / STREAM).splitlines()[:4_000 if SLOW else None]
        users = [json.loads(line)["user"].encode() for line in lines]
        # One partition of lists shows the order in which the events were taken.
        create_topic("recommendations", 1, cleanup__policy="compact")
        table = succeed("topics", "create", "--partitions", PARTITIONS, *kafka_options()).decode()
        self.assertRegex(table, rf"(?m)^events +events +{PARTITIONS} +delete +created$")
        self.assertRegex(table, r"(?m)^recommendations +recommendations +1 +compact +good$")
        self.assertEqual(freshet("topics", "check", *kafka_options()).status, 0)
        produce("events", list(zip(users, lines)))
        sent = {(m.partition, m.offset): m for m in read_topic("events")}
        self.assertEqual(len(sent), len(lines))
        self.assertEqual(len({partition for partition, _ in sent}), PARTITIONS)

        state = self.folder / "state"
        started_ms = time.time() * 1_000
        follower = Follower("recommendations")
        # Stopped in good order on the way, it publishes nothing twice.
        for count in (len(lines) // 3, len(lines)):
            running = Running("run", *kafka_options(state__path=str(state), engine__queue_bytes="64KiB"))
            follower.wait(count, f"{count} events have their lists", running)
            self.assertEqual(running.terminate(), 0, running.errors())
        lists = read_topic("recommendations")
        self.assertEqual(len(lists), len(lines), "exactly one list for each event")

        own = collections.defaultdict(set)
        reached = {}
        causes = []
        for m in lists:
            shown = json.loads(m.value)
            place = shown["cause"]["partition"], shown["cause"]["offset"]
            event = json.loads(sent[place].value)
            own[event["user"]].add(event["item"])
            self.assertEqual(m.key, sent[place].key)
            check_list(self, shown, event, own[event["user"]], "%d-%d" % place)
            self.assertEqual(reached.get(place[0], -1) + 1, place[1], "a partition's events are taken in their order")
            reached[place[0]] = place[1]
            causes.append(place)
            self.assertEqual(set(m.headers), {"freshet-source", "freshet-read-ms", "freshet-published-ms"})
            self.assertEqual(m.headers["freshet-source"], "events/%d/%d" % place)
            read_ms, published_ms = int(m.headers["freshet-read-ms"]), int(m.headers["freshet-published-ms"])
            self.assertTrue(started_ms - 1 <= read_ms <= published_ms <= time.time() * 1_000 + 1, m.headers)
        self.assertEqual(len(set(causes)), len(lines))
        self.assertEqual(read_topic("rejected"), [])
        self.replayed_from_a_file(causes, sent, lists)
        self.state_is_lost(follower, len(lines), users[0], lines[0])

    def replayed_from_a_file(self, causes, sent, lists):
        """The same records in the order in which they were taken give the same bytes."""
        events, replayed = self.folder / "events.jsonl", self.folder / "lists.jsonl"
        events.write_bytes(b"".join(sent[place].value + b"\n" for place in causes))
        succeed("run", *file_run(events, replayed, self.folder / "state-of-replay"))
        again = replayed.read_bytes().splitlines()
        self.assertEqual(len(again), len(lists))
        for line, (place, m) in enumerate(zip(causes, lists)):
            here = b'"list":"%d-%d","cause":{"topic":"events","partition":%d,"offset":%d,' % (*place, *place)
            there = b'"list":"0-%d","cause":{"topic":"events","partition":0,"offset":%d,' % (line, line)
            self.assertIn(here, m.value)
            self.same_bytes(m.value.replace(here, there, 1), again[line], f"list {place}")

    def state_is_lost(self, follower, count, user, line):
        """What the group says was published is learned again and not published again."""
        running = Running("run", *kafka_options(state__path=str(self.folder / "another-state")))
        produce("events", [(user, line)])
        follower.wait(count + 1, "the one new event has its list", running)
        self.assertEqual(running.terminate(), 0, running.errors())
        self.assertEqual(len(read_topic("recommendations")), count + 1)
        newest = json.loads(follower.messages[-1].value)
        self.assertEqual(newest["user"].encode(), user)
        self.assertEqual(len(newest["items"]), 20)


if __name__ == "__main__":
    main([STREAM])
