#include "models/segment_counts.h"

#include <algorithm>
#include <cmath>

#include "models/rows.h"

namespace freshet {

namespace {

constexpr std::string_view space = "popularity.segments";
constexpr int rescale_halvings = 32;

std::string segment_key(std::uint64_t hash) {
  return id_key(static_cast<std::uint32_t>(hash >> 32)) + id_key(static_cast<std::uint32_t>(hash));
}

}  // namespace

void SegmentCounts::add(std::span<const std::uint64_t> segments, ItemId item,
                        std::uint64_t events) {
  for (const std::uint64_t key : segments) {
    const auto at = segments_.find(key);
    Segment* const found = at != segments_.end() ? &at->second : make_room(key, events);
    if (found == nullptr) continue;
    Segment& segment = *found;
    segment.newest = events;
    segment.gained += 1;
    if (segment.gained >= rescale_halvings * half_life_) {
      segment.gained -= rescale_halvings * half_life_;
      segment.total = std::ldexp(segment.total, -rescale_halvings);
      segment.items.scale(std::ldexp(1.0F, -rescale_halvings));
    }
    const double weight = std::exp2(segment.gained / half_life_);
    segment.total = std::min<double>(segment.total + weight, BoundedRow::most);  // as it is read
    segment.items.add(item.value, static_cast<float>(weight), row_items_);
    items_ = std::max(items_, item.index() + 1);
    dirty_.insert(key);
  }
}

/// Null: all others are worth more.
SegmentCounts::Segment* SegmentCounts::make_room(std::uint64_t key, std::uint64_t events) {
  while (segments_.size() >= limit_) {
    const auto weakest =
        std::min_element(segments_.begin(), segments_.end(), [&](const auto& a, const auto& b) {
          return strength(a.second, events) < strength(b.second, events);
        });
    if (strength(weakest->second, events) > kept) return nullptr;
    dirty_.insert(weakest->first);
    segments_.erase(weakest);
  }
  return &segments_[key];
}

double SegmentCounts::strength(const Segment& segment, std::uint64_t events) const {
  const double since = events > segment.newest ? static_cast<double>(events - segment.newest) : 0;
  return segment.total * std::exp2(-segment.gained / half_life_ - since / unused_);
}

void SegmentCounts::take_back(std::span<const std::uint64_t> segments, ItemId item,
                              std::uint32_t times) {
  for (const std::uint64_t key : segments) {
    const auto at = segments_.find(key);
    if (at == segments_.end()) continue;
    Segment& segment = at->second;
    const std::uint32_t place = segment.items.find(item.value);
    if (place == BoundedRow::absent) continue;
    const auto weight = static_cast<float>(times * std::exp2(segment.gained / half_life_));
    const float taken = std::min(weight, segment.items.weights()[place]);
    segment.items.add(item.value, -taken, row_items_);
    segment.total = std::max(segment.total - taken, 0.0);
    dirty_.insert(key);
    const bool empty = segment.items.size() == 0;
    if (empty || !(segment.total > BoundedRow::least)) segments_.erase(at);
  }
}

const SegmentCounts::Segment* SegmentCounts::find(std::uint64_t key) const {
  const auto at = segments_.find(key);
  return at != segments_.end() ? &at->second : nullptr;
}

double SegmentCounts::events(const Segment& segment) const {
  return segment.total * std::exp2(-segment.gained / half_life_);
}

bool SegmentCounts::save_some(RowBatch& out, std::size_t rows_max) {
  for (std::size_t left = rows_to_save(dirty_.size(), rows_max); left > 0; --left) {
    save(out, *dirty_.begin());
    dirty_.erase(dirty_.begin());
  }
  return rows_max == every_row || dirty_.size() <= rows_max;
}

void SegmentCounts::save(RowBatch& out, std::uint64_t key) const {
  const Segment* const segment = find(key);
  if (segment == nullptr) {
    out.erase(space, segment_key(key));
    return;
  }
  std::string value;
  ByteWriter writer = begin_row(value);
  writer.number(segment->total);
  writer.number(segment->gained);
  writer.number(segment->newest);
  segment->items.write(value);
  out.put(space, segment_key(key), value);
}

Status SegmentCounts::restore(const RowReader& rows, std::size_t items) {
  return rows.scan(space, [&](std::string_view key, std::string_view value) -> Status {
    ByteReader reader = open_row(value);
    Segment segment;
    segment.total = reader.number<double>();
    segment.gained = reader.number<double>();
    segment.newest = reader.number<std::uint64_t>();
    if (key.size() != 8 || !segment.items.read(reader, items) || !reader.at_end() ||
        !(segment.total >= 0) || segment.total > BoundedRow::most || !(segment.gained >= 0)) {
      return row_error(space, key, "it holds no counts");
    }
    const std::uint64_t hash =
        std::uint64_t{key_id(key.substr(0, 4))} << 32 | key_id(key.substr(4));
    // It may have been written with a longer half-life.
    segment.gained = std::min(segment.gained, rescale_halvings * half_life_);
    if (segment.items.size() > 0) {
      items_ = std::max<std::size_t>(items_, segment.items.ids().back() + std::size_t{1});
    }
    segments_[hash] = std::move(segment);
    return {};
  });
}

std::size_t SegmentCounts::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [key, segment] : segments_) {
    bytes += sizeof segment + segment.items.memory_bytes();
  }
  return bytes;
}

}  // namespace freshet
