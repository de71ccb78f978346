#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace kontext::sd_server {

// The server's program: what the setting names, else the first along PATH and in the usual places; empty
// where there is none, or what was named is no program.
std::filesystem::path find_server_program(const std::string& named);

// What a build of stable-diffusion.cpp can calculate on.
struct Devices {
    enum class Kind { graphics_card, processor_only, not_known };
    Kind kind = Kind::not_known;
    std::vector<std::string> names; // as the program says them
};
// Asks the program, or the one for the command line beside it. Blocks for seconds. Throws Cancelled alone.
Devices list_devices(const std::filesystem::path& program, const std::stop_token& stop);

// Whether the program's own help names an argument. Throws Cancelled alone.
bool has_argument(const std::filesystem::path& program, const std::string& argument,
                  const std::stop_token& stop);

} // namespace kontext::sd_server
