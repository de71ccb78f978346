#include "plugin/gimp2_host.h"

#include "core/error.h"
#include "plugin/procedures.h"
#include "ui/text/text.h"

#include <gtk/gtk.h>
// after GTK
#include <algorithm>
#include <cstdlib>
#include <utility>

#include <gdk/gdkx.h>

namespace kontext::plugin {

namespace {

struct FreeMemory {
    void operator()(gpointer memory) const { g_free(memory); }
};

std::string take_text(char* text) {
    const std::unique_ptr<char, FreeMemory> owner(text);
    return text != nullptr ? text : "";
}

void require(bool done, const char* what) {
    if (!done) {
        const char* reason = gimp_get_pdb_error();
        throw Error(ErrorCode::internal, std::string(what) + " " + (reason != nullptr ? reason : ""));
    }
}

gint32 find_layer(gint32 image, gint32 drawable) {
    if (gimp_image_is_valid(image) == FALSE || gimp_item_is_valid(drawable) == FALSE) {
        throw Error(ErrorCode::layer_gone, _("The layer is no longer there."));
    }
    if (gimp_item_is_layer_mask(drawable) != FALSE) { // its mask is being painted on
        return gimp_layer_from_mask(drawable);
    }
    if (gimp_item_is_layer(drawable) == FALSE) {
        throw Error(ErrorCode::invalid_argument, _("A channel is active. Select a layer to edit."));
    }
    if (gimp_image_get_floating_sel(image) != -1) {
        throw Error(ErrorCode::invalid_argument,
                    _("There is a floating selection. Anchor it or make it a layer first."));
    }
    return drawable;
}

Offset offset_of(gint32 layer) {
    Offset offset;
    gimp_drawable_offsets(layer, &offset.x, &offset.y);
    return offset;
}

Size size_of(gint32 layer) {
    return {gimp_drawable_width(layer), gimp_drawable_height(layer)};
}

std::vector<std::byte> profile_of(gint32 image) {
    const std::unique_ptr<GimpColorProfile, FreeGObject> profile(
        gimp_image_get_effective_color_profile(image));
    if (!profile) {
        return {};
    }
    gsize size = 0;
    const auto* data =
        reinterpret_cast<const std::byte*>(gimp_color_profile_get_icc_profile(profile.get(), &size));
    return {data, data + size};
}

// Empty: GIMP's own, sRGB.
void set_profile(gint32 image, const std::vector<std::byte>& icc_profile) {
    if (icc_profile.empty()) {
        return;
    }
    const std::unique_ptr<GimpColorProfile, FreeGObject> profile(gimp_color_profile_new_from_icc_profile(
        reinterpret_cast<const guint8*>(icc_profile.data()), icc_profile.size(), nullptr));
    if (profile) {
        gimp_image_set_color_profile(image, profile.get());
    }
}

struct Selection {
    bool any = false;
    GeglRectangle bounds{};
};

Selection selection_of(gint32 image) {
    gboolean any = FALSE;
    int x1 = 0;
    int y1 = 0;
    int x2 = 0;
    int y2 = 0;
    gimp_selection_bounds(image, &any, &x1, &y1, &x2, &y2);
    return {.any = any != FALSE, .bounds = {.x = x1, .y = y1, .width = x2 - x1, .height = y2 - y1}};
}

// All layer operations inside are one step for the person.
class UndoGroup {
public:
    explicit UndoGroup(gint32 image) : image_(image) { gimp_image_undo_group_start(image); }
    UndoGroup(const UndoGroup&) = delete;
    UndoGroup& operator=(const UndoGroup&) = delete;
    ~UndoGroup() { gimp_image_undo_group_end(image_); }

private:
    gint32 image_;
};

// An image or layer that is deleted again unless it is given away.
template <auto Delete>
class New {
public:
    New(gint32 id, const char* failure) : id_(id) { require(id != -1, failure); }
    New(New&& other) noexcept : id_(other.release()) {}
    New& operator=(New&& other) = delete;
    ~New() {
        if (id_ != -1) {
            Delete(id_);
        }
    }
    gint32 id() const { return id_; }
    gint32 release() { return std::exchange(id_, -1); }

private:
    gint32 id_;
};
using NewImage = New<gimp_image_delete>;
using NewLayer = New<gimp_item_delete>; // or its mask

// Where new layers go.
struct Target {
    gint32 image = -1;
    gint32 parent = 0; // 0: the top level
    gint32 position = 0;
    Offset offset;
};

Target above(gint32 image, gint32 layer) {
    const gint32 parent = gimp_item_get_parent(layer); // -1 at the top level, where insertion wants 0
    return {.image = image,
            .parent = std::max(parent, 0),
            .position = std::max(gimp_image_get_item_position(image, layer), 0),
            .offset = offset_of(layer)};
}

// The same layer of a copy. Only for images with a palette, which know no groups.
gint32 layer_in_copy(gint32 copy, gint32 image, gint32 layer) {
    gint32 count = 0;
    const std::unique_ptr<gint32, FreeMemory> layers(gimp_image_get_layers(copy, &count));
    const gint32 position = gimp_image_get_item_position(image, layer);
    require(position >= 0 && position < count, "The copy of the image has other layers.");
    return layers.get()[position];
}

NewImage copy_in_rgb(gint32 image) {
    NewImage copy(gimp_image_duplicate(image), "GIMP could not copy the image.");
    gimp_image_undo_disable(copy.id()); // the one step to undo in the copy shall be the edit
    require(gimp_image_convert_rgb(copy.id()) != FALSE, "GIMP could not turn the copy into RGB.");
    gimp_image_undo_enable(copy.id());
    return copy;
}

NewImage image_like(const Source& source, Size size) {
    NewImage image(gimp_image_new_with_precision(size.width, size.height,
                                                 source.base_type == GIMP_GRAY ? GIMP_GRAY : GIMP_RGB,
                                                 source.precision),
                   "GIMP made no image.");
    set_profile(image.id(), source.icc_profile);
    return image;
}

GimpImageType layer_type(gint32 image, PixelFormat pixels) {
    if (gimp_image_base_type(image) == GIMP_GRAY) {
        return pixels.has_alpha() ? GIMP_GRAYA_IMAGE : GIMP_GRAY_IMAGE;
    }
    return pixels.has_alpha() ? GIMP_RGBA_IMAGE : GIMP_RGB_IMAGE;
}

GimpPrecision precision_for(SampleType sample) {
    switch (sample) {
    case SampleType::u8: return GIMP_PRECISION_U8_GAMMA;
    case SampleType::u16: return GIMP_PRECISION_U16_GAMMA;
    case SampleType::f32: return GIMP_PRECISION_FLOAT_GAMMA;
    }
    return GIMP_PRECISION_U8_GAMMA;
}

// `format` is of the samples, null: the layer's own. Not in the image yet, so that nobody sees it half done
// and no step of the person's comes between.
NewLayer make_layer(gint32 image, const EditedLayer& edited, const LayerLabel& label, const Babl* format) {
    const Size size = edited.pixels.size();
    NewLayer layer(gimp_layer_new(image, label.name.c_str(), size.width, size.height,
                                  layer_type(image, edited.pixels.format()), 100, GIMP_LAYER_MODE_NORMAL),
                   "GIMP made no layer.");
    write_pixels(Buffer(gimp_drawable_get_buffer(layer.id())).get(), edited.pixels,
                 format != nullptr ? format : gimp_drawable_get_format(layer.id()));
    return layer;
}

NewLayer make_mask(const NewLayer& layer, const EditedLayer& edited) {
    NewLayer mask(gimp_layer_create_mask(layer.id(), edited.mask ? GIMP_ADD_MASK_BLACK : GIMP_ADD_MASK_WHITE),
                  "GIMP made no layer mask.");
    if (edited.mask) {
        write_mask(Buffer(gimp_drawable_get_buffer(mask.id())).get(), *edited.mask);
    }
    return mask;
}

void attach_record(gint32 layer, const std::string& record) {
    const std::unique_ptr<GimpParasite, decltype(&gimp_parasite_free)> parasite(
        gimp_parasite_new(parasite_name, GIMP_PARASITE_PERSISTENT | GIMP_PARASITE_UNDOABLE,
                          static_cast<guint32>(record.size()), record.data()),
        gimp_parasite_free);
    gimp_item_attach_parasite(layer, parasite.get());
}

// A group may be locked by now: then the top of the image.
gint32 insert_layer(NewLayer layer, NewLayer mask, const Target& target, const EditedLayer& edited,
                    const std::string& record) {
    gimp_layer_set_offsets(layer.id(), target.offset.x + edited.x, target.offset.y + edited.y);
    require(gimp_image_insert_layer(target.image, layer.id(), target.parent, target.position) != FALSE ||
                gimp_image_insert_layer(target.image, layer.id(), 0, 0) != FALSE,
            "GIMP did not take the new layer.");
    const gint32 inserted = layer.release();
    require(gimp_layer_add_mask(inserted, mask.id()) != FALSE, "GIMP did not take the layer mask.");
    mask.release();
    gimp_layer_set_edit_mask(inserted, FALSE); // or the next edit would start on the mask
    attach_record(inserted, record);
    return inserted;
}

bool has_dark_theme() {
    const std::string theme = take_text(gimp_gimprc_query("theme"));
    return theme.find("Dark") != std::string::npos || theme.find("Gray") != std::string::npos;
}

std::vector<gint32> insert_result(const EditResult& result, const std::vector<LayerLabel>& labels,
                                  const Target& target, const Babl* format) {
    std::vector<std::pair<NewLayer, NewLayer>> layers; // and their masks
    for (std::size_t index = 0; index < labels.size(); ++index) {
        NewLayer layer = make_layer(target.image, result.layers.at(index), labels[index], format);
        NewLayer mask = make_mask(layer, result.layers.at(index));
        layers.emplace_back(std::move(layer), std::move(mask));
    }
    const UndoGroup group(target.image);
    std::vector<gint32> inserted(labels.size());
    for (std::size_t index = labels.size(); index-- > 0;) { // the first one is to be on top
        auto& [layer, mask] = layers[index];
        inserted[index] = insert_layer(std::move(layer), std::move(mask), target, result.layers.at(index),
                                       labels[index].record);
    }
    return inserted;
}

} // namespace

Gimp2Host::Gimp2Host(gint32 image, gint32 drawable) : image_(image), layer_(find_layer(image, drawable)) {}

ui::LayerSummary Gimp2Host::describe_layer() {
    return {.name = take_text(gimp_item_get_name(layer_)),
            .size = size_of(layer_),
            .kind =
                describe_samples(gimp_image_get_precision(image_), gimp_image_base_type(image_) == GIMP_GRAY),
            .has_selection = has_selection()};
}

bool Gimp2Host::has_selection() {
    return gimp_image_is_valid(image_) != FALSE && selection_of(image_).any;
}

std::unique_ptr<LayerReader> Gimp2Host::open_layer(Region region) {
    find_layer(image_, layer_);
    start_gegl();
    const Size size = size_of(layer_);
    source_ = {.offset = offset_of(layer_),
               .encoding = encoding_of(gimp_drawable_get_format(layer_)),
               .base_type = gimp_image_base_type(image_),
               .precision = gimp_image_get_precision(image_),
               .icc_profile = profile_of(image_)};
    LayerPixels pixels{.name = take_text(gimp_item_get_name(layer_)),
                       .size = size,
                       .encoding = source_.encoding,
                       .color = color_of(source_.encoding, source_.icc_profile),
                       .keep_alive = nullptr,
                       .layer = {.buffer = Buffer(gimp_drawable_get_buffer(layer_)), .x = 0, .y = 0},
                       .selection = std::nullopt};
    if (const Selection selection = selection_of(image_); selection.any && region == Region::selection) {
        refuse_disjoint(
            selection.bounds,
            {.x = source_.offset.x, .y = source_.offset.y, .width = size.width, .height = size.height});
        pixels.selection =
            BufferPart{.buffer = Buffer(gimp_drawable_get_buffer(gimp_image_get_selection(image_))),
                       .x = source_.offset.x,
                       .y = source_.offset.y};
    }
    return read_layer(std::move(pixels), [this] { find_layer(image_, layer_); });
}

Place Gimp2Host::find_place() {
    if (gimp_image_is_valid(image_) == FALSE) {
        return Place::new_image;
    }
    if (gimp_image_base_type(image_) == GIMP_INDEXED) {
        return Place::rgb_copy;
    }
    const bool there = gimp_item_is_valid(layer_) != FALSE && gimp_item_get_image(layer_) == image_;
    return there ? Place::above_source : Place::top_of_image;
}

void Gimp2Host::insert(const EditResult& result, const std::vector<LayerLabel>& labels, Place place) {
    const Babl* format = source_.encoding.format;
    const auto insert_into = [&](const Target& target) {
        const std::vector<gint32> layers = insert_result(result, labels, target, format);
        inserted_.insert(inserted_.end(), layers.begin(), layers.end());
    };
    const auto insert_into_new = [&](NewImage image, const Target& target) {
        insert_into(target);
        const gint32 kept = image.release();
        if (show_new_images_) {
            gimp_display_new(kept);
        }
    };
    switch (place) {
    case Place::above_source: insert_into(above(image_, layer_)); break;
    case Place::top_of_image:
        insert_into({.image = image_, .parent = 0, .position = 0, .offset = source_.offset});
        break;
    case Place::rgb_copy: {
        NewImage copy = copy_in_rgb(image_);
        Target target{.image = copy.id(), .parent = 0, .position = 0, .offset = source_.offset};
        if (gimp_item_is_valid(layer_) != FALSE) {
            target = above(copy.id(), layer_in_copy(copy.id(), image_, layer_));
        }
        insert_into_new(std::move(copy), target);
        break;
    }
    case Place::new_image: {
        const PixelBox box = box_of(result);
        NewImage image = image_like(source_, {box.width, box.height});
        const Target target{.image = image.id(), .parent = 0, .position = 0, .offset = {-box.x, -box.y}};
        insert_into_new(std::move(image), target);
        break;
    }
    }
    gimp_displays_flush();
}

void Gimp2Host::insert_as_image(const EditResult& result, const std::vector<LayerLabel>& labels,
                                const ColorEncoding& color) {
    start_gegl();
    const Raster& picture = result.layers.at(0).pixels;
    const PixelFormat pixels = picture.format();
    NewImage image = image_like({.offset = {},
                                 .encoding = {},
                                 .base_type = pixels.channels < 3 ? GIMP_GRAY : GIMP_RGB,
                                 .precision = precision_for(pixels.sample),
                                 .icc_profile = color.icc_profile},
                                picture.size());
    const auto layers = insert_result(
        result, labels, {.image = image.id(), .parent = 0, .position = 0, .offset = {}}, nullptr);
    inserted_.insert(inserted_.end(), layers.begin(), layers.end());
    const gint32 kept = image.release();
    if (show_new_images_) {
        gimp_display_new(kept);
    }
    gimp_displays_flush();
}

void Gimp2Host::start_ui() {
    if (const char* display = gimp_display_name(); display != nullptr && *display != '\0') {
        setenv("DISPLAY", display, 1);
    }
    gdk_set_allowed_backends(
        "x11,*"); // GIMP 2.10 is an X11 program: another backend could not find its window
    if (gtk_init_check(nullptr, nullptr) == FALSE) {
        throw Error(
            ErrorCode::invalid_argument,
            _("There is no display for the dialog. Without one the run mode must be non-interactive."));
    }
    gdk_set_program_class(gimp_wm_class());
    gtk_window_set_default_icon_name("gimp");
    if (has_dark_theme()) {
        g_object_set(gtk_settings_get_default(), "gtk-application-prefer-dark-theme", TRUE, nullptr);
    }
}

void Gimp2Host::adopt(GtkWindow* window) {
    const gint handle = gimp_progress_get_window_handle();
    if (handle == 0 || !GDK_IS_X11_DISPLAY(gdk_display_get_default())) {
        return;
    }
    gtk_widget_realize(GTK_WIDGET(window));
    const std::unique_ptr<GdkWindow, FreeGObject> parent(
        gdk_x11_window_foreign_new_for_display(gdk_display_get_default(), static_cast<Window>(handle)));
    if (parent) {
        gdk_window_set_transient_for(gtk_widget_get_window(GTK_WIDGET(window)), parent.get());
    }
}

void Gimp2Host::show_progress(const std::string& text, std::optional<double> fraction) {
    if (text != progress_text_) {
        progress_text_.empty() ? gimp_progress_init(text.c_str()) : gimp_progress_set_text(text.c_str());
        progress_text_ = text;
    }
    fraction ? gimp_progress_update(*fraction) : gimp_progress_pulse();
}

void Gimp2Host::show_message(const std::string& text) {
    gimp_message(text.c_str());
}

} // namespace kontext::plugin
