#pragma once

#include "core/engine/engine.h"

#include <memory>
#include <span>
#include <string_view>

namespace kontext {

enum class Destination {
    this_machine, // the picture never leaves it
    service,      // it goes to the engine's host
};

// One of the addresses under which a service is offered.
struct ServiceHost {
    std::string_view id;   // such as "eu": the option "host" chooses by it
    std::string_view name; // "European Union"
    std::string_view url;  // without a slash at the end
};

// A field of the settings that an engine of the person's own has; see EngineSettings.
struct EngineSettingInfo {
    enum class Kind { program, folder, file, address, number };
    std::string_view id;
    std::string_view name;
    std::string_view description; // one sentence: what it is, and what is used where it is empty
    Kind kind = Kind::file;
};

// The setting that replaces the address at which an engine's server is reached.
inline constexpr std::string_view url_setting = "url";

// What is known of an engine without making one. Texts are English; ui/text translates them.
struct EngineInfo {
    std::string_view id;
    std::string_view name;
    std::string_view description; // one sentence, for lists
    Destination destination = Destination::this_machine;
    bool needs_key = false;
    bool keyless_on_loopback = false; // a server of the person's own wants none
    bool has_history = false;         // a service that can be asked what it has accepted
    bool full_resolution = false;     // works on the layer's own pixels: no framing before, no fitting after
    std::unique_ptr<Engine> (*create)(EngineSetup setup) = nullptr;
    // Of programs and servers of the person's own.
    std::span<const EngineSettingInfo> settings;
    std::string_view default_url; // of such a server
    // Of services.
    std::span<const ServiceHost> hosts; // the first is the default
    std::string_view key_variable;      // of the environment
    std::string_view key_page;          // where a person gets a key
    std::string_view retention;         // one sentence: what the service does with the pictures
};

// Whether it has to be paid, asked over the network, and written down.
inline bool is_service(const EngineInfo& engine) {
    return !engine.hosts.empty();
}

// Every engine of this build, in the order to show them; the first is the default. One line each in
// registry.cpp.
std::span<const EngineInfo* const> engines();

// Throws Error(engine_not_ready) that lists the ids there are.
const EngineInfo& find_engine(std::string_view id);

// Whether an edit needs a key when the engine's service is reached at `base_url`.
bool requires_key(const EngineInfo& engine, std::string_view base_url);

// What of an engine's settings holds for a model. A service's own models are never reached at the address of
// the person's server: the service's key would be sent there.
EngineSettings settings_for(const EngineInfo& engine, const Model& model, EngineSettings settings);

// Where an engine's service or server is reached: the environment's KONTEXT_URL_<ENGINE>, else what its
// settings say, else the host of the request's option "host", else the first or the default. Never from
// anywhere else, as the key is sent there. Empty for engines that have none. Throws Error(bad_settings) for
// an address that is neither https nor on loopback, and Error(invalid_argument) for a host that there is not.
std::string base_url_of(const EngineInfo& engine, const EditRequest& request,
                        const EngineSettings& settings = {});

// Where the picture goes when the engine is reached at `base_url`: a server of the person's own on this
// machine is no service.
Destination destination_of(const EngineInfo& engine, std::string_view base_url);

} // namespace kontext
