#pragma once

#include "core/job/recover.h"
#include "ui/gtk/background.h"
#include "ui/gtk/main_loop.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace kontext::ui {

// What recovering asks of the editor. Called on the main thread; what throws, throws Error.
struct RecoverHooks {
    // Starts reading the layer that a picture may belong to; null: there is none that can be edited.
    std::function<std::unique_ptr<LayerReader>(Region)> open_layer;
    // Puts it into the editor: over that layer where it is laid out for it, else as an image of its own; not
    // at all where its edit had written it to files. Then the delivery is confirmed. Returns what the person
    // has to know, which may be empty.
    std::function<std::string(const RecoveredEdit&, std::optional<EditedLayer>)> insert;
};

// Recovers one edit: fetch the picture, read the layer, lay the one onto the other, insert. Destroying it
// stops it, and what was not inserted can be recovered again. Make, use and destroy it on the main thread.
class RecoverRun {
public:
    // How it went: what the person has to know, or none where somebody else has the picture meanwhile.
    using Result = std::optional<std::string>;
    struct Callbacks {
        std::function<void(const Progress&)> on_progress;
        std::function<void(Finished<Result>)> on_finished; // once; may destroy this object
    };

    RecoverRun(UndeliveredEdit edit, Account account, const RecoverHooks& hooks, Callbacks callbacks);
    RecoverRun(const RecoverRun&) = delete;
    RecoverRun& operator=(const RecoverRun&) = delete;

    void cancel(); // on_finished brings Cancelled, or the result if that was quicker

private:
    void read_layer();
    bool read_some();
    void place(std::shared_ptr<const LayerSource> source);
    void insert(std::optional<EditedLayer> layer);
    void finish(Finished<Result> finished);

    Account account_;
    const RecoverHooks& hooks_;
    Callbacks callbacks_;
    bool cancelled_ = false;
    std::shared_ptr<RecoveredEdit> recovered_;
    std::unique_ptr<LayerReader> reader_;
    RepeatedCall reading_;
    int call_ = 0;          // of background_
    Background background_; // last: it ends before what its calls work with
};

} // namespace kontext::ui
