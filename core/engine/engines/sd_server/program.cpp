#include "core/engine/engines/sd_server/program.h"

#include "core/error.h"
#include "core/local/child_process.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string_view>

namespace kontext::sd_server {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

std::vector<fs::path> usual_folders() {
    std::vector<fs::path> folders;
    if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
        const fs::path own(home);
        for (const char* below : {".local/bin", "stable-diffusion.cpp/build/bin", "stable-diffusion.cpp/bin",
                                  "stable-diffusion.cpp", "src/stable-diffusion.cpp/build/bin"}) {
            folders.push_back(own / below);
        }
    }
    folders.emplace_back("/usr/local/bin");
    std::error_code failure;
    for (fs::directory_iterator entry("/opt", failure); !failure && entry != fs::directory_iterator();
         entry.increment(failure)) {
        folders.push_back(entry->path());
        folders.push_back(entry->path() / "bin");
        folders.push_back(entry->path() / "build/bin");
    }
    return folders;
}

// What a program says; none where it does not work or takes too long.
std::optional<std::string> ask_program(const fs::path& program, const std::string& argument,
                                       const std::stop_token& stop) {
    try {
        const auto report = run_program({program.string(), argument}, 15s, stop);
        return report ? std::optional(report->output) : std::nullopt;
    } catch (const Error&) {
        return std::nullopt;
    }
}

// A drawing library that calculates on the processor counts as a graphics card where it is asked carelessly.
bool is_processor(std::string_view line) {
    return line.starts_with("CPU") || line.starts_with("BLAS") || line.find("llvmpipe") != line.npos;
}

// One device a line: "name<TAB>description". Logs of the libraries have no such form.
Devices read_devices(const std::string& output) {
    Devices devices;
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
        const auto tab = line.find('\t');
        if (tab == std::string::npos || tab == 0 || line.find(' ') < tab) {
            continue;
        }
        if (!is_processor(line)) {
            devices.kind = Devices::Kind::graphics_card;
        } else if (devices.kind == Devices::Kind::not_known) {
            devices.kind = Devices::Kind::processor_only;
        }
        line[tab] = ' ';
        devices.names.push_back(line);
    }
    return devices;
}

} // namespace

fs::path find_server_program(const std::string& named) {
    if (!named.empty()) {
        return is_program(named) ? fs::path(named) : fs::path();
    }
    return find_program("sd-server", usual_folders());
}

Devices list_devices(const fs::path& program, const std::stop_token& stop) {
    for (const fs::path& candidate : {program.parent_path() / "sd-cli", program}) {
        if (!is_program(candidate)) {
            continue;
        }
        const std::optional<std::string> output = ask_program(candidate, "--list-devices", stop);
        Devices devices = read_devices(output.value_or(""));
        if (devices.kind != Devices::Kind::not_known) {
            return devices;
        }
    }
    return {};
}

bool has_argument(const fs::path& program, const std::string& argument, const std::stop_token& stop) {
    const std::optional<std::string> help = ask_program(program, "--help", stop);
    return help && help->find(argument) != std::string::npos;
}

} // namespace kontext::sd_server
