#include "stream/settings_table.h"

#include "stream/included_fields.h"

namespace freshet {
namespace {

using config::Bytes;
using config::Millis;
using config::not_empty;
using config::object;
using config::range;

config::Table<EventTypeOptions> describe_event_type() {
  using T = EventTypeOptions;
  return object<T>("One event type: what such an event means.")
      .option("weight", &T::weight,
              "Strength of the interest it shows; below 0: the opposite; 0: none.",
              range(-EventTypes::weight_max, EventTypes::weight_max))
      .option("refresh", &T::refresh, "Whether such an event is answered with a new list.")
      .option("action", &T::action, "What it does.",
              config::names<EventAction>({{"interact", EventAction::interact},
                                          {"rate", EventAction::rate},
                                          {"profile", EventAction::profile},
                                          {"forget", EventAction::forget}}))
      .option("takes_back", &T::takes_back,
              "The type of which it takes one event back, as `return` does with `purchase`.")
      .option("scale_min", &T::scale_min, "Lowest `value` of a rating.", range(-1e6, 1e6))
      .option("scale_max", &T::scale_max, "Highest `value` of a rating.", range(-1e6, 1e6));
}

config::Table<EventOptions::Fields> describe_fields() {
  using F = EventOptions::Fields;
  return object<F>("Names of the fields in the shop's records.")
      .option("user", &F::user, "Who.", not_empty())
      .option("item", &F::item, "On what.", not_empty())
      .option("type", &F::type, "The event type.", not_empty())
      .option("time", &F::time, "When.", not_empty())
      .option("session", &F::session, "The shop's session id.", not_empty())
      .option("value", &F::value, "The rating.", not_empty())
      .option("quantity", &F::quantity, "Units bought or returned.", not_empty())
      .option("price", &F::price, "Unit price.", not_empty())
      .option("id", &F::id, "The shop's event id.", not_empty())
      .option("list", &F::list, "Id of the list it was chosen from.", not_empty())
      .option("attributes", &F::attributes, "Facts on the user.", not_empty())
      .option("consent", &F::consent, "Whether the event may be learned from.", not_empty())
      .check([](const F& f) {
        const std::pair<const char*, const std::string*> fields[] = {{"user", &f.user},
                                                                     {"item", &f.item},
                                                                     {"type", &f.type},
                                                                     {"time", &f.time},
                                                                     {"session", &f.session},
                                                                     {"value", &f.value},
                                                                     {"quantity", &f.quantity},
                                                                     {"price", &f.price},
                                                                     {"id", &f.id},
                                                                     {"list", &f.list},
                                                                     {"attributes", &f.attributes},
                                                                     {"consent", &f.consent}};
        std::vector<config::Finding> found;
        for (const auto* b = std::begin(fields); b != std::end(fields); ++b) {
          for (const auto* a = std::begin(fields); a != b; ++a) {
            if (*a->second != *b->second) continue;
            found.push_back({b->first, "is \"" + *b->second + "\", as " + a->first +
                                           " is; each is a field of its own"});
          }
        }
        return found;
      });
}

}  // namespace

config::Table<EventOptions> describe_events() {
  return object<EventOptions>("How records are read into events.")
      .option("fields", &EventOptions::fields, describe_fields())
      .option("types", &EventOptions::types,
              "The event types, by name. A name that is not there yet declares a new type.",
              describe_event_type())
      .option("session_gap", &EventOptions::session_gap,
              "A user's session ends when he sends nothing for this long.",
              range(Millis{1'000}, Millis{30LL * 86'400'000}))
      .check([](const EventOptions& o) {
        std::vector<config::Finding> found;
        for (std::string& s : EventTypes::problems(o.types))
          found.push_back({"types", std::move(s)});
        return found;
      });
}

config::Table<UserOptions> describe_users() {
  using T = UserOptions;
  return object<T>("How much is remembered of each user.")
      .option("history_items", &T::history_items, "Distinct items, the newest.", range(1, 1'000))
      .option("recent_events", &T::recent_events, "Events, the newest.", range(1, 100))
      .option("event_ids", &T::event_ids, "Event ids by which a repeated event is known; 0: none.",
              range(0, 1'000))
      .option(
          "learn_events", &T::learn_events,
          "Events of one user that others' lists learn from in one `learn_span`, whatever times "
          "they bear; his own list follows all of them. Repeats on one item use it up faster, an "
          "item of the shop that is new to him takes a quarter. "
          "So a bot's 10,000 clicks in a minute, in a shop of 200 users and 6,000 events a day, "
          "move at most 13 of 20 places of anybody else's list, and 5.2 of them on average. 0: no "
          "limit.",
          range(0, 1'000'000'000))
      .option("learn_choices", &T::learn_choices,
              "Of those, the ones that the fusion learns from too, each less than the one before "
              "where it "
              "weighs its parts (the k-th by 1/k). 0: all, each in full.",
              range(0, 1'000'000'000))
      .option("learn_span", &T::learn_span,
              "Time of the shop in which used-up `learn_events` come back: the newest event time "
              "that three users have reached.",
              range(Millis{1'000}, Millis{86'400'000}));
}

config::Table<EngineOptions> describe_engine() {
  using T = EngineOptions;
  return object<T>("How the engine runs.")
      .option("threads", &T::threads, "Threads that rank and learn; 0: one per core.",
              range(0, 256))
      .option("epoch_events", &T::epoch_events,
              "What others did is learned after this many records at most.", range(1, 65'536))
      .option("epoch_span", &T::epoch_span,
              "The same, as a span of event time: it ends an epoch early.",
              range(Millis{0}, Millis{86'400'000}))
      .option("queue_bytes", &T::queue_bytes,
              "Records and lists that may wait between two stages, each.",
              range(Bytes{64 << 10}, Bytes{4ULL << 30}));
}

config::Table<ListOptions> describe_lists() {
  using T = ListOptions;
  return object<T>("The lists that go out.")
      .option("size", &T::size, "Items in a list.", range(1, 200))
      .option("min_interval", &T::min_interval,
              "Least event time between two lists of one user; 0: a list for every event.",
              range(Millis{0}, Millis{86'400'000}))
      .option("suppress_unchanged", &T::suppress_unchanged,
              "Publish no list that holds the same items in the same order as the user's last one.")
      .option("include", &T::include,
              "Fields of the catalogue that are copied into each entry of a list.",
              config::check(&IncludedFields::problem, IncludedFields::allowed()))
      .option("explore", &T::explore,
              "Last places of a list that go to new items of the catalogue, so that it is learned "
              "what they are worth.",
              range(0, 100))
      .option("explore_until", &T::explore_until,
              "Events of an item from which on it is new no more.", range(1, 1'000'000))
      .check([](const ListOptions& o) {
        std::vector<config::Finding> found;
        if (o.explore >= o.size) {
          found.push_back({"explore", std::to_string(o.explore) + " places of " +
                                          std::to_string(o.size) +
                                          " leave none to what the models say; allowed: fewer "
                                          "than lists.size"});
        }
        return found;
      });
}

config::Table<SimilarOptions> describe_similar() {
  using T = SimilarOptions;
  return object<T>("The lists of similar items that go out, made by the model `item_cf`.")
      .option("size", &T::size, "Items in a list; 0: no such lists go out.", range(0, 200))
      .option("min_interval", &T::min_interval, "Least event time between two lists of one item.",
              range(Millis{0}, Millis{30LL * 86'400'000}))
      .option("events_per_list", &T::events_per_list,
              "Events for each list that is looked at: bounds the work and what goes out; changed "
              "items wait for their turn.",
              range(1, 1'000'000));
}

config::Table<StateOptions> describe_state() {
  using T = StateOptions;
  return object<T>("What is remembered, on disk.")
      .option("path", &T::path, "The state directory; empty: in memory only, gone at the end.")
      .option("checkpoint_interval", &T::checkpoint_interval, "Time between two checkpoints.",
              range(Millis{10}, Millis{3'600'000}))
      .option(
          "checkpoint_work", &T::checkpoint_work,
          "Work of the engine after which a checkpoint comes early: about what a restart after a "
          "crash must do again before its first new list.",
          range(Millis{10}, Millis{3'600'000}))
      .option("memory_budget", &T::memory_budget,
              "Bytes of state kept in memory: users who have not come for long are read from disk "
              "when they come back. Models and the names of items always stay.",
              range(Bytes{16 << 20}, Bytes{1ULL << 50}));
}

config::Table<DeliveryOptions> describe_delivery() {
  using T = DeliveryOptions;
  return object<T>("What is promised about lists.")
      .option(
          "guarantee", &T::guarantee,
          "At least once: after a crash a list may arrive twice, byte for byte the same. Exactly "
          "once: lists and positions go out in Kafka transactions, and a read_committed reader "
          "sees each list once, up to commit_interval later.",
          config::names<Guarantee>({{"at_least_once", Guarantee::at_least_once},
                                    {"exactly_once", Guarantee::exactly_once}}))
      .option("commit_interval", &T::commit_interval,
              "Time between two commits of the consumer group.", range(Millis{1}, Millis{60'000}))
      .option("commit_bytes", &T::commit_bytes,
              "A commit comes early when so many bytes of lists wait for it.",
              range(Bytes{64 << 10}, Bytes{1ULL << 30}));
}

}  // namespace freshet
