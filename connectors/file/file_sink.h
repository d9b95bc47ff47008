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
/// Into a file, every list arrives exactly once: the mark is the files' paths and lengths, and
/// `open` cuts them back to it. A stream (standard output, a pipe, a device) takes nothing back, so
/// there `open` returns Kind::keeps.
///
/// `open` wants a file that the mark does not name to be empty or not there, and one that it names
/// to be at least as long as it says; anything else is an Error, unless `overwrite` is on: then
/// such a file is emptied. Files of rejected records and of similar items are made when the first
/// one comes.
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
  using Lengths = std::array<std::uint64_t, channel_count>;

  /// Where the files ended, and which files they were.
  struct Mark {
    Lengths lengths{};
    std::array<std::string, channel_count> paths;
  };

  Status open_file(std::size_t channel, std::uint64_t bytes, bool is_new);
  Status write_one(const Output& output);
  static std::optional<Mark> parse_mark(const std::string& text);
  std::string render_mark() const;

  FileSinkOptions options_;
  std::array<std::optional<OutputFile>, channel_count>
      files_;  ///< absent: that channel goes nowhere
  bool takes_back_ = false;
  std::string line_;
};

}  // namespace freshet
