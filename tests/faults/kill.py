"""What the kill tests share: when to kill, and how to compare what came out with an uninterrupted run."""

import json
import os
import random
import re
import time

from freshet_testing import SLOW

KILLS = int(os.environ.get("FRESHET_TEST_KILLS", "10" if SLOW else "30"))
# Little is read ahead, so that a kill finds work that is not done, and the broker is still needed when it is killed.
READ_AHEAD = {"queued.max.messages.kbytes": "64", "queued.min.messages": "100", "fetch.message.max.bytes": "16384"}


class Moments:
    """Seeded moments of one run, as shares of its whole output: a kill is due when that much has come out.

    To each belongs a short delay, so that kills fall between two outputs too.
    """

    def __init__(self, seed, count=KILLS):
        chance = random.Random(seed + int(os.environ.get("FRESHET_TEST_SEED", "0")))
        self.shares = sorted(chance.random() for _ in range(count))
        self.delays_s = [chance.random() ** 3 * 0.08 for _ in range(count)]
        # Some at once, while the program reads its state.
        self.early = [chance.random() < 0.15 for _ in range(count)]

    def __iter__(self):
        return iter(zip(self.shares, self.delays_s, self.early))


def linger(seconds):
    """Passes a moment of the test's choice: not to wait for anything, but to strike at a random time."""
    time.sleep(seconds)


def events_in_order(lists):
    """Offsets of the causes, as "partition-offset", in the order in which they were first answered."""
    return list(dict.fromkeys(json.loads(m.value)["list"] for m in lists))


def as_from(value, name):
    """The list as it would be if its cause had stood at "partition-offset"."""
    partition, offset = name.split("-")
    value = re.sub(rb'"list":"\d+-\d+"', b'"list":"%s"' % name.encode(), value, count=1)
    where = b'"partition":%s,"offset":%s' % (partition.encode(), offset.encode())
    return re.sub(rb'"partition":\d+,"offset":\d+', where, value, count=1)


def compare_lists(case, expected, got, byte_equal):
    """`got` (list id, value), in the order in which they came, against {list id: value} of an uninterrupted run.

    None is missing, repeats are byte-identical, each user's lists come in his order; with `byte_equal` every value
    is the one expected, too. Returns how many repeats there were.
    """
    first, repeats = {}, 0
    for name, value in got:
        if name not in first:
            first[name] = value
            continue
        repeats += 1
        if byte_equal:
            case.same_bytes(first[name], value, f"list {name} came twice, and differs")
    missing = [name for name in expected if name not in first]
    case.assertFalse(missing[:10], f"{len(missing)} lists are missing")
    strange = [name for name in first if name not in expected]
    case.assertFalse(strange[:10], f"{len(strange)} lists nobody asked for")
    if byte_equal:
        for name, value in expected.items():
            case.same_bytes(value, first[name], f"list {name}")
        case.assertEqual(list(first), list(expected), "the lists came in another order")
    keep_order(case, expected, first)
    return repeats


def keep_order(case, expected, first):
    def by_user(lists):
        order = {}
        for name, value in lists.items():
            order.setdefault(json.loads(value)["user"], []).append(name)
        return order
    wanted = by_user(expected)
    for user, names in by_user(first).items():
        case.assertEqual(names, wanted[user], f"the lists of user {user} came in another order")
