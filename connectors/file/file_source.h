#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "connectors/file/file_options.h"
#include "connectors/file/input.h"
#include "connectors/file/lines.h"
#include "stream/source.h"

namespace freshet {

/// JSON lines from a file, a pipe or standard input; gzip and zstd are recognised by their first
/// bytes.
///
/// Partition 0; the offset is the line's number from 0, blank lines counted. A line is a record's
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

  /// Error: no such file, or it has fewer lines than `from` says.
  Status open(const Positions& from, const Order& replay) override;
  /// Names a file by its first line, so a file may be moved and grow; "" for standard input and for
  /// what is no file of the disk.
  std::string identity() override { return identity_; }

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
  enum class Reading { some, nothing_yet, end };

  void take_lines(std::size_t max_records, std::vector<Record>& out);
  Status read_block(std::chrono::milliseconds wait, Reading& reading);
  Status read_identity();
  Error too_short() const;

  FileSourceOptions options_;
  std::string identity_;
  std::unique_ptr<Input> input_;
  LineCutter lines_{max_line_bytes};
  Offset from_ = 0;         ///< lines before it are read past
  Offset next_offset_ = 0;  ///< of the line that lines_ gives next
  bool at_end_ = false;
  std::optional<Error> failure_;  ///< stays: a damaged file does not heal
  std::size_t taken_bytes_ = 0;   ///< of the records of this poll
};

}  // namespace freshet
