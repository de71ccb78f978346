#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace kontext {

// Listens to a WebSocket, for news that are nice to have. Where libcurl was built without them (before 8.11
// that is the usual way), or the server has none, there is never a message. One thread at a time.
class MessageListener {
public:
    // `url`: http or https, as require_allowed_url() takes it. Waits two seconds at most for the server.
    // Throws Cancelled.
    MessageListener(const std::string& url, const std::stop_token& stop);
    MessageListener(const MessageListener&) = delete;
    MessageListener& operator=(const MessageListener&) = delete;
    ~MessageListener();

    // The next text that has arrived whole; returns at once. Binary messages, and those over a megabyte, are
    // left out.
    std::optional<std::string> receive();

private:
    struct Connection;
    std::unique_ptr<Connection> connection_; // null: there is nothing to listen to
};

} // namespace kontext
