// Factorization as rows of the state.
#include <algorithm>
#include <cmath>

#include "models/factorization.h"
#include "stream/event.h"

namespace freshet {

namespace {

constexpr std::string_view counts_space = "factorization.counts";
constexpr std::string_view counts_key = "counts";
constexpr std::string_view items_space = "factorization.items";
constexpr std::string_view ring_space = "factorization.ring";

constexpr double sum_max = 1e18;

}  // namespace

bool Factorization::save_some(RowBatch& out, std::size_t rows_max) {
  if (dirty_counts_) save_counts(out);
  std::string value;
  for (const std::uint32_t item : dirty_items_.take(rows_max)) {
    ByteWriter writer = begin_row(value);
    writer.number(counts_[item].last);
    writer.number(counts_[item].events);
    in_.write(item, value);
    out_.write(item, value);
    out.put(items_space, id_key(item), value);
  }
  for (const std::uint32_t chunk : dirty_ring_.take(rows_max)) {
    const std::size_t first = std::size_t{chunk} * ring_chunk;
    const std::size_t n = std::min(ring_chunk, ring_.size() - first);
    begin_row(value).number(static_cast<std::uint32_t>(n));
    append_array(value, std::span<const std::uint32_t>(ring_).subspan(first, n));
    out.put(ring_space, id_key(chunk), value);
  }
  const bool few = users_.save_some(out, rows_max);
  return few && dirty_items_.few(rows_max) && dirty_ring_.few(rows_max);
}

void Factorization::save_counts(RowBatch& out) {
  std::string value;
  ByteWriter writer = begin_row(value);
  writer.number(static_cast<std::uint8_t>(options_.mode));
  writer.number(events_);
  writer.number(users_.admitted());
  writer.number(ratings_);
  writer.number(rating_sum_);
  writer.number(error_.count);
  writer.number(error_.squared);
  out.put(counts_space, counts_key, value);
  dirty_counts_ = false;
}

Status Factorization::restore(const RowReader& rows, std::size_t items) {
  std::uint64_t admitted = 0;
  if (Status s = restore_counts(rows, admitted); !s) return s;
  if (Status s = restore_items(rows, items); !s) return s;
  if (Status s = restore_ring(rows, items); !s) return s;
  if (Status s = users_.restore(rows, admitted); !s) return s;
  // Those with the newest events, as they were touched.
  std::vector<std::uint32_t> newest;
  for (std::uint32_t item = 0; item < counts_.size(); ++item) {
    if (counts_[item].last > 0) newest.push_back(item);
  }
  const std::size_t hot = std::min<std::size_t>(options_.candidates, newest.size());
  const auto end = newest.begin() + static_cast<std::ptrdiff_t>(hot);
  std::partial_sort(newest.begin(), end, newest.end(), [this](std::uint32_t a, std::uint32_t b) {
    return counts_[a].last != counts_[b].last ? counts_[a].last > counts_[b].last : a < b;
  });
  for (std::size_t k = hot; k-- > 0;) {
    hot_.touch(newest[k]);
    read_hot(newest[k]);
  }
  base_events_ = events_ / base_step;
  return {};
}

Status Factorization::restore_counts(const RowReader& rows, std::uint64_t& admitted) {
  return rows.scan(counts_space, [&](std::string_view key, std::string_view value) -> Status {
    ByteReader reader = open_row(value);
    const auto mode = reader.number<std::uint8_t>();
    events_ = reader.number<std::uint64_t>();
    admitted = reader.number<std::uint64_t>();
    ratings_ = reader.number<std::uint64_t>();
    rating_sum_ = reader.number<double>();
    error_.count = reader.number<std::uint64_t>();
    error_.squared = reader.number<double>();
    if (key != counts_key || !reader.at_end() || mode > 1 || events_ > count_max ||
        admitted > events_ || ratings_ > error_.count || error_.count > count_max ||
        !(std::abs(rating_sum_) <= sum_max) ||
        !(error_.squared >= 0 && error_.squared <= sum_max)) {
      return row_error(counts_space, key, "it holds no counts");
    }
    if (mode != static_cast<std::uint8_t>(options_.mode)) {
      return row_error(
          counts_space, key,
          std::string("it was learned in mode ") +
              (mode == 0 ? "\"implicit\", not \"rating\"" : "\"rating\", not \"implicit\"") +
              "; to learn it anew, start once without this model");
    }
    return {};
  });
}

Status Factorization::restore_items(const RowReader& rows, std::size_t items) {
  return rows.scan(items_space, [&](std::string_view key, std::string_view value) -> Status {
    const ItemId item = key_item(key, items);
    if (item.is_none()) return row_error(items_space, key, "it is of no item");
    grow(item.index() + 1);
    ByteReader reader = open_row(value);
    Count& n = counts_[item.index()];
    n.last = reader.number<std::uint64_t>();
    n.events = reader.number<float>();
    const bool read = in_.read(item.index(), reader) && out_.read(item.index(), reader);
    if (!read || !reader.at_end() || n.last > events_ ||
        !(n.events >= 0 && n.events <= static_cast<float>(count_max))) {
      return row_error(items_space, key, "it holds no factors");
    }
    return {};
  });
}

Status Factorization::restore_ring(const RowReader& rows, std::size_t items) {
  std::vector<std::uint32_t> chunk;
  return rows.scan(ring_space, [&](std::string_view key, std::string_view value) -> Status {
    ByteReader reader = open_row(value);
    read_array(reader, chunk);
    const auto known = [&](std::uint32_t item) { return item < items || item == ItemId{}.value; };
    if (key.size() != 4 || !reader.at_end() || chunk.size() > ring_chunk ||
        !std::all_of(chunk.begin(), chunk.end(), known)) {
      return row_error(ring_space, key, "it holds no items");
    }
    const std::size_t first = std::size_t{key_id(key)} * ring_chunk;
    for (std::size_t k = 0; k < chunk.size() && first + k < ring_.size(); ++k) {
      ring_[first + k] = chunk[k];
    }
    return {};
  });
}

}  // namespace freshet
