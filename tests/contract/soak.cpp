// Many edits at once at services that fail at random: none that was paid for is lost, none is paid for twice,
// nothing hangs, and neither memory nor open files grow.
//
//   contract_soak COUNT        5000 by hand, a hundred in the tests
#include "core/engine/models.h"
#include "core/engine/registry.h"
#include "core/job/ask_service.h"
#include "core/job/recover.h"
#include "tests/contract/contract.h"
#include "tests/support/test_folder.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <thread>

#include <nlohmann/json.hpp>

namespace kontext {

namespace {

using nlohmann::json;

constexpr int concurrency = 8;
constexpr std::array services{"eachlabs", "bfl", "fal", "replicate", "openai"};

// One request in fifteen goes wrong in some way.
json random_faults() {
    return json::parse(R"([
        {"step": "create", "fault": "random", "p": 0.1, "seed": 1, "among":
            ["close", "close_unread", "html_502", "truncated_json", "empty_body", "refused", "cut_body"]},
        {"step": "poll", "fault": "random", "p": 0.05, "seed": 2, "among":
            ["html_502", "close", "bom", "state_case", "unknown_state", "truncated_json", "cut_head"]},
        {"step": "download", "fault": "random", "p": 0.1, "seed": 3, "among":
            ["cut_body", "html_502", "picture_truncated", "picture_empty", "close"]},
        {"step": "presign", "fault": "random", "p": 0.05, "seed": 4, "among": ["html_502", "close"]},
        {"step": "put", "fault": "random", "p": 0.05, "seed": 5, "among": ["html_502", "close"]}])");
}

struct Held {
    std::size_t files = 0;
    long resident_kb = 0;
};

Held measure_held() {
    Held held;
    for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator("/proc/self/fd")) {
        ++held.files;
    }
    if (std::FILE* status = std::fopen("/proc/self/statm", "r")) {
        long size = 0;
        if (std::fscanf(status, "%ld %ld", &size, &held.resident_kb) == 2) {
            held.resident_kb *= 4;
        }
        std::fclose(status);
    }
    return held;
}

EditRequest request_number(int number) {
    return {.prompt = "edit " + std::to_string(number),
            .engine = services[static_cast<std::size_t>(number) % services.size()],
            .seed = static_cast<std::uint64_t>(number) + 1};
}

std::string placement(const Image& canvas) {
    return to_json(SentRecord{.name = "soak",
                              .file = {},
                              .framing = stretch_to_fill(canvas.size(), canvas.size()),
                              .fingerprint = fingerprint_of(canvas)});
}

void run_one(const EditRequest& request, const std::vector<Model>& models, const Account& account) {
    const Model& model = find_model(models, request.engine, {});
    ModelInput input;
    input.canvas = test::make_canvas();
    Delivery delivery{Journal(account.journal_folder)};
    try {
        const PaidReply paid =
            ask_service(find_engine(request.engine), model, request, input,
                        {.placement = placement(input.canvas), .selection = {}, .protection = {}}, account,
                        delivery.journal(), [](const Progress&) {}, {});
        delivery.add(paid.prediction);
        delivery.confirm();
    } catch (const Error&) {
        // What it is, is in the journal.
    }
}

// Of one engine, or of all where it is empty.
void recover_all(const Account& account, std::string_view engine = {}) {
    for (const UndeliveredEdit& edit : list_undelivered(account)) {
        if (!engine.empty() && edit.prediction.engine != engine) {
            continue;
        }
        try {
            if (const auto recovered = recover(edit, account, [](const Progress&) {}, {})) {
                recovered->delivery->confirm();
            }
        } catch (const Error&) {
            // As above.
        }
    }
}

bool is_fine(PredictionState state, const std::string& engine) {
    // Only Eachlabs has a history in which one whose answer was lost can be found.
    const bool may_stay_unknown = engine != "eachlabs";
    return state == PredictionState::delivered || state == PredictionState::refused ||
           (may_stay_unknown && (state == PredictionState::unknown || state == PredictionState::submitted));
}

int count_wrong(const Account& account, int count) {
    std::map<std::string, int> billed;
    for (const json& event : test::Simulator::get().events("created")) {
        ++billed[event.at("prompt").get<std::string>()];
    }
    std::map<std::string, Prediction> journal;
    Journal reader(account.journal_folder);
    for (Prediction& prediction : reader.list(static_cast<std::size_t>(count) + 1)) {
        journal[request_from_json(prediction.request).prompt] = std::move(prediction);
    }
    std::map<PredictionState, int> states;
    int wrong = std::cmp_equal(journal.size(), count) ? 0 : 1;
    for (const auto& [prompt, prediction] : journal) {
        ++states[prediction.state];
        const bool was_billed = billed.contains(prompt);
        const bool lost = was_billed && !is_fine(prediction.state, prediction.engine);
        const bool invented = !was_billed && prediction.state == PredictionState::delivered;
        if (lost || invented || (was_billed && billed[prompt] > 1)) {
            ++wrong;
            std::printf("%s at %s: %s, billed %d times: %s\n", prompt.c_str(), prediction.engine.c_str(),
                        std::string(to_text(prediction.state)).c_str(), was_billed ? billed[prompt] : 0,
                        prediction.reason.c_str());
        }
    }
    for (const auto& [state, number] : states) {
        std::printf("%s: %d\n", std::string(to_text(state)).c_str(), number);
    }
    return wrong;
}

int soak(int count) {
    const test::TestFolder folder;
    auto& simulator = test::Simulator::get();
    simulator.reset(random_faults());
    for (const char* service : services) {
        const EngineInfo& info = find_engine(service);
        std::string variable = "KONTEXT_URL_" + std::string(service);
        std::ranges::transform(variable, variable.begin(),
                               [](char c) { return c >= 'a' ? char(c - 'a' + 'A') : c; });
        setenv(variable.c_str(), simulator.base_url(service).c_str(), 1);
        setenv(std::string(info.key_variable).c_str(), simulator.key(service).c_str(), 1);
    }
    const std::vector<Model> models = load_models();
    const Account account{.open_keys = [] { return std::unique_ptr<SecretStore>(); },
                          .journal_folder = folder.path(),
                          .command = "soak",
                          .ceilings = {}};
    std::atomic<int> next = 0;
    Held early;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < concurrency; ++thread) {
            threads.emplace_back([&] {
                for (int number = next++; number < count; number = next++) {
                    if (number == count / 5) {
                        early = measure_held();
                    }
                    run_one(request_number(number), models, account);
                    if (number % 50 == 49) {
                        recover_all(account,
                                    "eachlabs"); // as a person would, before its history has moved on
                    }
                }
            });
        }
    }
    const Held late = measure_held();
    simulator.set_faults(json::array());
    recover_all(account);
    std::printf("%zu then %zu open files, %ld then %ld MB\n", early.files, late.files,
                early.resident_kb / 1024, late.resident_kb / 1024);
    int wrong = count_wrong(account, count);
    for (const json& violation : simulator.events("violation")) {
        std::printf("violation: %s\n", violation.dump().c_str());
        ++wrong;
    }
    return wrong + (late.files > early.files ? 1 : 0);
}

} // namespace

} // namespace kontext

int main(int argc, char** argv) {
    int count = 100;
    if (argc > 1) {
        const std::string_view text(argv[1]);
        std::from_chars(text.data(), text.data() + text.size(), count);
    }
    return kontext::soak(count) == 0 ? 0 : 1;
}
