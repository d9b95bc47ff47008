#include "state/digest.h"

#include <cstdio>

#include "stream/hash.h"
#include "stream/state_format.h"

namespace freshet {

Result<StateSummary> summarise(const RowReader& rows) {
  auto spaces = rows.spaces();
  if (!spaces) return spaces.error();
  StateSummary summary;
  Digest digest;
  for (const std::string& space : *spaces) {
    SpaceSize size{space};
    const bool counts = space != delivery_space;
    if (counts) digest.add(space);
    const Status read = rows.scan(space, [&](std::string_view key, std::string_view value) {
      ++size.rows;
      size.bytes += key.size() + value.size();
      if (counts) {
        digest.add(key);
        digest.add(value);
      }
      return Status();
    });
    if (!read) return read.error();
    summary.spaces.push_back(std::move(size));
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(digest.value()));
  summary.digest = text;
  return summary;
}

}  // namespace freshet
