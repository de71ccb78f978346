#include "core/job/recover.h"

#include "core/engine/models.h"
#include "core/error.h"
#include "core/framing/frame_picture.h"
#include "core/job/ask_service.h"
#include "core/job/fnv.h"
#include "core/job/hand_over.h"
#include "core/job/kept_answer.h"
#include "core/job/kept_masks.h"

#include <chrono>
#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

namespace kontext {

using nlohmann::json;

namespace {

// How long a service may take to list what it has accepted.
constexpr std::chrono::minutes history_lag{1};

UndeliveredEdit read_undelivered(Prediction prediction) {
    UndeliveredEdit edit;
    edit.request = request_from_json(prediction.request);
    edit.sent = sent_record_from_json(prediction.placement);
    edit.prediction = std::move(prediction);
    return edit;
}

// The row that it was made with, or enough of one for asking: models come and go, predictions stay.
Model model_of(const Prediction& prediction) {
    try {
        return find_model(load_models(), prediction.engine, prediction.model);
    } catch (const Error&) {
        return {.engine = prediction.engine, .id = prediction.model, .input = ModelInputForm{}};
    }
}

void write_mask_record(json& object, std::string_view name, MaskRecord record) {
    if (record != MaskRecord::unknown) {
        object[name] = record == MaskRecord::kept;
    }
}

MaskRecord read_mask_record(const json& object, std::string_view name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_boolean()) {
        return MaskRecord::unknown;
    }
    return found->get<bool>() ? MaskRecord::kept : MaskRecord::none;
}

std::optional<KeptMasks> read_masks(Journal& journal, std::int64_t id, const SentRecord& sent) {
    KeptMasks masks;
    const auto read = [&](MaskRecord record, std::string_view name, std::shared_ptr<const Raster>& mask) {
        if (record == MaskRecord::kept) {
            mask = read_mask(journal, id, name, sent.framing.layer);
        }
        return record == MaskRecord::none || mask;
    };
    const bool is_complete = read(sent.selection, selection_attachment, masks.selection) &&
                             read(sent.protection, protection_attachment, masks.protection);
    return is_complete ? std::optional(std::move(masks)) : std::nullopt;
}

// What a service says of a prediction that is being recovered.
class RecoveryLog final : public PredictionLog {
public:
    RecoveryLog(Journal& journal, std::int64_t id) : journal_(journal), id_(id) {}

    void submitting(const Ticket&) override {}
    void not_accepted() override {}
    void accepted(const Ticket& ticket, std::optional<double> price_usd) noexcept override {
        try {
            journal_.mark_running(id_, to_json(ticket), price_usd);
        } catch (const std::exception&) {
            // A full disk: fetching the picture goes before.
        }
    }

private:
    Journal& journal_;
    std::int64_t id_;
};

// Whether there is nothing to recover, as it was never sent or not accepted; what turns out to be accepted is
// as good as running.
bool settle_by_answer(Prediction& prediction, const std::filesystem::path& journal_folder, Journal& journal) {
    if (prediction.state != PredictionState::submitted && prediction.state != PredictionState::unknown) {
        return false;
    }
    switch (look_at_answer(journal_folder, prediction, ticket_from_json(prediction.ticket))) {
    case AnswerSays::nothing: return false;
    case AnswerSays::accepted: prediction.state = PredictionState::running; return false;
    case AnswerSays::never_sent:
    case AnswerSays::not_accepted: break;
    }
    try {
        if (journal.claim(prediction.id)) {
            end_unbilled(journal, prediction.id, "The service never accepted it.");
            drop_answer_if_settled(journal_folder, prediction.id, journal);
        }
        return true;
    } catch (const Error&) {
        return false; // a journal that cannot be written can still be read
    }
}

EngineReply fetch(const Prediction& prediction, Engine& engine, const std::filesystem::path& journal_folder,
                  Journal& journal, const ProgressSink& progress, const std::stop_token& stop) {
    Ticket ticket = ticket_from_json(prediction.ticket);
    if (const auto answer = find_answer(journal_folder, prediction, ticket, journal, stop)) {
        try {
            return engine.resume_from_answer(*answer, ticket, progress, stop);
        } catch (const Error& error) {
            if (error.code() != ErrorCode::outcome_unknown) {
                throw;
            }
            // It says nothing of use; perhaps the service's history does.
        }
    }
    if (ticket.id.empty()) {
        const std::optional<Ticket> found = engine.find_lost(ticket, stop);
        if (!found && std::chrono::system_clock::now() - prediction.changed < history_lag) {
            throw Error(
                ErrorCode::outcome_unknown,
                "The service does not list this edit, but it was sent a moment ago. Ask again in a minute.");
        }
        if (!found) {
            journal.end(prediction.id, {.state = PredictionState::failed,
                                        .reason = "The service never accepted it.",
                                        .billed_usd = 0.0});
            throw Error(ErrorCode::service_failed,
                        "The service never accepted this edit; nothing was billed.");
        }
        ticket = *found;
        journal.mark_running(prediction.id, to_json(ticket), prediction.price_usd);
    }
    return engine.resume(ticket, progress, stop);
}

} // namespace

