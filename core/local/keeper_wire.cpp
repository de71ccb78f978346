#include "core/local/keeper_wire.h"

#include "core/error.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/un.h>

namespace kontext {

using nlohmann::json;

namespace {

constexpr std::size_t message_max = 256 << 10;

std::string dump(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json parse(std::string_view text) {
    json value = json::parse(text, nullptr, false);
    if (!value.is_object()) {
        throw Error(ErrorCode::internal, "The keeper of the server said something that is no message.");
    }
    return value;
}

// A socket's name holds a hundred bytes at most, a folder's path may be longer: the name goes by way of the
// open folder.
struct SocketName {
    explicit SocketName(const std::filesystem::path& path)
        : folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
        const std::string name =
            "/proc/self/fd/" + std::to_string(folder.number()) + "/" + std::string(keeper_socket_name);
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
    }
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }

    FileDescriptor folder;
    sockaddr_un address{};
};

FileDescriptor make_socket(int flags = 0) {
    return FileDescriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0));
}

} // namespace

std::string to_json(const KeeperOrder& order) {
    return dump({{"words", order.words},
                 {"folder", order.folder.string()},
                 {"work_folder", order.work_folder.string()},
                 {"idle_ms", order.idle.count()},
                 {"identity", order.identity},
                 {"model_path", order.model_path},
                 {"port", order.port}});
}

KeeperOrder order_from_json(std::string_view text) try {
    const json object = parse(text);
    return {.words = object.at("words").get<CommandLine>(),
            .folder = object.at("folder").get<std::string>(),
            .work_folder = object.at("work_folder").get<std::string>(),
            .idle = std::chrono::milliseconds(object.at("idle_ms").get<std::int64_t>()),
            .identity = object.at("identity").get<std::string>(),
            .model_path = object.at("model_path").get<std::string>(),
            .port = object.at("port").get<int>()};
} catch (const json::exception& failure) {
    throw Error(ErrorCode::internal, failure.what());
}

std::string to_json(const KeeperMessage& message) {
    json object = json::object();
    if (message.hello) {
        object["hello"] = {{"identity", message.hello->identity},
                           {"model_path", message.hello->model_path},
                           {"port", message.hello->port},
                           {"server", message.hello->server},
                           {"is_ending", message.hello->is_ending}};
    }
    if (message.output) {
        object["output"] = *message.output;
    }
    if (message.end) {
        object["end"] = {{"by_order", message.end->reason == ServerEnd::Reason::by_order},
                         {"by_signal", message.end->end.by_signal},
                         {"code", message.end->end.code},
                         {"last_words", message.end->last_words}};
    }
    return dump(object);
}

KeeperMessage message_from_json(std::string_view text) try {
    const json object = parse(text);
    KeeperMessage message;
    if (const auto hello = object.find("hello"); hello != object.end()) {
        message.hello = {.identity = hello->at("identity").get<std::string>(),
                         .model_path = hello->at("model_path").get<std::string>(),
                         .port = hello->at("port").get<int>(),
                         .server = hello->at("server").get<int>(),
                         .is_ending = hello->at("is_ending").get<bool>()};
    }
    if (const auto output = object.find("output"); output != object.end()) {
        message.output = output->get<std::string>();
    }
    if (const auto end = object.find("end"); end != object.end()) {
        message.end = {
            .reason =
                end->at("by_order").get<bool>() ? ServerEnd::Reason::by_order : ServerEnd::Reason::its_own,
            .end = {.by_signal = end->at("by_signal").get<bool>(), .code = end->at("code").get<int>()},
            .last_words = end->at("last_words").get<std::string>()};
    }
    return message;
} catch (const json::exception& failure) {
    throw Error(ErrorCode::internal, failure.what());
}

bool send_message(int socket, std::string_view text) {
    return ::send(socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
           static_cast<ssize_t>(text.size());
}

std::optional<std::string> receive_message(int socket) {
    std::string text(message_max, '\0');
    ssize_t count = ::recv(socket, text.data(), text.size(), MSG_DONTWAIT);
    if (count < 0 && errno == ECONNRESET) {
        // The other side left without reading all that we said. What it said itself is still there.
        count = ::recv(socket, text.data(), text.size(), MSG_DONTWAIT);
    }
    if (count < 0) {
        return errno == EAGAIN || errno == EINTR ? std::nullopt : std::optional(std::string());
    }
    text.resize(static_cast<std::size_t>(count));
    return text;
}

FileDescriptor connect_to_keeper(const std::filesystem::path& folder) {
    FileDescriptor socket = make_socket();
    const SocketName name(folder);
    if (::connect(socket.number(), name.get(), sizeof(sockaddr_un)) != 0) {
        return {};
    }
    return socket;
}

FileDescriptor listen_for_users(const std::filesystem::path& folder) {
    FileDescriptor socket = make_socket(SOCK_NONBLOCK); // or accepting would wait for a user
    const SocketName name(folder);
    const bool listens =
        ::bind(socket.number(), name.get(), sizeof(sockaddr_un)) == 0 && ::listen(socket.number(), 64) == 0;
    if (!listens) {
        throw Error(ErrorCode::internal,
                    std::string("The keeper of the server cannot be reached: ") + std::strerror(errno) + ".");
    }
    return socket;
}

} // namespace kontext
