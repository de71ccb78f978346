#pragma once

#include "core/job/run_edit.h"
#include "ui/gtk/edit_dialog.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

typedef struct _GtkWindow GtkWindow;

namespace kontext::plugin {

// The editor as we need it, for one call of one procedure: gimp2.cpp and gimp3.cpp are the two of them.
// Main thread only. Methods throw Error(layer_gone) when the image or layer is no longer there.
class Host {
public:
    virtual ~Host() = default;

    virtual ui::LayerSummary describe_layer() = 0;
    // Starts reading what the person sees of the layer, and the selection as it is now unless `region` is the
    // whole layer.
    virtual std::unique_ptr<LayerReader> open_layer(Region region) = 0;
    // One undo step: new layers above the source in the same group, at its offsets, each with a layer mask
    // and the parasite `record`. Where the source layer is gone they go to the top of the image. Nothing is
    // changed when it throws.
    virtual void insert(const EditResult& result, const std::string& record) = 0;

    virtual void show_progress(const std::string& text, std::optional<double> fraction) = 0;
    virtual void show_message(const std::string& text) = 0;
    virtual void adopt(GtkWindow* window) = 0;
};

} // namespace kontext::plugin
