"""Two processes that want the same group: one with the same name takes over, one with another name is refused."""

import json

from freshet_testing import (BOOTSTRAP, EXIT_FAILED, Case, Follower, Running, create_topic, freshet, kafka_options, main,
                             read_topic, sets, succeed, wait_until)

EVENTS = 4_000
PARTITIONS = 4


class Takeover(Case):
    def setUp(self):
        super().setUp()
        create_topic("events", PARTITIONS)
        succeed("topics", "create", *kafka_options())
        self.shop = Running("simulate", "--to", "kafka", "--events", EVENTS, "--rate", 800,
                            *sets({"kafka.brokers": BOOTSTRAP}))
        self.follower = Follower("recommendations")
        self.addCleanup(self.follower.close)

    def options(self, state, **more):
        return kafka_options(state__path=str(self.folder / state), delivery__guarantee="exactly_once", **more)

    def test_the_same_name_takes_over_and_another_is_refused(self):
        first = Running("run", *self.options("first"))
        self.follower.wait(EVENTS // 8, "the first one works", alive=first)

        refused = freshet("run", *self.options("third", kafka__instance="another"))
        sentence = refused.err.decode()
        self.assertEqual(refused.status, EXIT_FAILED, sentence)
        self.assertIn("Stop the other, or give this one a kafka.group of its own", sentence)
        seen = len(self.follower.messages)
        self.follower.wait(seen + 50, "the first one goes on", alive=first)

        second = Running("run", *self.options("second"))
        wait_until(lambda: first.process.poll() is not None, "the first one has ended", alive=second)
        self.assertEqual(first.wait(), EXIT_FAILED, first.errors())
        self.assertRegex(first.errors(), r"(?m)^freshet: kafka: another process .* has taken over; this one stops")

        self.follower.wait(EVENTS, "the second one has answered the rest", alive=second)
        self.assertEqual(self.shop.wait(), 0, self.shop.errors())
        self.assertEqual(second.terminate(), 0, second.errors())
        names = [json.loads(m.value)["list"] for m in read_topic("recommendations")]
        self.assertEqual(len(set(names)), EVENTS, "each event has its list")
        self.assertEqual(len(names), EVENTS, "and has it once, whoever made it")


if __name__ == "__main__":
    main()
