#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/fusion/features.h"

namespace freshet {

/// What a user could choose from: the best candidates of the list he was given, with what was known
/// of them then. Kept with the user until he chooses; features in 8 bits, those that are 0, which
/// are many, in one.
struct ChoiceExample {
  static constexpr std::size_t bytes_max = 2'400;

  FusionContext context;
  std::vector<ItemId> items;
  std::vector<float> rows;  ///< item × feature
  std::size_t chosen = 0;   ///< place among `items`; as many as there are: it is none of them

  /// Candidates that fit, at most `wanted`.
  static std::size_t room(const FeatureSet& features, std::size_t wanted);

  /// Appends candidates with their features (item × feature).
  static void write(const FeatureSet& features, const FusionContext& context,
                    std::span<const ItemId> items, std::span<const float> rows, std::string& out);
  /// Reads any bytes, and finds what was chosen; the features only if it is among the items: else
  /// nothing is learned from them, and `rows` stays empty. False: what was read is no example of
  /// these features.
  bool read(const FeatureSet& features, std::string_view bytes, ItemId choice);
};

}  // namespace freshet
