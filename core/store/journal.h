#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kontext {

// Where one paid run at a service stands.
enum class PredictionState {
    prepared,   // written down; nothing was sent that could be billed
    submitted,  // the call that creates it is on its way: billed or not, we do not know yet
    running,    // the service has accepted it and we know its id
    downloaded, // its picture is on this disk
    delivered,  // the person has it
    refused,    // by moderation
    failed,     // the service ended it without a picture, or never accepted it
    cancelled,  // by the person; may be billed where price_billed_usd is not known
    unknown,    // the service never answered whether it accepted
    expired,    // the service has its picture no longer
};

std::string_view to_text(PredictionState state);

// What is known before anything is sent.
struct PreparedPrediction {
    std::string engine;
    std::string model;
    std::string request;   // EditRequest as JSON
    std::string placement; // what it takes to put the picture in its place later, as JSON of the caller's
    std::string command;   // one name for all predictions of one command, for its ceiling; never empty
    std::optional<double> price_usd; // expected
};

struct Prediction : PreparedPrediction {
    std::int64_t id = 0; // ours
    PredictionState state = PredictionState::prepared;
    std::string ticket; // what it takes to ask the service for it again, as JSON of the caller's; no key
    std::string reason; // why it ended without a picture; text of the service
    std::optional<double> billed_usd;
    std::chrono::system_clock::time_point created;
    std::chrono::system_clock::time_point changed;
    std::optional<std::chrono::milliseconds> run_time; // from accepted to ready
};

// Refuse a prediction before anything is sent. A price that is not known counts as too much for any ceiling.
struct Ceilings {
    std::optional<double> command_usd; // all predictions of one command
    std::optional<double> month_usd;   // all of this machine's in the calendar month, local time
};

// What a state change brings along.
struct Ending {
    PredictionState state = PredictionState::failed;
    std::string reason;
    std::optional<double> billed_usd; // none: not known
};

using WallClock = std::function<std::chrono::system_clock::time_point()>;

// The journal of predictions and the ledger, a database in the state folder that any number of processes
// share. Every change is on the disk (fsync) when the call returns, and a process that is killed at any point
// leaves it consistent. One object per thread, none across a fork. What cannot be written throws
// Error(cannot_write), or Error(out_of_space) for a full disk; a damaged file Error(bad_settings) that names
// it.
//
// A prediction belongs to the object that prepared or claimed it, for as long as that and its process live:
// what belongs to a dead process, or to nobody, can be claimed, by one only. Changes are for the owner, but
// for mark_delivered(). Each says from where it goes; whoever is not the owner, and any other state, throws
// Error(internal) and changes nothing. An id that does not exist throws Error(invalid_argument).
// A price or bill that is no amount of money (negative, infinite, not a number) is one that is not known.
class Journal {
public:
    // Opens or makes it. Throws also Error(bad_settings) for one that a newer version has written.
    explicit Journal(const std::filesystem::path& folder, WallClock now = std::chrono::system_clock::now);
    Journal(Journal&&) noexcept;
    Journal& operator=(Journal&&) noexcept;
    ~Journal(); // what it still owns can be claimed then

    // Writes it down as this object's own and holds its price against the ceilings, in one step for all
    // processes. Throws Error(over_budget) that says how much is spent and allowed, and Error(price_unknown).
    // What a ceiling counts: what was billed where that is known; 0 for refused and failed ones and
    // for what was prepared by a process that is dead; else the expected price, or 0 without one.
    std::int64_t prepare(const PreparedPrediction& prediction, const Ceilings& ceilings);

    // From prepared.
    void mark_submitted(std::int64_t id, std::string_view ticket);
    // From submitted, back to prepared: the service said so, or was never reached.
    void mark_not_accepted(std::int64_t id);
    // From submitted and unknown; from running: replaces the ticket. A price replaces the expected one.
    void mark_running(std::int64_t id, std::string_view ticket, std::optional<double> price_usd);
    // From submitted, running and unknown, in one step with the state; `reply` is not empty. From downloaded:
    // replaces. From delivered: no change. What is none replaces nothing; nothing billed: as expected.
    void keep_reply(std::int64_t id, std::span<const std::byte> reply, std::optional<double> billed_usd,
                    std::optional<std::chrono::milliseconds> run_time);
    // From downloaded, by anyone: whoever hands it over may not be who got it. From submitted, running and
    // unknown, by the owner: its picture could not be kept, but was handed over. From delivered: no change.
    void mark_delivered(std::int64_t id);
    // To refused, failed and cancelled: from prepared, submitted, running, unknown and, for a picture that is
    // of no use, downloaded: that counts as billed as expected. To unknown and expired: from submitted,
    // running and unknown. To the state that it has: adds the reason and what was billed. Else an ending is
    // final.
    void end(std::int64_t id, const Ending& ending);

    Prediction find(std::int64_t id);
    // Newest first.
    std::vector<Prediction> list(std::size_t limit = 1000);
    // What submitted, running, downloaded and unknown ones nobody alive, this object included, is working on;
    // oldest first.
    std::vector<Prediction> list_recoverable();
    // Makes such a one this object's own; true also where it is already. False: somebody else has it, it has
    // ended meanwhile, or its process died before it was sent.
    bool claim(std::int64_t id);
    // Gives it back, as it stands, so that it can be claimed. No change where it is somebody else's.
    void release(std::int64_t id);
    // Empty: there is none, or it was dropped from the history.
    std::vector<std::byte> read_reply(std::int64_t id);

    // Keeps bytes that it takes to finish the prediction, under a name: they go when it is delivered or has
    // ended. From prepared, submitted, running, downloaded and unknown; replaces what has that name, and none
    // removes it.
    void attach(std::int64_t id, std::string_view name, std::span<const std::byte> bytes);
    // Empty: there is none.
    std::vector<std::byte> read_attachment(std::int64_t id, std::string_view name);

    // What the service usually takes: of the latest runs that were finished; none: there were none.
    std::optional<std::chrono::milliseconds> typical_run_time(std::string_view engine,
                                                              std::string_view model);
    double spent_this_month_usd(); // as a ceiling counts

    // Drops replies beyond the newest `keep` that are delivered or ended, and ends, as failed, what dead
    // processes prepared and never sent. Rows stay: they are the ledger.
    void sweep(std::size_t keep = 20);

private:
    struct Database;
    std::unique_ptr<Database> database_;
};

} // namespace kontext
