"""The hostile records once more, through Kafka: none stops the program, each arrives in the rejected topic as it
was sent, with its key and with headers that say why and where it stood."""

import random

from freshet_testing import (Case, Follower, Running, create_topic, freshet, kafka_options, main, produce, read_topic)
from hostile_records import Hostile, event, mixed

# More than the rejected topic takes, compressed or not.
HUGE = random.Random(5).randbytes(3_000_000)


def kafka_mix():
    """Key, value, and the words of the reason; None: it is good."""
    records = []
    for i, record in enumerate(mixed(seed=3)):
        # Here a record without a time in it has a time of its own.
        bad = isinstance(record, Hostile) and record.name not in ("no time", "time null")
        records.append((b"k%d" % i, record.record, record.words if bad else None))
    # What a file cannot hold.
    records[10:10] = [
        (b"lines", b'{"user":"u1",\n"item":\n', ["JSON"]),
        (b"a newline", b"\n", ["empty"]),
        (b"\xff\xfe\x00key", b"x", ["JSON"]),
        (b"good, with newlines", event(user="newlines").replace(b",", b",\n"), None),
        (b"\xc3\x28", None, ["key"]),
        (b"k" * 257, None, ["key"]),
        (b"huge", HUGE, ["1048576"]),
    ]
    records += [(None, b"no key either", ["JSON"]), (None, event(user="without a key"), None)]
    return records


class HostileKafka(Case):
    def test_hostile_records_reach_the_rejected_topic_untouched(self):
        create_topic("events", 2, max__message__bytes=4_000_000)
        create_topic("rejected", 1, max__message__bytes=2_097_152)
        # It says that rejected records may not fit, and creates what is missing all the same.
        created = freshet("topics", "create", *kafka_options())
        self.assertEqual(created.status, 1)
        self.assertRegex(created.out.decode(), r"(?m)^rejected .*max\.message\.bytes")
        records = kafka_mix()
        produce("events", [(key, value) for key, value, _ in records], message__max__bytes=4_000_000)
        sent = read_topic("events")
        self.assertEqual(len(sent), len(records))
        # Whose place is whose: kcat sends in order, and the key says which record it is.
        words_of = {(key, value): words for key, value, words in records}
        bad = {f"events/{m.partition}/{m.offset}": m for m in sent if words_of[m.key, m.value] is not None}
        good = {f"events/{m.partition}/{m.offset}": m for m in sent if words_of[m.key, m.value] is None}

        running = Running("run", *kafka_options(state__path=str(self.folder / "state")))
        lists, rejected = Follower("recommendations"), Follower("rejected")
        lists.wait(len(good), "every good record has its list", running)
        rejected.wait(len(bad), "every hostile record is in the rejected topic", running)
        self.assertEqual(running.terminate(), 0, running.errors())

        self.assertEqual(len(rejected.messages), len(bad))
        for m in rejected.messages:
            original = bad.pop(m.headers["source"])
            with self.subTest(original.key):
                self.assertEqual(m.key, original.key)
                if original.value == HUGE:
                    self.assertEqual((m.value, "3000000 bytes" in m.headers["omitted"]), (b"", True))
                else:
                    self.assertEqual(m.value, original.value)
                for word in words_of[original.key, original.value]:
                    self.assertIn(word, m.headers["reason"])
        self.assertFalse(bad)
        self.assertEqual(sorted(m.headers["freshet-source"] for m in lists.messages), sorted(good))


if __name__ == "__main__":
    main()
