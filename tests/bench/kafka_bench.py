"""What the benchmarks with a real Kafka share. A script is called with the program's path as its first word.

Without a broker at $KAFKA_BOOTSTRAP it gets one of its own, with the JVM's full compiler; where none can be had it says
so and ends well.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
BROKER = HERE.parent / "broker" / "kafka"


def with_broker():
    """Comes back only with a broker; call it before freshet_testing is imported."""
    sys.path.insert(0, str(HERE.parent / "pipeline"))
    if os.environ.get("KAFKA_BOOTSTRAP"):
        return
    got = subprocess.run([BROKER, "fetch"], capture_output=True, text=True, check=False)
    if got.returncode != 0:
        print(f"bench: left out, no broker can be had: {got.stderr.strip()}")
        sys.exit(0)
    os.environ.setdefault("FRESHET_BROKER_JAVA_OPTS", "-XX:TieredStopAtLevel=4")
    os.execv(BROKER, [str(BROKER), "run", sys.executable, "-B", *sys.argv])


def arguments(**defaults):
    """The numbers given after the program's path, as --name N."""
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    return parser.parse_args()


def end_of(topic, partitions):
    """Sum of the end offsets of a topic; marks of transactions count."""
    wanted = [word for p in range(partitions) for word in ("-t", f"{topic}:{p}:-1")]
    told = subprocess.run(["kcat", "-b", os.environ["KAFKA_BOOTSTRAP"], "-Q", *wanted], capture_output=True, text=True,
                          check=True).stdout
    return sum(map(int, re.findall(r"offset (\d+)", told)))


def wait_for_end(topic, partitions, count, running, quiet_s=1.0):
    """Waits until a topic has grown to so many and then stands still for a while; returns its end."""
    deadline = time.monotonic() + 120 + count / 500
    end, since = -1, time.monotonic()
    while end < count or time.monotonic() < since + quiet_s:
        if running.process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"bench: {topic} stands at {end} of {count}\n{running.errors()}")
        time.sleep(0.1)
        now = end_of(topic, partitions)
        if now != end:
            end, since = now, time.monotonic()
    return end


def print_table(rows):
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [str(row[0]).ljust(widths[0])] + [str(c).rjust(w) for c, w in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())
    print(flush=True)
