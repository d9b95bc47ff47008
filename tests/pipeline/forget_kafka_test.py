"""Forgetting through Kafka: a record without a value, or a `forget` event, erases the user and his current list."""

import json

from freshet_testing import (Case, Follower, Running, freshet, kafka_options, main, produce, read_topic, sets,
                             succeed)

T = 1_700_000_000_000


def event(second, user, item, kind="view"):
    return user.encode(), json.dumps({"user": user, "item": item, "type": kind, "time": T + second * 1_000}).encode()


class ForgetKafka(Case):
    def test_a_tombstone_erases_the_user_and_tombstones_his_list(self):
        succeed("topics", "create", *kafka_options())
        state = sets({"state.path": str(self.folder / "state")})
        running = Running("run", *kafka_options(), *state)
        follower = Follower("recommendations")
        forget_bob = b"bob", json.dumps({"user": "bob", "type": "forget", "time": T + 9_000}).encode()
        produce("events", [event(1, "ann", "a"), event(2, "bob", "b"), event(3, "eve", "c"), (b"ann", None), forget_bob,
                           event(10, "bob", "d"), (b"nobody", None)])
        follower.wait(7, "lists and tombstones have come", running)
        self.assertEqual(running.terminate(), 0, running.errors())

        by_key = {}
        for m in read_topic("recommendations"):
            by_key.setdefault(m.key.decode(), []).append(m)
            self.assertIn("freshet-source", m.headers)
        shape = {key: [None if m.value is None else json.loads(m.value)["cause"]["item"] for m in found]
                 for key, found in by_key.items()}
        self.assertEqual(shape, {"ann": ["a", None], "bob": ["b", None, "d"], "eve": ["c"], "nobody": [None]})
        self.assertEqual(read_topic("rejected"), [])

        def remembered(user):
            return freshet("inspect", "user", user, *state).status == 0
        self.assertEqual([user for user in ("ann", "bob", "eve", "nobody") if remembered(user)], ["bob", "eve"])
        bob = json.loads(succeed("inspect", "user", "bob", "--json", *state))
        self.assertEqual([h["item"] for h in bob["history"]], ["d"])


if __name__ == "__main__":
    main()
