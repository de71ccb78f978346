#include "core/local/call_keeper.h"

#include "core/image/byte_io.h"
#include "core/local/child_process.h"
#include "core/local/keeper_wire.h"
#include "core/local/kept_call_wire.h"
#include "core/local/wait_input.h"

#include <exception>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kontext {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

// The caller writes into its journal meanwhile, which others may hold.
constexpr auto patience_of_go = 300s;

void sync_folder(const fs::path& folder) {
    const FileDescriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ::fsync(opened.number()); // best effort: not every file system has it
}

// Empty and locked from the beginning; whoever finds it so knows that an answer is waited for.
FileDescriptor make_file(const fs::path& path) {
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.number() >= 0 && ::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
        ::unlink(path.c_str());
        return {};
    }
    sync_folder(path.parent_path());
    return file;
}

// A part of it is as good as nothing, and is taken for that: on a full disk the caller, if it lives, is told
// all the same.
void keep(int file, std::string_view bytes) {
    ByteSink(file).write(std::as_bytes(std::span(bytes)));
    ::fsync(file);
}

bool is_told_to_go(int socket) {
    return wait_for_input(socket, patience_of_go, {}) && receive_message(socket) == kept_call_word::go;
}

// Until the socket is shut down: a caller that has vanished stops nothing.
void obey(int socket, std::stop_source stop) noexcept try {
    while (wait_for_input(socket, 1h, {})) {
        const auto word = receive_message(socket);
        if (word == kept_call_word::stop) {
            stop.request_stop();
        }
        if (word && word->empty()) {
            return;
        }
    }
} catch (const std::exception&) {
    // The call goes on without an ear.
}

void make_kept_call(int socket, const CallOrder& order, int file) {
    std::stop_source stop;
    std::jthread listener([&] { obey(socket, stop); });
    const std::string bytes = to_bytes(make_call(order, stop.get_token()));
    keep(file, bytes);
    send_bytes(socket, bytes);
    ::shutdown(socket, SHUT_RD);
}

} // namespace

int keep_call(int order_socket) noexcept try {
    const FileDescriptor socket(::fcntl(order_socket, F_DUPFD_CLOEXEC, 3));
    const std::optional<CallOrder> order = receive_order(socket.number());
    if (!order) {
        return 2;
    }
    leave_parent();
    const FileDescriptor file = make_file(order->file);
    if (file.number() < 0) {
        return 1;
    }
    send_message(socket.number(), kept_call_word::ready);
    if (!is_told_to_go(socket.number())) {
        ::unlink(order->file.c_str());
        return 0;
    }
    make_kept_call(socket.number(), *order, file.number());
    return 0;
} catch (const std::exception&) {
    return 1;
}

} // namespace kontext
