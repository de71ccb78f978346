#include "core/job/kept_answer.h"

#include "core/error.h"
#include "core/local/kept_call.h"
#include "core/net/wait.h"

#include <chrono>
#include <cstdlib>
#include <string>
#include <system_error>

namespace kontext {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr auto look_again = 50ms;
constexpr const char* answers = "answers";

bool is_settled(PredictionState state) {
    switch (state) {
    case PredictionState::prepared:
    case PredictionState::submitted:
    case PredictionState::running:
    case PredictionState::unknown: return false;
    case PredictionState::downloaded:
    case PredictionState::delivered:
    case PredictionState::refused:
    case PredictionState::failed:
    case PredictionState::cancelled:
    case PredictionState::expired: break;
    }
    return true;
}

[[noreturn]] void throw_unbilled(Journal& journal, std::int64_t id, const std::string& reason) {
    end_unbilled(journal, id, reason);
    throw Error(ErrorCode::service_failed, reason + " Nothing was billed.");
}

AnswerSays meaning_of(const KeptAnswer& answer, const Prediction& prediction, const Ticket& ticket) {
    switch (answer.state) {
    case KeptAnswer::State::never_sent:
        // Whoever has heard of an outcome had sent it.
        return prediction.state == PredictionState::submitted && !ticket.answer_file.empty()
                   ? AnswerSays::never_sent
                   : AnswerSays::nothing;
    case KeptAnswer::State::on_its_way:
    case KeptAnswer::State::lost: return AnswerSays::nothing;
    case KeptAnswer::State::arrived: break;
    }
    const CallOutcome& outcome = answer.outcome;
    if (!outcome.response) {
        const bool was_sent = outcome.failure != CallOutcome::Failure::never_sent &&
                              outcome.failure != CallOutcome::Failure::not_trusted;
        return was_sent ? AnswerSays::nothing : AnswerSays::never_sent;
    }
    const int status = outcome.response->status;
    if (outcome.response->is_success()) {
        return AnswerSays::accepted;
    }
    return status >= 400 && status < 500 ? AnswerSays::not_accepted : AnswerSays::nothing;
}

KeptAnswer wait_for_answer(const fs::path& file, const std::stop_token& stop) {
    for (;;) {
        KeptAnswer answer = read_kept_answer(file);
        if (answer.state != KeptAnswer::State::on_its_way) {
            return answer;
        }
        wait_for(look_again, stop);
    }
}

} // namespace

fs::path answer_file_of(const fs::path& journal_folder, std::int64_t id) {
    return journal_folder / answers / std::to_string(id);
}

std::optional<HttpResponse> find_answer(const fs::path& journal_folder, const Prediction& prediction,
                                        const Ticket& ticket, Journal& journal, const std::stop_token& stop) {
    const std::int64_t id = prediction.id;
    KeptAnswer answer = wait_for_answer(answer_file_of(journal_folder, id), stop);
    const AnswerSays says = meaning_of(answer, prediction, ticket);
    if (says == AnswerSays::accepted) {
        return std::move(answer.outcome.response);
    }
    if (!ticket.id.empty()) { // as we know of its acceptance from somewhere else
        return std::nullopt;
    }
    switch (says) {
    case AnswerSays::never_sent: throw_unbilled(journal, id, "The edit was interrupted before it was sent.");
    case AnswerSays::not_accepted: throw_unbilled(journal, id, "The service did not accept the edit.");
    case AnswerSays::nothing:
    case AnswerSays::accepted: break;
    }
    return std::nullopt;
}

AnswerSays look_at_answer(const fs::path& journal_folder, const Prediction& prediction,
                          const Ticket& ticket) {
    return meaning_of(read_kept_answer(answer_file_of(journal_folder, prediction.id)), prediction, ticket);
}

void end_unbilled(Journal& journal, std::int64_t id, const std::string& reason) {
    journal.end(id, {.state = PredictionState::failed, .reason = reason, .billed_usd = 0.0});
}

void drop_answer_if_settled(const fs::path& journal_folder, std::int64_t id, Journal& journal) noexcept {
    try {
        if (is_settled(journal.find(id).state)) {
            std::error_code ignored;
            fs::remove(answer_file_of(journal_folder, id), ignored);
        }
    } catch (const std::exception&) {
        // It stays: of no harm, and of use as long as the journal cannot be asked.
    }
}

void sweep_answers(const fs::path& journal_folder, Journal& journal) noexcept {
    std::error_code failure;
    fs::directory_iterator entry(journal_folder / answers, failure);
    for (const fs::directory_iterator end; !failure && entry != end; entry.increment(failure)) {
        if (const std::int64_t id = std::atoll(entry->path().filename().c_str()); id > 0) {
            drop_answer_if_settled(journal_folder, id, journal);
        }
    }
}

} // namespace kontext
