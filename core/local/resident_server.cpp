#include "core/local/resident_server.h"

#include "core/local/wait_input.h"
#include "core/net/wait.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kontext {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr auto patience_of_hello = 10s;

void make_private_folder(const fs::path& folder) {
    std::error_code failure;
    fs::create_directories(folder, failure);
    if (!failure) {
        fs::permissions(folder, fs::perms::owner_all, failure);
    }
    if (failure) {
        throw Error(ErrorCode::cannot_write,
                    "The folder " + folder.string() + " could not be made: " + failure.message() + ".");
    }
}

// Held while somebody starts a server, so that nobody else does.
FileDescriptor try_lock(const fs::path& folder) {
    FileDescriptor file(::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (file.number() < 0) {
        throw Error(ErrorCode::cannot_write,
                    (folder / "lock").string() + " could not be made: " + std::strerror(errno) + ".");
    }
    return ::flock(file.number(), LOCK_EX | LOCK_NB) == 0 ? std::move(file) : FileDescriptor();
}

// The next message; none: the connection has ended.
std::optional<KeeperMessage> next_message(int socket, std::chrono::milliseconds time,
                                          const std::stop_token& stop) {
    if (!wait_for_input(socket, time, stop)) {
        throw Error(ErrorCode::engine_not_ready, "The program kontext-keeper does not answer.");
    }
    const std::optional<std::string> text = receive_message(socket);
    if (!text) {
        return KeeperMessage{};
    }
    return text->empty() ? std::nullopt : std::optional(message_from_json(*text));
}

std::optional<KeeperHello> hear_hello(int socket, const std::stop_token& stop) {
    for (;;) {
        std::optional<KeeperMessage> message = next_message(socket, patience_of_hello, stop);
        if (!message || message->end) {
            return std::nullopt;
        }
        if (message->hello) {
            return std::move(message->hello);
        }
    }
}

// The keeper leaves the process that we started, which ends at once.
class StartedKeeper {
public:
    explicit StartedKeeper(const fs::path& program) : program_(start_program({program.string()})) {}
    StartedKeeper(const StartedKeeper&) = delete;
    StartedKeeper& operator=(const StartedKeeper&) = delete;
    ~StartedKeeper() {
        if (!is_welcome_) {
            ::kill(program_.pid, SIGKILL);
        }
        while (::waitpid(program_.pid, nullptr, 0) < 0 && errno == EINTR) {
        }
    }

    std::optional<KeeperHello> give(const KeeperOrder& order, const std::stop_token& stop) {
        send_message(program_.socket.number(), to_json(order));
        std::optional<KeeperHello> hello = hear_hello(program_.socket.number(), stop);
        is_welcome_ = hello.has_value();
        return hello;
    }
    FileDescriptor take_socket() { return std::move(program_.socket); }

private:
    StartedProgram program_;
    bool is_welcome_ = false;
};

std::string say_use() {
    const pid_t owner = ::getppid();
    return std::string(keeper_word::use) + " " + std::to_string(owner) + " " +
           std::to_string(start_time_of(owner).value_or(0));
}

std::string sentence_of(const ServerEnd& end) {
    return "The engine's program " +
           (end.end.by_signal ? to_text(end.end) : "ended with " + to_text(end.end)) +
           (end.last_words.empty() ? "." : ". Its last words: " + end.last_words);
}

} // namespace

// One search for the server that a plan wants.
class ServerSearch {
public:
    ServerSearch(const ServerPlan& plan, const std::function<void()>& waits, const std::stop_token& stop)
        : plan_(plan), waits_(waits), stop_(stop) {
        make_private_folder(plan.folder);
    }

