// How learned fusion is saved and restored.
#include <cmath>

#include "models/fusion/stacking.h"

namespace freshet {

namespace {

constexpr std::string_view space = "fusion.stacking";
constexpr float weight_max = 1e6F;

bool good_pair(float weight, float square) {
  // Not if either is no number.
  return std::abs(weight) <= weight_max && square >= 0 && square <= 1e30F;
}

}  // namespace

// Rows: one a feature (its weights in every context, and the net's), one a class and a fact of the
// net, its output, and last what is known of the whole. A feature's row has its name for key, so
// that it is found again when there are other models.
std::string StackingRanker::row_key(std::size_t row) const {
  if (row < features_.size()) return "feature " + features_[row].name;
  if (row < net_.fact_row(0)) return "class " + std::to_string(row - features_.size());
  if (row < net_.out_row()) return "fact " + features_.fact_names()[row - net_.fact_row(0)];
  return row == net_.out_row() ? "net" : "state";
}

std::size_t StackingRanker::find_row(std::string_view key) const {
  std::size_t row = 0;
  while (row <= net_.rows() && row_key(row) != key) ++row;
  return row;
}

void StackingRanker::mark_rows(const FusionContext& context) {
  const auto mark = [this](std::size_t row) { dirty_.mark(static_cast<std::uint32_t>(row)); };
  for (std::size_t f = 0; f < features_.size(); ++f) mark(f);
  for (std::size_t g = 0; g < FusionContext::groups; ++g) {
    mark(net_.class_row(context.class_index(g)));
  }
  for (std::size_t row = net_.fact_row(0); row < net_.rows(); ++row) mark(row);
}

void StackingRanker::write_row(std::size_t row, std::string& out) {
  ByteWriter w = begin_row(out);
  if (row == net_.rows()) {
    w.number(steps_);
    for (std::size_t e = 0; e < experts; ++e) guard_.write(w, e);
    drift_.write(w);
    return;
  }
  if (row < features_.size()) {
    for (std::size_t k = 0; k < ContextWeights::rows; ++k) {
      w.number(linear_.weight(k, row));
      w.number(linear_.square(k, row));
    }
  }
  for (std::size_t j = 0; j < ResidualNet::units; ++j) {
    w.number(net_.weights(row)[j]);
    w.number(net_.squares(row)[j]);
  }
}

bool StackingRanker::read_row(std::size_t row, std::string_view value) {
  ByteReader r = open_row(value);
  bool good = true;
  const auto pair = [&](float& weight, float& square) {
    weight = r.number<float>();
    square = r.number<float>();
    good = good && good_pair(weight, square);
  };
  if (row == net_.rows()) {
    steps_ = r.number<std::uint64_t>();
    good = steps_ <= count_max;
    for (std::size_t e = 0; e < experts; ++e) good = guard_.read(r, e) && good;
    good = drift_.read(r) && good;
    guard_.settle();
    return good && r.at_end();
  }
  if (row < features_.size()) {
    for (std::size_t k = 0; k < ContextWeights::rows; ++k) {
      pair(linear_.weight(k, row), linear_.square(k, row));
    }
  }
  for (std::size_t j = 0; j < ResidualNet::units; ++j) {
    pair(net_.weights(row)[j], net_.squares(row)[j]);
  }
  return good && r.at_end();
}

bool StackingRanker::save_some(RowBatch& out, std::size_t rows_max) {
  const bool rest = ListRanker::save_some(out, rows_max);
  for (const std::string& key : unknown_) out.erase(space, key);
  unknown_.clear();
  std::string value;
  for (const std::uint32_t row : dirty_.take(rows_max)) {
    write_row(row, value);
    out.put(space, row_key(row), value);
  }
  return dirty_.few(rows_max) && rest;
}

Status StackingRanker::restore(const RowReader& rows, std::size_t items) {
  if (Status s = ListRanker::restore(rows, items); !s) return s;
  return rows.scan(space, [this](std::string_view key, std::string_view value) -> Status {
    const std::size_t row = find_row(key);
    if (row > net_.rows()) {
      unknown_.emplace_back(key);
    } else if (!read_row(row, value)) {
      return row_error(space, key, "it holds no weights");
    }
    return {};
  });
}

}  // namespace freshet
