#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "connectors/simulate/shop.h"
#include "connectors/simulate/simulate_options.h"
#include "stream/clock.h"
#include "stream/source.h"

namespace freshet {

/// The events of a simulated shop, as Kafka would hold them: key = user, value = JSON, time = the
/// event's.
///
/// With `catalog` the shop's catalogue comes first, without the items that appear later, and a
/// record of it before the first event after an item came or went: partition 0 of the catalogue.
///
/// Events are partition 0; the offset is the event's number from 0. With `rate`, as many events are
/// there as the steady clock has let come due since `open`.
class SimulateSource : public Source {
 public:
  /// `clock` must outlive this.
  SimulateSource(const SimulateOptions& options, const Clock& clock);

  /// Goes on at a position by living through all events before it: below 0.3 µs each.
  Status open(const Positions& from, const Order& replay) override;
  /// Seed and sizes: they decide every event.
  std::string identity() override;
  Result<Polled> poll(std::size_t max_records, std::chrono::milliseconds wait,
                      std::vector<Record>& out) override;
  Status commit(const Positions& done) override;
  void settled(const Positions&) override {}
  Result<Positions> committed() override;

 private:
  std::optional<std::uint32_t> next_entry();
  ShopEvent next_event();
  Record entry_record(std::uint32_t item);
  bool is_over() const;
  std::uint64_t due() const;
  std::chrono::nanoseconds until_due() const;

  const SimulateOptions options_;
  const Clock& clock_;
  Shop shop_;
  std::uint32_t next_item_ = 0;         ///< of the catalogue at the opening
  std::vector<std::uint32_t> changed_;  ///< items, the next one last
  std::optional<ShopEvent> event_;      ///< drawn already: `changed_` comes before it
  std::vector<Record> late_;            ///< entries before the position that are still to be read
  Offset next_entry_offset_ = 0;
  Offset opened_entry_offset_ = 0;
  std::uint64_t next_offset_ = 0;
  std::uint64_t opened_offset_ = 0;
  std::int64_t opened_ns_ = 0;
};

}  // namespace freshet
