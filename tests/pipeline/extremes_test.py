"""Shops that nobody has, but one may meet: a user who never rests, an item that everybody takes, users who come once,
times out of order, and less memory than users. The sizes of FRESHET_TEST_FULL=1 take some minutes each."""

import hashlib
import json
import os
import random

from freshet_testing import SLOW, Case, Running, file_run, inspect_state, main, succeed, summary_counts

FULL = os.environ.get("FRESHET_TEST_FULL") == "1"
START_MS = 1_700_000_000_000
MIB = 1 << 20


def sized(full, usual, slow):
    return full if FULL else slow if SLOW else usual


def file_digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Extremes(Case):
    def write(self, events):
        path = self.folder / "events.jsonl"
        with open(path, "w", encoding="ascii") as file:
            for event in events:
                file.write(json.dumps(event) + "\n")
        return path

    def run_it(self, events, name="run", **options):
        """Runs to the end. Returns the lists' path, the state's path, and the most memory that was resident."""
        lists, state = self.folder / f"{name}.jsonl", self.folder / f"{name}-state"
        words = file_run(events, lists, state, **options)
        running = Running("run", *words)
        peak = 0
        while running.process.poll() is None:
            peak = max(peak, resident_peak(running.process.pid))
            try:
                running.process.wait(0.2)
            except Exception:  # still running
                continue
        self.assertEqual(running.wait(), 0, running.errors())
        self.counts = summary_counts(running.output())
        return lists, state, peak

    def answered(self, lists, count):
        with open(lists, "rb") as file:
            self.assertEqual(sum(1 for _ in file), count)
        self.assertEqual(self.counts["events"], count)

    def test_one_user_who_never_rests_in_one_session_that_never_ends(self):
        count = sized(1_000_000, 60_000, 8_000)
        chance = random.Random(1)
        events = self.write({"user": "u", "item": f"i{int(chance.expovariate(1 / 400))}", "type": "view",
                             "session": "s", "time": START_MS + 20 * n} for n in range(count))
        lists, state, _ = self.run_it(events, lists__size=5)
        self.answered(lists, count)
        row = inspect_state(state)["spaces"]["user"]
        self.assertEqual(row["rows"], 1)
        # 500 items, of some 40 bytes each.
        self.assertLess(row["bytes"], 25_000, "what is remembered of a user is bounded")

    def test_one_item_in_every_event(self):
        count = sized(1_000_000, 60_000, 8_000)
        events = self.write({"user": f"u{n * 7919 % 20_011}", "item": "everything", "type": "view",
                             "time": START_MS + 20 * n} for n in range(count))
        lists, state, _ = self.run_it(events, lists__size=5)
        self.answered(lists, count)
        of_users = {"user", "user_cf.live", "user_cf.sessions", "session_knn.live", "session_knn.sessions",
                    "factorization.users"}
        for space, size in inspect_state(state)["spaces"].items():
            if space not in of_users:
                self.assertLess(size["bytes"], 40_000, f"{space} does not grow with the events of one item")

    def test_times_in_any_order(self):
        count = sized(200_000, 20_000, 6_000)
        chance = random.Random(2)
        shapes = [lambda n: START_MS + 20 * n, lambda n: START_MS - chance.randrange(10**10), lambda n: START_MS,
                  lambda n: START_MS + chance.randrange(10**12), lambda n: 0, lambda n: 253_402_300_799_999]
        events = self.write({"user": f"u{chance.randrange(500)}", "item": f"i{chance.randrange(300)}", "type": "view",
                             "time": chance.choices(shapes, (20, 2, 2, 1, 1, 1))[0](n)} for n in range(count))
        first, first_state, _ = self.run_it(events, lists__size=5, engine__threads="1")
        self.answered(first, count)
        second, second_state, _ = self.run_it(events, "again", lists__size=5, engine__threads="2",
                                              state__checkpoint_interval="20ms")
        self.assertEqual(file_digest(first), file_digest(second))
        self.assertEqual(inspect_state(first_state)["digest"], inspect_state(second_state)["digest"])

    def test_users_who_come_once_or_long_after_stay_within_the_memory_budget(self):
        users = sized(1_000_000, 160_000, 20_000)
        budget = sized(160, 32, 16) * MIB
        chance = random.Random(3)

        def events():
            for n in range(users):
                yield {"user": f"visitor-{n:08}", "item": f"i{chance.randrange(300)}", "type": "view",
                       "time": START_MS + 10 * n}
            for n in range(users // 10):
                yield {"user": f"visitor-{chance.randrange(users):08}", "item": f"i{chance.randrange(300)}",
                       "type": "view", "time": START_MS + 10 * (users + n)}
        path = self.write(events())
        count = users + users // 10
        ample, ample_state, ample_peak = self.run_it(path, "ample", lists__size=3, state__memory_budget="64GiB",
                                                     state__checkpoint_interval="1s")
        self.answered(ample, count)
        lists, state, peak = self.run_it(path, "scarce", lists__size=3, state__memory_budget=f"{budget // MIB}MiB",
                                         state__checkpoint_interval="1s")
        print(f"resident at most {peak // MIB} MiB with a budget of {budget // MIB} MiB, {ample_peak // MIB} MiB with "
              f"an ample one", flush=True)
        self.assertEqual(file_digest(ample), file_digest(lists))
        self.assertEqual(inspect_state(ample_state)["digest"], inspect_state(state)["digest"])
        if not SLOW:  # sanitizers keep freed memory back
            limit = budget * 5 // 4 + 200 * 1_000_000
            self.assertGreater(ample_peak, limit, "the stream needs more than the budget allows")
            self.assertGreaterEqual(ample_peak - peak, 4 * budget, "the stream needs four times the budget")
            self.assertLessEqual(peak, limit)


def resident_peak(pid):
    """Bytes; 0 when the process has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


if __name__ == "__main__":
    main()
