#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "connectors/file/decompressor.h"
#include "connectors/file/descriptor.h"
#include "stream/result.h"

namespace freshet {

/// The bytes of a file, a pipe or standard input, decompressed if their first bytes say so.
///
/// A pipe is waited for with poll(2), so a silent writer never holds `read` longer than asked.
/// Holds one block of compressed bytes, beside the decompressor's window.
class Input {
 public:
  enum class Got { some, nothing_yet, end };
  struct Piece {
    Got got = Got::end;
    std::size_t bytes = 0;
  };

  /// "-" is standard input. A named pipe without a writer yet is no error and no end: it is waited
  /// for.
  static Result<std::unique_ptr<Input>> open(const std::string& path);

  /// Reads into `to`, which has room. Waits at most once, at most `wait`; a signal ends the wait.
  /// Error: reading failed, or compressed data are damaged or stop in the middle; names the file.
  Result<Piece> read(std::span<char> to, std::chrono::milliseconds wait);

  /// A file of the disk: reading it never waits for a writer.
  bool is_regular() const { return is_regular_; }
  const std::string& name() const { return name_; }

 private:
  Input(Descriptor file, std::string name, bool is_regular);

  Result<Piece> read_raw(std::span<char> to, std::chrono::milliseconds wait);
  Result<Got> fill_block(std::chrono::milliseconds wait);
  Result<Piece> decompress_block(std::span<char> to);
  Piece take_block(std::span<char> to);

  Descriptor file_;
  std::string name_;
  bool is_regular_;

  std::unique_ptr<char[]> block_;
  std::string_view unread_;  ///< what is still to be used of block_
  bool recognised_ = false;
  std::unique_ptr<Decompressor> decompressor_;  ///< null: plain
  bool decompressor_has_more_ = false;
};

}  // namespace freshet
