"""The few requests of Kafka's protocol that the test broker's tools need, on a plain socket.

A JVM tool needs one to two seconds for each call; this needs milliseconds. Every request uses
the newest version of its kind that has no tagged fields; Kafka 4 accepts all of them.
"""

import socket
import struct
import time

TOO_EARLY = {
    3: "unknown topic or partition",
    5: "leader not available",
    14: "coordinator load in progress",
    15: "coordinator not available",
    16: "not coordinator",
    51: "concurrent transactions",
}


class BrokerError(Exception):
    """The broker refused, or it was not ready in time."""


class _Reader:
    def __init__(self, data):
        self._data = data
        self._at = 0

    def _unpack(self, layout):
        (value,) = struct.unpack_from(layout, self._data, self._at)
        self._at += struct.calcsize(layout)
        return value

    def int8(self):
        return self._unpack(">b")

    def int16(self):
        return self._unpack(">h")

    def int32(self):
        return self._unpack(">i")

    def string(self):
        length = self.int16()
        if length < 0:
            return None
        start = self._at
        self._at += length
        return self._data[start : self._at].decode()

    def array(self, read_element):
        return [read_element() for _ in range(self.int32())]


def _string(text):
    data = text.encode()
    return struct.pack(">h", len(data)) + data


def _array(elements):
    return struct.pack(">i", len(elements)) + b"".join(elements)


class Broker:
    """One connection to one broker. Network trouble is an OSError, a refusal a BrokerError."""

    def __init__(self, bootstrap, timeout_s=10.0):
        host, _, port = bootstrap.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout_s)
        self._correlation_id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def leaders(self, topic):
        """The leader of each partition of the topic, -1 where there is none yet; {} without it."""
        reader = self._call(3, 4, _array([_string(topic)]) + struct.pack(">?", False))
        reader.int32()  # throttle time
        reader.array(lambda: (reader.int32(), reader.string(), reader.int32(), reader.string()))
        reader.string()  # cluster
        reader.int32()  # controller
        found = {}

        def partition():
            reader.int16()  # error: the leader is then -1
            index = reader.int32()
            found[index] = reader.int32()
            reader.array(reader.int32)  # replicas
            reader.array(reader.int32)  # in-sync replicas

        reader.array(
            lambda: (reader.int16(), reader.string(), reader.int8(), reader.array(partition))
        )
        return found

    def create_topic(self, name, partitions, configs):
        body = _string(name) + struct.pack(">ih", partitions, 1) + _array([])
        body += _array([_string(key) + _string(value) for key, value in configs.items()])
        reader = self._call(19, 4, _array([body]) + struct.pack(">i?", 10_000, False))
        reader.int32()  # throttle time
        for _, error, message in reader.array(
            lambda: (reader.string(), reader.int16(), reader.string())
        ):
            _check(error, f"create topic {name}", message)

    def probe_group_coordinator(self):
        """Raises unless consumer groups work. The first call creates the offsets topic."""
        group = "freshet-ready"
        self._find_coordinator(group, 0)
        reader = self._call(15, 0, _array([_string(group)]))
        reader.int32()  # one group
        _check(reader.int16(), "describe a group")

    def probe_transaction_coordinator(self):
        """Raises unless transactions work. The first call creates the transaction log."""
        transactional_id = "freshet-ready"
        self._find_coordinator(transactional_id, 1)
        reader = self._call(22, 1, _string(transactional_id) + struct.pack(">i", 10_000))
        reader.int32()  # throttle time
        _check(reader.int16(), "begin a transactional producer")

    def _find_coordinator(self, key, kind):
        reader = self._call(10, 2, _string(key) + struct.pack(">b", kind))
        reader.int32()  # throttle time
        _check(reader.int16(), "find a coordinator", reader.string())

    def _call(self, api, version, body):
        self._correlation_id += 1
        request = struct.pack(">hhi", api, version, self._correlation_id)
        request += _string("freshet-tests") + body
        self._socket.sendall(struct.pack(">i", len(request)) + request)
        (length,) = struct.unpack(">i", self._receive(4))
        reader = _Reader(self._receive(length))
        if reader.int32() != self._correlation_id:
            raise BrokerError("the answer belongs to another request")
        return reader

    def _receive(self, length):
        data = bytearray()
        while len(data) < length:
            part = self._socket.recv(length - len(data))
            if not part:
                raise ConnectionResetError("the broker closed the connection")
            data += part
        return bytes(data)


def _check(error, what, message=None):
    if error != 0:
        reason = message or TOO_EARLY.get(error) or "see Kafka's list of error codes"
        raise BrokerError(f"{what}: error {error}: {reason}")


def until(condition, timeout_s, interval_s=0.02):
    """Polls until the condition holds; past the timeout a BrokerError with the last reason.

    Trouble counts as "not yet": whoever polls is waiting for trouble to end.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        reason = "still not so"
        try:
            if condition():
                return
        except (BrokerError, OSError, struct.error) as error:
            reason = str(error)
        if time.monotonic() > deadline:
            raise BrokerError(f"not ready after {timeout_s:g} s: {reason}")
        time.sleep(interval_s)
