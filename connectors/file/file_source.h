#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "connectors/file/file_options.h"
#include "connectors/file/line_reader.h"
#include "stream/source.h"

namespace freshet {

/// JSON lines from a file, a pipe or standard input; gzip and zstd are recognised by their first
/// bytes. A file of the catalogue, if there is one, is read to its end before the first event.
///
/// Events are partition 0, the catalogue is partition 0 of the catalogue; the offset is the line's
/// number from 0, blank lines counted. A line is a record's
/// value, byte for byte without its newline; there is no key and no time. Blank lines yield no
/// record. A line longer than `max_line_bytes` is cut to that length; it is far beyond what
/// decoding accepts. A byte-order mark before the first line is taken off.
///
/// `open` goes to a position by reading up to it (a plain file at several GB/s). Only for pipes,
/// which must be given the same lines again from the first, `poll` does that reading.
class FileSource : public Source {
 public:
  static constexpr std::size_t max_line_bytes = 16UL << 20;

  explicit FileSource(FileSourceOptions options);

  /// Error: no such file, or it has fewer lines than `from` says. What `from` says of a catalogue
  /// that is not configured any more is let be.
  Status open(const Positions& from, const Order& replay) override;
  /// Names the file of events by its first line, so a file may be moved and grow; "" for standard
  /// input and for what is no file of the disk.
  std::string identity() override { return events_.identity(); }

  /// Returns early and empty-handed when a writer gave no whole line yet, and after 16 MiB without
  /// a record. Stops once the records of the call hold 8 MiB. An Error comes after the whole lines
  /// before it.
  Result<Polled> poll(std::size_t max_records, std::chrono::milliseconds wait,
                      std::vector<Record>& out) override;

  /// A file keeps no positions: commits are nowhere.
  Status commit(const Positions& done) override;
  void settled(const Positions&) override {}
  Result<Positions> committed() override;

 private:
  const FileSourceOptions options_;
  LineReader events_;
  std::optional<LineReader> catalog_;  ///< until it was read
};

}  // namespace freshet
