// How the engine is saved and restored: what a checkpoint holds.

#include <algorithm>
#include <atomic>
#include <cassert>

#include "stream/bytes.h"
#include "stream/engine.h"
#include "stream/state_format.h"

namespace freshet {
namespace {

constexpr std::uint8_t engine_row_version = 3;

void write_interaction(std::string& row, const Interaction& i) {
  ByteWriter w(row);
  w.number(i.user.value);
  w.number(i.item.value);
  w.number(i.type.value);
  w.number(i.weight);
  w.number(i.old_strength);
  w.number(i.new_strength);
  w.number(i.time_ms);
  w.number(i.session);
  w.number(i.rating);
  w.number(i.fusion_weight);
  w.number(i.forget);
  w.number(i.learned);
  w.number(i.undone);
  write_past(row, i.history, i.recent);
  w.number(static_cast<std::uint32_t>(i.segments.size()));
  for (const std::uint64_t segment : i.segments) w.number(segment);
  w.text(i.example);
}

void read_interaction(ByteReader& r, Interaction& i) {
  i.user = UserId{r.number<std::uint32_t>()};
  i.item = ItemId{r.number<std::uint32_t>()};
  i.type.value = r.number<std::uint8_t>();
  i.weight = r.number<float>();
  i.old_strength = r.number<float>();
  i.new_strength = r.number<float>();
  i.time_ms = r.number<std::int64_t>();
  i.session = r.number<std::uint32_t>();
  i.rating = r.number<bool>();
  i.fusion_weight = r.number<float>();
  if (!(i.fusion_weight >= 0 && i.fusion_weight <= 1)) r.fail();
  i.forget = r.number<bool>();
  i.learned = r.number<std::uint64_t>();
  i.undone = r.number<std::uint32_t>();
  read_past(r, i.history, i.recent);
  i.segments.resize(r.count(8));
  for (std::uint64_t& segment : i.segments) segment = r.number<std::uint64_t>();
  i.example = r.text();
}
constexpr std::size_t interaction_bytes_min = 63;

void write_names(ByteWriter& w, const std::vector<std::string>& names) {
  w.number(static_cast<std::uint32_t>(names.size()));
  for (const std::string& name : names) w.text(name);
}

void read_names(ByteReader& r, std::vector<std::string>& names) {
  names.resize(r.count(4));
  for (std::string& name : names) name = r.text();
}

/// The part of a space's name before the first dot: who owns it.
std::string_view owner(std::string_view space) { return space.substr(0, space.find('.')); }

/// "": there is none.
Result<std::string> meta_row(const RowReader& rows, std::string_view key) {
  auto row = rows.get(meta_space, key);
  if (!row) return row.error();
  std::string found = row->value_or("");
  return found;
}

}  // namespace

Status check_format(const RowReader& rows) {
  auto row = meta_row(rows, "format");
  if (!row) return row.error();
  if (row->empty()) {
    auto spaces = rows.spaces();
    if (!spaces) return spaces.error();
    if (spaces->empty()) return {};
    return error(
        "state: it has rows but no format version; it was not made by freshet, or is damaged");
  }
  ByteReader r(*row);
  const auto version = r.number<std::uint32_t>();
  if (!r.at_end() || version != state_format_version) {
    return error("state: it has format version " + std::to_string(version) +
                 ", and this freshet reads only version " + std::to_string(state_format_version) +
                 ": go on with the freshet that made it, or learn anew from the log under another "
                 "state.path");
  }
  return {};
}

Result<KnownTypes> stored_event_types(const RowReader& rows) {
  if (Status s = check_format(rows); !s) return s.error();
  auto row = meta_row(rows, "types");
  if (!row) return row.error();
  KnownTypes known;
  if (row->empty()) return known;
  ByteReader r(*row);
  read_names(r, known.names);
  read_names(r, known.undoable);
  if (!r.at_end()) return error("state: the row of event types is damaged");
  return known;
}

bool Engine::save_ahead(std::size_t rows_max) {
  std::atomic<bool> all{true};
  executor_.run(pieces_.size(), [&](std::size_t i, std::size_t) {
    if (i < models_.size()) {
      if (!models_[i]->save_some(pieces_[i], rows_max)) all = false;
    } else if (i == models_.size()) {
      if (!ranker_->save_some(pieces_[i], rows_max)) all = false;
    } else {
      items_.save(pieces_[i]);
      if (!catalog_.save_some(pieces_[i], rows_max)) all = false;
      if (!similar_.save_some(pieces_[i], rows_max)) all = false;
      if (!users_.save(pieces_[i], rows_max, checkpoint_)) all = false;
    }
  });
  return all;
}

std::uint64_t Engine::save(std::vector<RowBatch>& out) {
  save_ahead(every_row);
  save_meta(pieces_.back());
  out = std::move(pieces_);
  pieces_ = std::vector<RowBatch>(models_.size() + 2);
  return checkpoint_++;
}

void Engine::save(RowBatch& out) {
  std::vector<RowBatch> pieces;
  save(pieces);
  for (const RowBatch& piece : pieces) out.append(piece);
}

void Engine::trim() {
  // Looking at every row takes a while, and sizes change slowly.
  constexpr std::uint64_t checkpoints_between_looks = 16;
  if (models_bytes_ == 0 || checkpoint_ >= models_sized_at_ + checkpoints_between_looks) {
    models_sized_at_ = checkpoint_;
    models_bytes_ = items_.memory_bytes() + catalog_.memory_bytes() + similar_.memory_bytes();
    for (const auto& model : models_) models_bytes_ += model->memory_bytes();
  }
  const std::uint64_t left =
      memory_budget_ - std::min<std::uint64_t>(memory_budget_, models_bytes_);
  users_.evict(std::max<std::uint64_t>(left, memory_budget_ / 8));
}

void Engine::save_meta(RowBatch& out) {
  std::string row;
  ByteWriter format(row);
  format.number(state_format_version);
  out.put(meta_space, "format", row);

  row.clear();
  ByteWriter names(row);
  write_names(names, types_.known().names);
  write_names(names, types_.known().undoable);
  out.put(meta_space, "types", row);

  row.clear();
  ByteWriter w(row);
  w.number(engine_row_version);
  w.number(epochs_);
  w.number(learned_);
  w.number(epoch_records_);
  w.number(epoch_first_ms_);
  w.number(static_cast<std::uint32_t>(pending_count_));
  for (std::size_t i = 0; i < pending_count_; ++i) write_interaction(row, pending_[i]);
  w.number(closed_items_);
  out.put(meta_space, "engine", row);

  out.put(meta_space, "clock", clock_.encode());
}

Status Engine::restore_meta(const RowReader& rows) {
  auto row = meta_row(rows, "engine");
  if (!row) return row.error();
  if (row->empty()) return {};
  ByteReader r(*row);
  const auto version = r.number<std::uint8_t>();
  epochs_ = r.number<std::uint64_t>();
  learned_ = r.number<std::uint64_t>();
  epoch_records_ = r.number<std::uint32_t>();
  epoch_first_ms_ = r.number<std::int64_t>();
  pending_count_ = r.count(interaction_bytes_min);
  reserve_pending(pending_count_);
  bool known = true;
  for (std::size_t i = 0; i < pending_count_; ++i) {
    Interaction& x = pending_[i];
    read_interaction(r, x);
    known = known && (x.forget || x.item.index() < items_.size()) &&
            (x.undone == Interaction::none || x.undone < x.recent.size()) &&
            names_known_items(x.history, x.recent, items_.size());
  }
  closed_items_ = r.number<std::uint32_t>();
  known = known && closed_items_ <= items_.size();
  if (!known || version != engine_row_version || !r.at_end()) {
    return error("state: the row of the open epoch is damaged");
  }
  return {};
}

/// A state from before there was a clock has none: it is set by the first events.
Status Engine::restore_clock(const RowReader& rows) {
  auto row = meta_row(rows, "clock");
  if (!row) return row.error();
  if (!row->empty() && !clock_.decode(*row)) {
    return error("state: the row of the shop's clock is damaged");
  }
  return {};
}

/// Each reads rows of its own, so they do it at once. Of several errors, the first model's counts.
Status Engine::restore_models(const RowReader& rows) {
  std::vector<Status> read(models_.size() + 1);
  executor_.run(read.size(), [&](std::size_t i, std::size_t) {
    read[i] = i < models_.size() ? models_[i]->restore(rows, items_.size())
                                 : ranker_->restore(rows, items_.size());
  });
  for (const Status& s : read) {
    if (!s) return s;
  }
  return {};
}

Status Engine::restore(const RowReader& rows, RowBatch& stale) {
  if (Status s = check_format(rows); !s) return s;
  if (Status s = items_.restore(rows); !s) return s;
  if (Status s = users_.restore(rows); !s) return s;
  if (Status s = restore_meta(rows); !s) return s;
  if (Status s = restore_clock(rows); !s) return s;
  if (Status s = restore_models(rows); !s) return s;
  if (Status s = catalog_.restore(rows, items_.size()); !s) return s;
  for (std::uint32_t item = 0; item < catalog_.item_end(); ++item) {
    if (catalog_.named(ItemId(item))) tell(ItemId(item));
  }

  if (similar_model_ != nullptr) {
    if (Status s = similar_.restore(rows, items_.size()); !s) return s;
  }

  std::vector<std::string_view> owners = {meta_space, delivery_space, "item",
                                          "catalog",  "user",         "fusion"};
  for (const auto& model : models_) owners.push_back(model->name());
  if (similar_model_ != nullptr) owners.push_back("similar");
  for (const std::string& part : ranker_->part_names()) owners.push_back(part);
  auto spaces = rows.spaces();
  if (!spaces) return spaces.error();
  for (const std::string& space : *spaces) {
    if (std::find(owners.begin(), owners.end(), owner(space)) != owners.end()) continue;
    Status s = rows.scan(space, [&](std::string_view key, std::string_view) {
      stale.erase(space, key);
      return Status();
    });
    if (!s) return s;
  }
  return {};
}

}  // namespace freshet
