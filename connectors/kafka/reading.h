#pragma once

#include <cstdint>
#include <utility>

#include "connectors/kafka/client.h"
#include "connectors/kafka/inputs.h"
#include "stream/clock.h"
#include "stream/position.h"
#include "stream/record.h"
#include "stream/result.h"

namespace freshet::kafka {

Record to_record(const rd_kafka_message_t& message, const Inputs& inputs);

/// What a reader does about what is no record: errors that come instead of one, and
/// silence. `idle` is called by one thread, the reader; `error_of` by any.
class Reading {
 public:
  /// `client` and `clock` must outlive this.
  Reading(Client& client, Inputs inputs, const Clock& clock)
      : client_(client), inputs_(std::move(inputs)), clock_(clock) {}

  /// An Error if the message says that reading cannot go on; nothing is one that passes.
  /// `position`: where its partition is read, RD_KAFKA_OFFSET_INVALID if nothing was read yet.
  Status error_of(const rd_kafka_message_t& message, Offset position);

  /// While there is nothing to read: looks whether brokers are back, whether the topics are still
  /// there, whether the client has failed.
  Status idle();

 private:
  Status behind_retention(Partition partition, Offset position);

  Client& client_;
  const Inputs inputs_;
  const Clock& clock_;
  std::int64_t probed_ns_ = 0;
};

}  // namespace freshet::kafka
