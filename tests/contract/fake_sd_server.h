#pragma once

#include "core/engine/engine.h"
#include "tests/contract/contract.h"
#include "tests/support/test_folder.h"

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <sys/types.h>

namespace kontext::test {

// A person's machine with tests/support/fake-sd-server on it, models of a few bytes, and nothing running. At
// its end it ends what runs, and it is an error if anything outlives that.
class FakeSdServer {
public:
    FakeSdServer();
    FakeSdServer(const FakeSdServer&) = delete;
    FakeSdServer& operator=(const FakeSdServer&) = delete;
    ~FakeSdServer();

    // What goes wrong from now on; see the program's own help.
    void set_switches(const nlohmann::json& switches);
    // What happened, in order; of one kind.
    std::vector<nlohmann::json> events(const std::string& kind) const;
    // Of the server that was started last.
    pid_t last_server() const;
    pid_t keeper_of(pid_t server) const;
    // Ends what runs and waits until it has.
    void end_server();

    std::unique_ptr<Engine> make_engine(const std::string& model = "flux-2-klein-4b") const;
    Outcome edit(const std::string& prompt = "make the sky stormy", const ProgressSink& progress = {},
                 std::stop_token stop = {}, const std::string& model = "flux-2-klein-4b") const;

    const std::filesystem::path& models() const { return models_; }
    std::filesystem::path run_folder() const { return folder_ / "run/gimp-kontext/sd-server"; }
    EngineSettings settings;

private:
    TestFolder folder_;
    std::filesystem::path models_;
};

// Waits until something is so, or fails.
void await(const char* what, const std::function<bool()>& is_so);
bool runs(pid_t process);

// The small picture that edit() sends, and what the fake makes of it.
Image make_small_canvas();

} // namespace kontext::test
