#include "core/store/journal.h"

#include "core/error.h"
#include "core/store/journal_file.h"
#include "core/store/journal_owner.h"
#include "core/store/spending.h"
#include "core/store/sqlite.h"
#include "core/usd.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace kontext {

namespace fs = std::filesystem;

using std::chrono::milliseconds;
using std::chrono::system_clock;

namespace {

constexpr std::size_t runs_looked_at = 9; // for the usual run time

constexpr std::string_view never_sent = "The program ended before anything was sent.";

constexpr int owner_column = 14; // of the following
constexpr const char* all_columns =
    "SELECT id, state, engine, model, request, placement, command, price_nusd, ticket, reason, billed_nusd, "
    "created_ms, changed_ms, run_ms, coalesce(owner, '') FROM predictions ";

// Sums what a ceiling counts, see Journal::prepare(); what is prepared by its owner, as that has to be alive.
// total() and not sum(), which calls large sums an error; exact up to nine million dollars.
constexpr std::string_view sums = "SELECT state = 'prepared', coalesce(owner, ''), "
                                  "total(coalesce(billed_nusd, CASE WHEN state IN ('refused', "
                                  "'failed') THEN 0 ELSE price_nusd END, 0)) FROM predictions ";

// What somebody else can go on with.
constexpr std::array recoverable{PredictionState::submitted, PredictionState::running,
                                 PredictionState::downloaded, PredictionState::unknown};

std::int64_t to_ms(system_clock::time_point time) {
    return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}

system_clock::time_point time_from_ms(std::int64_t ms) {
    return system_clock::time_point(milliseconds(ms));
}

std::optional<double> usd_if_any(std::optional<NanoUsd> price) {
    return price ? std::optional(to_usd(*price)) : std::nullopt;
}

std::optional<std::int64_t> run_ms_from(std::optional<milliseconds> time) {
    return time && time->count() >= 0 ? std::optional<std::int64_t>(time->count()) : std::nullopt;
}

Prediction read_row(const SqliteStatement& row) {
    Prediction prediction;
    prediction.id = row.integer(0);
    prediction.state = prediction_state_from_text(row.text(1));
    prediction.engine = row.text(2);
    prediction.model = row.text(3);
    prediction.request = row.text(4);
    prediction.placement = row.text(5);
    prediction.command = row.text(6);
    prediction.price_usd = usd_if_any(row.integer_if_any(7));
    prediction.ticket = row.text(8);
    prediction.reason = row.text(9);
    prediction.billed_usd = usd_if_any(row.integer_if_any(10));
    prediction.created = time_from_ms(row.integer(11));
    prediction.changed = time_from_ms(row.integer(12));
    if (const auto run_ms = row.integer_if_any(13)) {
        prediction.run_time = milliseconds(*run_ms);
    }
    return prediction;
}

[[noreturn]] void reject_price(std::optional<NanoUsd> price, NanoUsd spent, NanoUsd allowed,
                               const std::string& scope) {
    if (!price) {
        throw Error(ErrorCode::price_unknown, "The price is not known, so it cannot be held against the " +
                                                  describe_usd(allowed) + " allowed for " + scope + ".");
    }
    throw Error(ErrorCode::over_budget, "This would cost " + describe_usd(*price) + ", and " +
                                            describe_usd(spent) + " of the " + describe_usd(allowed) +
                                            " allowed for " + scope + " are spent.");
}

// Whether nothing more is to be done for it.
bool is_final(PredictionState state) {
    switch (state) {
    case PredictionState::delivered:
    case PredictionState::refused:
    case PredictionState::failed:
    case PredictionState::cancelled:
    case PredictionState::expired: return true;
    case PredictionState::prepared:
    case PredictionState::submitted:
    case PredictionState::running:
    case PredictionState::downloaded:
    case PredictionState::unknown: break;
    }
    return false;
}

// From which states there is a way to this ending. Throws Error(internal) for what is none.
std::vector<PredictionState> states_before(PredictionState ending) {
    using enum PredictionState;
    switch (ending) {
    case refused:
    case failed:
    case cancelled: return {prepared, submitted, running, unknown, downloaded, ending};
    case unknown: return {submitted, running, unknown};
    case expired: return {submitted, running, unknown, expired};
    case prepared:
    case submitted:
    case running:
    case downloaded:
    case delivered: break;
    }
    throw Error(ErrorCode::internal, "A prediction cannot end as " + std::string(to_text(ending)) + ".");
}

} // namespace

struct Journal::Database {
    // Where a prediction stands and whose it is.
    struct Standing {
        PredictionState state;
        std::string owner;
    };

