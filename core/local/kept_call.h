#pragma once

#include "core/image/byte_io.h"
#include "core/local/kept_call_wire.h"

#include <filesystem>
#include <optional>
#include <stop_token>

namespace kontext {

// A call that costs, made by a process of its own (kontext-keeper), which goes on when ours is killed: the
// answer is in a file then, and is not lost. One thread.
class KeptCall {
public:
    // Starts that process; nothing is sent yet. `file` is replaced; its folder is made where there is none.
    // None: there is no such program, or it cannot do this here, and the call has to be made as any other.
    static std::optional<KeptCall> prepare(const HttpRequest& request, const Credential* credential,
                                           const std::filesystem::path& file);

    // As HttpClient::send(), once.
    HttpResponse send(const std::stop_token& stop);

private:
    KeptCall(FileDescriptor socket, std::chrono::seconds grace) : socket_(std::move(socket)), grace_(grace) {}

    FileDescriptor socket_;
    std::chrono::seconds grace_;
};

// What there is of a call whose caller is gone.
struct KeptAnswer {
    enum class State {
        never_sent, // no file: its caller ended before it said "go"
        on_its_way, // the process is waiting for the answer
        lost,       // that process has ended without one
        arrived,
    };
    State state = State::never_sent;
    CallOutcome outcome; // of what has arrived
};
KeptAnswer read_kept_answer(const std::filesystem::path& file);

} // namespace kontext
