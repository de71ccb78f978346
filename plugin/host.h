#pragma once

#include "core/job/run_edit.h"
#include "ui/gtk/edit_dialog.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

typedef struct _GtkWindow GtkWindow;

namespace kontext::plugin {

// Where a result can go. Found out when it is there, as the person goes on working meanwhile.
enum class Place {
    above_source, // in the source layer's group, at its offsets
    top_of_image, // the source layer was deleted
    rgb_copy,     // the image has a palette: into a copy of it that is turned into RGB
    new_image,    // the image was closed
};

// What an inserted layer says about itself.
struct LayerLabel {
    std::string name;
    std::string record; // the text of its parasite
};

// The editor as we need it, for one call of one procedure: gimp2.cpp and gimp3.cpp are the two of them.
// Main thread only. Failures are thrown as Error.
class Host {
public:
    virtual ~Host() = default;

    // Calls that are about no layer, or about none that can be edited, have a host without one: everything
    // that asks for it throws Error(layer_gone) there.
    virtual bool has_layer() = 0;

    // Instant: asks for no pixels.
    virtual ui::LayerSummary describe_layer() = 0;
    virtual bool has_selection() = 0; // now; false where the image is gone
    // Starts reading what the person sees of the layer, and the selection as it is now unless `region` is the
    // whole layer. Throws Error(layer_gone), or Error(invalid_argument) when the selection misses the layer.
    virtual std::unique_ptr<LayerReader> open_layer(Region region) = 0;

    virtual Place find_place() = 0;
    // One undo step: new layers, the first on top, each with a layer mask and its label. `labels` has one for
    // each of the result's layers. The source layer is not touched, and nothing is when this throws.
    virtual void insert(const EditResult& result, const std::vector<LayerLabel>& labels, Place place) = 0;

    // The same into a new image in the picture's own colours and precision, without a source layer.
    virtual void insert_as_image(const EditResult& result, const std::vector<LayerLabel>& labels,
                                 const ColorEncoding& color) = 0;

    // Makes GTK ready in the editor's look. Throws Error(invalid_argument) where there is no display.
    virtual void start_ui() = 0;
    virtual void adopt(GtkWindow* window) = 0;
    virtual void show_progress(const std::string& text, std::optional<double> fraction) = 0;
    virtual void show_message(const std::string& text) = 0;
};

} // namespace kontext::plugin
