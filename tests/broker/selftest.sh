#!/usr/bin/env bash
# The broker keeps what kcat wrote to it, also over kill -9, and leaves nothing running.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/freshet-selftest.XXXXXX")
broker=$work/broker
trap '"$here/kafka" stop "$broker"; rm -rf "$work"' EXIT

fail() {
  echo "selftest: $*" >&2
  [[ ! -e $broker/log ]] || tail -n 20 "$broker/log" >&2
  exit 1
}

# Fails while anything of the broker is left.
expect_gone() {
  ! pgrep -f -- "-Dfreshet.broker=$broker" >/dev/null || fail "$1 left a process"
  ! (exec 3<>"/dev/tcp/${bootstrap/://}") 2>/dev/null || fail "$1 left $bootstrap open"
}

# read_all FILE: every record of the topic as "partition key value", sorted.
read_all() {
  timeout 30 kcat -q -b "$bootstrap" -C -t events -o beginning -e -f '%p %k %s\n' | sort >"$1"
}

"$here/kafka" start "$broker"
bootstrap=$(<"$broker/bootstrap")
"$here/topic" "$bootstrap" events 4 retention.ms=-1

for i in {1..100}; do
  echo "user-$((i % 17)):event $i"
done >"$work/sent"
timeout 30 kcat -q -b "$bootstrap" -P -t events -K : -X acks=all "$work/sent" -l

read_all "$work/first"
cut -d ' ' -f 2- "$work/first" | sed 's/ /:/' | sort | diff - <(sort "$work/sent") ||
  fail "what was read (<) is not what was sent (>)"
(($(cut -d ' ' -f 1 "$work/first" | sort -u | wc -l) == 4)) ||
  fail "not all 4 partitions hold records"

"$here/kafka" kill "$broker"
expect_gone kill
"$here/kafka" restart "$broker"
[[ $(<"$broker/bootstrap") == "$bootstrap" ]] || fail "the restarted broker has another address"

read_all "$work/second"
diff "$work/first" "$work/second" || fail "records changed over kill -9 and restart"

"$here/kafka" stop "$broker"
expect_gone stop
echo "selftest: passed"
