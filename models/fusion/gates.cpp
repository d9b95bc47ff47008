#include "models/fusion/gates.h"

#include <cmath>
#include <string>

#include "models/rows.h"

namespace freshet {

namespace {

constexpr std::string_view space = "fusion.gates";
constexpr std::string_view gates_key = "gates";

}  // namespace

OwnItemGates::OwnItemGates(const GateOptions& options)
    : options_(options), keep_(std::exp2(-1.0 / options.half_life_events)) {}

void OwnItemGates::learn(std::span<const Interaction> epoch) {
  for (const Interaction& x : epoch) {
    if (!x.positive() || !(x.fusion_weight > 0) || x.history.empty()) continue;
    bool own = false;
    for (std::size_t k = 1; k < x.history.size() && !own; ++k) own = x.history[k].item == x.item;
    events_ = events_ * keep_ + 1;
    own_ = own_ * keep_ + (own ? 1 : 0);
    current_ = current_ * keep_ + (x.history.front().item == x.item ? 1 : 0);
    dirty_ = true;
  }
}

void OwnItemGates::save(RowBatch& out) {
  if (!dirty_) return;
  dirty_ = false;
  std::string value;
  ByteWriter writer = begin_row(value);
  writer.number(events_);
  writer.number(own_);
  writer.number(current_);
  out.put(space, gates_key, value);
}

Status OwnItemGates::restore(const RowReader& rows) {
  return rows.scan(space, [this](std::string_view key, std::string_view value) -> Status {
    ByteReader reader = open_row(value);
    events_ = reader.number<double>();
    own_ = reader.number<double>();
    current_ = reader.number<double>();
    if (key != gates_key || !reader.at_end() || !(events_ >= 0) || !(own_ >= 0) ||
        !(current_ >= 0)) {
      return row_error(space, key, "it holds no shares of events");
    }
    return {};
  });
}

}  // namespace freshet
