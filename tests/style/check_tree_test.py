"""The check of the tree finds what it is there for."""
import pathlib
import unittest

from check_tree import ROOT, include_problems, readme_problems, secret_paths

P = pathlib.Path


class CheckTree(unittest.TestCase):
    def test_a_lower_folder_may_not_include_a_higher_one(self):
        self.assertIn("may not include models",
                      include_problems(P("stream/a.cpp"), '#include "models/registry.h"\n')[0])
        self.assertEqual(include_problems(P("models/a.cpp"), '#include "stream/model.h"\n'), [])

    def test_a_library_is_seen_only_in_its_place(self):
        self.assertTrue(include_problems(P("stream/a.h"), "#include <librdkafka/rdkafka.h>\n"))
        self.assertTrue(include_problems(P("stream/a.cpp"), "#include <rocksdb/db.h>\n"))
        self.assertTrue(include_problems(P("models/a.h"), "#include <nlohmann/json.hpp>\n"))
        self.assertEqual(include_problems(P("models/a.cpp"), "#include <nlohmann/json.hpp>\n"), [])
        self.assertEqual(include_problems(P("models/a.h"), "#include <nlohmann/json_fwd.hpp>\n"), [])

    def test_includes_are_written_from_the_root(self):
        self.assertTrue(include_problems(P("stream/a.cpp"), '#include "b.h"\n'))

    def test_a_readme_names_only_files_that_are_there(self):
        self.assertTrue(readme_problems(P("stream/README.md"), "see `no_such_file.h`", ROOT))
        self.assertEqual(readme_problems(P("stream/README.md"), "see `engine.h`", ROOT), [])

    def test_paths_of_one_machine_are_found(self):
        self.assertTrue(secret_paths(P("a.md"), "in /" + "work/main"))


if __name__ == "__main__":
    unittest.main()