    Database(const fs::path& folder, WallClock now)
        : owners(fs::absolute(folder) / "owners"), file(open_journal_file(folder)), clock(std::move(now)) {}

    void end_what_was_never_sent() const {
        auto rows = file.prepare("SELECT id, coalesce(owner, '') FROM predictions WHERE state = 'prepared'");
        std::vector<std::int64_t> abandoned;
        while (rows.step()) {
            if (!is_worked_on(rows.text(1))) {
                abandoned.push_back(rows.integer(0));
            }
        }
        for (const std::int64_t id : abandoned) {
            file.prepare("UPDATE predictions SET reason = ? WHERE id = ?").bind(never_sent).bind(id).run();
            set_state(id, PredictionState::failed);
        }
    }

    std::int64_t now_ms() const { return to_ms(clock()); }

    void set_state(std::int64_t id, PredictionState state) const {
        file.prepare("UPDATE predictions SET state = ?, changed_ms = ? WHERE id = ?")
            .bind(to_text(state))
            .bind(now_ms())
            .bind(id)
            .run();
        if (is_final(state)) {
            file.prepare("DELETE FROM attachments WHERE prediction = ?").bind(id).run();
        }
    }

    Standing standing_of(std::int64_t id) const {
        auto row = file.prepare("SELECT state, coalesce(owner, '') FROM predictions WHERE id = ?");
        if (!row.bind(id).step()) {
            throw Error(ErrorCode::invalid_argument, "There is no prediction " + std::to_string(id) + ".");
        }
        return {prediction_state_from_text(row.text(0)), row.text(1)};
    }

    bool is_own(const Standing& standing) const { return owner && standing.owner == owner->name(); }

    // The state of a prediction that is this object's own and in one of these.
    PredictionState require(std::int64_t id, const std::vector<PredictionState>& states) const {
        const Standing standing = standing_of(id);
        if (!is_own(standing)) {
            throw Error(ErrorCode::internal,
                        "Prediction " + std::to_string(id) + " is changed by somebody who has it not.");
        }
        require_state(id, standing.state, states);
        return standing.state;
    }

    static void require_state(std::int64_t id, PredictionState state,
                              const std::vector<PredictionState>& states) {
        if (std::ranges::find(states, state) == states.end()) {
            throw Error(ErrorCode::internal, "Prediction " + std::to_string(id) + " is " +
                                                 std::string(to_text(state)) +
                                                 " and does not go where it is sent.");
        }
    }

    // Within a change: see JournalOwner.
    const std::string& own_name() {
        if (!owner) {
            owner = std::make_unique<JournalOwner>(owners);
        }
        return owner->name();
    }

    bool is_worked_on(const std::string& name) const {
        return (owner && name == owner->name()) || is_alive(owners, name);
    }

    NanoUsd add_up(SqliteStatement groups) const {
        NanoUsd total = 0;
        while (groups.step()) {
            const bool is_counted = groups.integer(0) == 0 || is_worked_on(groups.text(1));
            total += is_counted ? static_cast<NanoUsd>(groups.real(2)) : 0;
        }
        return total;
    }

    NanoUsd spent_by(std::string_view command) const {
        auto groups = file.prepare(std::string(sums) + "WHERE command = ? GROUP BY 1, 2");
        groups.bind(command);
        return add_up(std::move(groups));
    }

    NanoUsd spent_in(const Month& month) const {
        auto groups =
            file.prepare(std::string(sums) + "WHERE created_ms >= ? AND created_ms < ? GROUP BY 1, 2");
        groups.bind(to_ms(month.first)).bind(to_ms(month.end));
        return add_up(std::move(groups));
    }

    // Throws Error(over_budget) and Error(price_unknown). A ceiling that is no amount of money allows
    // nothing.
    void hold_against(const Ceilings& ceilings, std::optional<NanoUsd> price,
                      std::string_view command) const {
        const auto check = [price](std::optional<double> ceiling, const std::string& scope, auto spent) {
            if (!ceiling) {
                return;
            }
            const NanoUsd allowed = nano_usd_from(ceiling).value_or(0);
            const NanoUsd so_far = spent();
            if (!price || so_far + *price > allowed) {
                reject_price(price, so_far, allowed, scope);
            }
        };
        check(ceilings.command_usd, "this command", [&] { return spent_by(command); });
        check(ceilings.month_usd, "this month", [&] { return spent_in(month_of(clock())); });
    }

    bool claim(std::int64_t id) {
        const Standing standing = standing_of(id);
        if (is_own(standing)) {
            return true;
        }
        const auto is_open = std::ranges::find(recoverable, standing.state);
        if (is_open == recoverable.end() || is_worked_on(standing.owner)) {
            return false;
        }
        file.prepare("UPDATE predictions SET owner = ? WHERE id = ?").bind(own_name()).bind(id).run();
        return true;
    }

