#include "core/net/http.h"

#include "core/net/url.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <curl/curl.h>
#include <malloc.h>

namespace kontext {

namespace {

constexpr const char* user_agent = "gimp-kontext/" KONTEXT_VERSION;

struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeForm {
    void operator()(curl_mime* form) const { curl_mime_free(form); }
};
// Lists may hold a key.
struct WipeList {
    void operator()(curl_slist* list) const {
        for (curl_slist* item = list; item != nullptr; item = item->next) {
            explicit_bzero(item->data, std::strlen(item->data));
        }
        curl_slist_free_all(list);
    }
};

class HeaderList {
public:
    void append(const char* line) {
        curl_slist* longer = curl_slist_append(list_.get(), line);
        if (longer == nullptr) {
            throw std::bad_alloc();
        }
        (void)list_.release();
        list_.reset(longer);
    }
    curl_slist* get() const { return list_.get(); }

private:
    std::unique_ptr<curl_slist, WipeList> list_;
};

// libcurl puts together what it sends in memory of its own, the key with it: wiped when it is given back.
void free_wiped(void* memory) {
    if (memory != nullptr) {
        explicit_bzero(memory, malloc_usable_size(memory));
        std::free(memory);
    }
}

void* resize_wiped(void* memory, std::size_t size) {
    void* other = std::malloc(size);
    if (other != nullptr && memory != nullptr) {
        std::memcpy(other, memory, std::min(size, malloc_usable_size(memory)));
        free_wiped(memory);
    }
    return other;
}

void init_curl_once() {
    // Without effect where another library of this process was faster.
    static const CURLcode done =
        curl_global_init_mem(CURL_GLOBAL_DEFAULT, std::malloc, free_wiped, resize_wiped, strdup, std::calloc);
    if (done != CURLE_OK) {
        throw Error(ErrorCode::internal, "libcurl does not start.");
    }
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

std::string_view trim(std::string_view text) {
    const auto start = text.find_first_not_of(" \t\r\n");
    return start == std::string_view::npos ? std::string_view()
                                           : text.substr(start, text.find_last_not_of(" \t\r\n") - start + 1);
}

// What the callbacks of one transfer work on.
struct Transfer {
    const HttpRequest& request;
    HttpResponse response;
    bool too_large = false;
    curl_off_t uploaded = -1;
};

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    const std::size_t bytes = size * count;
    if (std::cmp_greater(transfer.response.body.size() + bytes, transfer.request.reply_max)) {
        transfer.too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    try {
        transfer.response.body.append(data, bytes);
    } catch (const std::bad_alloc&) {
        transfer.too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    return bytes;
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* user) try {
    auto& response = static_cast<Transfer*>(user)->response;
    const std::string_view line = trim({data, size * count});
    if (line.starts_with("HTTP/")) { // of a proxy or of "100 Continue" before
        response.headers.clear();
    } else if (const auto colon = line.find(':');
               colon != std::string_view::npos && response.headers.size() < 200) {
        response.headers.push_back(
            {lower(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1)))});
    }
    return size * count;
} catch (const std::bad_alloc&) {
    return 0;
}

int show_progress(void* user, curl_off_t, curl_off_t, curl_off_t total, curl_off_t sent) {
    auto& transfer = *static_cast<Transfer*>(user);
    if (total > 0 && sent != transfer.uploaded) {
        transfer.uploaded = sent;
        transfer.request.on_uploaded(static_cast<double>(sent) / static_cast<double>(total));
    }
    return 0;
}

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy, option, value);
    if (code == CURLE_OUT_OF_MEMORY) {
        throw std::bad_alloc();
    }
    if (code != CURLE_OK) {
        throw Error(ErrorCode::internal,
                    std::string("libcurl refuses an option: ") + curl_easy_strerror(code));
    }
}

HeaderList list_headers(const HttpRequest& request, const Credential* credential) {
    HeaderList list;
    list.append("Expect:"); // storage services refuse "100-continue", and waiting for it costs a second
    for (const HttpHeader& header : request.headers) {
        list.append((header.name + ": " + header.value).c_str());
    }
    if (credential != nullptr) {
        std::string line;
        line.reserve(256 + credential->key->reveal().size()); // grows no second time: no copy is left behind
        line.append(credential->header)
            .append(": ")
            .append(credential->prefix)
            .append(credential->key->reveal());
        list.append(line.c_str());
        explicit_bzero(line.data(), line.size());
    }
    return list;
}

