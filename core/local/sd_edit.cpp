#include "core/local/sd_edit.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>
#include <type_traits>
#include <utility>

namespace kontext {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto patience_of_start = 120s;
constexpr auto time_between_questions = 300ms;
constexpr int unanswered_max = 5;
constexpr int starts_max = 4;
// A crash shows as a lost connection first, and a moment later as the keeper's message.
constexpr auto patience_of_last_words = 2s;

// Something else than our server answers on its port.
class StrangerOnPort : public Error {
public:
    StrangerOnPort()
        : Error(ErrorCode::engine_not_ready, "Another program keeps answering in the engine's place.") {}
};

class SdEdit {
public:
    SdEdit(const ServerPlan& plan, const SdJob& job, const SdEditSink& report, const std::stop_token& stop)
        : plan_(plan), job_(job), report_(report), stop_(stop), server_(obtain()), api_(server_.port()) {}

    std::vector<std::byte> run() {
        const SdServerFacts facts = wait_until_ready();
        if (facts.side_max > 0 && std::max(job_.width, job_.height) > facts.side_max) {
            throw Error(ErrorCode::invalid_argument, "The engine makes pictures of at most " +
                                                         std::to_string(facts.side_max) + " pixels a side.");
        }
        report_({.where = SdEditStep::Where::working, .progress = {}});
        server_.set_busy();
        std::vector<std::byte> picture = facts.has_jobs ? run_job() : run_at_once();
        server_.set_free();
        return picture;
    }

private:
    ResidentServer obtain() {
        const auto waits = [this] { report_({.where = SdEditStep::Where::other_edit, .progress = {}}); };
        return ResidentServer::obtain(plan_, waits, stop_);
    }

    SdServerFacts wait_until_ready() {
        if (!server_.was_running()) {
            report_({.where = SdEditStep::Where::starting, .progress = {}});
        }
        for (const auto end = Clock::now() + patience_of_start; Clock::now() < end;) {
            const std::optional<SdServerFacts> facts = api_.ask_facts(stop_);
            if (facts && !facts->model_path.empty() && facts->model_path != plan_.model_path) {
                server_.end();
                wait_for_end();
                throw StrangerOnPort();
            }
            if (facts) {
                server_.read_output(0ms, stop_); // that it has ended, and somebody else answers
                return *facts;
            }
            read_start(50ms);
        }
        server_.end();
        throw Error(ErrorCode::engine_not_ready, "The engine's program was started but does not answer.");
    }

    // What ends here has never worked: that is no crash.
    void read_start(std::chrono::milliseconds time) {
        try {
            server_.read_output(time, stop_);
        } catch (const ServerEnded& ended) {
            if (ended.is_by_order() || server_.was_running()) {
                throw;
            }
            throw Error(ErrorCode::engine_not_ready, ended.what());
        }
    }

    void wait_for_end() {
        try {
            for (const auto end = Clock::now() + 10s; Clock::now() < end;) {
                server_.read_output(1s, stop_);
            }
        } catch (const ServerEnded&) {
            // as it should
        }
    }

    std::vector<std::byte> run_job() try {
        const std::string id = ask_server([&] { return api_.submit(job_, stop_); });
        try {
            return collect(id);
        } catch (const Cancelled&) {
            // Nobody waits: a job that is at work is ended with the server.
            if (is_working_ || !api_.cancel(id)) {
                server_.end();
            }
            server_.set_free();
            throw;
        }
    } catch (const Error& error) {
        if (error.code() == ErrorCode::network) { // it hangs; the next edit gets another
            server_.end();
        }
        server_.set_free(); // of what it refused or gave up
        throw;
    }

    std::vector<std::byte> collect(const std::string& id) {
        for (int unanswered = 0;; listen_for(time_between_questions)) {
            SdJobState state;
            try {
                state = ask_server([&] { return api_.ask(id, stop_); });
                unanswered = 0;
            } catch (const TransferFailed&) {
                if (++unanswered == unanswered_max) {
                    throw;
                }
                continue;
            }
            switch (state.state) {
            case SdJobState::State::queued:
                report_({.where = SdEditStep::Where::queued, .progress = {}});
                break;
            case SdJobState::State::generating: is_working_ = true; break;
            case SdJobState::State::completed: return std::move(state.picture);
            case SdJobState::State::cancelled:
                throw Error(ErrorCode::service_failed, "The edit was cancelled by somebody else.");
            }
        }
    }

    // Passes on what the server says, for a while or until it says that it is done.
    void listen_for(std::chrono::milliseconds time) {
        const auto end = Clock::now() + time;
        while (Clock::now() < end && !progress_.is_done()) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
            show(server_.read_output(std::max(left, 0ms), stop_));
        }
        if (progress_.is_done()) {
            show(server_.read_output(20ms, stop_)); // the answer follows in a moment
        }
    }

    void show(const std::string& output) {
        if (!is_working_) {
            return; // of another edit, or not known to be of ours
        }
        if (const std::optional<SdProgress> progress = progress_.add(output)) {
            report_({.where = SdEditStep::Where::working, .progress = progress});
        }
    }

    // A call to the server; why it failed, where the server itself has ended.
    template <class Call>
    std::invoke_result_t<Call> ask_server(const Call& call) {
        try {
            return call();
        } catch (const TransferFailed&) {
            const auto end = Clock::now() + patience_of_last_words;
            while (Clock::now() < end) {
                show(server_.read_output(100ms, stop_)); // throws them
            }
            throw;
        }
    }

    // The server is at work as long as the answer is out, so a second thread waits for that.
    std::vector<std::byte> run_at_once() {
        is_working_ = true;
        std::stop_source over;
        std::promise<std::vector<std::byte>> promise;
        std::future<std::vector<std::byte>> picture = promise.get_future();
        const std::jthread call([&, token = over.get_token()] {
            try {
                promise.set_value(api_.edit_at_once(job_, token));
            } catch (...) {
                promise.set_exception(std::current_exception());
            }
        });
        try {
            while (picture.wait_for(0s) != std::future_status::ready) {
                show(server_.read_output(50ms, stop_));
            }
        } catch (...) {
            server_.end();
            over.request_stop();
            throw;
        }
        return ask_server([&] { return picture.get(); });
    }

    const ServerPlan& plan_;
    const SdJob& job_;
    const SdEditSink& report_;
    const std::stop_token& stop_;
    ResidentServer server_;
    SdApi api_;
    SdProgressReader progress_;
    bool is_working_ = false;
};

} // namespace

std::vector<std::byte> edit_with_sd_server(const ServerPlan& plan, const SdJob& job, const SdEditSink& report,
                                           const std::stop_token& stop) {
    for (int start = 1;; ++start) {
        try {
            return SdEdit(plan, job, report, stop).run();
        } catch (const ServerEnded& ended) {
            if (!ended.is_by_order() || start == starts_max) {
                throw;
            }
        } catch (const StrangerOnPort&) {
            if (start == starts_max) {
                throw;
            }
        }
    }
}

} // namespace kontext