    ResidentServer run() {
        for (;;) {
            if (FileDescriptor socket = connect_to_keeper(plan_.folder); socket.number() >= 0) {
                if (auto server = join(std::move(socket))) {
                    return *std::move(server);
                }
                continue;
            }
            const FileDescriptor lock = try_lock(plan_.folder);
            if (lock.number() < 0) {
                wait_for(10ms, stop_);
                continue;
            }
            // Between our look and our lock somebody may have started one.
            if (connect_to_keeper(plan_.folder).number() < 0) {
                return start();
            }
        }
    }

private:
    // None: it has ended.
    std::optional<ResidentServer> join(FileDescriptor socket) {
        const std::optional<KeeperHello> hello = hear_hello(socket.number(), stop_);
        if (!hello) {
            wait_for(10ms, stop_);
            return std::nullopt;
        }
        if (!hello->is_ending && hello->identity == plan_.identity) {
            send_message(socket.number(), say_use());
            return ResidentServer(std::move(socket), hello->port, true);
        }
        send_message(socket.number(), keeper_word::yield);
        waits_();
        for (;;) {
            if (wait_for_input(socket.number(), 1h, stop_) && receive_message(socket.number()) == "") {
                return std::nullopt;
            }
        }
    }

    ResidentServer start() {
        const fs::path program = find_keeper();
        if (program.empty()) {
            throw Error(ErrorCode::engine_not_ready,
                        "The program kontext-keeper, which belongs to this one, is not installed.");
        }
        const ServerFolders folders{.work = plan_.folder / "work", .empty = plan_.folder / "empty"};
        make_private_folder(folders.work);
        make_private_folder(folders.empty);
        const int port = plan_.choose_port ? plan_.choose_port() : choose_free_port();
        const KeeperOrder order{.words = plan_.words(port, folders),
                                .folder = plan_.folder,
                                .work_folder = folders.work,
                                .idle = plan_.idle,
                                .identity = plan_.identity,
                                .model_path = plan_.model_path,
                                .port = port};
        std::error_code ignored;
        fs::remove(plan_.folder / keeper_socket_name, ignored); // of a keeper that was killed
        StartedKeeper keeper(program);
        if (!keeper.give(order, stop_)) {
            throw Error(ErrorCode::engine_not_ready, program.string() + " does not work.");
        }
        FileDescriptor socket = keeper.take_socket();
        send_message(socket.number(), say_use());
        return ResidentServer(std::move(socket), port, false);
    }

    const ServerPlan& plan_;
    const std::function<void()>& waits_;
    const std::stop_token& stop_;
};

int choose_free_port() {
    const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* name = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket.number(), name, size) != 0 || ::getsockname(socket.number(), name, &size) != 0) {
        throw Error(ErrorCode::network, "This machine has no free port.");
    }
    return ntohs(address.sin_port);
}

fs::path find_keeper() {
    if (const char* named = std::getenv("KONTEXT_KEEPER"); named != nullptr && *named != '\0') {
        return named;
    }
    std::error_code failure;
    const fs::path own = fs::read_symlink("/proc/self/exe", failure).parent_path();
    for (const fs::path& folder : {own, own / "../libexec/gimp-kontext", fs::path(KONTEXT_LIBEXEC_FOLDER)}) {
        if (is_program(folder / "kontext-keeper")) {
            return folder / "kontext-keeper";
        }
    }
    return {};
}

ResidentServer ResidentServer::obtain(const ServerPlan& plan, const std::function<void()>& waits,
                                      const std::stop_token& stop) {
    return ServerSearch(plan, waits, stop).run();
}

std::string ResidentServer::read_output(std::chrono::milliseconds time, const std::stop_token& stop) {
    if (!wait_for_input(socket_.number(), time, stop)) {
        return {};
    }
    const std::optional<std::string> text = receive_message(socket_.number());
    if (!text) {
        return {};
    }
    if (text->empty()) {
        throw ServerEnded({.reason = ServerEnd::Reason::its_own},
                          "The engine's program was ended together with its keeper.");
    }
    KeeperMessage message = message_from_json(*text);
    if (message.end) {
        const std::string sentence = sentence_of(*message.end);
        throw ServerEnded(*std::move(message.end), sentence);
    }
    return message.output.value_or("");
}

} // namespace kontext