std::unique_ptr<curl_mime, FreeForm> make_form(CURL* easy, const std::vector<FormPart>& parts) {
    std::unique_ptr<curl_mime, FreeForm> form(curl_mime_init(easy));
    for (const FormPart& part : parts) {
        curl_mimepart* field = curl_mime_addpart(form.get());
        bool fine = field != nullptr && curl_mime_name(field, part.name.c_str()) == CURLE_OK &&
                    curl_mime_data(field, part.data.data(), part.data.size()) == CURLE_OK;
        if (fine && !part.file_name.empty()) {
            fine = curl_mime_filename(field, part.file_name.c_str()) == CURLE_OK;
        }
        if (fine && !part.content_type.empty()) {
            fine = curl_mime_type(field, part.content_type.c_str()) == CURLE_OK;
        }
        if (!fine) {
            throw std::bad_alloc();
        }
    }
    return form;
}

void set_method(CURL* easy, const HttpRequest& request, curl_mime* form) {
    switch (request.method) {
    case HttpMethod::get: set(easy, CURLOPT_HTTPGET, 1L); return;
    case HttpMethod::remove: set(easy, CURLOPT_CUSTOMREQUEST, "DELETE"); return;
    case HttpMethod::put: set(easy, CURLOPT_CUSTOMREQUEST, "PUT"); break;
    case HttpMethod::post: break;
    }
    if (form != nullptr) {
        set(easy, CURLOPT_MIMEPOST, form);
        return;
    }
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDS, request.body.data());
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
}

void set_up(CURL* easy, const HttpRequest& request, const std::string& url, Transfer& transfer) {
    set(easy, CURLOPT_URL, url.c_str());
    set(easy, CURLOPT_PROTOCOLS_STR, "https,http"); // what require_allowed_url() has let through
    if (const auto parts = parse_url(url); parts && is_loopback(*parts)) {
        set(easy, CURLOPT_PROXY, ""); // a proxy would look for the server on its own machine
    }
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_USERAGENT, user_agent);
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(easy, CURLOPT_FRESH_CONNECT, request.at_most_once ? 1L : 0L);
    set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    set(easy, CURLOPT_CONNECTTIMEOUT, 10L);
    set(easy, CURLOPT_TIMEOUT, static_cast<long>(request.timeout.count()));
    if (request.stall.count() > 0) {
        set(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall.count()));
    }
    if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0') {
        set(easy, CURLOPT_CAINFO, file);
    }
    set(easy, CURLOPT_WRITEFUNCTION, take_body);
    set(easy, CURLOPT_WRITEDATA, &transfer);
    set(easy, CURLOPT_HEADERFUNCTION, take_header);
    set(easy, CURLOPT_HEADERDATA, &transfer);
    if (request.on_uploaded) {
        set(easy, CURLOPT_NOPROGRESS, 0L);
        set(easy, CURLOPT_XFERINFOFUNCTION, show_progress);
        set(easy, CURLOPT_XFERINFODATA, &transfer);
    }
}

TransferFailed::Reach reach_of(CURL* easy, CURLcode code) {
    // The time at which the request itself was about to be sent; 0 where it never came to that.
    curl_off_t begun = 0;
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &begun);
    if (begun != 0) {
        return TransferFailed::Reach::maybe_served;
    }
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE
               ? TransferFailed::Reach::not_trusted
               : TransferFailed::Reach::never_sent;
}

[[noreturn]] void throw_transfer_failed(CURL* easy, CURLcode code, const std::string& url) {
    const std::optional<Url> parts = parse_url(url);
    throw TransferFailed(reach_of(easy, code), "The connection to " +
                                                   (parts ? parts->host : std::string("the service")) +
                                                   " failed: " + curl_easy_strerror(code) + ".");
}

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// The address that a redirect leads to, which may be relative to where it was found.
std::string resolve(const std::string& base, std::string_view location) {
    struct FreeUrl {
        void operator()(CURLU* url) const { curl_url_cleanup(url); }
    };
    if (location.find("://") != std::string_view::npos) {
        return std::string(location); // byte for byte: it may be signed
    }
    const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
    char* text = nullptr;
    if (url && curl_url_set(url.get(), CURLUPART_URL, base.c_str(), 0) == CURLUE_OK &&
        curl_url_set(url.get(), CURLUPART_URL, std::string(location).c_str(), 0) == CURLUE_OK &&
        curl_url_get(url.get(), CURLUPART_URL, &text, 0) == CURLUE_OK) {
        std::string result(text);
        curl_free(text);
        return result;
    }
    return {};
}

