#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "stream/fingerprint.h"
#include "stream/order.h"
#include "stream/position.h"
#include "stream/record.h"
#include "stream/result.h"

namespace freshet {

/// Where records come from. Implementations live in connectors/.
///
/// Threads: `poll` is called by one thread (the reader); `commit`, `settled` and `committed` may be
/// called by another (the publisher) at the same time.
class Source {
 public:
  enum class Polled { more, end };

  virtual ~Source() = default;

  /// Before `open`: the records that were read last, of earlier processes. A source whose log can
  /// be replaced unawares compares, and `open` is an Error when they are others now.
  virtual void expect(const Fingerprints& last) { (void)last; }

  /// Goes to `from`; a partition not named there is read from its beginning. The records that
  /// `replay` names come first, in exactly its order. Called once, first. Error: the source cannot
  /// be reached, or it no longer has the records at `from`.
  virtual Status open(const Positions& from, const Order& replay) = 0;

  /// Which log the positions are offsets of, e.g. "topic events of cluster 5L6g3n"; a state goes on
  /// only with the log that it was made from. Called after `open`. "": not to be compared.
  virtual std::string identity() = 0;

  /// Appends at most `max_records` records to `out`, in the order in which they are to be
  /// processed. Waits at most `wait` for the first one and never for a second. `end`: no record
  /// will ever follow.
  virtual Result<Polled> poll(std::size_t max_records, std::chrono::milliseconds wait,
                              std::vector<Record>& out) = 0;

  /// Tells the outside world (a consumer group) that everything before `done` has had its effect.
  virtual Status commit(const Positions& done) = 0;
  /// The same has been told already, by a sink that commits positions together with its outputs.
  virtual void settled(const Positions& done) = 0;

  /// What was committed before by this or an earlier process; empty where the source keeps nothing.
  virtual Result<Positions> committed() = 0;
};

}  // namespace freshet
