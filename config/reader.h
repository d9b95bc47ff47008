#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/erased.h"
#include "config/tree.h"

// From the merged tree into the settings struct. Internal to the folder.

namespace freshet::config {

// Collects problems up to kMaxProblems; the last one then says that there are more.
class Problems {
 public:
  explicit Problems(std::vector<Problem>& list) : list_(list) {}
  void add(Problem problem);
  [[nodiscard]] bool full() const { return list_.size() >= kMaxProblems; }
  [[nodiscard]] std::size_t count() const { return list_.size(); }
  void cut_to(std::size_t count) { list_.resize(count); }

 private:
  std::vector<Problem>& list_;
};

// Adds the problem that `key` is none of the options of `object`, which lies at `path`.
// `root` is the whole table, in which the nearest option is looked for too. `tagged`: the object
// has a "type" as well.
void add_unknown_key(const erased::Object& root, const erased::Object& object,
                     const std::string& path, std::string_view key, bool tagged, const Node& origin,
                     Problems& problems);

// Reads `tree` over the defaults that `settings` holds, a struct of the table `root`.
void read_tree(const erased::Object& root, const Node& tree, void* settings, Problems& problems);

// "engine.threads" of "engine" and "threads".
std::string joined(const std::string& path, std::string_view key);

// The value and its type in a few words: `integer 300`; the value only as *** when it is secret.
std::string found_words(const Node& node, bool secret = false);

}  // namespace freshet::config
