#include "plugin/gimp3_host.h"

#include "core/error.h"
#include "plugin/procedures.h"
#include "ui/text/text.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <libgimp/gimpui.h>

namespace kontext::plugin {

namespace {

struct FreeMemory {
    void operator()(gpointer memory) const { g_free(memory); }
};

// libgimp's arrays of objects end with a null and own nothing but themselves.
template <typename Object>
std::vector<Object*> take_array(Object** array) {
    const std::unique_ptr<Object*, FreeMemory> owner(array);
    std::vector<Object*> objects;
    for (Object** object = array; object != nullptr && *object != nullptr; ++object) {
        objects.push_back(*object);
    }
    return objects;
}

std::string take_text(char* text) {
    const std::unique_ptr<char, FreeMemory> owner(text);
    return text != nullptr ? text : "";
}

void require(bool done, const char* what) {
    if (!done) {
        const char* reason = gimp_pdb_get_last_error(gimp_get_pdb());
        throw Error(ErrorCode::internal, std::string(what) + " " + (reason != nullptr ? reason : ""));
    }
}

GimpLayer* find_layer(GimpImage* image, GimpDrawable* const* drawables) {
    if (drawables == nullptr || drawables[0] == nullptr) {
        throw Error(ErrorCode::invalid_argument, _("No layer is selected. Select the layer to edit."));
    }
    if (drawables[1] != nullptr) {
        throw Error(ErrorCode::invalid_argument, _("Several layers are selected. Select the one to edit."));
    }
    GimpDrawable* drawable = drawables[0];
    if (GIMP_IS_LAYER_MASK(drawable)) { // its mask is being painted on
        return gimp_layer_from_mask(GIMP_LAYER_MASK(drawable));
    }
    if (!GIMP_IS_LAYER(drawable)) {
        throw Error(ErrorCode::invalid_argument, _("A channel is active. Select a layer to edit."));
    }
    if (gimp_image_get_floating_sel(image) != nullptr) {
        throw Error(ErrorCode::invalid_argument,
                    _("There is a floating selection. Anchor it or make it a layer first."));
    }
    return GIMP_LAYER(drawable);
}

Offset offset_of(GimpLayer* layer) {
    Offset offset;
    gimp_drawable_get_offsets(GIMP_DRAWABLE(layer), &offset.x, &offset.y);
    return offset;
}

Size size_of(GimpLayer* layer) {
    return {gimp_drawable_get_width(GIMP_DRAWABLE(layer)), gimp_drawable_get_height(GIMP_DRAWABLE(layer))};
}

using Profile = std::unique_ptr<GimpColorProfile, FreeGObject>;

std::vector<std::byte> profile_of(GimpImage* image) {
    const Profile profile(gimp_image_get_effective_color_profile(image));
    if (!profile) {
        return {};
    }
    gsize size = 0;
    const auto* data =
        reinterpret_cast<const std::byte*>(gimp_color_profile_get_icc_profile(profile.get(), &size));
    return {data, data + size};
}

struct Selection {
    bool any = false;
    GeglRectangle bounds{};
};

Selection selection_of(GimpImage* image) {
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
    explicit UndoGroup(GimpImage* image) : image_(image) { gimp_image_undo_group_start(image); }
    UndoGroup(const UndoGroup&) = delete;
    UndoGroup& operator=(const UndoGroup&) = delete;
    ~UndoGroup() { gimp_image_undo_group_end(image_); }

private:
    GimpImage* image_;
};

// Deleted again unless they are given away (released).
struct DeleteImage {
    void operator()(GimpImage* image) const { gimp_image_delete(image); }
};
struct DeleteItem {
    void operator()(gpointer item) const { gimp_item_delete(GIMP_ITEM(item)); }
};
using NewImage = std::unique_ptr<GimpImage, DeleteImage>;
using NewLayer = std::unique_ptr<GimpLayer, DeleteItem>;
using NewMask = std::unique_ptr<GimpLayerMask, DeleteItem>;

NewImage image_like(const Source& source, Size size) {
    NewImage image(gimp_image_new_with_precision(
        size.width, size.height, source.base_type == GIMP_GRAY ? GIMP_GRAY : GIMP_RGB, source.precision));
    require(image != nullptr, "GIMP made no image.");
    const Profile profile(source.icc_profile.empty()
                              ? nullptr
                              : gimp_color_profile_new_from_icc_profile(
                                    reinterpret_cast<const guint8*>(source.icc_profile.data()),
                                    source.icc_profile.size(), nullptr));
    if (profile) {
        gimp_image_set_color_profile(image.get(), profile.get());
    }
    return image;
}

// The window that the call came from; -1 for none.
gint display_of_call() {
    GimpDisplay* display = gimp_default_display();
    return display != nullptr ? gimp_display_get_id(display) : -1;
}

bool has_visible_filters(GimpLayer* layer) {
    const auto filters = take_array(gimp_drawable_get_filters(GIMP_DRAWABLE(layer)));
    return std::any_of(filters.begin(), filters.end(), [](GimpDrawableFilter* filter) {
        return gimp_drawable_filter_get_visible(filter) != FALSE;
    });
}

// Pixels of a layer, and what has to live for as long as they are read.
struct SeenPixels {
    std::shared_ptr<void> keep_alive;
    BufferPart part;
};

// A filter may reach beyond the layer, and a merged copy then has other bounds than the layer.
BufferPart part_of(GimpLayer* copy, Offset layer) {
    const Offset offset = offset_of(copy);
    return {.buffer = Buffer(gimp_drawable_get_buffer(GIMP_DRAWABLE(copy))),
            .x = layer.x - offset.x,
            .y = layer.y - offset.y};
}

// A copy of the layer in an image of its own, its filters merged. There it leaves no trace in the person's
// undo history, and needs to be in some image, as GIMP 3.0 loses the place of a merged layer otherwise.
SeenPixels merge_filters(GimpLayer* layer, const Source& source) {
    const std::shared_ptr<GimpImage> image = image_like(source, size_of(layer));
    GimpLayer* copy = gimp_layer_new_from_drawable(GIMP_DRAWABLE(layer), image.get());
    require(copy != nullptr && gimp_image_insert_layer(image.get(), copy, nullptr, 0) != FALSE,
            "GIMP could not copy the layer.");
    if (gimp_item_is_group(GIMP_ITEM(copy)) == FALSE &&
        gimp_drawable_merge_filters(GIMP_DRAWABLE(copy)) != FALSE) {
        return {.keep_alive = image, .part = part_of(copy, source.offset)};
    }
    // A group cannot take its filters over; what it looks like becomes a layer.
    gimp_item_set_visible(GIMP_ITEM(copy), TRUE);
    gimp_layer_set_opacity(copy, 100);
    gimp_layer_set_mode(copy, GIMP_LAYER_MODE_NORMAL);
    if (gimp_layer_get_mask(copy) != nullptr) {
        gimp_layer_remove_mask(copy, GIMP_MASK_DISCARD);
    }
    GimpLayer* merged = gimp_image_merge_visible_layers(image.get(), GIMP_EXPAND_AS_NECESSARY);
    require(merged != nullptr, "GIMP could not merge the layer's filters.");
    return {.keep_alive = image, .part = part_of(merged, source.offset)};
}

// The pixels of a layer's own buffer are those before its filters; the person sees those after them.
SeenPixels seen_pixels(GimpLayer* layer, const Source& source) {
    if (has_visible_filters(layer)) {
        return merge_filters(layer, source);
    }
    return {.keep_alive = nullptr,
            .part = {.buffer = Buffer(gimp_drawable_get_buffer(GIMP_DRAWABLE(layer))), .x = 0, .y = 0}};
}

// Where new layers go.
struct Target {
    GimpImage* image = nullptr;
    GimpLayer* parent = nullptr; // null: the top level
    int position = 0;
    Offset offset;
};

GimpLayer* parent_of(GimpLayer* layer) {
    GimpItem* parent = gimp_item_get_parent(GIMP_ITEM(layer));
    return parent != nullptr ? GIMP_LAYER(parent) : nullptr;
}

Target above(GimpImage* image, GimpLayer* layer) {
    return {.image = image,
            .parent = parent_of(layer),
            .position = std::max(gimp_image_get_item_position(image, GIMP_ITEM(layer)), 0),
            .offset = offset_of(layer)};
}

// The same layer of a copy. Only for images with a palette, which know no groups.
GimpLayer* layer_in_copy(GimpImage* copy, GimpImage* image, GimpLayer* layer) {
    const std::vector<GimpLayer*> layers = take_array(gimp_image_get_layers(copy));
    const int position = gimp_image_get_item_position(image, GIMP_ITEM(layer));
    require(position >= 0 && position < std::ssize(layers), "The copy of the image has other layers.");
    return layers[static_cast<std::size_t>(position)];
}

NewImage copy_in_rgb(GimpImage* image) {
    NewImage copy(gimp_image_duplicate(image));
    require(copy != nullptr, "GIMP could not copy the image.");
    gimp_image_undo_disable(copy.get()); // the one step to undo in the copy shall be the edit
    require(gimp_image_convert_rgb(copy.get()) != FALSE, "GIMP could not turn the copy into RGB.");
    gimp_image_undo_enable(copy.get());
    return copy;
}

GimpImageType layer_type(GimpImage* image, PixelFormat pixels) {
    if (gimp_image_get_base_type(image) == GIMP_GRAY) {
        return pixels.has_alpha() ? GIMP_GRAYA_IMAGE : GIMP_GRAY_IMAGE;
    }
    return pixels.has_alpha() ? GIMP_RGBA_IMAGE : GIMP_RGB_IMAGE;
}

GimpPrecision precision_for(SampleType sample) {
    switch (sample) {
    case SampleType::u8: return GIMP_PRECISION_U8_NON_LINEAR;
    case SampleType::u16: return GIMP_PRECISION_U16_NON_LINEAR;
    case SampleType::f32: return GIMP_PRECISION_FLOAT_NON_LINEAR;
    }
    return GIMP_PRECISION_U8_NON_LINEAR;
}

// `format` is of the samples, null: the layer's own. Not in the image yet, so that nobody sees it half done
// and no step of the person's comes between.
NewLayer make_layer(GimpImage* image, const EditedLayer& edited, const LayerLabel& label,
                    const Babl* format) {
    const Size size = edited.pixels.size();
    NewLayer layer(gimp_layer_new(image, label.name.c_str(), size.width, size.height,
                                  layer_type(image, edited.pixels.format()), 100, GIMP_LAYER_MODE_NORMAL));
    require(layer != nullptr, "GIMP made no layer.");
    GimpDrawable* drawable = GIMP_DRAWABLE(layer.get());
    write_pixels(Buffer(gimp_drawable_get_buffer(drawable)).get(), edited.pixels,
                 format != nullptr ? format : gimp_drawable_get_format(drawable));
    return layer;
}

NewMask make_mask(GimpLayer* layer, const EditedLayer& edited) {
    NewMask mask(gimp_layer_create_mask(layer, edited.mask ? GIMP_ADD_MASK_BLACK : GIMP_ADD_MASK_WHITE));
    require(mask != nullptr, "GIMP made no layer mask.");
    if (edited.mask) {
        write_mask(Buffer(gimp_drawable_get_buffer(GIMP_DRAWABLE(mask.get()))).get(), *edited.mask);
    }
    return mask;
}

void attach_record(GimpLayer* layer, const std::string& record) {
    const std::unique_ptr<GimpParasite, decltype(&gimp_parasite_free)> parasite(
        gimp_parasite_new(parasite_name, GIMP_PARASITE_PERSISTENT | GIMP_PARASITE_UNDOABLE,
                          static_cast<guint32>(record.size()), record.data()),
        gimp_parasite_free);
    gimp_item_attach_parasite(GIMP_ITEM(layer), parasite.get());
}

// A group may be locked by now: then the top of the image.
GimpLayer* insert_layer(NewLayer layer, NewMask mask, const Target& target, const EditedLayer& edited,
                        const std::string& record) {
    gimp_layer_set_offsets(layer.get(), target.offset.x + edited.x, target.offset.y + edited.y);
    require(gimp_image_insert_layer(target.image, layer.get(), target.parent, target.position) != FALSE ||
                gimp_image_insert_layer(target.image, layer.get(), nullptr, 0) != FALSE,
            "GIMP did not take the new layer.");
    GimpLayer* inserted = layer.release();
    require(gimp_layer_add_mask(inserted, mask.get()) != FALSE, "GIMP did not take the layer mask.");
    mask.release();
    gimp_layer_set_edit_mask(inserted, FALSE); // or the next edit would start on the mask
    attach_record(inserted, record);
    return inserted;
}

std::vector<GimpLayer*> insert_result(const EditResult& result, const std::vector<LayerLabel>& labels,
                                      const Target& target, const Babl* format) {
    std::vector<std::pair<NewLayer, NewMask>> layers;
    for (std::size_t index = 0; index < labels.size(); ++index) {
        NewLayer layer = make_layer(target.image, result.layers.at(index), labels[index], format);
        NewMask mask = make_mask(layer.get(), result.layers.at(index));
        layers.emplace_back(std::move(layer), std::move(mask));
    }
    const UndoGroup group(target.image);
    std::vector<GimpLayer*> inserted(labels.size());
    for (std::size_t index = labels.size(); index-- > 0;) { // the first one is to be on top
        auto& [layer, mask] = layers[index];
        inserted[index] = insert_layer(std::move(layer), std::move(mask), target, result.layers.at(index),
                                       labels[index].record);
    }
    return inserted;
}

} // namespace

Gimp3Host::Gimp3Host(GimpImage* image, GimpDrawable* const* drawables)
    : image_(image), layer_(find_layer(image, drawables)), image_id_(gimp_image_get_id(image)),
      display_id_(display_of_call()), tattoo_(gimp_item_get_tattoo(GIMP_ITEM(layer_))) {}

// Not by the layer's id, which stays valid for as long as its deletion can be undone.
bool Gimp3Host::is_layer_there() const {
    return gimp_image_id_is_valid(image_id_) != FALSE &&
           gimp_image_get_layer_by_tattoo(image_, tattoo_) != nullptr;
}

void Gimp3Host::check_there() const {
    if (!is_layer_there()) {
        throw Error(ErrorCode::layer_gone, _("The layer is no longer there."));
    }
}

ui::LayerSummary Gimp3Host::describe_layer() {
    return {.name = take_text(gimp_item_get_name(GIMP_ITEM(layer_))),
            .size = size_of(layer_),
            .kind = describe_samples(gimp_image_get_precision(image_),
                                     gimp_image_get_base_type(image_) == GIMP_GRAY),
            .has_selection = has_selection()};
}

bool Gimp3Host::has_selection() {
    return gimp_image_id_is_valid(image_id_) != FALSE && selection_of(image_).any;
}

std::unique_ptr<LayerReader> Gimp3Host::open_layer(Region region) {
    check_there();
    start_gegl();
    const Size size = size_of(layer_);
    source_ = {.offset = offset_of(layer_),
               .encoding = encoding_of(gimp_drawable_get_format(GIMP_DRAWABLE(layer_))),
               .base_type = gimp_image_get_base_type(image_),
               .precision = gimp_image_get_precision(image_),
               .icc_profile = profile_of(image_)};
    std::optional<BufferPart> selected;
    if (const Selection selection = selection_of(image_); selection.any && region == Region::selection) {
        refuse_disjoint(
            selection.bounds,
            {.x = source_.offset.x, .y = source_.offset.y, .width = size.width, .height = size.height});
        GimpDrawable* channel = GIMP_DRAWABLE(gimp_image_get_selection(image_));
        selected = BufferPart{.buffer = Buffer(gimp_drawable_get_buffer(channel)),
                              .x = source_.offset.x,
                              .y = source_.offset.y};
    }
    SeenPixels seen = seen_pixels(layer_, source_);
    return read_layer({.name = take_text(gimp_item_get_name(GIMP_ITEM(layer_))),
                       .size = size,
                       .encoding = source_.encoding,
                       .color = color_of(source_.encoding, source_.icc_profile),
                       .keep_alive = std::move(seen.keep_alive),
                       .layer = std::move(seen.part),
                       .selection = std::move(selected)},
                      [this] { check_there(); });
}

// An image that was closed stays valid for as long as this call lasts, as the call's argument holds it; then
// it is gone, with all that was put into it. That its window is gone tells.
Place Gimp3Host::find_place() {
    if (gimp_image_id_is_valid(image_id_) == FALSE ||
        (display_id_ != -1 && gimp_display_id_is_valid(display_id_) == FALSE)) {
        return Place::new_image;
    }
    if (gimp_image_get_base_type(image_) == GIMP_INDEXED) {
        return Place::rgb_copy;
    }
    return is_layer_there() ? Place::above_source : Place::top_of_image;
}

void Gimp3Host::insert(const EditResult& result, const std::vector<LayerLabel>& labels, Place place) {
    const Babl* format = source_.encoding.format;
    const auto insert_into = [&](const Target& target) {
        const std::vector<GimpLayer*> layers = insert_result(result, labels, target, format);
        inserted_.insert(inserted_.end(), layers.begin(), layers.end());
    };
    const auto insert_into_new = [&](NewImage image, const Target& target) {
        insert_into(target);
        GimpImage* kept = image.release();
        if (show_new_images_) {
            gimp_display_new(kept);
        }
    };
    switch (place) {
    case Place::above_source: insert_into(above(image_, layer_)); break;
    case Place::top_of_image:
        insert_into({.image = image_, .parent = nullptr, .position = 0, .offset = source_.offset});
        break;
    case Place::rgb_copy: {
        NewImage copy = copy_in_rgb(image_);
        Target target{.image = copy.get(), .parent = nullptr, .position = 0, .offset = source_.offset};
        if (is_layer_there()) {
            target = above(copy.get(), layer_in_copy(copy.get(), image_, layer_));
        }
        insert_into_new(std::move(copy), target);
        break;
    }
    case Place::new_image: {
        const PixelBox box = box_of(result);
        NewImage image = image_like(source_, {box.width, box.height});
        const Target target{
            .image = image.get(), .parent = nullptr, .position = 0, .offset = {-box.x, -box.y}};
        insert_into_new(std::move(image), target);
        break;
    }
    }
    gimp_displays_flush();
}

void Gimp3Host::insert_as_image(const EditResult& result, const std::vector<LayerLabel>& labels,
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
        result, labels, {.image = image.get(), .parent = nullptr, .position = 0, .offset = {}}, nullptr);
    inserted_.insert(inserted_.end(), layers.begin(), layers.end());
    GimpImage* kept = image.release();
    if (show_new_images_) {
        gimp_display_new(kept);
    }
    gimp_displays_flush();
}

void Gimp3Host::start_ui() {
    if (gtk_init_check(nullptr, nullptr) == FALSE) { // gimp_ui_init() would end the process
        throw Error(
            ErrorCode::invalid_argument,
            _("There is no display for the dialog. Without one the run mode must be non-interactive."));
    }
    gimp_ui_init(program_name);
}

void Gimp3Host::adopt(GtkWindow* window) {
    gimp_window_set_transient(window);
}

void Gimp3Host::show_progress(const std::string& text, std::optional<double> fraction) {
    if (text != progress_text_) {
        progress_text_.empty() ? gimp_progress_init(text.c_str()) : gimp_progress_set_text(text.c_str());
        progress_text_ = text;
    }
    fraction ? gimp_progress_update(*fraction) : gimp_progress_pulse();
}

void Gimp3Host::show_message(const std::string& text) {
    gimp_message(text.c_str());
}

} // namespace kontext::plugin
