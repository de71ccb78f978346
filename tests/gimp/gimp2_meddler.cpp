#include "tests/gimp/gimp2_meddler.h"

#include "tests/gimp/gimp2_support.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace kontext::checks {

namespace fs = std::filesystem;

namespace {

constexpr auto look_again = std::chrono::milliseconds(2);

std::string commands_file() {
    return scratch_file("meddle");
}

// The plug-in of this very run, as others may run theirs.
bool is_our_plugin(const fs::path& process) {
    std::error_code gone;
    return fs::read_symlink(process / "exe", gone).filename() == "gimp-kontext" &&
           read_file(process / "environ").find(std::getenv("KONTEXT_CHECKS_FOLDER")) != std::string::npos;
}

// Its pictures are scratch files without a name: the layer's and, once the engine works, the result's.
int count_scratch_files(const fs::path& process) {
    int count = 0;
    std::error_code gone;
    for (const auto& file : fs::directory_iterator(process / "fd", gone)) {
        const std::string target = fs::read_symlink(file.path(), gone).string();
        count +=
            target.find("(deleted)") != std::string::npos && target.find("gimp-kontext") != std::string::npos;
    }
    return count;
}

std::optional<pid_t> find_developing_plugin() {
    std::error_code gone;
    for (const auto& process : fs::directory_iterator("/proc", gone)) {
        if (is_our_plugin(process.path()) && count_scratch_files(process.path()) >= 2) {
            return std::atoi(process.path().filename().c_str());
        }
    }
    return std::nullopt;
}

} // namespace

DuringDevelopment::DuringDevelopment(std::function<void(pid_t)> act)
    : watcher_([act = std::move(act)](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
              if (const auto plugin = find_developing_plugin()) {
                  kill(*plugin, SIGSTOP);
                  act(*plugin);
                  kill(*plugin, SIGCONT);
                  return;
              }
              std::this_thread::sleep_for(look_again);
          }
      }) {}

void meddle(const std::string& command) {
    std::ofstream(commands_file() + ".new") << command;
    fs::rename(commands_file() + ".new", commands_file());
    while (fs::exists(commands_file())) {
        std::this_thread::sleep_for(look_again);
    }
}

void run_meddler() {
    gimp_extension_ack();
    while (true) {
        gimp_extension_process(5);
        if (!fs::exists(commands_file())) {
            continue;
        }
        std::istringstream command(read_file(commands_file()));
        std::string what;
        gint32 id = -1;
        command >> what >> id;
        if (what == "delete-layer") {
            gimp_image_remove_layer(gimp_item_get_image(id), id);
        } else if (what == "close-display") {
            gimp_display_delete(id);
        } else if (what == "close-image") {
            gimp_image_delete(id);
        }
        fs::remove(commands_file());
    }
}

} // namespace kontext::checks
