#pragma once

#include <string>

#include "connectors/kafka/handle.h"
#include "stream/position.h"

namespace freshet::kafka {

/// The topics that are read, events and perhaps a catalogue, and where in them each of our
/// partitions is: those of the catalogue are numbered below 0 (stream/position.h), whereas Kafka
/// counts each topic's from 0.
struct Inputs {
  std::string events;
  std::string catalog;  ///< "": there is none

  const std::string& topic_of(Partition partition) const;
  /// Kafka's number of it.
  static Partition number_of(Partition partition);
  /// "events/3": for people, and for headers.
  std::string place(Partition partition) const;
  /// "topic 'events'", "topics 'events' and 'catalog'".
  std::string words() const;

  Partition partition_of(const char* topic, Partition number) const;
  Partition partition_of(const rd_kafka_message_t& message) const;
};

/// How many partitions the topics have.
struct PartitionCounts {
  int events = 0;
  int catalog = 0;

  int sum() const { return events + catalog; }
  bool holds(Partition partition) const {
    return Inputs::number_of(partition) < (is_catalog(partition) ? catalog : events);
  }
  /// Each of them, with `offset`.
  Positions all(Offset offset) const;

  friend bool operator==(const PartitionCounts&, const PartitionCounts&) = default;
};

/// What librdkafka's functions take.
PartitionList partition_list(const Inputs& inputs, const Positions& positions);
/// The positions that one of librdkafka's functions gave.
Positions positions_of(const Inputs& inputs, const rd_kafka_topic_partition_list_t& list);

}  // namespace freshet::kafka
