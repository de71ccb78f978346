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
    GimpPrecision precision = GIMP_PRECISION_U8_GAMMA;
    std::vector<std::byte> icc_profile;
};

// GIMP 2.10, by the ids of libgimp-2.0.
class Gimp2Host final : public Host {
public:
    // A layer's mask stands for its layer. Throws Error(layer_gone), or Error(invalid_argument) when the
    // drawable is no layer that can be edited.
    Gimp2Host(gint32 image, gint32 drawable);
    Gimp2Host() = default; // without a layer

    const std::vector<gint32>& inserted_layers() const { return inserted_; }

    bool has_layer() override { return layer_ != -1; }
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
    gint32 image_ = -1;
    gint32 layer_ = -1;
    Source source_;
    std::vector<gint32> inserted_;
    std::string progress_text_;
    bool show_new_images_ = false;
};

} // namespace kontext::plugin
