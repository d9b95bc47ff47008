#include <malloc.h>

#include "app/command_line.h"

namespace {

/// Large blocks go back to the system as soon as they are free, and threads share two heaps. By
/// default the allocator keeps more and more of them, and a memory budget could not hold.
constexpr int large_block_bytes = 256 << 10;
constexpr int heaps = 2;

}  // namespace

int main(int argc, char** argv) {
  mallopt(M_MMAP_THRESHOLD, large_block_bytes);
  mallopt(M_ARENA_MAX, heaps);
  return freshet::run_program(argc, argv);
}
