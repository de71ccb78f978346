#pragma once

#include "core/engine/prediction.h"
#include "core/net/http.h"
#include "core/store/journal.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

namespace kontext {

// Where the answer to the call of prediction `id` that costs is kept for when its process is killed.
std::filesystem::path answer_file_of(const std::filesystem::path& journal_folder, std::int64_t id);

// What the answer tells at once of a prediction whose process is dead.
enum class AnswerSays { nothing, never_sent, not_accepted, accepted };
AnswerSays look_at_answer(const std::filesystem::path& journal_folder, const Prediction& prediction,
                          const Ticket& ticket);

// What the service answered to a call whose process is dead; waits for an answer that is still on its way.
// None: nobody knows. Throws Error(service_failed) after writing down that it ended, where the call was never
// sent or the service did not accept it; Error; Cancelled.
std::optional<HttpResponse> find_answer(const std::filesystem::path& journal_folder,
                                        const Prediction& prediction, const Ticket& ticket, Journal& journal,
                                        const std::stop_token& stop);
// Writes down that it was never sent, or not accepted, and costs nothing.
void end_unbilled(Journal& journal, std::int64_t id, const std::string& reason);

// Removes it once nobody needs it any more: the picture is kept, or the prediction has ended.
void drop_answer_if_settled(const std::filesystem::path& journal_folder, std::int64_t id,
                            Journal& journal) noexcept;
// The same for all that there are.
void sweep_answers(const std::filesystem::path& journal_folder, Journal& journal) noexcept;

} // namespace kontext
