"""Exactly once beside at least once: what transactions cost, over the same events in a topic of 4 partitions.

The guarantees run in turns, each with a group, a state and a topic of lists of its own. A rate counts the events between
the first and the last list, by the broker's clock, so starts and ends are left out of it.
"""

import pathlib
import statistics
import subprocess
import tempfile

import kafka_bench

kafka_bench.with_broker()
from freshet_testing import BOOTSTRAP, Running, create_topic, kafka_options, succeed  # noqa: E402

PARTITIONS = 4
GUARANTEES = ("at_least_once", "exactly_once")


def stamps(topic):
    """The broker's times of all lists that are committed, in ms."""
    told = subprocess.run(["kcat", "-b", BOOTSTRAP, "-C", "-q", "-e", "-o", "beginning", "-t", topic, "-f", r"%T\n",
                           "-X", "isolation.level=read_committed"], capture_output=True, check=True).stdout
    return sorted(map(int, told.split()))


def measure(guarantee, topic, events, folder, commit_interval_ms):
    create_topic(topic, PARTITIONS, message__timestamp__type="LogAppendTime")
    running = Running("run", *kafka_options(
        topics__recommendations=topic, kafka__group=topic, state__path=str(folder / topic),
        delivery__guarantee=guarantee, delivery__commit_interval=f"{commit_interval_ms}ms"))
    kafka_bench.wait_for_end(topic, PARTITIONS, events, running)
    if running.terminate() != 0:
        raise SystemExit(running.errors())
    times = stamps(topic)
    if len(times) != events:
        raise SystemExit(f"bench: {events} events, but {len(times)} lists")
    return events * 1_000 / max(times[-1] - times[0], 1)


def main():
    a = kafka_bench.arguments(events=100_000, rounds=3, users=20_000, interval=100)
    succeed("topics", "create", "--partitions", PARTITIONS, *kafka_options())
    succeed("simulate", "--events", a.events, "--users", a.users, "--to", "kafka",
            "--set", f"kafka.brokers={BOOTSTRAP}")
    rates = {guarantee: [] for guarantee in GUARANTEES}
    with tempfile.TemporaryDirectory(prefix="freshet-bench.") as folder:
        for number in range(a.rounds):
            for guarantee in GUARANTEES:
                topic = f"lists-{number}-{guarantee}"
                rates[guarantee].append(measure(guarantee, topic, a.events, pathlib.Path(folder), a.interval))
    rows = [["events/s", *map(str, range(1, a.rounds + 1)), "median"]]
    for guarantee in GUARANTEES:
        rows.append([guarantee, *(f"{r:,.0f}" for r in rates[guarantee]), f"{statistics.median(rates[guarantee]):,.0f}"])
    pairs = [exactly / least for least, exactly in zip(*(rates[g] for g in GUARANTEES))]
    rows.append(["exactly / at least", *(f"{p:.3f}" for p in pairs), f"{statistics.median(pairs):.3f}"])
    kafka_bench.print_table(rows)
    print(f"{a.events:,} events each, {PARTITIONS} partitions, commit_interval {a.interval} ms\n")


if __name__ == "__main__":
    main()
