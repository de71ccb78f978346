#include "core/net/message_listener.h"

#include "core/error.h"
#include "core/net/url.h"

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include <curl/curl.h>

namespace kontext {

namespace {

constexpr std::size_t message_max = 1 << 20;

struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

bool has_web_sockets() {
    for (const char* const* name = curl_version_info(CURLVERSION_NOW)->protocols; *name != nullptr; ++name) {
        if (std::string_view(*name) == "ws") {
            return true;
        }
    }
    return false;
}

} // namespace

struct MessageListener::Connection {
    // The transfer stays in here: taken out, its connection is closed.
    std::unique_ptr<CURLM, FreeMulti> multi{curl_multi_init()};
    std::unique_ptr<CURL, FreeEasy> easy{curl_easy_init()};
    std::string message; // what there is of it so far
    bool is_left_out = false;

    ~Connection() {
        if (multi && easy) {
            curl_multi_remove_handle(multi.get(), easy.get());
        }
    }

    // Whether the server has agreed.
    bool open(const std::string& url, const std::stop_token& stop) {
        CURL* handle = easy.get();
        if (!multi || handle == nullptr || curl_easy_setopt(handle, CURLOPT_URL, url.c_str()) != CURLE_OK ||
            curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "ws,wss") != CURLE_OK ||
            curl_easy_setopt(handle, CURLOPT_CONNECT_ONLY, 2L) != CURLE_OK ||
            curl_easy_setopt(handle, CURLOPT_USERAGENT, "gimp-kontext/" KONTEXT_VERSION) != CURLE_OK ||
            curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L) != CURLE_OK ||
            curl_easy_setopt(handle, CURLOPT_TIMEOUT, 2L) != CURLE_OK ||
            curl_multi_add_handle(multi.get(), handle) != CURLM_OK) {
            return false;
        }
        const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi.get()); });
        for (int running = 1; running > 0;) {
            if (stop.stop_requested()) {
                throw Cancelled();
            }
            if (curl_multi_perform(multi.get(), &running) != CURLM_OK ||
                curl_multi_poll(multi.get(), nullptr, 0, running > 0 ? 1000 : 0, nullptr) != CURLM_OK) {
                return false;
            }
        }
        int left = 0;
        const CURLMsg* news = curl_multi_info_read(multi.get(), &left);
        return news != nullptr && news->msg == CURLMSG_DONE && news->data.result == CURLE_OK;
    }
};

MessageListener::MessageListener(const std::string& url, const std::stop_token& stop) {
    require_allowed_url(url);
    if (!has_web_sockets()) {
        return;
    }
    auto connection = std::make_unique<Connection>();
    if (connection->open("ws" + url.substr(4), stop)) {
        connection_ = std::move(connection);
    }
}

MessageListener::~MessageListener() = default;

std::optional<std::string> MessageListener::receive() {
    std::array<char, 16'384> piece{};
    while (connection_) {
        std::size_t count = 0;
        // Not const in all versions of the header.
        auto* frame = decltype(curl_ws_meta(nullptr)){};
        const CURLcode code =
            curl_ws_recv(connection_->easy.get(), piece.data(), piece.size(), &count, &frame);
        if (code == CURLE_AGAIN) {
            break;
        }
        if (code != CURLE_OK || frame == nullptr || (frame->flags & CURLWS_CLOSE) != 0) {
            connection_.reset();
            break;
        }
        if ((frame->flags & (CURLWS_PING | CURLWS_PONG)) != 0) {
            continue;
        }
        std::string& message = connection_->message;
        connection_->is_left_out = connection_->is_left_out || (frame->flags & CURLWS_TEXT) == 0 ||
                                   message.size() + count > message_max;
        if (!connection_->is_left_out) {
            message.append(piece.data(), count);
        }
        if (frame->bytesleft == 0 && (frame->flags & CURLWS_CONT) == 0) {
            const bool whole = !std::exchange(connection_->is_left_out, false);
            std::string text = std::exchange(message, {});
            if (whole) {
                return text;
            }
        }
    }
    return std::nullopt;
}

} // namespace kontext
