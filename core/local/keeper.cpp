#include "core/local/keeper.h"

#include "core/error.h"
#include "core/local/keeper_wire.h"
#include "core/local/server_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <exception>
#include <sstream>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kontext {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto patience_of_end = 5s; // between asking the server to end and making it
constexpr auto patience_of_first_use = 10s;

struct User {
    FileDescriptor socket;
    bool uses = false;
    bool is_busy = false;
    bool wants_another = false;
    bool is_gone = false;
};

FileDescriptor watch_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) {
        sigaddset(&signals, signal);
    }
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    return FileDescriptor(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

class Keeper {
public:
    Keeper(KeeperOrder order, FileDescriptor first)
        : order_(std::move(order)), signals_(watch_signals()), door_(listen_for_users(order_.folder)),
          server_(order_) {
        welcome(std::move(first));
    }
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;
    ~Keeper() { ::unlink((order_.folder / keeper_socket_name).c_str()); }

    // Until the server has ended.
    void run() {
        while (!ended_) {
            wait();
            read_server();
            read_signals();
            read_users();
            let_in();
            decide();
        }
        const ServerEnd end{.reason = ending_ ? ServerEnd::Reason::by_order : ServerEnd::Reason::its_own,
                            .end = *ended_,
                            .last_words = words_.text()};
        tell_all({.hello = {}, .output = {}, .end = end});
    }

private:
    void wait() {
        std::vector<pollfd> waits;
        const auto watch = [&](int file) { waits.push_back({.fd = file, .events = POLLIN, .revents = 0}); };
        watch(signals_.number());
        watch(door_.number());
        if (output_open_) {
            watch(server_.output());
        }
        if (owner_.number() >= 0) {
            watch(owner_.number());
        }
        for (const User& user : users_) {
            watch(user.socket.number());
        }
        const auto left = next_deadline() - Clock::now();
        const auto time = std::clamp<Clock::duration>(left, 0ms, 60s);
        ::poll(waits.data(), waits.size(),
               static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(time).count()));
    }

    Clock::time_point next_deadline() const {
        if (ending_) {
            return killed_ ? Clock::now() + 60s : *ending_ + patience_of_end;
        }
        return is_used() ? Clock::now() + 60s : last_use_ + order_.idle;
    }

    bool is_used() const {
        return std::ranges::any_of(users_, [](const User& user) { return user.uses; });
    }

    void read_server() {
        while (output_open_) {
            const std::optional<std::string> said = server_.read_output();
            output_open_ = said.has_value();
            if (!said || said->empty()) {
                return;
            }
            words_.add(*said);
            tell_all({.hello = {}, .output = *said, .end = {}});
        }
    }

    void read_signals() {
        signalfd_siginfo signal{};
        while (::read(signals_.number(), &signal, sizeof signal) == sizeof signal) {
            if (signal.ssi_signo != SIGCHLD) {
                begin_ending();
            }
        }
        ended_ = server_.find_end();
        if (ended_) {
            read_server();
        }
    }

    void let_in() {
        for (;;) {
            FileDescriptor socket(::accept4(door_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
            if (socket.number() < 0) {
                return;
            }
            welcome(std::move(socket));
        }
    }

    void welcome(FileDescriptor socket) {
        KeeperMessage message;
        message.hello = {.identity = order_.identity,
                         .model_path = order_.model_path,
                         .port = order_.port,
                         .server = server_.pid(),
                         .is_ending = ending_.has_value()};
        send_message(socket.number(), to_json(message));
        users_.push_back({.socket = std::move(socket)});
    }

    void read_users() {
        for (User& user : users_) {
            for (auto word = receive_message(user.socket.number()); word && !user.is_gone;
                 word = receive_message(user.socket.number())) {
                obey(user, *word);
            }
        }
        const bool was_used = is_used();
        std::erase_if(users_, [](const User& user) { return user.is_gone; });
        if (was_used) {
            last_use_ = Clock::now();
        }
    }

    void obey(User& user, const std::string& message) {
        std::istringstream words(message);
        std::string word;
        words >> word;
        if (word.empty()) {
            user.is_gone = true;
            if (user.is_busy) { // nobody wants the picture any more, and the work cannot be stopped otherwise
                begin_ending();
            }
        } else if (word == keeper_word::use) {
            user.uses = true;
            pid_t pid = 0;
            unsigned long long start = 0;
            words >> pid >> start;
            watch_owner(pid, start);
        } else if (word == keeper_word::busy) {
            user.is_busy = true;
        } else if (word == keeper_word::free) {
            user.is_busy = false;
        } else if (word == keeper_word::stop) {
            begin_ending();
        } else if (word == keeper_word::yield) {
            user.wants_another = true;
        }
    }

    void watch_owner(pid_t pid, unsigned long long start) {
        owner_ = FileDescriptor();
        owner_gone_ = false;
        if (pid > 1) {
            owner_ = open_process(pid);
            owner_gone_ = owner_.number() < 0 ? errno == ESRCH : start_time_of(pid) != start;
        }
    }

    bool has_owner_ended() {
        pollfd owner{.fd = owner_.number(), .events = POLLIN, .revents = 0};
        if (owner_.number() >= 0 && ::poll(&owner, 1, 0) == 1) {
            owner_gone_ = true;
            owner_ = FileDescriptor(); // or it would wake us again and again
        }
        return owner_gone_;
    }

    void decide() {
        const bool owner_ended = has_owner_ended();
        const bool yields = std::ranges::any_of(users_, [](const User& user) { return user.wants_another; });
        if (!is_used() && (owner_ended || yields || Clock::now() >= last_use_ + order_.idle)) {
            begin_ending();
        }
        if (ending_ && !killed_ && Clock::now() >= *ending_ + patience_of_end) {
            server_.send_signal(SIGKILL);
            killed_ = true;
        }
    }

    void begin_ending() {
        if (!ending_) {
            ending_ = Clock::now();
            server_.send_signal(SIGTERM);
        }
    }

    void tell_all(const KeeperMessage& message) {
        const std::string text = to_json(message);
        for (const User& user : users_) {
            send_message(user.socket.number(), text); // who does not listen misses it
        }
    }

    KeeperOrder order_;
    FileDescriptor signals_;
    FileDescriptor door_;
    ServerProcess server_;
    bool output_open_ = true;
    LastWords words_;
    std::vector<User> users_;
    Clock::time_point last_use_ = Clock::now() + patience_of_first_use; // as far as we know
    FileDescriptor owner_;
    bool owner_gone_ = false;
    std::optional<Clock::time_point> ending_; // since
    bool killed_ = false;
    std::optional<ProgramEnd> ended_;
};

} // namespace

int keep_server(int order_socket) noexcept try {
    FileDescriptor first(::fcntl(order_socket, F_DUPFD_CLOEXEC, 3));
    pollfd order{.fd = first.number(), .events = POLLIN, .revents = 0};
    if (::poll(&order, 1, 10'000) != 1) {
        return 2;
    }
    const std::optional<std::string> text = receive_message(first.number());
    if (!text || text->empty()) {
        return 2;
    }
    leave_parent();
    Keeper keeper(order_from_json(*text), std::move(first));
    keeper.run();
    return 0;
} catch (const std::exception&) {
    return 1;
}

} // namespace kontext
