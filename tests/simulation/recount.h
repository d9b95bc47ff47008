#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "stream/decoder.h"
#include "stream/dictionary.h"
#include "stream/event_types.h"
#include "stream/included_fields.h"
#include "stream/sink.h"
#include "stream/store.h"
#include "tests/simulation/plan.h"

namespace freshet::test {

/// The counting shop told a second time, from the contract and with maps of names only: one record
/// after another, no batches, no rows, no ids. Shares the decoder and the printing of lists and
/// their fields with the program, and nothing else.
class Recount {
 public:
  explicit Recount(const Plan& plan)
      : plan_(plan), types_(plan.events.types), included_(plan.lists.include) {}

  /// What goes out for the record that is next in the engine's order.
  std::optional<Output> take(const Decoded& record);

  /// What of users, counts and catalogue is not as counted here; "": nothing.
  std::string problem_of(const RowReader& rows) const;

 private:
  struct Interest {
    std::string item;
    std::map<std::string, int> events;  ///< by type, those that still count; 0: not to take back
    double rating = 0;
    bool known = false;  ///< the models were told of it
  };
  struct Recent {
    std::string item, type;
    bool known = true;
  };
  struct Shopper {
    std::uint32_t session = 0, session_events = 0;
    std::string session_name;
    std::int64_t newest_ms = 0, list_ms = 0;
    std::int64_t due_us = 0;          ///< shop's time until which he has used up what is learned
    std::vector<Interest> interests;  ///< the newest first
    std::vector<Recent> recent;       ///< the newest first
    std::vector<std::string> ids;     ///< of events, the oldest first
    std::map<std::string, AttributeValue> attributes;
    std::vector<std::string> held;
  };
  struct Change {
    std::string item;
    double by;
  };

  const EventTypes::Type& type_of(const Event& event) const { return types_[event.type]; }
  bool off_the_shelf(const std::string& item) const;
  std::string problem_of_catalog(const RowReader& rows, const ItemDictionary& items) const;
  bool known_id(const Shopper& shopper, const Event& event) const;
  void remember_id(Shopper& shopper, const Event& event) const;
  double strength(const Shopper& shopper, const std::string& item) const;
  double strength(const Interest& interest) const;
  double known_strength(const Shopper& shopper, const std::string& item) const;
  void apply(Shopper& shopper, const Event& event, bool item_known, bool learn);
  bool pays(Shopper& shopper, const Event& event) const;
  void move_clock();
  Interest take_out(Shopper& shopper, const std::string& item) const;
  void put_first(Shopper& shopper, const Event& event, Interest interest, bool known);
  void add(Shopper& shopper, const Event& event);
  void add_flooded(Shopper& shopper, const Event& event);
  bool take_back(Shopper& shopper, const Event& event, const std::string& type);
  std::optional<Output> answer(Shopper& shopper, const Decoded& record) const;
  void begin_in_epoch(const Event& event);
  void close_epoch();
  std::optional<Output> forget(const Decoded& record);

  const Plan& plan_;
  const EventTypes types_;
  const IncludedFields included_;
  std::map<std::string, Shopper> shoppers_;
  std::map<std::string, std::size_t> items_;  ///< name → how many were met before it
  std::size_t closed_items_ = 0;              ///< items met when the newest epoch closed
  std::map<std::string, double> counts_;
  std::map<std::string, std::optional<CatalogEntry>> shelf_;  ///< the newest word; none: withdrawn
  std::map<std::string, std::int64_t> newest_ms_;  ///< of each user, also of those erased
  std::uint32_t erased_ = 0;
  std::int64_t clock_ms_ = 0;    ///< the shop's time
  std::vector<Change> waiting_;  ///< what the open epoch will teach
  std::uint32_t epoch_records_ = 0;
  std::int64_t epoch_first_ms_ = 0;
};

}  // namespace freshet::test
