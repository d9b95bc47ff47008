#include "tests/support/faulty_files.h"

#include <algorithm>

namespace freshet::test {
namespace {

constexpr std::size_t page_bytes = 4'096;
constexpr std::size_t ordered_bytes = 64 << 10;

/// From 0 to `most`. Not std::uniform_int_distribution, which differs between libraries.
std::size_t draw(std::mt19937_64& random, std::size_t most) { return random() % (most + 1); }

}  // namespace

void DiskNode::apply(const Change& change, Children& names) {
  if (!change.removed.empty()) names.erase(change.removed);
  if (!change.added.empty()) names[change.added] = change.node;
}

void DiskNode::change(Change c) {
  apply(c, now);
  changes.push_back(std::move(c));
}

void DiskNode::sync() {
  if (directory) {
    safe = now;
    changes.clear();
  } else {
    safe_bytes = data.size();
    cut_away.clear();
  }
}

void DiskNode::cut(std::size_t size) {
  if (size < safe_bytes) {
    cut_away.insert(0, data.substr(size, safe_bytes - size));
    safe_bytes = size;
  }
  data.resize(size);
}

void DiskNode::lose_power(std::mt19937_64& random) {
  if (!directory) return lose_bytes(random);
  lose_names(random);
  for (const auto& [name, child] : now) child->lose_power(random);
}

void DiskNode::lose_names(std::mt19937_64& random) {
  const std::size_t kept = draw(random, changes.size());
  for (std::size_t i = 0; i < kept; ++i) apply(changes[i], safe);
  changes.clear();
  now = safe;
}

void DiskNode::lose_bytes(std::mt19937_64& random) {
  if (!cut_away.empty() && draw(random, 1) == 0) {
    data = data.substr(0, safe_bytes) + cut_away;
    return sync();
  }
  const std::size_t unsynced = data.size() - safe_bytes;
  data.resize(safe_bytes + draw(random, unsynced));
  const std::size_t pages = (data.size() - safe_bytes) / page_bytes;
  if (data.size() - safe_bytes > ordered_bytes && draw(random, 1) == 0) {
    const std::size_t hole = safe_bytes + draw(random, pages - 1) * page_bytes;
    std::fill_n(data.begin() + static_cast<std::ptrdiff_t>(hole), page_bytes, '\0');
  }
  sync();
}

std::vector<std::string> names_of(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) names.emplace_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return names;
}

}  // namespace freshet::test