std::string to_json(const SentRecord& record) {
    json object{{"name", record.name},
                {"file", record.file},
                {"framing", json::parse(to_json(record.framing))},
                {"fingerprint", record.fingerprint}};
    write_mask_record(object, selection_attachment, record.selection);
    write_mask_record(object, protection_attachment, record.protection);
    return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

SentRecord sent_record_from_json(std::string_view text) {
    try {
        const json object = json::parse(text);
        return {.name = object.at("name").get<std::string>(),
                .file = object.at("file").get<std::string>(),
                .framing = framing_from_json(object.at("framing").dump()),
                .fingerprint = object.at("fingerprint").get<std::string>(),
                .selection = read_mask_record(object, selection_attachment),
                .protection = read_mask_record(object, protection_attachment)};
    } catch (const json::exception&) {
        throw Error(ErrorCode::internal, "The record of what was sent is damaged.");
    }
}

std::string fingerprint_of(const Image& canvas) {
    Fnv hash;
    const ImageView view = canvas.view();
    const auto row_bytes =
        static_cast<std::size_t>(view.size.width) * static_cast<std::size_t>(view.format.bytes_per_pixel());
    for (int y = 0; y < view.size.height; ++y) {
        hash.add({view.row(y), row_bytes});
    }
    return std::to_string(view.size.width) + "x" + std::to_string(view.size.height) + "-" +
           std::to_string(hash.value());
}

std::vector<UndeliveredEdit> list_undelivered(const Account& account) {
    Journal journal(account.journal_folder);
    std::vector<UndeliveredEdit> edits;
    for (Prediction& prediction : journal.list_recoverable()) {
        if (!settle_by_answer(prediction, account.journal_folder, journal)) {
            edits.push_back(read_undelivered(std::move(prediction)));
        }
    }
    return edits;
}

std::optional<RecoveredEdit> recover(const UndeliveredEdit& edit, const Account& account,
                                     const ProgressSink& progress, const std::stop_token& stop) {
    auto delivery = std::make_unique<Delivery>(Journal(account.journal_folder));
    Journal& journal = delivery->journal();
    const std::int64_t id = edit.prediction.id;
    if (!journal.claim(id)) {
        return std::nullopt;
    }
    const Prediction prediction = journal.find(id); // as it stands now
    RecoveredEdit recovered{.edit = edit,
                            .picture = journal.read_reply(id),
                            .written = finish_hand_over(journal, id),
                            .masks = read_masks(journal, id, edit.sent),
                            .delivery = nullptr};
    if (prediction.state != PredictionState::downloaded && recovered.written.empty()) {
        RecoveryLog log(journal, id);
        const std::unique_ptr<Engine> engine =
            make_engine(find_engine(prediction.engine), model_of(prediction), edit.request, account, &log);
        try {
            EngineReply reply = fetch(prediction, *engine, account.journal_folder, journal, progress, stop);
            keep_if_possible(journal, id, reply);
            recovered.picture = std::move(reply.picture);
        } catch (const Error& error) {
            write_end(journal, id, error);
            drop_answer_if_settled(account.journal_folder, id, journal);
            throw;
        }
    }
    drop_answer_if_settled(account.journal_folder, id, journal);
    delivery->add(id);
    recovered.edit.prediction = journal.find(id);
    recovered.delivery = std::move(delivery);
    return recovered;
}

void dismiss(const UndeliveredEdit& edit, const Account& account) {
    Journal journal(account.journal_folder);
    if (!journal.claim(edit.prediction.id)) {
        return;
    }
    journal.end(edit.prediction.id,
                {.state = PredictionState::cancelled, .reason = "Dismissed.", .billed_usd = {}});
    drop_answer_if_settled(account.journal_folder, edit.prediction.id, journal);
}

std::optional<EditedLayer> place_recovered(const RecoveredEdit& edit, const LayerSource& source,
                                           const std::stop_token& stop) {
    const Framing& framing = edit.edit.sent.framing;
    if (!edit.masks || source.pixels.size() != framing.layer) {
        return std::nullopt;
    }
    SentPicture sent;
    sent.framing = framing;
    sent.canvas = frame_picture(source.pixels, source.color, framing, stop);
    if (fingerprint_of(sent.canvas) != edit.edit.sent.fingerprint) {
        return std::nullopt;
    }
    sent.selection = edit.masks->selection.get();
    sent.protection = edit.masks->protection.get();
    Stopwatch watch;
    EditedLayer layer = fit_reply(edit.edit.request, source, sent, edit.picture, watch, stop);
    layer.seed = edit.edit.request.seed.value_or(0);
    layer.request_id = ticket_from_json(edit.edit.prediction.ticket).id;
    layer.cost_usd = edit.edit.prediction.billed_usd;
    return layer;
}

} // namespace kontext
