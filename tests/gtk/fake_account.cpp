#include "tests/gtk/fake_account.h"

#include "core/error.h"
#include "core/paths.h"

#include <array>
#include <condition_variable>
#include <mutex>

namespace kontext::test {

namespace {

struct CloudEngine final : Engine {
    explicit CloudEngine(EngineSetup setup) : key(setup.key.reveal()) {}

    EngineReply run(const EditRequest&, const ModelInput&, const ProgressSink&, std::stop_token) override {
        throw Error(ErrorCode::network, "Cloud Pictures cannot be reached.");
    }
    std::string check_key(std::stop_token stop) override {
        if (key == "slow") {
            std::mutex mutex;
            std::unique_lock lock(mutex);
            std::condition_variable_any never;
            never.wait(lock, stop, [] { return false; });
            throw Cancelled();
        }
        if (key != "good") {
            throw Error(ErrorCode::key_rejected, "Cloud Pictures does not accept this key.");
        }
        return "Balance: $3.20";
    }

    std::string key;
};

constexpr std::array cloud_hosts{
    ServiceHost{.id = "global", .name = "Anywhere", .url = "https://api.cloud.example"},
    ServiceHost{.id = "eu", .name = "European Union", .url = "https://api.eu.cloud.example"}};

struct FakeStore final : SecretStore {
    std::optional<SecretText> read(std::string_view) override {
        if (!FakeKeys::readable) {
            throw Error(ErrorCode::engine_not_ready, "The key store is locked.");
        }
        return FakeKeys::key ? std::optional(SecretText(*FakeKeys::key)) : std::nullopt;
    }
    void write(std::string_view, const SecretText& key) override { FakeKeys::key = key.reveal(); }
    void clear(std::string_view) override { FakeKeys::key.reset(); }
};

} // namespace

const EngineInfo cloud_engine = {
    .id = "cloud",
    .name = "Cloud Pictures",
    .description = "A service that edits photos, with your own key.",
    .destination = Destination::service,
    .needs_key = true,
    .create =
        [](EngineSetup setup) {
            return std::unique_ptr<Engine>(std::make_unique<CloudEngine>(std::move(setup)));
        },
    .hosts = cloud_hosts,
    .key_variable = "KONTEXT_TEST_KEY",
    .key_page = "https://www.cloud.example/keys",
    .retention = "The picture is stored in the US under a secret address until the edit is done.",
};

Model cloud_model() {
    Model model{.engine = "cloud",
                .id = "kontext",
                .name = "Kontext pro",
                .sizes = {},
                .aspect_ratios = {{}, {.width = 1, .height = 1}, {.width = 3, .height = 2}},
                .seed_max = 4294967295,
                .variations_max = 4};
    model.price_usd = 0.04;
    return model;
}

Account fake_account(std::optional<double> ceiling_usd) {
    return {.open_keys = [] { return std::unique_ptr<SecretStore>(std::make_unique<FakeStore>()); },
            .journal_folder = state_dir(),
            .command = "test",
            .ceilings = {.command_usd = {}, .month_usd = ceiling_usd}};
}

ui::SettingsDialogHooks fake_settings_hooks() {
    ui::SettingsDialogHooks hooks;
    hooks.look_for_key = [](const EngineInfo& engine) -> ui::KeyFinding {
        FakeStore store;
        const FoundKey found = find_key(engine.id, std::string(engine.key_variable), store);
        return {.state = found.source == KeySource::none ? ui::KeyState::missing : ui::KeyState::there,
                .source = found.source,
                .place = FakeKeys::in_file ? ui::KeyPlace::file : ui::KeyPlace::key_store,
                .no_key_store = FakeKeys::in_file,
                .problem = {}};
    };
    hooks.read_key = [](const EngineInfo& engine) {
        FakeStore store;
        return find_key(engine.id, std::string(engine.key_variable), store).key;
    };
    hooks.save_key = [](const EngineInfo& engine, const SecretText& key) {
        FakeStore().write(engine.id, key);
    };
    hooks.remove_key = [](const EngineInfo& engine) { FakeStore().clear(engine.id); };
    hooks.read_spent_usd = [] { return Journal(state_dir()).spent_this_month_usd(); };
    return hooks;
}

} // namespace kontext::test
