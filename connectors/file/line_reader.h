#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/file/input.h"
#include "connectors/file/lines.h"
#include "stream/source.h"

namespace freshet {

/// The records of one file, one a line, as FileSource promises them.
class LineReader {
 public:
  LineReader(std::string path, Partition partition);

  /// Goes to line `from`. Error: no such file, or it has fewer lines.
  Status open(Offset from);
  /// As FileSource::identity.
  const std::string& identity() const { return identity_; }
  /// As Source::poll.
  Result<Source::Polled> poll(std::size_t max_records, std::chrono::milliseconds wait,
                              std::vector<Record>& out);

 private:
  enum class Reading { some, nothing_yet, end };

  bool is_half_written(std::string_view line) const;
  void take_lines(std::size_t max_records, std::vector<Record>& out);
  Status read_block(std::chrono::milliseconds wait, Reading& reading);
  Status read_identity();
  Error too_short() const;

  const std::string path_;
  const Partition partition_;
  std::string identity_;
  std::unique_ptr<Input> input_;
  LineCutter lines_;
  Offset from_ = 0;         ///< lines before it are read past
  Offset next_offset_ = 0;  ///< of the line that lines_ gives next
  bool at_end_ = false;
  std::optional<Error> failure_;  ///< stays: a damaged file does not heal
  std::size_t taken_bytes_ = 0;   ///< of the records of this poll
};

}  // namespace freshet
