#include "core/engine/registry.h"
#include "core/error.h"
#include "core/net/url.h"

#include <cstdlib>
#include <string>

namespace kontext {

namespace {

std::string check_address(std::string url, const std::string& source) {
    const auto parts = parse_url(url);
    if (!parts || (parts->scheme != "https" && !is_loopback(*parts))) {
        throw Error(ErrorCode::bad_settings, source + " is no https address, nor http on this machine.");
    }
    while (url.ends_with('/')) {
        url.pop_back();
    }
    return url;
}

} // namespace

const EngineInfo& find_engine(std::string_view id) {
    std::string known;
    for (const EngineInfo* engine : engines()) {
        if (engine->id == id) {
            return *engine;
        }
        known += known.empty() ? "" : ", ";
        known += engine->id;
    }
    throw Error(ErrorCode::engine_not_ready,
                "There is no engine \"" + std::string(id) + "\". There is: " + known + ".");
}

bool requires_key(const EngineInfo& engine, std::string_view base_url) {
    const auto url = parse_url(base_url);
    return engine.needs_key && !(engine.keyless_on_loopback && url && is_loopback(*url));
}

EngineSettings settings_for(const EngineInfo& engine, const Model& model, EngineSettings settings) {
    if (is_service(engine) && !model.own_server) {
        settings.erase(std::string(url_setting));
    }
    return settings;
}

std::string base_url_of(const EngineInfo& engine, const EditRequest& request,
                        const EngineSettings& settings) {
    if (engine.hosts.empty() && engine.default_url.empty()) {
        return {};
    }
    std::string variable = "KONTEXT_URL_";
    for (const char c : engine.id) {
        variable += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == '-' ? '_' : c;
    }
    if (const char* text = std::getenv(variable.c_str()); text != nullptr && *text != '\0') {
        return check_address(text, variable);
    }
    if (const auto own = settings.find(std::string(url_setting));
        own != settings.end() && !own->second.empty()) {
        return check_address(own->second, "The address of " + std::string(engine.name) + " in the settings");
    }
    if (engine.hosts.empty()) {
        return std::string(engine.default_url);
    }
    const auto wanted = request.options.find("host");
    if (wanted == request.options.end()) {
        return std::string(engine.hosts.front().url);
    }
    std::string known;
    for (const ServiceHost& host : engine.hosts) {
        if (host.id == wanted->second) {
            return std::string(host.url);
        }
        known += (known.empty() ? "" : ", ") + std::string(host.id);
    }
    throw Error(ErrorCode::invalid_argument,
                std::string(engine.name) + " has no host \"" + wanted->second + "\". It has: " + known + ".");
}

Destination destination_of(const EngineInfo& engine, std::string_view base_url) {
    const auto url = parse_url(base_url);
    const bool may_be_own = engine.keyless_on_loopback || !engine.default_url.empty();
    return may_be_own && url && is_loopback(*url) ? Destination::this_machine : engine.destination;
}

} // namespace kontext
