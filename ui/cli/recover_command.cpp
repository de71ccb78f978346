#include "core/error.h"
#include "core/image/codec.h"
#include "core/image/metadata.h"
#include "core/job/recover.h"
#include "core/store/settings.h"
#include "ui/cli/commands.h"
#include "ui/cli/compose.h"
#include "ui/cli/deliver.h"
#include "ui/cli/output_files.h"
#include "ui/cli/progress_line.h"
#include "ui/cli/stop_on_signal.h"
#include "ui/keys/open_secret_store.h"
#include "ui/text/text.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <optional>

namespace kontext::cli {

namespace fs = std::filesystem;

namespace {

bool may_never_have_been_accepted(const UndeliveredEdit& edit) {
    return edit.prediction.state == PredictionState::submitted ||
           edit.prediction.state == PredictionState::unknown;
}

void print(const UndeliveredEdit& edit) {
    const Prediction& prediction = edit.prediction;
    std::printf("%lld\t%s\t%s/%s\t%s\t%s\n", static_cast<long long>(prediction.id),
                std::string(to_text(prediction.state)).c_str(), prediction.engine.c_str(),
                prediction.model.c_str(), edit.sent.name.c_str(), edit.request.prompt.c_str());
}

// The source of an edit, if it is still there and readable.
std::optional<DecodedPicture> load_source(const UndeliveredEdit& edit) {
    std::error_code ignored;
    if (edit.sent.file.empty() || !fs::is_regular_file(edit.sent.file, ignored)) {
        return std::nullopt;
    }
    try {
        return load_picture(edit.sent.file);
    } catch (const Error&) {
        return std::nullopt;
    }
}

void print_path(const fs::path& file) {
    std::printf("%s\n", file.string().c_str());
    std::fflush(stdout); // at once: what is killed later has printed it
}

// Writes one file so that it is there once, whenever this process is killed.
void hand_over(const RecoveredEdit& edit, const fs::path& name, ProgressLine& progress,
               const std::function<void(const fs::path& draft)>& write) {
    HandOver files;
    write(files.draft_of(name));
    write_down_if_possible(files, edit.delivery->journal(), edit.edit.prediction.id, progress);
    files.move();
    print_path(name);
}

// Numbered by the journal, so that doing it twice gives the same file twice.
fs::path output_name(const RecoveredEdit& edit, const fs::path& folder, const fs::path& extension) {
    fs::path name = fs::path(edit.edit.sent.name).stem();
    name += "-recovered-" + std::to_string(edit.edit.prediction.id);
    name += extension;
    return folder / name;
}

// The original with the edit in place. False: it cannot be placed there.
bool write_placed(const RecoveredEdit& edit, const fs::path& folder, ProgressLine& progress,
                  const std::stop_token& stop) {
    std::optional<DecodedPicture> original = load_source(edit.edit);
    if (!original) {
        return false;
    }
    LayerSource source{.name = edit.edit.sent.name,
                       .file = edit.edit.sent.file,
                       .pixels = std::move(original->pixels),
                       .color = original->color,
                       .selection = {},
                       .protection = {}};
    const std::optional<EditedLayer> layer = place_recovered(edit, source, stop);
    if (!layer) {
        return false;
    }
    const fs::path name = output_name(edit, folder, fs::path(edit.edit.sent.file).extension());
    hand_over(edit, name, progress, [&](const fs::path& draft) {
        save_draft(draft, name, compose(source.pixels, *layer, stop).picture, source.color, progress);
        copy_metadata(edit.edit.sent.file, draft);
    });
    return true;
}

void write_as_it_came(const RecoveredEdit& edit, const fs::path& folder, ProgressLine& progress) {
    std::string extension = ".png";
    try {
        extension = "." + std::string(name_of(decode_picture(edit.picture).file_format));
        std::ranges::transform(extension, extension.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
    } catch (const Error&) {
        extension = ".bin"; // no picture, but paid for
    }
    progress.say(edit.masks
                     ? "The original is not as it was; the picture is as the service sent it."
                     : "What was selected or protected is not known any more; the picture is as the service "
                       "sent it, as it might change that.");
    hand_over(edit, output_name(edit, folder, extension), progress, [&](const fs::path& draft) {
        write_file_atomically(
            draft, {reinterpret_cast<const char*>(edit.picture.data()), edit.picture.size()}, 0644);
    });
}

void recover_one(const UndeliveredEdit& edit, const Account& account, const fs::path& folder,
                 ProgressLine& progress, const std::stop_token& stop) {
    const std::optional<RecoveredEdit> recovered =
        recover(edit, account, [&](const Progress& step) { progress.show(step); }, stop);
    if (!recovered) {
        return; // somebody else has it
    }
    if (!recovered->written.empty()) {
        progress.say("Number " + std::to_string(edit.prediction.id) + " had been written already.");
        std::ranges::for_each(recovered->written, print_path);
    } else if (!write_placed(*recovered, folder, progress, stop)) {
        write_as_it_came(*recovered, folder, progress);
    }
    confirm(*recovered->delivery, progress);
}

void dismiss_numbers(const std::vector<UndeliveredEdit>& waiting, const RecoverArguments& arguments,
                     const Account& account) {
    for (const std::int64_t number : arguments.dismiss) {
        const auto found = std::ranges::find(waiting, number,
                                             [](const UndeliveredEdit& edit) { return edit.prediction.id; });
        if (found == waiting.end()) {
            throw Error(ErrorCode::invalid_argument,
                        "Nothing with the number " + std::to_string(number) + " is waiting.");
        }
        dismiss(*found, account);
    }
}

} // namespace

void run_recover_command(const RecoverArguments& arguments) {
    const Account account = make_account(load_settings(), ui::open_secret_store);
    const std::vector<UndeliveredEdit> waiting = list_undelivered(account);
    if (!arguments.dismiss.empty()) {
        dismiss_numbers(waiting, arguments, account);
        return;
    }
    if (arguments.list) {
        std::ranges::for_each(waiting, print);
        return;
    }
    if (std::error_code failure; !fs::is_directory(arguments.out, failure)) {
        throw Error(ErrorCode::cannot_write, arguments.out.string() + " is no folder.");
    }
    const StopOnSignal stop;
    ProgressLine progress;
    std::optional<Error> last_error;
    for (const UndeliveredEdit& edit : waiting) {
        if (may_never_have_been_accepted(edit) && !arguments.all) {
            progress.say("Number " + std::to_string(edit.prediction.id) +
                         " may never have been accepted; --all asks the service.");
            continue;
        }
        try {
            recover_one(edit, account, arguments.out, progress, stop.token());
        } catch (const Error& error) {
            progress.say("Number " + std::to_string(edit.prediction.id) + ": " + error.what());
            last_error = error;
        }
    }
    if (last_error) {
        throw *last_error;
    }
}

} // namespace kontext::cli
