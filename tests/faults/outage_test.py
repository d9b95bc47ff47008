"""The broker is gone for a while, in the midst of work. Its argument: the guarantee. FRESHET_TEST_FULL=1 waits for 60 s."""

import json
import os
import subprocess

from freshet_testing import (ARGUMENTS, BOOTSTRAP, BROKER_TOOLS, Case, Follower, Running, create_topic, kafka_options, main,
                             read_topic, sets, succeed)
from kill import linger

EVENTS = 6_000
GONE_S = 60 if os.environ.get("FRESHET_TEST_FULL") == "1" else 12


class Outage(Case):
    def test_it_is_survived_with_few_words_and_nothing_lost(self):
        create_topic("events", 4)
        succeed("topics", "create", *kafka_options())
        shop = Running("simulate", "--to", "kafka", "--events", EVENTS, "--rate", 600,
                       *sets({"kafka.brokers": BOOTSTRAP}))
        running = Running("run", *kafka_options(state__path=str(self.folder / "state"),
                                                delivery__guarantee=ARGUMENTS[0]))
        follower = Follower("recommendations")
        follower.wait(EVENTS // 10, "it works", alive=running)
        for command, pause_s in (("kill", GONE_S), ("restart", 0)):
            subprocess.run([str(BROKER_TOOLS / "kafka"), command, os.environ["KAFKA_DIR"]], check=True)
            linger(pause_s)
        self.assertIsNone(running.process.poll(), running.errors())
        self.assertEqual(shop.wait(), 0, shop.errors())
        # The shop may have sent an event twice.
        events = {f"{m.partition}-{m.offset}" for m in read_topic("events")}
        self.assertGreaterEqual(len(events), EVENTS)
        follower.wait(len(events), "every event has its list", alive=running)
        follower.close()
        self.assertEqual(running.terminate(), 0, running.errors())
        names = [json.loads(m.value)["list"] for m in read_topic("recommendations")]
        self.assertEqual(set(names), events)
        if ARGUMENTS[0] == "exactly_once":
            self.assertEqual(len(names), len(events))
        said = [line for line in running.errors().splitlines() if " warning: " in line or " error: " in line]
        print("\n".join(said), flush=True)
        self.assertTrue(said, "the outage is mentioned")
        # Reader and writer each notice it; offsets that cannot be committed meanwhile may be a third.
        self.assertLessEqual(len(said), 4, "\n".join(said))


if __name__ == "__main__":
    main()
