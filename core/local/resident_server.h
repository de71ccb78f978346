#pragma once

#include "core/error.h"
#include "core/local/keeper_wire.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

namespace kontext {

// Folders that a server may need: private, and empty.
struct ServerFolders {
    std::filesystem::path work; // where it is started
    std::filesystem::path empty;
};

// What server is wanted.
struct ServerPlan {
    std::filesystem::path folder;            // private to the person; one server at a time for each
    std::string identity;                    // changes with everything that makes another server of it
    std::string model_path;                  // by which it is told from a stranger on the same port
    std::chrono::milliseconds idle{300'000}; // how long it stays when nobody uses it
    // Asked only where a server has to be started. Throws what stands in the way.
    std::function<CommandLine(int port, const ServerFolders& folders)> words;
    std::function<int()> choose_port;
};

// A port of this machine on which nobody listens. Throws Error(network).
int choose_free_port();

// The program that keeps servers: what KONTEXT_KEEPER names, else beside our own program, else where it is
// installed. Empty where there is none.
std::filesystem::path find_keeper();

// The server has ended while it was used.
class ServerEnded : public Error {
public:
    ServerEnded(ServerEnd end, const std::string& message)
        : Error(ErrorCode::service_failed, message), end_(std::move(end)) {}

    // Nothing is wrong with it: another can be had at once.
    bool is_by_order() const noexcept { return end_.reason == ServerEnd::Reason::by_order; }

private:
    ServerEnd end_;
};

// A server on this machine that outlives us, so that the next edit finds its model loaded. It is the child of
// a keeper (keeper.h), which ends it when nobody used it for a while, when the process that started ours (an
// editor, a shell) has ended, and when it is told. One thread at a time.
class ResidentServer {
public:
    // The one that runs, or a new one. A server that runs with something else is ended first, once nobody
    // uses it; meanwhile `waits` is called. Blocks. Throws Error(engine_not_ready), and Cancelled.
    static ResidentServer obtain(const ServerPlan& plan, const std::function<void()>& waits,
                                 const std::stop_token& stop);

    int port() const { return port_; }
    bool was_running() const { return was_running_; }

    // What it has said since, or "" when the time is over. Throws ServerEnded, and Cancelled.
    std::string read_output(std::chrono::milliseconds time, const std::stop_token& stop);
    // It works for us: should we vanish, it is ended.
    void set_busy() const { send_message(socket_.number(), keeper_word::busy); }
    void set_free() const { send_message(socket_.number(), keeper_word::free); }
    // Ends it, whoever uses it. Does not wait for that.
    void end() const { send_message(socket_.number(), keeper_word::stop); }

private:
    ResidentServer(FileDescriptor socket, int port, bool was_running)
        : socket_(std::move(socket)), port_(port), was_running_(was_running) {}

    FileDescriptor socket_;
    int port_ = 0;
    bool was_running_ = false;

    friend class ServerSearch;
};

} // namespace kontext
