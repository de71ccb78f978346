#include "core/job/ask_service.h"

#include "core/error.h"
#include "core/job/kept_answer.h"
#include "core/job/kept_masks.h"
#include "core/store/space_reserve.h"

#include <filesystem>
#include <utility>

namespace kontext {

namespace {

// Several times what a picture of a few megapixels has.
constexpr std::int64_t reply_room = std::int64_t{64} << 20;

// Between the engine and the journal, for one prediction.
class JournalLog final : public PredictionLog {
public:
    JournalLog(Journal& journal, std::filesystem::path folder)
        : journal_(journal), folder_(std::move(folder)) {}
    JournalLog(const JournalLog&) = delete;
    JournalLog& operator=(const JournalLog&) = delete;
    ~JournalLog() override {
        if (id_ != 0) {
            drop_answer_if_settled(folder_, id_, journal_);
        }
    }

    std::filesystem::path answer_file() const override { return answer_file_of(folder_, id_); }

    void prepare(const PreparedPrediction& prediction, const Ceilings& ceilings) {
        id_ = journal_.prepare(prediction, ceilings);
    }
    void attach(std::string_view name, const std::vector<std::byte>& bytes) {
        if (!bytes.empty()) {
            journal_.attach(id_, name, bytes);
        }
    }
    void submitting(const Ticket& so_far) override {
        journal_.mark_submitted(id_, to_json(so_far));
        submitted_ = true;
    }
    void not_accepted() override {
        submitted_ = false;
        journal_.mark_not_accepted(id_);
    }
    void accepted(const Ticket& ticket, std::optional<double> price_usd) noexcept override {
        accepted_ = ticket;
        try {
            journal_.mark_running(id_, to_json(ticket), price_usd);
        } catch (const std::exception&) {
            // The disk is full since a moment ago. Going on fetches the picture; giving up would lose it.
        }
    }

    std::int64_t id() const { return id_; }
    bool is_submitted() const { return submitted_; }
    const std::optional<Ticket>& ticket() const { return accepted_; }

private:
    Journal& journal_;
    std::filesystem::path folder_;
    std::int64_t id_ = 0;
    bool submitted_ = false;
    std::optional<Ticket> accepted_;
};

// What is written down after something went wrong must not hide what went wrong.
void end_quietly(Journal& journal, std::int64_t id, const Ending& ending) noexcept {
    try {
        journal.end(id, ending);
    } catch (const std::exception&) {
        // It stays as it stood, and recover() deals with it.
    }
}

void end_cancelled(Journal& journal, const JournalLog& log, Engine& engine) {
    if (log.ticket()) {
        const bool free = engine.cancel(*log.ticket());
        end_quietly(journal, log.id(),
                    {.state = PredictionState::cancelled,
                     .reason = {},
                     .billed_usd = free ? std::optional(0.0) : std::nullopt});
    } else if (log.is_submitted()) {
        end_quietly(journal, log.id(),
                    {.state = PredictionState::unknown,
                     .reason = "Cancelled before the service had answered.",
                     .billed_usd = {}});
    } else {
        end_quietly(journal, log.id(),
                    {.state = PredictionState::cancelled, .reason = {}, .billed_usd = 0.0});
    }
}

void end_failed(Journal& journal, const JournalLog& log, const Error& error) noexcept {
    if (log.ticket()) {
        write_end(journal, log.id(), error);
    } else if (log.is_submitted()) {
        end_quietly(journal, log.id(),
                    {.state = PredictionState::unknown, .reason = error.what(), .billed_usd = {}});
    } else {
        end_quietly(
            journal, log.id(),
            {.state = error.code() == ErrorCode::refused ? PredictionState::refused : PredictionState::failed,
             .reason = error.what(),
             .billed_usd = 0.0});
    }
}

} // namespace

void keep_if_possible(Journal& journal, std::int64_t id, const EngineReply& reply) noexcept {
    try {
        journal.keep_reply(id, reply.picture, reply.cost_usd, reply.run_time);
    } catch (const std::exception&) {
        // A full disk: the picture is in memory and goes on its way from there.
    }
}

void write_end(Journal& journal, std::int64_t id, const Error& error) noexcept {
    if (!has_ended(error.code())) {
        return; // it goes on at the service
    }
    PredictionState state = PredictionState::failed;
    if (error.code() == ErrorCode::refused) {
        state = PredictionState::refused;
    } else if (error.code() == ErrorCode::expired) {
        state = PredictionState::expired;
    }
    end_quietly(journal, id, {.state = state, .reason = error.what(), .billed_usd = {}});
}

PaidReply ask_service(const EngineInfo& info, const Model& model, const EditRequest& request,
                      const ModelInput& input, const KeptForRecovery& kept, const Account& account,
                      Journal& journal, const ProgressSink& progress, const std::stop_token& stop) {
    sweep_answers(account.journal_folder, journal); // of who was killed between two tries
    JournalLog log(journal, account.journal_folder);
    SpaceReserve room(account.journal_folder, reply_room);
    const std::unique_ptr<Engine> engine =
        make_engine(info, model, request, account, &log, journal.typical_run_time(info.id, model.id));
    log.prepare({.engine = std::string(info.id),
                 .model = model.id,
                 .request = to_json(request),
                 .placement = kept.placement,
                 .command = account.command,
                 .price_usd = model.price_usd ? model.price_usd : account.unknown_usd},
                account.ceilings);
    try {
        log.attach(selection_attachment, kept.selection);
        log.attach(protection_attachment, kept.protection);
        EngineReply reply = engine->run(request, input, progress, stop);
        room.release();
        keep_if_possible(journal, log.id(), reply);
        return {.reply = std::move(reply), .prediction = log.id()};
    } catch (const Cancelled&) {
        end_cancelled(journal, log, *engine);
        throw;
    } catch (const Error& error) {
        end_failed(journal, log, error);
        if (error.code() == ErrorCode::outcome_unknown && !info.has_history) {
            throw Error(ErrorCode::outcome_untraceable, error.what());
        }
        throw;
    } catch (const std::exception& failure) { // out of memory: where it stands at the service is not known
        end_failed(journal, log, Error(ErrorCode::internal, failure.what()));
        throw;
    }
}

} // namespace kontext
