#pragma once

#include "core/engine/model.h"
#include "core/engine/prediction.h"
#include "core/engine/request.h"
#include "core/image/color.h"
#include "core/image/raster.h"
#include "core/secret_text.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace kontext {

struct HttpResponse;

enum class Stage { preparing, loading, uploading, queued, generating, downloading, fitting };

struct Progress {
    Stage stage = Stage::preparing;
    std::optional<double> fraction; // of this stage, 0..1; none where an engine cannot tell
};

// Called on the worker thread, often; must return at once.
using ProgressSink = std::function<void(const Progress&)>;

// What an engine is given to work on. Which of the two is filled follows from EngineInfo::full_resolution.
struct ModelInput {
    // The picture for a model: sRGB, 8 bits, exactly one of the model's sizes, without metadata.
    Image canvas;
    std::vector<Image> references; // sRGB, 8 bits, without metadata; about a megapixel each
    // The region of the layer itself, in its own precision and encoding, for engines that work at full
    // resolution. Not owned; outlives the run.
    const Raster* original = nullptr;
    const ColorEncoding* color = nullptr;
};

struct EngineReply {
    std::vector<std::byte> picture; // encoded, as the service sent it; empty at full resolution
    std::optional<Raster> result;   // at full resolution: of the original's size and format
    std::uint64_t seed = 0;         // the one that was used
    std::string summary;            // what was done in the engine's own words; may be empty
    std::string request_id;         // the service's; empty for local engines
    std::optional<double> cost_usd; // as billed, where the engine tells
    std::optional<std::chrono::milliseconds> run_time; // at the service, from accepted to ready
};

// What a person says once of a program or server of their own, by EngineSettingInfo::id. It comes from the
// settings alone, never from a request or an image: it names what is run here and where pictures go.
using EngineSettings = std::map<std::string, std::string>;

// What an engine is made with: what it is to use for one edit.
struct EngineSetup {
    Model model;
    EngineSettings settings;
    std::string base_url;         // of the service or server, without a slash at the end; empty: none
    SecretText key;               // empty: none
    PredictionLog* log = nullptr; // outlives the engine; never null for engines that cost money
    std::optional<std::chrono::milliseconds> typical_run; // of earlier runs
};

// One thing that was looked at to see whether an engine can work.
struct SetupFinding {
    enum class Verdict { good, warning, missing };
    Verdict verdict = Verdict::good;
    std::string text; // one sentence, as it can be shown
};

// One service or one local program.
class Engine {
public:
    virtual ~Engine() = default;

    // What run() would do with this prompt, in words, as far as that can be known without running: instant,
    // any thread, nothing leaves the machine. Empty where the engine cannot tell.
    // Throws Error(refused) when run() would refuse.
    virtual std::string explain(const EditRequest&) const { return {}; }

    // Blocks, top to bottom; call it on a worker thread. The request was checked (check_request) and has a
    // seed. Throws Error, or Cancelled soon after `stop` is requested.
    virtual EngineReply run(const EditRequest& request, const ModelInput& input, const ProgressSink& progress,
                            std::stop_token stop) = 0;

    // What there is of the programs, files and servers that it needs, in the order in which a person would
    // mend it. Blocks for seconds; worker thread. Throws Cancelled, nothing for what is missing.
    virtual std::vector<SetupFinding> check_setup(std::stop_token stop);

    // The rest is for services. All block, and throw as run() does.

    // Goes on with a prediction that the service has accepted, perhaps in another process. Safe to repeat.
    virtual EngineReply resume(const Ticket& ticket, const ProgressSink& progress, std::stop_token stop);
    // Goes on with the answer to the call that costs, a success, which was kept for a process that is dead.
    // `sent` is the ticket before that call. Safe to repeat.
    virtual EngineReply resume_from_answer(const HttpResponse& created, const Ticket& sent,
                                           const ProgressSink& progress, std::stop_token stop);
    // Looks a prediction up of which it is not known whether the service accepted it. None: the service knows
    // of no such thing. Throws Error(outcome_unknown) where it does not say, and Error(outcome_untraceable)
    // where it never does: EngineInfo::has_history.
    virtual std::optional<Ticket> find_lost(const Ticket& ticket, std::stop_token stop);
    // Tells the service that nobody waits any more. True: it will not be billed. Takes 2 s at most.
    virtual bool cancel(const Ticket& ticket);
    // Whether the service takes the key, by a call that costs nothing. A sentence such as "Balance: $3.20",
    // or empty. Throws Error(key_rejected).
    virtual std::string check_key(std::stop_token stop);
};

} // namespace kontext
