#pragma once

#include "plugin/gegl_pixels.h"
#include "plugin/host.h"

#include <libgimp/gimp.h>

namespace kontext::plugin {

struct Offset {
    int x = 0;
    int y = 0;
};

// The source as it was when it was read: it may be gone when the result is there.
struct Source {
    Offset offset;
    Encoding encoding;
    GimpImageBaseType base_type = GIMP_RGB;
    GimpPrecision precision = GIMP_PRECISION_U8_NON_LINEAR;
    std::vector<std::byte> icc_profile;
};

// GIMP 3.0 and 3.2, by the objects of libgimp-3.0. The library owns them; whether what they stand for is
// still there is asked by id.
class Gimp3Host final : public Host {
public:
    // A layer's mask stands for its layer. `drawables` ends with a null. Throws Error(layer_gone), or
    // Error(invalid_argument) when it is not exactly one layer that can be edited.
    Gimp3Host(GimpImage* image, GimpDrawable* const* drawables);
    Gimp3Host() = default; // without a layer

    const std::vector<GimpLayer*>& inserted_layers() const { return inserted_; }

    bool has_layer() override { return layer_ != nullptr; }
    ui::LayerSummary describe_layer() override;
    bool has_selection() override;
    std::unique_ptr<LayerReader> open_layer(Region region) override;
    Place find_place() override;
    void insert(const EditResult& result, const std::vector<LayerLabel>& labels, Place place) override;
    void insert_as_image(const EditResult& result, const std::vector<LayerLabel>& labels,
                         const ColorEncoding& color) override;
    void start_ui() override;
    void adopt(GtkWindow* window) override;
    void show_progress(const std::string& text, std::optional<double> fraction) override;
    void show_message(const std::string& text) override;

    // Images that insert() makes get a window unless the call is non-interactive.
    void show_new_images(bool show) { show_new_images_ = show; }

private:
    bool is_layer_there() const;
    void check_there() const;

    GimpImage* image_ = nullptr;
    GimpLayer* layer_ = nullptr;
    gint image_id_ = -1;
    gint display_id_ = -1; // of the window that the call came from
    guint tattoo_ = 0;     // the layer's lasting number within the image
    Source source_;
    std::vector<GimpLayer*> inserted_;
    std::string progress_text_;
    bool show_new_images_ = false;
};

} // namespace kontext::plugin
