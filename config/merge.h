#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "config/erased.h"
#include "config/reader.h"
#include "config/tree.h"

// The layers become one tree, in which each value knows its source. Internal to the folder.

namespace freshet::config {

// One value of the environment or of --set, on its way into the tree.
struct Assignment {
  std::vector<std::string> keys;
  std::string value;
  const Source* source = nullptr;
};

class Merger {
 public:
  // `root` and `defaults`, a struct of that table, outlive the merger.
  Merger(const erased::Object& root, const void* defaults, Problems& problems);

  // False after a syntax error: then nothing more can be said about the settings.
  bool file(std::string_view text, const std::string& name);
  void environment(const Environment& environment, std::string_view prefix);
  void sets(const std::vector<std::string>& sets);

  [[nodiscard]] const Node& tree() const { return tree_; }

 private:
  // A place in the tree, what belongs there, and the default there if there is one.
  struct Place {
    const erased::Kind* kind;
    const void* defaults;
    Node* node;
  };

  void assign_all(std::vector<Assignment> assignments);
  void assign(const Assignment& assignment);
  // Goes to the place of `keys[at]` below `place` and moves `at` on; false after a problem.
  bool step(Place& place, const Assignment& assignment, std::size_t& at);
  bool step_into_list(Place& place, const Assignment& assignment, std::size_t& at);
  bool step_into_object(Place& place, const erased::Object& object, const Assignment& assignment,
                        std::size_t& at);
  void put(const Place& place, const Assignment& assignment);
  void merge(const erased::Kind& kind, const void* defaults, Node& into, Node from);
  const erased::Object* object_at(const Place& place) const;
  Node& child(Node& parent, std::string_view key, const Source* source);

  const erased::Object& root_;
  const void* defaults_;
  Problems& problems_;
  erased::Kind root_kind_;
  std::deque<Source> sources_;
  Node tree_;
};

}  // namespace freshet::config
