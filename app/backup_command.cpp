#include <cstdio>

#include "app/commands.h"
#include "app/text.h"
#include "state/backup.h"

namespace freshet {
namespace {

std::string done_text(const char* what, const std::string& to, const Copied& copied) {
  std::string out = std::string(what) + " " + to + ": " + grouped(copied.rows) + " rows, " +
                    byte_size(copied.bytes) + "\n";
  for (const auto& [partition, offset] : copied.place.positions) {
    out += partition_words(partition) + " goes on at offset " + std::to_string(offset) + "\n";
  }
  return out;
}

}  // namespace

int backup_command(const Settings& settings, const std::string& directory) {
  const std::string& state = settings.state.path;
  if (state.empty()) {
    return failed("backup: state.path is empty, so the state is in the running process only");
  }
  Result<Copied> copied = Copied();
  {
    ProgressBar bar("backup");
    copied = back_up(state, directory,
                     [&](std::uint64_t done, std::uint64_t all) { bar.show(done, all); });
  }
  if (!copied) return failed(copied.error().message);
  std::fputs(done_text("backed up to", directory, *copied).c_str(), stdout);
  return exit_done;
}

int restore_command(const Settings& settings, const std::string& directory) {
  const std::string& state = settings.state.path;
  if (state.empty()) return failed("restore: state.path is empty; say where to restore to");
  Result<Copied> copied = Copied();
  {
    ProgressBar bar("restore");
    copied = restore(directory, state,
                     [&](std::uint64_t done, std::uint64_t all) { bar.show(done, all); });
  }
  if (!copied) return failed(copied.error().message);
  std::fputs(done_text("restored to", state, *copied).c_str(), stdout);
  return exit_done;
}

}  // namespace freshet
