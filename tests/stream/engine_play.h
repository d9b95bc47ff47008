#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "state/digest.h"
#include "state/memory_store.h"
#include "stream/engine.h"
#include "tests/support/count_model.h"
#include "tests/support/events.h"
#include "tests/support/watched_store.h"

namespace freshet::test {

/// All that an outcome says, as text.
inline std::string text_of(const Outcome& o, const Decoded& record, const Engine& engine) {
  std::string text = "kind " + std::to_string(static_cast<int>(o.kind)) +
                     (o.repeated ? " again" : "") + (o.without_consent ? " visitor" : "");
  if (o.predicted) {
    text += " hit " + std::to_string(o.hit) + " popular " + std::to_string(o.popular_hit);
  }
  text += " list ";
  const Event* event = record.event();
  if (event != nullptr && o.kind == Outcome::Kind::list) {
    const Cause cause{"events", record.partition, record.offset, engine.types()[event->type].name};
    write_list(o.list, *event, cause, engine.part_names(), text);
  }
  return text;
}

/// An engine driven by hand, one event at a time or in spans.
struct Shop {
  explicit Shop(Engine::Parts parts) : engine(std::move(parts)) {}

  /// `at_ms` after the start.
  Outcome act(std::string_view user, std::string_view item, std::string_view type = "view",
              std::int64_t at_ms = 0) {
    return act(event_of(user, item, type, start_ms + at_ms));
  }
  Outcome act(Event event) {
    const std::vector<Decoded> one = {decoded(std::move(event), next_offset++)};
    std::vector<Outcome> out;
    engine.process(one, out);
    return std::move(out.at(0));
  }
  std::vector<std::string> process(std::span<const Decoded> records) {
    std::vector<Outcome> out;
    engine.process(records, out);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < out.size(); ++i) {
      texts.push_back(text_of(out[i], records[i], engine));
    }
    return texts;
  }
  void save(Store& store) {
    RowBatch rows;
    engine.save(rows);
    store.write(rows).value();
  }
  std::map<std::string, std::string> rows() {
    MemoryStore store;
    save(store);
    return all_rows(store);
  }

  Engine engine;
  Offset next_offset = 0;
};

/// "x 2, y 1.5": items and scores of a list.
inline std::string items_of(const Outcome& o) {
  std::string text;
  for (const List::Entry& e : o.list.entries) {
    char score[32];
    std::snprintf(score, sizeof score, " %g", e.score);
    text += (text.empty() ? "" : ", ") + std::string(e.item) + score;
  }
  return text;
}

inline EngineOptions epochs_of(std::uint32_t events, std::int64_t span_ms = 1'000'000'000,
                               std::uint32_t threads = 1) {
  EngineOptions o;
  o.threads = threads;
  o.epoch_events = events;
  o.epoch_span = config::Millis{span_ms};
  return o;
}

inline std::string digest_of(const RowReader& rows) { return summarise(rows).value().digest; }

}  // namespace freshet::test
