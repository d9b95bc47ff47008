#include "connectors/file/decompressor.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <new>
#include <string>

namespace freshet {

namespace {

class GzipDecompressor : public Decompressor {
 public:
  GzipDecompressor() {
    constexpr int gzip_window = 15 + 16;
    if (inflateInit2(&stream_, gzip_window) != Z_OK) throw std::bad_alloc();
  }
  ~GzipDecompressor() override { inflateEnd(&stream_); }
  GzipDecompressor(const GzipDecompressor&) = delete;
  GzipDecompressor& operator=(const GzipDecompressor&) = delete;

  Result<std::size_t> decompress(std::string_view& in, std::span<char> out) override {
    if (!inside_) {
      // Zeros between and after members are padding, as gzip itself takes them.
      if (!is_first_) in.remove_prefix(std::min(in.find_first_not_of('\0'), in.size()));
      if (in.empty()) return 0;
      if (in.front() != '\x1f') return error("something that is not gzip follows a gzip member");
      inflateReset(&stream_);
      inside_ = true;
      is_first_ = false;
    }
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const int state = inflate(&stream_, Z_NO_FLUSH);
    in.remove_prefix(in.size() - stream_.avail_in);
    if (state == Z_STREAM_END) inside_ = false;
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) {
      return error("damaged gzip data (" + std::string(stream_.msg ? stream_.msg : zError(state)) +
                   ")");
    }
    return out.size() - stream_.avail_out;
  }

  bool inside() const override { return inside_; }

 private:
  z_stream stream_{};
  bool inside_ = false;
  bool is_first_ = true;
};

class ZstdDecompressor : public Decompressor {
 public:
  ZstdDecompressor() : context_(ZSTD_createDCtx()) {
    if (!context_) throw std::bad_alloc();
  }

  Result<std::size_t> decompress(std::string_view& in, std::span<char> out) override {
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t state = ZSTD_decompressStream(context_.get(), &to, &from);
    in.remove_prefix(from.pos);
    if (ZSTD_isError(state)) {
      return error("damaged zstd data (" + std::string(ZSTD_getErrorName(state)) + ")");
    }
    inside_ = state != 0;
    return to.pos;
  }

  bool inside() const override { return inside_; }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  bool inside_ = false;
};

}  // namespace

std::unique_ptr<Decompressor> make_decompressor(Compression compression) {
  switch (compression) {
    case Compression::none:
      return nullptr;
    case Compression::gzip:
      return std::make_unique<GzipDecompressor>();
    case Compression::zstd:
      return std::make_unique<ZstdDecompressor>();
  }
  return nullptr;
}

}  // namespace freshet
