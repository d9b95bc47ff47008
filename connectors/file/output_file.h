#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/file/compressor.h"
#include "connectors/file/descriptor.h"
#include "stream/result.h"

namespace freshet {

/// Lines on their way into one file or stream, compressed if the file's name says so.
///
/// After `flush` the file ends with a whole member or frame, so cutting it there and writing on
/// yields what would have been written without the cut. After an Error nothing more is written.
class OutputFile {
 public:
  /// What is there before anything is opened.
  struct Existing {
    bool is_there = false;
    bool is_regular =
        true;  ///< a file of the disk, or nothing; neither pipe nor terminal nor device
    std::uint64_t bytes = 0;
  };
  static Result<Existing> look(const std::string& path);

  /// "-" is standard output, and plain.
  explicit OutputFile(std::string path);

  /// Opens for appending; creates the file if it is not there.
  Status open();
  bool is_open() const { return file_.is_open(); }
  /// Makes the file end after `bytes`. Only for a regular file, before the first `append`.
  Status cut(std::uint64_t bytes);

  /// Appends a line and its newline. Blocks while a stream's reader is slow.
  Status append(std::string_view line);
  /// Lets readers see what was appended. A compressed file shows it in blocks, and at `flush`.
  Status show() { return compressor_ || !state_ ? state_ : write_lines(); }
  /// Returns when all is on the disk, or with a stream's reader.
  Status flush();

  /// Hash of what stands before byte `bytes` of a regular file, 4 KiB of it at most: tells whether
  /// it is still the file that it was. Reads it.
  Result<std::uint64_t> end_hash(std::uint64_t bytes) const;

  /// Length of the file at the last `flush` or `cut`.
  std::uint64_t bytes() const { return bytes_; }
  const std::string& name() const { return name_; }

 private:
  Status write_lines();
  Status write_out(std::string& ready);
  Status sync();
  Status sync_folder();
  Status fail(Error failure);

  std::string path_;
  std::string name_;
  Descriptor file_;
  bool is_regular_ = false;
  bool is_created_ = false;  ///< its name is perhaps not on the disk yet
  std::unique_ptr<Compressor> compressor_;

  std::string lines_;       ///< not compressed yet
  std::string compressed_;  ///< not written yet
  bool is_dirty_ = false;   ///< something was appended since the last flush
  std::uint64_t bytes_ = 0;
  Status state_;  ///< the first Error stays
};

}  // namespace freshet