    fs::path owners;
    SqliteFile file;
    WallClock clock;
    std::unique_ptr<JournalOwner> owner; // from the first prediction on
};

Journal::Journal(const fs::path& folder, WallClock now)
    : database_(std::make_unique<Database>(folder, std::move(now))) {}

Journal::Journal(Journal&&) noexcept = default;
Journal& Journal::operator=(Journal&&) noexcept = default;
Journal::~Journal() = default;

std::int64_t Journal::prepare(const PreparedPrediction& prediction, const Ceilings& ceilings) {
    if (prediction.command.empty()) {
        throw Error(ErrorCode::internal, "A prediction is prepared that is part of no command.");
    }
    const auto price = nano_usd_from(prediction.price_usd);
    JournalChange change(database_->file);
    database_->hold_against(ceilings, price, prediction.command);
    const std::int64_t now = database_->now_ms();
    database_->file
        .prepare(
            "INSERT INTO predictions (state, owner, engine, model, request, placement, command, price_nusd, "
            "created_ms, changed_ms) VALUES ('prepared', ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(database_->own_name())
        .bind(prediction.engine)
        .bind(prediction.model)
        .bind(prediction.request)
        .bind(prediction.placement)
        .bind(prediction.command)
        .bind(price)
        .bind(now)
        .bind(now)
        .run();
    const std::int64_t id = database_->file.last_row();
    change.commit();
    return id;
}

void Journal::mark_submitted(std::int64_t id, std::string_view ticket) {
    JournalChange change(database_->file);
    database_->require(id, {PredictionState::prepared});
    database_->file.prepare("UPDATE predictions SET ticket = ? WHERE id = ?").bind(ticket).bind(id).run();
    database_->set_state(id, PredictionState::submitted);
    change.commit();
}

void Journal::mark_not_accepted(std::int64_t id) {
    JournalChange change(database_->file);
    database_->require(id, {PredictionState::submitted});
    database_->set_state(id, PredictionState::prepared);
    change.commit();
}

void Journal::mark_running(std::int64_t id, std::string_view ticket, std::optional<double> price_usd) {
    JournalChange change(database_->file);
    database_->require(id, {PredictionState::submitted, PredictionState::unknown, PredictionState::running});
    database_->file
        .prepare("UPDATE predictions SET ticket = ?, price_nusd = coalesce(?, price_nusd) WHERE id = ?")
        .bind(ticket)
        .bind(nano_usd_from(price_usd))
        .bind(id)
        .run();
    database_->set_state(id, PredictionState::running);
    change.commit();
}

void Journal::keep_reply(std::int64_t id, std::span<const std::byte> reply, std::optional<double> billed_usd,
                         std::optional<milliseconds> run_time) {
    if (reply.empty()) {
        throw Error(ErrorCode::internal, "A reply without a picture is to be kept.");
    }
    JournalChange change(database_->file);
    const PredictionState state = database_->require(
        id, {PredictionState::submitted, PredictionState::running, PredictionState::unknown,
             PredictionState::downloaded, PredictionState::delivered});
    if (state == PredictionState::delivered) {
        return;
    }
    database_->file
        .prepare("INSERT INTO replies (prediction, bytes) VALUES (?, ?) "
                 "ON CONFLICT (prediction) DO UPDATE SET bytes = excluded.bytes")
        .bind(id)
        .bind(reply)
        .run();
    database_->file
        .prepare(
            "UPDATE predictions SET billed_nusd = coalesce(?, billed_nusd), run_ms = coalesce(?, run_ms) "
            "WHERE id = ?")
        .bind(nano_usd_from(billed_usd))
        .bind(run_ms_from(run_time))
        .bind(id)
        .run();
    database_->set_state(id, PredictionState::downloaded);
    change.commit();
}

void Journal::mark_delivered(std::int64_t id) {
    JournalChange change(database_->file);
    using enum PredictionState;
    const PredictionState state = database_->standing_of(id).state;
    if (state == submitted || state == running || state == unknown) {
        database_->require(id, {state});
    } else {
        Database::require_state(id, state, {downloaded, delivered});
    }
    if (state != delivered) {
        database_->set_state(id, delivered);
        change.commit();
    }
}

void Journal::end(std::int64_t id, const Ending& ending) {
    JournalChange change(database_->file);
    const PredictionState state = database_->require(id, states_before(ending.state));
    database_->file
        .prepare(
            "UPDATE predictions SET reason = CASE WHEN ?1 = '' THEN reason ELSE ?1 END, "
            "billed_nusd = coalesce(?2, billed_nusd, CASE WHEN state = 'downloaded' THEN price_nusd END) "
            "WHERE id = ?3")
        .bind(ending.reason)
        .bind(nano_usd_from(ending.billed_usd))
        .bind(id)
        .run();
    if (state != ending.state) {
        database_->set_state(id, ending.state);
    }
    change.commit();
}

Prediction Journal::find(std::int64_t id) {
    auto row = database_->file.prepare(std::string(all_columns) + "WHERE id = ?");
    if (!row.bind(id).step()) {
        throw Error(ErrorCode::invalid_argument, "There is no prediction " + std::to_string(id) + ".");
    }
    return read_row(row);
}

std::vector<Prediction> Journal::list(std::size_t limit) {
    auto rows = database_->file.prepare(std::string(all_columns) + "ORDER BY id DESC LIMIT ?");
    rows.bind(static_cast<std::int64_t>(std::min<std::size_t>(limit, INT32_MAX)));
    std::vector<Prediction> predictions;
    while (rows.step()) {
        predictions.push_back(read_row(rows));
    }
    return predictions;
}

std::vector<Prediction> Journal::list_recoverable() {
    auto rows = database_->file.prepare(std::string(all_columns) +
                                        "WHERE state IN ('submitted', 'running', 'downloaded', 'unknown') "
                                        "ORDER BY id");
    std::vector<Prediction> predictions;
    while (rows.step()) {
        if (!database_->is_worked_on(rows.text(owner_column))) {
            predictions.push_back(read_row(rows));
        }
    }
    return predictions;
}

bool Journal::claim(std::int64_t id) {
    JournalChange change(database_->file);
    const bool is_own = database_->claim(id);
    change.commit();
    return is_own;
}

void Journal::release(std::int64_t id) {
    JournalChange change(database_->file);
    if (database_->is_own(database_->standing_of(id))) {
        database_->file.prepare("UPDATE predictions SET owner = NULL WHERE id = ?").bind(id).run();
        change.commit();
    }
}

std::vector<std::byte> Journal::read_reply(std::int64_t id) {
    auto row = database_->file.prepare("SELECT bytes FROM replies WHERE prediction = ?");
    return row.bind(id).step() ? row.bytes(0) : std::vector<std::byte>();
}

void Journal::attach(std::int64_t id, std::string_view name, std::span<const std::byte> bytes) {
    JournalChange change(database_->file);
    database_->require(id, {PredictionState::prepared, PredictionState::submitted, PredictionState::running,
                            PredictionState::downloaded, PredictionState::unknown});
    const SqliteFile& file = database_->file;
    file.prepare("DELETE FROM attachments WHERE prediction = ? AND name = ?").bind(id).bind(name).run();
    if (!bytes.empty()) {
        file.prepare("INSERT INTO attachments (prediction, name, bytes) VALUES (?, ?, ?)")
            .bind(id)
            .bind(name)
            .bind(bytes)
            .run();
    }
    change.commit();
}

std::vector<std::byte> Journal::read_attachment(std::int64_t id, std::string_view name) {
    auto row = database_->file.prepare("SELECT bytes FROM attachments WHERE prediction = ? AND name = ?");
    return row.bind(id).bind(name).step() ? row.bytes(0) : std::vector<std::byte>();
}

std::optional<milliseconds> Journal::typical_run_time(std::string_view engine, std::string_view model) {
    auto rows = database_->file.prepare("SELECT run_ms FROM predictions WHERE engine = ? AND model = ? "
                                        "AND run_ms IS NOT NULL ORDER BY id DESC LIMIT ?");
    rows.bind(engine).bind(model).bind(static_cast<std::int64_t>(runs_looked_at));
    std::vector<std::int64_t> times;
    while (rows.step()) {
        times.push_back(rows.integer(0));
    }
    if (times.empty()) {
        return std::nullopt;
    }
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return milliseconds(*middle);
}

double Journal::spent_this_month_usd() {
    return to_usd(database_->spent_in(month_of(database_->clock())));
}

void Journal::sweep(std::size_t keep) {
    JournalChange change(database_->file);
    database_->end_what_was_never_sent();
    database_->file
        .prepare(
            "DELETE FROM replies WHERE prediction IN (SELECT prediction FROM replies JOIN predictions ON "
            "id = prediction WHERE state <> 'downloaded' ORDER BY id DESC LIMIT -1 OFFSET ?)")
        .bind(static_cast<std::int64_t>(std::min<std::size_t>(keep, INT32_MAX)))
        .run();
    remove_stale_owners(database_->owners);
    change.commit();
}

} // namespace kontext
