#include "tests/bench/isolated.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>

namespace freshet::bench {
namespace {

/// Never returns.
void work_and_leave(const std::function<Figures()>& run, int out) {
  int status = 0;
  try {
    const double before = calibrate();
    Figures figures = run();
    figures["calibration"] = (before + calibrate()) / 2;
    const std::string text = figures.dump();
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t n = write(out, text.data() + done, text.size() - done);
      if (n <= 0) _exit(1);
      done += static_cast<std::size_t>(n);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench: %s\n", e.what());
    status = 1;
  }
  _exit(status);
}

}  // namespace

Figures isolated(const std::function<Figures()>& run) {
  std::fflush(nullptr);
  int ends[2];
  if (pipe(ends) != 0) return nullptr;
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    work_and_leave(run, ends[1]);
  }
  close(ends[1]);
  std::string text;
  char block[4'096];
  for (ssize_t n; (n = read(ends[0], block, sizeof block)) > 0;) {
    text.append(block, static_cast<std::size_t>(n));
  }
  close(ends[0]);
  int status = 1;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return nullptr;
  return Figures::parse(text);
}

}  // namespace freshet::bench
