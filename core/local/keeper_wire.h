#pragma once

#include "core/local/child_process.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

// What the keeper of a server (kontext-keeper) and those who use the server say to each other, over sockets
// that keep messages apart.
namespace kontext {

// What a keeper is started for; the first message that it gets.
struct KeeperOrder {
    CommandLine words;                 // of the server
    std::filesystem::path folder;      // private; the socket lies here
    std::filesystem::path work_folder; // where the server is started
    std::chrono::milliseconds idle{0}; // how long the server stays when nobody uses it
    std::string identity;              // servers with the same one are as good as each other
    std::string model_path;            // that the server was told
    int port = 0;                      // on this machine alone
};

// What everybody who connects is told first.
struct KeeperHello {
    std::string identity;
    std::string model_path;
    int port = 0;
    int server = -1;
    bool is_ending = false; // wait until the connection ends, then start another
};

// The last that the users of a server are told.
struct ServerEnd {
    enum class Reason {
        its_own,  // it crashed or gave up
        by_order, // somebody wanted that, or nobody used it any more: start another
    };
    Reason reason = Reason::its_own;
    ProgramEnd end;
    std::string last_words; // of the server; lines without progress bars
};

// A message of the keeper: one of these.
struct KeeperMessage {
    std::optional<KeeperHello> hello;
    std::optional<std::string> output; // of the server, as it came
    std::optional<ServerEnd> end;
};

std::string to_json(const KeeperOrder& order);
std::string to_json(const KeeperMessage& message);
// Throw Error(internal) for what is none.
KeeperOrder order_from_json(std::string_view json);
KeeperMessage message_from_json(std::string_view json);

// A user's messages: single words, "use" with the process that it works for.
namespace keeper_word {
inline constexpr std::string_view use = "use";     // "use PID START": I use the server until I disconnect
inline constexpr std::string_view busy = "busy";   // it works for me: end it if I vanish
inline constexpr std::string_view free = "free";   // no more
inline constexpr std::string_view stop = "stop";   // end it now
inline constexpr std::string_view yield = "yield"; // end it when nobody uses it: I want another
} // namespace keeper_word

inline constexpr std::string_view keeper_socket_name = "socket";

// Whether it went; never waits.
bool send_message(int socket, std::string_view text);
// None: there is none yet. Empty: the other side is gone. Never waits.
std::optional<std::string> receive_message(int socket);

// Sockets with the name `keeper_socket_name` in a folder that is closed to others, however long its path is.
// None: nobody listens there.
FileDescriptor connect_to_keeper(const std::filesystem::path& folder);
// Throws Error(internal).
FileDescriptor listen_for_users(const std::filesystem::path& folder);

} // namespace kontext
