#include "stream/checkpoint.h"

#include <utility>

#include "stream/bytes.h"
#include "stream/state_format.h"

namespace freshet {
namespace {

constexpr std::string_view positions_key = "positions";
constexpr std::string_view mark_key = "sink";
constexpr std::string_view source_key = "source";
constexpr std::string_view last_key = "last";

Result<Fingerprints> stored_fingerprints(const RowReader& rows) {
  Fingerprints last;
  auto row = rows.get(delivery_space, last_key);
  if (!row) return row.error();
  if (!*row) return last;
  ByteReader r(**row);
  for (std::uint32_t n = r.count(20); n > 0; --n) {
    const auto partition = r.number<Partition>();
    const auto offset = r.number<Offset>();
    last[partition] = {offset, r.number<std::uint64_t>()};
  }
  if (!r.at_end()) return error("state: the row of the last records is damaged");
  return last;
}

void put_fingerprints(const Fingerprints& last, RowBatch& out) {
  std::string row;
  ByteWriter w(row);
  w.number(static_cast<std::uint32_t>(last.size()));
  for (const auto& [partition, record] : last) {
    w.number(partition);
    w.number(record.offset);
    w.number(record.hash);
  }
  out.put(delivery_space, last_key, row);
}

}  // namespace

Result<StoredPlace> stored_place(const RowReader& rows) {
  StoredPlace place;
  auto mark = rows.get(delivery_space, mark_key);
  if (!mark) return mark.error();
  place.mark = std::move(*mark);
  auto source = rows.get(delivery_space, source_key);
  if (!source) return source.error();
  place.source = source->value_or("");
  auto last = stored_fingerprints(rows);
  if (!last) return last.error();
  place.last = std::move(*last);
  auto row = rows.get(delivery_space, positions_key);
  if (!row) return row.error();
  if (!*row) return place;
  ByteReader r(**row);
  for (std::uint32_t n = r.count(12); n > 0; --n) {
    const auto partition = r.number<Partition>();
    place.positions[partition] = r.number<Offset>();
  }
  if (!r.at_end()) return error("state: the row of positions is damaged");
  return place;
}

void put_place(const StoredPlace& place, RowBatch& out) {
  std::string row;
  ByteWriter w(row);
  w.number(static_cast<std::uint32_t>(place.positions.size()));
  for (const auto& [partition, offset] : place.positions) {
    w.number(partition);
    w.number(offset);
  }
  out.put(delivery_space, positions_key, row);
  out.put(delivery_space, source_key, place.source);
  put_fingerprints(place.last, out);
  if (place.mark) out.put(delivery_space, mark_key, *place.mark);
}

}  // namespace freshet
