#include "app/write_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace freshet {
namespace {

Error cannot(const std::string& option, const std::string& path, const std::string& why) {
  return error(option + ": '" + path + "' cannot be written: " + why);
}

}  // namespace

Status can_write_file(const std::string& option, const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return cannot(option, path, "it is a directory");
  if (fs::exists(path, ignored)) {
    if (::access(path.c_str(), W_OK) != 0) return cannot(option, path, std::strerror(errno));
    return {};
  }
  const fs::path parent = fs::path(path).parent_path();
  const std::string directory = parent.empty() ? "." : parent.string();
  if (!fs::is_directory(directory, ignored)) {
    return cannot(option, path, "there is no directory '" + directory + "'");
  }
  if (::access(directory.c_str(), W_OK) != 0) {
    return cannot(option, path, std::strerror(errno));
  }
  return {};
}

Status write_file(const std::string& option, const std::string& path, std::string_view text) {
  errno = 0;
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) return cannot(option, path, std::strerror(errno != 0 ? errno : EIO));
  return {};
}

}  // namespace freshet
