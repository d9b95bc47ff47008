#include "connectors/kafka/inputs.h"

namespace freshet::kafka {

const std::string& Inputs::topic_of(Partition partition) const {
  return is_catalog(partition) ? catalog : events;
}

Partition Inputs::number_of(Partition partition) {
  // catalog_partition is its own inverse.
  return is_catalog(partition) ? catalog_partition(partition) : partition;
}

std::string Inputs::place(Partition partition) const {
  return topic_of(partition) + "/" + std::to_string(number_of(partition));
}

std::string Inputs::words() const {
  return catalog.empty() ? "topic '" + events + "'"
                         : "topics '" + events + "' and '" + catalog + "'";
}

Partition Inputs::partition_of(const char* topic, Partition number) const {
  const bool of_catalog = !catalog.empty() && catalog == topic;
  return of_catalog ? catalog_partition(number) : number;
}

Partition Inputs::partition_of(const rd_kafka_message_t& message) const {
  // Errors of the client itself are of no topic.
  if (message.rkt == nullptr) return message.partition;
  return partition_of(rd_kafka_topic_name(message.rkt), message.partition);
}

Positions PartitionCounts::all(Offset offset) const {
  Positions positions;
  for (int p = 0; p < events; ++p) positions[p] = offset;
  for (int p = 0; p < catalog; ++p) positions[catalog_partition(p)] = offset;
  return positions;
}

PartitionList partition_list(const Inputs& inputs, const Positions& positions) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const auto& [partition, offset] : positions)
    rd_kafka_topic_partition_list_add(list.get(), inputs.topic_of(partition).c_str(),
                                      Inputs::number_of(partition))
        ->offset = offset;
  return list;
}

Positions positions_of(const Inputs& inputs, const rd_kafka_topic_partition_list_t& list) {
  Positions positions;
  for (int i = 0; i < list.cnt; ++i)
    positions[inputs.partition_of(list.elems[i].topic, list.elems[i].partition)] =
        list.elems[i].offset;
  return positions;
}

}  // namespace freshet::kafka
