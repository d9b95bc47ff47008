#include "tests/fuzz/rows.h"

#include <algorithm>
#include <array>
#include <limits>

#include "stream/bytes.h"

namespace freshet::fuzz {

namespace {

/// A new space goes to the end: the corpus names them by number.
constexpr std::array<std::string_view, 26> names = {"meta",
                                                    "item",
                                                    "user",
                                                    "session_knn.counts",
                                                    "session_knn.sessions",
                                                    "session_knn.items",
                                                    "session_knn.live",
                                                    "item_cf.items",
                                                    "transitions.items",
                                                    "repeat.cells",
                                                    "popularity.events",
                                                    "popularity.items",
                                                    "fusion.gates",
                                                    "user.counts",
                                                    "user_cf.counts",
                                                    "user_cf.sessions",
                                                    "user_cf.items",
                                                    "user_cf.live",
                                                    "factorization.counts",
                                                    "factorization.items",
                                                    "factorization.ring",
                                                    "factorization.users",
                                                    "fusion.stacking",
                                                    "fusion.hedge",
                                                    "popularity.segments",
                                                    "content.items"};
/// "feature session_knn.log neighbours" and what else models and fusions call their rows.
constexpr std::size_t key_bytes_max = 64;

}  // namespace

Rows Rows::read(std::string_view input) {
  Rows rows;
  for (ByteReader r(input); r.ok();) {
    const auto space = r.number<std::uint8_t>();
    const std::size_t key = r.number<std::uint8_t>() % (key_bytes_max + 1);
    const std::size_t value = r.number<std::uint16_t>();
    if (!r.ok() || key + value + 4 > input.size()) break;
    rows.spaces_[std::string(names[space % names.size()])][std::string(input.substr(4, key))] =
        input.substr(4 + key, value);
    input.remove_prefix(4 + key + value);
    r = ByteReader(input);
  }
  return rows;
}

std::string Rows::write() const {
  std::string out;
  ByteWriter w(out);
  for (const auto& [space, rows] : spaces_) {
    const auto at = std::find(names.begin(), names.end(), space);
    if (at == names.end()) continue;
    for (const auto& [key, value] : rows) {
      if (key.size() > key_bytes_max) continue;
      if (value.size() > std::numeric_limits<std::uint16_t>::max()) continue;
      w.number(static_cast<std::uint8_t>(at - names.begin()));
      w.number(static_cast<std::uint8_t>(key.size()));
      w.number(static_cast<std::uint16_t>(value.size()));
      out.append(key).append(value);
    }
  }
  return out;
}

void Rows::apply(const RowBatch& batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const RowBatch::Row row = batch.row(i);
    auto& space = spaces_[std::string(row.space)];
    if (row.erased) {
      space.erase(std::string(row.key));
    } else {
      space[std::string(row.key)] = row.value;
    }
  }
}

const std::map<std::string, std::string>& Rows::in(std::string_view space) const {
  static const std::map<std::string, std::string> none;
  const auto at = spaces_.find(space);
  return at == spaces_.end() ? none : at->second;
}

Result<std::optional<std::string>> Rows::get(std::string_view space, std::string_view key) const {
  const auto& rows = in(space);
  const auto at = rows.find(std::string(key));
  if (at == rows.end()) return std::optional<std::string>();
  return std::optional<std::string>(at->second);
}

Status Rows::scan(std::string_view space, const Visit& visit) const {
  for (const auto& [key, value] : in(space)) {
    if (Status s = visit(key, value); !s) return s;
  }
  return {};
}

Result<std::vector<std::string>> Rows::spaces() const {
  std::vector<std::string> out;
  for (const auto& [space, rows] : spaces_) {
    if (!rows.empty()) out.push_back(space);
  }
  return out;
}

}  // namespace freshet::fuzz
