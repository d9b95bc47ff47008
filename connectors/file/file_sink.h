#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "connectors/file/file_options.h"
#include "connectors/file/output_file.h"
#include "stream/sink.h"

namespace freshet {

/// Lists, rejected records and similar items as JSON lines in up to three files, or lists on
/// standard output.
///
/// Into a file, every list arrives exactly once: the mark is the files' paths, lengths and hashes
/// of their ends, and `open` cuts them back to it. A stream (standard output, a pipe, a device)
/// takes nothing back, so there `open` returns Kind::keeps.
///
/// `open` wants a file that the mark does not name to be empty or not there, and one that it names
/// to be at least as long as it says, with the same end there; anything else is an Error, unless
/// `overwrite` is on: then such a file is emptied. Files of rejected records and of similar items
/// are made when the first one comes.
///
/// Holds 256 KiB a file. After an Error everything fails with it; the next `open` of a new sink
/// mends the files.
class FileSink : public Sink {
 public:
  explicit FileSink(FileSinkOptions options);

  Result<Kind> open(const std::string& mark) override;
  Status write(std::span<Output> outputs) override;
  Result<std::string> flush(const Positions& done) override;

 private:
  static constexpr std::size_t channel_count = 3;

  /// Where a file ended, and which it was.
  struct Place {
    std::string path;
    std::uint64_t bytes = 0;
    std::optional<std::uint64_t> end;  ///< OutputFile::end_hash; none: earlier versions' marks
  };
  using Mark = std::array<Place, channel_count>;

  Status open_file(std::size_t channel, const Place& marked);
  Status write_one(const Output& output);
  static std::optional<Mark> parse_mark(const std::string& text);
  Result<std::string> render_mark() const;

  FileSinkOptions options_;
  std::array<std::optional<OutputFile>, channel_count>
      files_;  ///< absent: that channel goes nowhere
  bool takes_back_ = false;
  std::string line_;
};

}  // namespace freshet
