#include "core/local/kept_call_wire.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <nlohmann/json.hpp>
#include <sys/socket.h>

namespace kontext {

using nlohmann::json;
using Failure = CallOutcome::Failure;

namespace {

constexpr std::size_t packet_max = 64 << 10;
constexpr std::size_t message_max = std::size_t{256} << 20;

constexpr std::array<std::pair<Failure, std::string_view>, 6> failures{{
    {Failure::never_sent, "never_sent"},
    {Failure::not_trusted, "not_trusted"},
    {Failure::maybe_served, "maybe_served"},
    {Failure::bad_reply, "bad_reply"},
    {Failure::internal, "internal"},
    {Failure::cancelled, "cancelled"},
}};

std::string dump(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json list_headers(const std::vector<HttpHeader>& headers) {
    json list = json::array();
    for (const HttpHeader& header : headers) {
        list.push_back({header.name, header.value});
    }
    return list;
}

std::vector<HttpHeader> read_headers(const json& list) {
    std::vector<HttpHeader> headers;
    for (const json& header : list) {
        headers.push_back({header.at(0).get<std::string>(), header.at(1).get<std::string>()});
    }
    return headers;
}

bool send_packet(int socket, std::string_view bytes) {
    ssize_t count = 0;
    do {
        count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    return count == static_cast<ssize_t>(bytes.size());
}

// Into `place`, which has room for a packet. How long it was; none: the other side is gone.
std::optional<std::size_t> receive_packet(int socket, char* place, std::size_t room) {
    ssize_t count = 0;
    do {
        count = ::recv(socket, place, room, 0);
    } while (count < 0 && errno == EINTR);
    return count <= 0 ? std::nullopt : std::optional(static_cast<std::size_t>(count));
}

Failure failure_of(TransferFailed::Reach reach) {
    switch (reach) {
    case TransferFailed::Reach::never_sent: return Failure::never_sent;
    case TransferFailed::Reach::not_trusted: return Failure::not_trusted;
    case TransferFailed::Reach::maybe_served: return Failure::maybe_served;
    }
    return Failure::internal;
}

json describe(const HttpRequest& request) {
    json form = json::array();
    for (const FormPart& part : request.form) {
        form.push_back({part.name, part.file_name, part.content_type});
    }
    return {{"method", static_cast<int>(request.method)}, {"url", request.url},
            {"headers", list_headers(request.headers)},   {"form", form},
            {"at_most_once", request.at_most_once},       {"redirects_max", request.redirects_max},
            {"timeout_s", request.timeout.count()},       {"stall_s", request.stall.count()},
            {"grace_s", request.grace.count()},           {"reply_max", request.reply_max}};
}

HttpRequest read_request(const json& object) {
    HttpRequest request{.method = static_cast<HttpMethod>(object.at("method").get<int>()),
                        .url = object.at("url").get<std::string>(),
                        .headers = read_headers(object.at("headers")),
                        .at_most_once = object.at("at_most_once").get<bool>(),
                        .redirects_max = object.at("redirects_max").get<int>(),
                        .timeout = std::chrono::seconds(object.at("timeout_s").get<std::int64_t>()),
                        .stall = std::chrono::seconds(object.at("stall_s").get<std::int64_t>()),
                        .grace = std::chrono::seconds(object.at("grace_s").get<std::int64_t>()),
                        .reply_max = object.at("reply_max").get<std::int64_t>()};
    for (const json& part : object.at("form")) {
        request.form.push_back({.name = part.at(0).get<std::string>(),
                                .file_name = part.at(1).get<std::string>(),
                                .content_type = part.at(2).get<std::string>()});
    }
    return request;
}

// In a packet of its own, which is wiped from memory once it is read.
std::optional<SecretText> receive_key(int socket) {
    std::string packet(packet_max, '\0');
    const auto size = receive_packet(socket, packet.data(), packet.size());
    SecretText key(std::string_view(packet).substr(0, size.value_or(0)));
    explicit_bzero(packet.data(), packet.size());
    return size ? std::optional(std::move(key)) : std::nullopt;
}

} // namespace

CallOutcome make_call(const CallOrder& order, const std::stop_token& stop) {
    const Credential credential{order.key_header, order.key_prefix, &order.key};
    try {
        HttpClient client;
        CallOutcome outcome{.response =
                                client.send(order.request, order.key.empty() ? nullptr : &credential, stop),
                            .message = {}};
        hide_secret(outcome.response->body, order.key);
        return outcome;
    } catch (const Cancelled&) {
        return {.failure = Failure::cancelled, .message = {}};
    } catch (const TransferFailed& failure) {
        return {.failure = failure_of(failure.reach()), .message = failure.what()};
    } catch (const Error& error) {
        const bool is_bad_reply = error.code() == ErrorCode::bad_reply;
        return {.failure = is_bad_reply ? Failure::bad_reply : Failure::internal, .message = error.what()};
    } catch (const std::exception& failure) {
        return {.failure = Failure::internal, .message = failure.what()};
    }
}

HttpResponse take_response(CallOutcome outcome) {
    if (outcome.response) {
        return *std::move(outcome.response);
    }
    switch (outcome.failure) {
    case Failure::never_sent: throw TransferFailed(TransferFailed::Reach::never_sent, outcome.message);
    case Failure::not_trusted: throw TransferFailed(TransferFailed::Reach::not_trusted, outcome.message);
    case Failure::maybe_served: throw TransferFailed(TransferFailed::Reach::maybe_served, outcome.message);
    case Failure::bad_reply: throw Error(ErrorCode::bad_reply, outcome.message);
    case Failure::internal: break;
    case Failure::cancelled: throw Cancelled();
    }
    throw Error(ErrorCode::internal, outcome.message);
}

std::string to_bytes(const CallOutcome& outcome) {
    if (outcome.response) {
        const HttpResponse& response = *outcome.response;
        return dump({{"status", response.status},
                     {"headers", list_headers(response.headers)},
                     {"size", response.body.size()}}) +
               "\n" + response.body;
    }
    const auto* named = std::ranges::find(failures, outcome.failure, &decltype(failures)::value_type::first);
    return dump({{"failure", named->second}, {"message", outcome.message}}) + "\n";
}

std::optional<CallOutcome> outcome_from_bytes(std::string_view bytes) try {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const json object = json::parse(bytes.substr(0, end));
    const std::string_view body = bytes.substr(end + 1);
    if (const auto failure = object.find("failure"); failure != object.end()) {
        const auto* named =
            std::ranges::find(failures, failure->get<std::string>(), &decltype(failures)::value_type::second);
        return CallOutcome{.failure = named == failures.end() ? Failure::internal : named->first,
                           .message = object.at("message").get<std::string>()};
    }
    if (object.at("size").get<std::size_t>() != body.size()) {
        return std::nullopt;
    }
    HttpResponse response{.status = object.at("status").get<int>(),
                          .headers = read_headers(object.at("headers")),
                          .body = std::string(body)};
    return CallOutcome{.response = std::move(response), .message = {}};
} catch (const json::exception&) {
    return std::nullopt;
}

bool send_bytes(int socket, std::string_view bytes) {
    bool goes = send_packet(socket, std::to_string(bytes.size()));
    for (std::size_t at = 0; goes && at < bytes.size(); at += packet_max) {
        goes = send_packet(socket, bytes.substr(at, packet_max));
    }
    return goes;
}

std::optional<std::string> receive_bytes(int socket) {
    std::array<char, 32> number{};
    if (!receive_packet(socket, number.data(), number.size() - 1)) {
        return std::nullopt;
    }
    const std::size_t size = std::strtoull(number.data(), nullptr, 10);
    if (size > message_max) {
        return std::nullopt;
    }
    std::string bytes(size, '\0');
    for (std::size_t at = 0; at < size;) {
        const auto count = receive_packet(socket, bytes.data() + at, size - at);
        if (!count) {
            return std::nullopt;
        }
        at += *count;
    }
    return bytes;
}

bool send_order(int socket, const HttpRequest& request, const Credential* credential,
                const std::filesystem::path& file) {
    json object{{"request", describe(request)}, {"file", file.string()}};
    if (credential != nullptr) {
        object["key"] = {credential->header, credential->prefix};
    }
    bool goes = send_bytes(socket, dump(object)) && send_bytes(socket, request.body);
    for (const FormPart& part : request.form) {
        goes = goes && send_bytes(socket, part.data);
    }
    return goes && (credential == nullptr || send_packet(socket, credential->key->reveal()));
}

std::optional<CallOrder> receive_order(int socket) try {
    const std::optional<std::string> head = receive_bytes(socket);
    std::optional<std::string> body = head ? receive_bytes(socket) : std::nullopt;
    if (!body) {
        return std::nullopt;
    }
    const json object = json::parse(*head);
    CallOrder order{.request = read_request(object.at("request")),
                    .key_header = {},
                    .key_prefix = {},
                    .key = {},
                    .file = object.at("file").get<std::string>()};
    order.request.body = *std::move(body);
    for (FormPart& part : order.request.form) {
        std::optional<std::string> data = receive_bytes(socket);
        if (!data) {
            return std::nullopt;
        }
        part.data = *std::move(data);
    }
    if (const auto key = object.find("key"); key != object.end()) {
        order.key_header = key->at(0).get<std::string>();
        order.key_prefix = key->at(1).get<std::string>();
        std::optional<SecretText> text = receive_key(socket);
        if (!text) {
            return std::nullopt;
        }
        order.key = *std::move(text);
    }
    return order;
} catch (const json::exception&) {
    return std::nullopt;
}

} // namespace kontext
