#include <malloc.h>

#include "app/command_line.h"

namespace {

/// Large blocks go back to the system as soon as they are free. By default the allocator keeps more
/// and more of them, and a memory budget could not hold.
constexpr int large_block_bytes = 256 << 10;

}  // namespace

int main(int argc, char** argv) {
  mallopt(M_MMAP_THRESHOLD, large_block_bytes);
  return freshet::run_program(argc, argv);
}
