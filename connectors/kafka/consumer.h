#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "connectors/kafka/client.h"
#include "connectors/kafka/reading.h"
#include "stream/result.h"

namespace freshet::kafka {

/// The client that is the member of a group, with what hangs on it. A member that its own lost
/// join has fenced is replaced as a whole; whoever still uses the old one keeps it until then.
struct Consumer {
  explicit Consumer(ClientPtr made)
      : client(std::move(made)),
        records(rd_kafka_queue_new(client->get())),
        answers(rd_kafka_queue_new(client->get())) {}

  ClientPtr client;                ///< first, so that the others go before it
  Queue records;                   ///< to which every partition's queue is joined
  Queue answers;                   ///< of commits
  std::optional<Reading> reading;  ///< from joining on
};
using ConsumerPtr = std::shared_ptr<Consumer>;

/// Makes a client that has not joined yet; each time with the same properties.
using MakeClient = std::function<Result<ClientPtr>()>;

}  // namespace freshet::kafka