// After a stop, for as long as a request may go on.
class GraceTime {
public:
    GraceTime(const std::stop_token& stop, std::chrono::seconds time) : stop_(stop), time_(time) {}

    void throw_if_over() {
        if (!stop_.stop_requested()) {
            return;
        }
        const auto now = std::chrono::steady_clock::now();
        end_ = std::min(end_, now + time_);
        if (now >= end_) {
            throw Cancelled();
        }
    }

private:
    const std::stop_token& stop_;
    std::chrono::seconds time_;
    std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::time_point::max();
};

} // namespace

struct HttpClient::Handles {
    std::unique_ptr<CURLM, FreeMulti> multi;
};

HttpClient::HttpClient() {
    init_curl_once();
    handles_ = std::make_unique<Handles>();
    handles_->multi.reset(curl_multi_init());
    if (!handles_->multi) {
        throw std::bad_alloc();
    }
}

HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

std::string_view HttpResponse::header(std::string_view name) const {
    const auto found = std::ranges::find(headers.rbegin(), headers.rend(), name, &HttpHeader::name);
    return found == headers.rend() ? std::string_view() : std::string_view(found->value);
}

HttpResponse HttpClient::send(const HttpRequest& request, const Credential* credential,
                              const std::stop_token& stop) {
    std::string url = request.url;
    const bool encrypted = require_allowed_url(url).scheme == "https";
    for (int hop = 0;; ++hop) {
        HttpResponse response = send_once(request, url, credential, stop);
        if (!is_redirect(response.status) || request.redirects_max == 0) {
            return response;
        }
        if (hop == request.redirects_max) {
            throw Error(ErrorCode::bad_reply,
                        "The service sends us from one address to the next without end.");
        }
        url = resolve(url, response.header("location"));
        if (require_allowed_url(url).scheme != "https" && encrypted) {
            throw Error(ErrorCode::bad_reply, "The service sends us to an address without encryption.");
        }
    }
}

HttpResponse HttpClient::send_once(const HttpRequest& request, const std::string& url,
                                   const Credential* credential, const std::stop_token& stop) {
    if (stop.stop_requested()) {
        throw Cancelled();
    }
    const std::unique_ptr<CURL, FreeEasy> easy(curl_easy_init());
    if (!easy) {
        throw std::bad_alloc();
    }
    Transfer transfer{.request = request};
    const HeaderList headers = list_headers(request, credential);
    const auto form = request.form.empty() ? nullptr : make_form(easy.get(), request.form);
    set_up(easy.get(), request, url, transfer);
    set_method(easy.get(), request, form.get());
    set(easy.get(), CURLOPT_HTTPHEADER, headers.get());

    CURLM* multi = handles_->multi.get();
    const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
    struct InMulti { // leaves it in every case, and before `easy` goes
        CURLM* multi;
        CURL* easy;
        ~InMulti() { curl_multi_remove_handle(multi, easy); }
    };
    curl_multi_add_handle(multi, easy.get());
    const InMulti in_multi{multi, easy.get()};
    GraceTime grace(stop, request.grace);
    for (int running = 1; running > 0;) {
        grace.throw_if_over();
        if (curl_multi_perform(multi, &running) != CURLM_OK ||
            (running > 0 && curl_multi_poll(multi, nullptr, 0, 250, nullptr) != CURLM_OK)) {
            throw Error(ErrorCode::internal, "libcurl failed.");
        }
    }
    CURLcode code = CURLE_RECV_ERROR;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
        if (message->msg == CURLMSG_DONE) {
            code = message->data.result;
        }
    }
    if (transfer.too_large) {
        throw Error(ErrorCode::bad_reply, "The service's answer is larger than allowed.");
    }
    if (code != CURLE_OK) {
        throw_transfer_failed(easy.get(), code, url);
    }
    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    transfer.response.status = static_cast<int>(status);
    return std::move(transfer.response);
}

} // namespace kontext
