"""TLS and logins against a broker that demands them: what works, what is refused in one sentence, and no secret shown."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
KAFKA = str(ROOT / "tests" / "broker" / "kafka")
WORK = pathlib.Path(tempfile.mkdtemp(prefix="freshet-security."))
BROKER = WORK / "broker"
PASSWORD = "swordfish-7431"

PROPERTIES = f"""
listeners=PLAINTEXT://127.0.0.1:@port@,CONTROLLER://127.0.0.1:@port+1@,SASL_PLAINTEXT://127.0.0.1:@port+2@,SASL_SSL://127.0.0.1:@port+3@
advertised.listeners=PLAINTEXT://127.0.0.1:@port@,SASL_PLAINTEXT://127.0.0.1:@port+2@,SASL_SSL://127.0.0.1:@port+3@
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_freshet="{PASSWORD}";
listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_freshet="{PASSWORD}";
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={WORK}/broker.pem
"""


def run(*words):
    subprocess.run([str(w) for w in words], check=True, cwd=WORK, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def make_certificates():
    """An authority, a certificate of it for the broker, and an authority that has signed nothing."""
    for name in ("ca", "stranger"):
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.pem")
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", "broker.key",
        "-out", "broker.csr")
    (WORK / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    run("openssl", "x509", "-req", "-in", "broker.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-days", "2", "-extfile", "names", "-out", "broker.crt")
    (WORK / "broker.pem").write_text((WORK / "broker.key").read_text() + (WORK / "broker.crt").read_text())


def start_broker():
    make_certificates()
    (WORK / "properties").write_text(PROPERTIES)
    subprocess.run([KAFKA, "start", str(BROKER)], check=True,
                   env=dict(os.environ, FRESHET_BROKER_PROPERTIES=str(WORK / "properties")))
    bootstrap = (BROKER / "bootstrap").read_text().strip()
    subprocess.run([KAFKA, "tool", "kafka.admin.ConfigCommand", "--bootstrap-server", bootstrap, "--alter",
                    "--add-config", f"SCRAM-SHA-256=[password={PASSWORD}]", "--entity-type", "users", "--entity-name",
                    "freshet"], check=True, stdout=subprocess.DEVNULL)
    return bootstrap


try:
    os.environ["KAFKA_BOOTSTRAP"] = start_broker()
    sys.path.insert(0, str(ROOT / "tests" / "pipeline"))
    from freshet_testing import (BOOTSTRAP, EXIT_FAILED, Case, Follower, Running, freshet, main, produce, sets,
                                 succeed)
except BaseException:
    subprocess.run([KAFKA, "stop", str(BROKER)], check=False)
    shutil.rmtree(WORK, ignore_errors=True)
    raise

PORT = int(BOOTSTRAP.rpartition(":")[2])


def secured(protocol, mechanism, password=PASSWORD, ca="ca.pem"):
    properties = {"security.protocol": protocol, "sasl.mechanisms": mechanism, "sasl.username": "freshet",
                  "sasl.password": password}
    if ca:
        properties["ssl.ca.location"] = str(WORK / ca)
    port = PORT + (3 if protocol == "sasl_ssl" else 2)
    return sets({"source.type": "kafka", "sink.type": "kafka", "kafka.brokers": f"127.0.0.1:{port}",
                 "kafka.properties": properties})


class Security(Case):
    @classmethod
    def setUpClass(cls):
        succeed("topics", "create", "--partitions", "2", *sets({"kafka.brokers": BOOTSTRAP}))

    def test_lists_come_over_each_way_to_log_in(self):
        lists = Follower("recommendations")
        for number, (protocol, mechanism) in enumerate([("sasl_ssl", "PLAIN"), ("sasl_plaintext", "PLAIN")], 1):
            with self.subTest(protocol=protocol, mechanism=mechanism):
                options = secured(protocol, mechanism)
                running = Running("run", *options, *sets({"state.path": str(self.folder / str(number)),
                                                          "kafka.group": f"group-{number}"}))
                user = f"user-{number}"
                event = {"user": user, "item": "i1", "type": "view", "time": 1_700_000_000_000 + number}
                produce("events", [(user.encode(), json.dumps(event).encode())])
                # Each group reads all events from the beginning.
                count = sum(range(1, number + 1))
                lists.wait(count, f"{count} lists have come", running)
                self.assertEqual(running.terminate(), 0, running.errors())
                self.assertNotIn(PASSWORD, running.errors() + running.output())
        lists.close()

    def test_scram_works_or_says_why_it_cannot(self):
        """librdkafka before 2.6.1 cannot log in by SCRAM to Kafka 4; kcat, which uses the same library, agrees."""
        options = secured("sasl_ssl", "SCRAM-SHA-256")
        words = [w for pair in zip(*[iter(options)] * 2) for w in pair]
        properties = json.loads(next(w for w in words if w.startswith("kafka.properties=")).partition("=")[2])
        kcat = subprocess.run(["kcat", "-L", "-b", f"127.0.0.1:{PORT + 3}", "-m", "20",
                               *[w for k, v in properties.items() for w in ("-X", f"{k}={v}")]],
                              capture_output=True, check=False, timeout=60)
        ended = freshet("topics", "check", *options)
        if kcat.returncode == 0:
            self.assertEqual(ended.status, 0, ended.err)
            return
        self.refused(options, r"they may be right, as librdkafka \S+ cannot log in by SCRAM to Kafka 4 at all: "
                              r"use sasl\.mechanisms PLAIN over TLS")

    def refused(self, options, sentence):
        """The program ends with one sentence, for people, and shows no secret."""
        for command in (("run",), ("topics", "check")):
            with self.subTest(command=command):
                ended = freshet(*command, *options, *sets({"state.path": str(self.folder / "state")}))
                said = ended.err.decode()
                self.assertEqual(ended.status, EXIT_FAILED, said)
                last = said.strip().splitlines()[-1]
                self.assertRegex(last, sentence)
                # What the log and the command say is the same sentence, not two accounts of it.
                errors = {re.sub(r"^.*?(kafka: )", r"\1", line) for line in said.splitlines()
                          if re.search(sentence, line)}
                self.assertEqual(len(errors), 1, said)
                self.assertNotIn("swordfish", said + ended.out.decode())

    def test_a_wrong_password_is_refused(self):
        for mechanism in ("PLAIN", "SCRAM-SHA-256"):
            with self.subTest(mechanism=mechanism):
                self.refused(secured("sasl_plaintext", mechanism, password="swordfish-but-wrong"),
                             r"the broker refused the login .*: check the sasl\.\* entries in kafka\.properties")

    def test_a_certificate_that_nobody_vouches_for_is_refused(self):
        sentence = r"TLS failed .*certificate.*: check the ssl\.\* entries and security\.protocol in kafka\.properties"
        self.refused(secured("sasl_ssl", "PLAIN", ca="stranger.pem"), sentence)
        self.refused(secured("sasl_ssl", "PLAIN", ca=None), sentence)

    def test_no_command_prints_a_password(self):
        shown = succeed("config", "show", *secured("sasl_ssl", "PLAIN")).decode()
        self.assertIn("sasl.username", shown)
        self.assertNotIn(PASSWORD, shown)


if __name__ == "__main__":
    try:
        main()
    finally:
        subprocess.run([KAFKA, "stop", str(BROKER)], check=False)
        shutil.rmtree(WORK, ignore_errors=True)
