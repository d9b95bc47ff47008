#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stream/clock.h"
#include "stream/engine.h"
#include "stream/live_metrics.h"
#include "stream/order.h"
#include "stream/settings.h"
#include "stream/sink.h"
#include "stream/source.h"

namespace freshet {

/// Brings outcomes to the sink, in engine order, and keeps the promises about lists: what is out is
/// told to the source, what was out before a crash is not written again, and the order of
/// partitions is noted before the lists that came of it.
///
/// "To settle" is to make durable outside what was written, and to tell the source. One thread
/// calls.
class Publisher {
 public:
  struct Parts {
    Source& source;
    Sink& sink;
    OrderLog& order;
    const Engine& engine;  ///< for names that do not change
    DeliveryOptions delivery;
    const Clock& clock;
    LiveMetrics& metrics;
    std::function<void(std::string_view)> log;
    std::string events_topic;
  };
  struct Border {
    std::string mark;
    OrderLog::Segment segment = 0;
  };

  explicit Publisher(Parts parts) : p_(std::move(parts)) {}

  /// `state`: where the state is; `mark`: the sink's at that point; `noted`: the order after it
  /// that an earlier process noted. Call it after Source::open.
  Status open(const Positions& state, const std::string& mark, const Order& noted);

  /// Takes the outcomes of records, one each; settles if that is due. `after`: positions behind
  /// them.
  Status publish(std::vector<Decoded>& records, const std::vector<Outcome>& outcomes,
                 const Positions& after);
  /// Settles what is due by now.
  Status settle_if_due();
  /// ns of the steady clock at which something is due; nothing: never.
  std::optional<std::int64_t> due_ns() const;

  /// A checkpoint was taken at `after`: settles, and says where the output stands.
  Result<Border> border(const Positions& after);

 private:
  Status note_order(const std::vector<Decoded>& records);
  void encode(std::vector<Decoded>& records, const std::vector<Outcome>& outcomes);
  void encode_record(Decoded& record, const Outcome& outcome);
  void encode_similar(const Decoded& record, const SimilarList& list);
  void put(Output out);
  bool already_out(const Decoded& record) const;
  void skip_published(const Positions& committed);
  Result<std::string> settle(const Positions& learned);

  const Parts p_;
  Sink::Kind kind_ = Sink::Kind::keeps;
  Positions published_;  ///< lists of records before these are out already
  Positions noted_;      ///< the order of records before these is noted
  Order order_;          ///< of the batch at hand
  std::vector<Output> outputs_;
  std::optional<Positions> unsettled_;
  std::size_t unsettled_bytes_ = 0;
  std::int64_t due_ns_ = 0;
};

}  // namespace freshet
