#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/fusion/list_ranker.h"

namespace freshet {

/// One number that is known of every candidate, 0 where nothing is known.
struct Feature {
  std::string name;      ///< "<source>.<what>": the name of its rows
  std::uint32_t source;  ///< whose part its contribution belongs to
  float start;           ///< its weight before anything is learned
  float low, high;       ///< its range
};

/// What is known of the query, the same for all its candidates.
struct FusionContext {
  static constexpr std::size_t groups = 4;
  /// Session length, distinct history (6 classes each, 1, 2, 3–4, … and 1, 2–3, 4–8, …), type of
  /// the asking event (32), current item (new to the user, known, same as before).
  static constexpr std::array<std::uint8_t, groups> group_sizes = {6, 6, 32, 3};
  static constexpr std::size_t classes = 6 + 6 + 32 + 3;

  std::array<std::uint8_t, groups> group{};  ///< class in each group
  std::vector<float> facts;                  ///< by FeatureSet::fact_names

  /// Of a group's class, among all classes.
  std::size_t class_index(std::size_t g) const;
  bool valid() const;
};

/// Features of the candidates of one list, by feature. Most lists know nothing of some features:
/// those have no row, and are 0 of every candidate.
class FeatureTable {
 public:
  void reset(std::size_t features, std::size_t candidates);
  /// A row for the feature, to be written whole.
  std::span<float> make_row(std::size_t feature) {
    known_[feature] = true;
    return {values_.data() + feature * stride_, count_};
  }
  /// A row of zeros.
  std::span<float> make_zeros(std::size_t feature);
  /// Empty: it has none.
  std::span<const float> row(std::size_t feature) const {
    return {values_.data() + feature * stride_, known_[feature] ? count_ : 0};
  }

 private:
  std::size_t count_ = 0;   ///< candidates
  std::size_t stride_ = 0;  ///< at least as many
  std::vector<float> values_;
  std::vector<bool> known_;  ///< by feature: it has a row
};

/// Which features there are, made from the models in use, and how they are read.
///
/// Of each score s of a source (`score`, or each of Model::signals): s/max, and
/// 0.2·ln(1 + 1000·s); of each source 1/(1 + rank) in its own list, 0 outside it. Of popularity
/// besides: its logarithms at the shortest and longest half-life, and their difference (trend). If
/// `repeat` is among the sources it owns what is known of own items: the rate itself; whether the
/// candidate is the current item, an own item, in this session; 0.5·ln(times seen); 1/(1 + recency
/// rank); whether the strongest interest in it was at least 3 (cart) or 5 (purchase). A source that
/// is not there has no features.
class FeatureSet {
 public:
  /// `sources` must outlive it.
  FeatureSet(std::span<const Model* const> sources, const Popularity& popularity);

  std::size_t size() const { return features_.size(); }
  const Feature& operator[](std::size_t f) const { return features_[f]; }
  static constexpr std::size_t most = 256;
  /// By feature: where its range begins, and steps of 8 bits in 1.
  static constexpr float steps_max = 255;
  std::span<const float> low() const { return low_; }
  std::span<const float> steps() const { return steps_; }
  const std::vector<std::string>& fact_names() const { return fact_names_; }
  /// A number that changes with the names or the order of the features or facts.
  std::uint32_t layout() const { return layout_; }

  /// Cost: O(candidates · scores).
  void read(const Gathered& in, FeatureTable& out) const;
  void read(const Gathered& in, FusionContext& out) const;

 private:
  struct Source {
    const Model* model;
    std::size_t scores;  ///< 1, or the number of its signals
    std::size_t first;   ///< its first feature
  };

  void add(std::string name, std::size_t source, float start, float low, float high);
  void read_scores(const Gathered& in, std::size_t source, FeatureTable& out) const;
  void read_popularity(const Gathered& in, FeatureTable& out) const;
  void read_own(const Gathered& in, FeatureTable& out) const;

  const Popularity& popularity_;
  std::vector<Source> sources_;
  std::vector<Feature> features_;
  std::vector<float> low_, steps_;  ///< by feature
  std::vector<std::string> fact_names_;
  std::size_t popularity_first_ = 0;  ///< its features beside those of any source
  std::size_t own_first_ = 0;         ///< first feature of own items
  std::size_t repeat_ = no_repeat;    ///< the source
  std::uint32_t layout_ = 0;
  static constexpr std::size_t no_repeat = static_cast<std::size_t>(-1);
};

}  // namespace freshet
