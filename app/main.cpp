#include "app/command_line.h"

int main(int argc, char** argv) { return freshet::run_program(argc, argv); }
