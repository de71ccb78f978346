#include "core/job/account.h"

#include "core/error.h"
#include "core/paths.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include <unistd.h>

namespace kontext {

namespace {

std::optional<double> month_ceiling(const Settings& settings) {
    const char* text = std::getenv("KONTEXT_MONTHLY_USD");
    if (text == nullptr || *text == '\0') {
        return settings.monthly_usd;
    }
    const std::string_view view(text);
    double amount = 0;
    const auto [end, failure] = std::from_chars(view.data(), view.data() + view.size(), amount);
    if (failure != std::errc() || end != view.data() + view.size() || !std::isfinite(amount) || amount < 0) {
        throw Error(ErrorCode::bad_settings, "KONTEXT_MONTHLY_USD holds no amount of money.");
    }
    return amount;
}

// Opens the key store when it is asked, which it is not for a key from the environment.
class KeysOnDemand final : public SecretStore {
public:
    explicit KeysOnDemand(const Account& account) : account_(account) {}

    std::optional<SecretText> read(std::string_view engine) override { return store().read(engine); }
    void write(std::string_view engine, const SecretText& key) override { store().write(engine, key); }
    void clear(std::string_view engine) override { store().clear(engine); }

private:
    SecretStore& store() {
        if (!store_) {
            store_ = account_.open_keys();
        }
        return *store_;
    }

    const Account& account_;
    std::unique_ptr<SecretStore> store_;
};

std::string name_this_command() {
    return std::to_string(::getpid()) + "-" +
           std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
}

// Empty where there is none and none is required.
SecretText read_key(const EngineInfo& info, bool required, const Account& account) {
    std::string why;
    try {
        KeysOnDemand keys(account);
        FoundKey found = find_key(info.id, std::string(info.key_variable), keys);
        if (found.source != KeySource::none || !required) {
            return std::move(found.key);
        }
    } catch (const Error& error) {
        if (!required) {
            return {};
        }
        why = std::string(" ") + error.what();
    }
    throw Error(ErrorCode::engine_not_ready,
                std::string(info.name) + " needs a key: enter it in the settings, run `kontext key set " +
                    std::string(info.id) + "`, or set " + std::string(info.key_variable) + "." + why);
}

} // namespace

Account make_account(const Settings& settings, std::function<std::unique_ptr<SecretStore>()> open_keys) {
    return {.open_keys = std::move(open_keys),
            .engine_settings = settings.engine_settings,
            .journal_folder = state_path(),
            .command = name_this_command(),
            .ceilings = {.command_usd = {}, .month_usd = month_ceiling(settings)},
            .unknown_usd = settings.unknown_usd};
}

std::unique_ptr<Engine> make_engine(const EngineInfo& info, const Model& model, const EditRequest& request,
                                    const Account& account, PredictionLog* log,
                                    std::optional<std::chrono::milliseconds> typical_run) {
    const auto said = account.engine_settings.find(std::string(info.id));
    const EngineSettings settings =
        settings_for(info, model, said == account.engine_settings.end() ? EngineSettings() : said->second);
    EngineSetup setup{.model = model,
                      .settings = settings,
                      .base_url = base_url_of(info, request, settings),
                      .key = {},
                      .log = log,
                      .typical_run = typical_run};
    if (info.needs_key && !model.own_server) {
        if (!account.open_keys) {
            throw Error(ErrorCode::internal, "Nobody said where keys are kept.");
        }
        setup.key = read_key(info, requires_key(info, setup.base_url), account);
    }
    return info.create(std::move(setup));
}

} // namespace kontext
