// Lives of the program in a simulated world, from seeds. See README.md.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/simulation/judge.h"
#include "tests/simulation/life.h"
#include "tests/simulation/planted_bug.h"
#include "tests/simulation/world.h"

namespace freshet::test {
namespace {

struct Arguments {
  std::uint64_t first = 0, last = 0;
  double seconds = 0;  ///< > 0: seeds from `first` on, for so long
  bool verbose = false;
  bool maps = false;  ///< no world on a disk: the thread sanitizer does not see into RocksDB
  std::uint64_t bug = 0;
  std::uint32_t threads = 0;  ///< > 0: in place of the plan's
};

[[noreturn]] void usage(const char* program) {
  std::fprintf(stderr,
               "usage: %s [--seed N | --seeds FROM..TO | --from N --seconds S] [--threads N] "
               "[--maps] [--verbose]%s\n"
               "Exit status: 0 no seed found a problem; 1 one did (it is told); 2 usage.\n",
               program, planted_bugs > 0 ? " [--bug N]" : "");
  std::exit(2);
}

std::uint64_t number(const char* program, const char*& text) {
  char* end = nullptr;
  const std::uint64_t n = std::strtoull(text, &end, 10);
  if (end == text) usage(program);
  text = end;
  return n;
}

Arguments read_arguments(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--verbose" || name == "--maps") {
      (name == "--maps" ? a.maps : a.verbose) = true;
      continue;
    }
    if (++i == argc) usage(argv[0]);
    const char* value = argv[i];
    const std::uint64_t n = number(argv[0], value);
    if (name == "--seed") {
      a.first = a.last = n;
    } else if (name == "--from") {
      a.first = n;
    } else if (name == "--seconds") {
      a.seconds = static_cast<double>(n);
    } else if (name == "--threads") {
      a.threads = static_cast<std::uint32_t>(n);
    } else if (name == "--bug" && n <= planted_bugs) {
      a.bug = n;
    } else if (name == "--seeds" && std::strncmp(value, "..", 2) == 0) {
      a.first = n;
      value += 2;
      a.last = number(argv[0], value);
    } else {
      usage(argv[0]);
    }
    if (*value != '\0') usage(argv[0]);
  }
  return a;
}

/// Lives through one seed; false: a promise was broken.
bool run(std::uint64_t seed, const Arguments& a, Tally& tally) {
  Plan plan = plan_of(seed);
  if (a.threads > 0) plan.engine.threads = a.threads;
  if (a.maps) plan.real_disk = false;
  World world(plan);
  for (std::uint64_t n = 0; n < world.plan.lives && world.problem.empty(); ++n) {
    live(world, n, n + 1 == world.plan.lives, tally);
  }
  if (world.problem.empty()) judge(world);
  tally.outputs += world.shown.size();
  if (world.problem.empty() && !a.verbose) return true;
  std::printf("%s\n", text_of(world.plan).c_str());
  for (const std::string& line : world.story) std::printf("  %s\n", line.c_str());
  std::printf("  %s\n", world.problem.empty() ? "all is well" : world.problem.c_str());
  return world.problem.empty();
}

void print(const Tally& tally, std::uint64_t seeds, double seconds) {
  std::printf("%llu seeds in %.1f s: %llu lives, %llu records taken, %llu outputs\n",
              static_cast<unsigned long long>(seeds), seconds,
              static_cast<unsigned long long>(tally.lives),
              static_cast<unsigned long long>(tally.records),
              static_cast<unsigned long long>(tally.outputs));
  for (std::size_t i = 0; i < std::size(tally.ends); ++i) {
    std::printf("%s%s %llu", i == 0 ? "ends: " : ", ", name_of(static_cast<End>(i)),
                static_cast<unsigned long long>(tally.ends[i]));
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(Op::count); ++i) {
    std::printf("%s%s %llu", i == 0 ? "\nfaults at: " : ", ", name_of(static_cast<Op>(i)),
                static_cast<unsigned long long>(tally.faults[i]));
  }
  std::printf("\n");
}

int main(int argc, char** argv) {
  const Arguments a = read_arguments(argc, argv);
  plant(a.bug);
  const auto start = std::chrono::steady_clock::now();
  const auto passed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  Tally tally;
  std::uint64_t seeds = 0;
  for (std::uint64_t seed = a.first; a.seconds > 0 ? passed() < a.seconds : seed <= a.last;
       ++seed) {
    ++seeds;
    if (run(seed, a, tally)) continue;
    std::printf("seed %llu found a problem, after %llu seeds\n",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seeds));
    return 1;
  }
  print(tally, seeds, passed());
  return 0;
}

}  // namespace
}  // namespace freshet::test

int main(int argc, char** argv) { return freshet::test::main(argc, argv); }
