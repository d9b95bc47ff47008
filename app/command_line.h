#pragma once

namespace freshet {

/// Reads the command line, runs the command, and returns the exit status of the contract: 0 done, 1
/// failed, 2 the command line or the configuration is wrong (every problem printed).
int run_program(int argc, char** argv);

}  // namespace freshet
