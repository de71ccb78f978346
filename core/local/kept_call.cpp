#include "core/local/kept_call.h"

#include "core/local/child_process.h"
#include "core/local/keeper_wire.h"
#include "core/local/resident_server.h"
#include "core/local/wait_input.h"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kontext {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr auto patience_of_start = 5s;
constexpr auto patience_of_answer = 24h; // the call has its own time-out

bool make_room(const fs::path& file) {
    std::error_code failure;
    if (fs::create_directories(file.parent_path(), failure)) {
        fs::permissions(file.parent_path(), fs::perms::owner_all, failure);
    }
    fs::remove(file, failure); // of an earlier try
    return !failure;
}

// It leaves us as soon as it has its order, and what we started ends.
void reap(pid_t pid, bool is_wanted) {
    if (!is_wanted) {
        ::kill(pid, SIGKILL);
    }
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

bool hear_ready(int socket) {
    return wait_for_input(socket, patience_of_start, {}) && receive_message(socket) == kept_call_word::ready;
}

} // namespace

std::optional<KeptCall> KeptCall::prepare(const HttpRequest& request, const Credential* credential,
                                          const fs::path& file) try {
    const fs::path program = find_keeper();
    if (program.empty() || !make_room(file)) {
        return std::nullopt;
    }
    StartedProgram started = start_program({program.string(), "call"});
    const bool is_ready =
        send_order(started.socket.number(), request, credential, file) && hear_ready(started.socket.number());
    reap(started.pid, is_ready);
    return is_ready ? std::optional(KeptCall(std::move(started.socket), request.grace)) : std::nullopt;
} catch (const Error&) {
    return std::nullopt;
}

HttpResponse KeptCall::send(const std::stop_token& stop) {
    if (stop.stop_requested()) {
        throw Cancelled();
    }
    if (!send_message(socket_.number(), kept_call_word::go)) {
        throw TransferFailed(TransferFailed::Reach::never_sent,
                             "The process that was to send the request has ended.");
    }
    try {
        wait_for_input(socket_.number(), patience_of_answer, stop);
    } catch (const Cancelled&) {
        send_message(socket_.number(), kept_call_word::stop);
        if (grace_ == 0s || !wait_for_input(socket_.number(), grace_, {})) {
            throw;
        }
    }
    const std::optional<std::string> bytes = receive_bytes(socket_.number());
    std::optional<CallOutcome> outcome = bytes ? outcome_from_bytes(*bytes) : std::nullopt;
    if (!outcome) {
        throw TransferFailed(TransferFailed::Reach::maybe_served,
                             "The process that sent the request has ended.");
    }
    return take_response(*std::move(outcome));
}

KeptAnswer read_kept_answer(const fs::path& file) {
    const FileDescriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (opened.number() < 0) {
        return {.state = errno == ENOENT || errno == ENOTDIR ? KeptAnswer::State::never_sent
                                                             : KeptAnswer::State::lost,
                .outcome = {}};
    }
    if (::flock(opened.number(), LOCK_SH | LOCK_NB) != 0) {
        return {.state = KeptAnswer::State::on_its_way, .outcome = {}};
    }
    std::ifstream stream(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    std::optional<CallOutcome> outcome = outcome_from_bytes(bytes);
    return outcome ? KeptAnswer{.state = KeptAnswer::State::arrived, .outcome = *std::move(outcome)}
                   : KeptAnswer{.state = KeptAnswer::State::lost, .outcome = {}};
}

} // namespace kontext
