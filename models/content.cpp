#include "models/content.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/accumulator.h"
#include "models/content_tokens.h"
#include "models/top_selector.h"

namespace freshet {

namespace {

constexpr std::string_view space = "content.items";

float dot(std::span<const float> a, std::span<const float> b) {
  float sum = 0;
  if (a.size() != b.size()) return sum;
  for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  return sum;
}

/// Makes a vector of length 1; empties one that has no direction.
void normalise(std::vector<float>& v) {
  double squares = 0;
  for (const float x : v) squares += double{x} * double{x};
  if (!(squares > 0)) return v.clear();
  const double length = std::sqrt(squares);
  for (float& x : v) x = static_cast<float>(x / length);
}

}  // namespace

config::Table<ContentOptions> describe_content() {
  using O = ContentOptions;
  using config::range;
  return config::object<O>(
             "Items like those that the user looked at, by what the catalogue says of them.")
      .option("query_events", &O::query_events, "The user's newest events that are looked at.",
              range(1, 100))
      .option("event_decay", &O::event_decay, "Weight of an event for each newer one.",
              range(0.01, 1.0))
      .option("query_tokens", &O::query_tokens,
              "The user's heaviest tokens by which candidates are found.", range(1, 1'000))
      .option("token_items", &O::token_items, "Items that one token may find.", range(1, 10'000))
      .option("newest_items", &O::newest_items,
              "Of them, places for those that came last into the catalogue.", range(0, 10'000))
      .option("item_tokens", &O::item_tokens, "Tokens kept of one item.", range(1, 1'000))
      .option("popularity_weight", &O::popularity_weight,
              "How much an item gains by the logarithm of the number of users who hold it.",
              range(0.0, 10.0))
      .check([](const O& o) -> std::vector<config::Finding> {
        if (o.newest_items <= o.token_items) return {};
        return {{"newest_items", "must be at most token_items"}};
      });
}

struct Content::Work final : Scratch {
  struct Event {
    ItemId item;
    float weight;      ///< event_decay^d
    float per_length;  ///< weight / |v|, 0 without tokens
  };
  struct Heavy {
    float weight;
    std::uint64_t hash;
    ContentIndex::Token token;
  };
  std::vector<Event> events;
  ScoreAccumulator profile;  ///< by token
  float profile_length = 0;
  std::vector<float> embedding;  ///< of length 1; empty: none
  std::vector<Heavy> heavy;
  ScoreAccumulator seen;  ///< scores by item, of the items found so far
  TopSelector top;
};

Content::Content(const ContentOptions& options)
    : options_(options), index_(options.token_items, options.newest_items) {
  for (std::uint32_t d = 0; d < options.query_events; ++d) {
    event_weight_.push_back(static_cast<float>(std::pow(options.event_decay, d)));
  }
}

std::unique_ptr<Scratch> Content::make_scratch() const { return std::make_unique<Work>(); }

float Content::length(ItemId item) const {
  float squares = 0;
  for (const ContentIndex::Token token : index_.tokens(item)) {
    squares += index_.idf(token) * index_.idf(token);
  }
  return std::sqrt(squares);
}

void Content::make_profile(const UserView& user, Work& work) const {
  work.events.clear();
  work.embedding.clear();
  work.profile.reset(index_.token_end());
  for (const RecentEvent& event : user.recent) {
    if (work.events.size() == event_weight_.size()) break;
    const auto tokens = index_.tokens(event.item);
    const auto vector = embedding(event.item);
    if (tokens.empty() && vector.empty()) continue;
    const float weight = event_weight_[work.events.size()];
    const float v = length(event.item);
    const float per_length = v > 0 ? weight / v : 0;
    work.events.push_back({event.item, weight, per_length});
    for (const ContentIndex::Token token : tokens) {
      work.profile.add(token, per_length * index_.idf(token));
    }
    if (work.embedding.empty()) work.embedding.assign(vector.size(), 0);
    if (work.embedding.size() != vector.size()) continue;
    for (std::size_t k = 0; k < vector.size(); ++k) work.embedding[k] += weight * vector[k];
  }
  normalise(work.embedding);
  float squares = 0;
  for (const std::uint32_t token : work.profile.touched()) {
    const float weight = work.profile[ItemId(token)];
    squares += weight * weight;
  }
  work.profile_length = std::sqrt(squares);
}

float Content::score_of(const Work& work, ItemId item) const {
  float shared = 0, squares = 0;
  for (const ContentIndex::Token token : index_.tokens(item)) {
    const float idf = index_.idf(token);
    squares += idf * idf;
    shared += idf * work.profile[ItemId(token)];
  }
  float score = shared > 0 ? shared / (std::sqrt(squares) * work.profile_length) : 0;
  const auto vector = embedding(item);
  if (!vector.empty() && !work.embedding.empty()) {
    score += std::max(dot(vector, work.embedding), 0.0F);
  }
  return score * factor(item);
}

void Content::candidates(const Query& query, Scratch& scratch, std::vector<Candidate>& out) const {
  Work& work = static_cast<Work&>(scratch);
  make_profile(query.user, work);
  work.heavy.clear();
  for (const std::uint32_t token : work.profile.touched()) {
    work.heavy.push_back({work.profile[ItemId(token)], index_.hash(token), token});
  }
  const std::size_t n = std::min<std::size_t>(options_.query_tokens, work.heavy.size());
  std::partial_sort(work.heavy.begin(), work.heavy.begin() + static_cast<std::ptrdiff_t>(n),
                    work.heavy.end(), [](const Work::Heavy& a, const Work::Heavy& b) {
                      return a.weight != b.weight ? a.weight > b.weight : a.hash < b.hash;
                    });
  work.seen.reset(index_.item_end());
  const auto see = [&](std::span<const std::uint32_t> items) {
    for (const std::uint32_t item : items) {
      if (!(work.seen[ItemId(item)] > 0)) work.seen.add(item, score_of(work, ItemId(item)));
    }
  };
  for (std::size_t k = 0; k < n; ++k) {
    see(index_.popular(work.heavy[k].token));
    see(index_.newest(work.heavy[k].token));
  }
  work.top.begin(query.limit);
  work.top.offer(work.seen, query.hidden);
  work.top.finish(out);
}

void Content::score(const Query&, Scratch& scratch, std::span<const ItemId> items,
                    std::span<float> out) const {
  const Work& work = static_cast<const Work&>(scratch);
  for (std::size_t i = 0; i < items.size(); ++i) out[i] = score_of(work, items[i]);
}

void Content::explain(const Query&, Scratch& scratch, std::span<const ItemId> items,
                      std::vector<Reason>& out) const {
  const Work& work = static_cast<const Work&>(scratch);
  for (std::uint32_t i = 0; i < items.size(); ++i) {
    const auto tokens = index_.tokens(items[i]);
    const float v = length(items[i]);
    for (const Work::Event& event : work.events) {
      // Both are in the order of their hashes.
      const auto own = index_.tokens(event.item);
      float shared = 0;
      for (std::size_t a = 0, b = 0; a < tokens.size() && b < own.size();) {
        if (tokens[a] == own[b]) {
          shared += index_.idf(tokens[a]) * index_.idf(tokens[a]);
          ++a, ++b;
        } else if (index_.hash(tokens[a]) < index_.hash(own[b])) {
          ++a;
        } else {
          ++b;
        }
      }
      float weight = v > 0 ? event.per_length * shared / v : 0;
      weight += event.weight * std::max(dot(embedding(items[i]), embedding(event.item)), 0.0F);
      if (weight > 0) out.push_back({i, event.item, weight});
    }
  }
}

void Content::learn(std::span<const Interaction> epoch) {
  for (const Interaction& x : epoch) {
    if (x.forget) {
      for (const HistoryItem& own : x.history) {
        if (own.strength > 0) hold(own.item, false);
      }
    } else if ((x.old_strength > 0) != (x.new_strength > 0)) {
      hold(x.item, x.new_strength > 0);
    }
  }
}

void Content::hold(ItemId item, bool holds) {
  const std::uint32_t before = index_.rank(item);
  if (before == (holds ? std::numeric_limits<std::uint32_t>::max() : 0)) return;
  set_holders(item, holds ? before + 1 : before - 1);
  dirty_.mark(item.value);
}

void Content::set_holders(ItemId item, std::uint32_t holders) {
  index_.set_rank(item, holders);
  if (item.index() >= factors_.size()) factors_.resize(item.index() + 1, 1);
  factors_[item.index()] =
      static_cast<float>(1 + options_.popularity_weight * std::log1p(static_cast<double>(holders)));
}

void Content::describe(ItemId item, const CatalogEntry* entry) {
  std::vector<std::uint64_t> tokens;
  if (entry != nullptr) content_tokens(*entry, options_.item_tokens, tokens);
  index_.set(item, tokens, entry != nullptr && entry->recommendable());
  if (entry == nullptr || entry->embedding.empty()) {
    if (item.index() < embeddings_.size()) embeddings_[item.index()] = {};
    return;
  }
  if (item.index() >= embeddings_.size()) embeddings_.resize(item.index() + 1);
  embeddings_[item.index()] = entry->embedding;
  normalise(embeddings_[item.index()]);
}

bool Content::save_some(RowBatch& out, std::size_t rows_max) {
  std::string value;
  for (const std::uint32_t item : dirty_.take(rows_max)) {
    begin_row(value).number(index_.rank(ItemId(item)));
    out.put(space, id_key(item), value);
  }
  return dirty_.few(rows_max);
}

Status Content::restore(const RowReader& rows, std::size_t items) {
  return rows.scan(space, [&](std::string_view key, std::string_view value) -> Status {
    const ItemId item = key_item(key, items);
    if (item.is_none()) return row_error(space, key, "its key is no item");
    ByteReader reader = open_row(value);
    const auto holders = reader.number<std::uint32_t>();
    if (!reader.at_end()) return row_error(space, key, "it holds no number of users");
    set_holders(item, holders);
    return {};
  });
}

std::size_t Content::memory_bytes() const {
  std::size_t bytes = index_.memory_bytes() + factors_.capacity() * 4 + dirty_.memory_bytes() +
                      embeddings_.capacity() * sizeof(std::vector<float>);
  for (const auto& e : embeddings_) bytes += e.capacity() * sizeof(float);
  return bytes;
}

}  // namespace freshet
