"""What config/ offers to operators holds: the example is right and hides its password, the unit is one that systemd takes."""

import json
import os
import re
import shutil
import subprocess
import unittest

from freshet_testing import REPOSITORY, Case, main, succeed

EXAMPLE = REPOSITORY / "config" / "production.json"
UNIT = REPOSITORY / "config" / "freshet.service"
PASSWORD = {"FRESHET_KAFKA__PROPERTIES__SASL__PASSWORD": "geheim-7391"}


class Ops(Case):
    def test_the_example_is_right(self):
        succeed("config", "check", "--config", EXAMPLE, env=PASSWORD)

    def test_the_password_comes_from_the_environment_and_is_not_shown(self):
        shown = succeed("config", "show", "--config", EXAMPLE, env=PASSWORD).decode()
        properties = json.loads(shown)["kafka"]["properties"]
        self.assertEqual(properties["sasl.password"], "***")
        self.assertEqual(properties["sasl.mechanism"], "PLAIN")
        self.assertNotIn("geheim", shown)
        self.assertNotIn("password\"", EXAMPLE.read_text().replace('"sasl.password"', ""))

    def test_the_example_explains_what_the_unit_and_the_image_rely_on(self):
        options = json.loads(succeed("config", "show", "--config", EXAMPLE))
        self.assertIn("StateDirectory=freshet\n", UNIT.read_text())
        dockerfile = (REPOSITORY / "Dockerfile").read_text()
        self.assertIn(f"FRESHET_STATE__PATH={options['state']['path']}\n", dockerfile)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_takes_the_unit(self):
        # The program is not installed where the unit expects it.
        text = re.sub(r"=/usr/local/bin/freshet", "=/bin/true", UNIT.read_text())
        unit = self.folder / UNIT.name
        unit.write_text(text)
        ended = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False,
                               env=os.environ | {"SYSTEMD_LOG_LEVEL": "warning"})
        self.assertEqual((ended.returncode, [line for line in ended.stderr.splitlines() if UNIT.name in line]), (0, []),
                         ended.stderr)


if __name__ == "__main__":
    main()
