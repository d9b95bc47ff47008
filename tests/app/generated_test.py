"""docs/OPTIONS.md and config/schema.json are what the program prints."""

import json

from freshet_testing import REPOSITORY, Case, main, succeed


class Generated(Case):
    def same(self, path, command):
        self.assertTrue(path.exists(), f"{path} is missing: freshet {command} > {path}")
        self.same_bytes(succeed(*command.split()), path.read_bytes(),
                        f"{path} is stale: freshet {command} > {path}")

    def test_the_reference_of_options_is_up_to_date(self):
        self.same(REPOSITORY / "docs" / "OPTIONS.md", "config docs")

    def test_the_schema_is_up_to_date(self):
        self.same(REPOSITORY / "config" / "schema.json", "config schema")

    def test_the_schema_is_json_and_allows_what_is_shown(self):
        schema = json.loads(succeed("config", "schema"))
        self.assertEqual(schema["type"], "object")
        self.assertIs(schema["additionalProperties"], False)
        shown = json.loads(succeed("config", "show"))
        self.assertEqual(set(shown) - set(schema["properties"]), set())

    def test_every_option_that_is_shown_has_a_place_in_the_reference(self):
        reference = succeed("config", "docs").decode()
        shown = json.loads(succeed("config", "show"))
        for section, options in shown.items():
            if isinstance(options, dict) and section not in ("source", "sink", "fusion"):
                for name in options:
                    self.assertIn(f"{section}.{name}", reference)


if __name__ == "__main__":
    main()
