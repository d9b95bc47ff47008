#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::test {

/// The tree of a FaultyDisk: what it looks like now, and what of it would outlive a loss of power.
struct DiskNode {
  using Children = std::map<std::string, std::shared_ptr<DiskNode>>;

  /// A change of names in a directory that was not synced yet.
  struct Change {
    std::string removed;  ///< "" if none
    std::string added;    ///< "" if none
    std::shared_ptr<DiskNode> node;
  };

  explicit DiskNode(bool is_directory) : directory(is_directory) {}

  const bool directory;

  // A directory's.
  Children now, safe;
  std::vector<Change> changes;

  // A file's.
  std::string data;
  std::size_t safe_bytes = 0;
  std::string cut_away;  ///< was safe behind `safe_bytes` before an unsynced cut

  void change(Change c);
  void sync();
  void cut(std::size_t size);
  void lose_power(std::mt19937_64& random);

 private:
  void lose_names(std::mt19937_64& random);
  void lose_bytes(std::mt19937_64& random);
  static void apply(const Change& change, Children& names);
};

/// The names of a path: "/a/b" is a, b.
std::vector<std::string> names_of(std::string_view path);

}  // namespace freshet::test
