#include "tests/gimp/gimp2_support.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>

#include <gegl.h>

namespace kontext::checks {

namespace {

struct FreeBuffer {
    void operator()(GeglBuffer* buffer) const { g_object_unref(buffer); }
};
using Buffer = std::unique_ptr<GeglBuffer, FreeBuffer>;

GeglRectangle extent_of(gint32 drawable) {
    return {.x = 0, .y = 0, .width = gimp_drawable_width(drawable), .height = gimp_drawable_height(drawable)};
}

std::size_t components_in(gint32 drawable) {
    const GeglRectangle extent = extent_of(drawable);
    return static_cast<std::size_t>(extent.width) * static_cast<std::size_t>(extent.height) *
           static_cast<std::size_t>(babl_format_get_n_components(gimp_drawable_get_format(drawable)));
}

// The drawable's own model with float components.
const Babl* float_format(gint32 drawable) {
    const std::string own = babl_format_get_encoding(gimp_drawable_get_format(drawable));
    return babl_format((own.substr(0, own.rfind(' ')) + " float").c_str());
}

void write_text(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
}

GimpImageType type_of(gint32 image, bool alpha) {
    switch (gimp_image_base_type(image)) {
    case GIMP_GRAY: return alpha ? GIMP_GRAYA_IMAGE : GIMP_GRAY_IMAGE;
    case GIMP_INDEXED: return alpha ? GIMP_INDEXEDA_IMAGE : GIMP_INDEXED_IMAGE;
    case GIMP_RGB: break;
    }
    return alpha ? GIMP_RGBA_IMAGE : GIMP_RGB_IMAGE;
}

void fill_with_noise(gint32 drawable) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> components(0, 1);
    std::vector<float> samples(components_in(drawable));
    for (float& sample : samples) {
        sample = components(random);
    }
    fill_with(drawable, samples);
}

} // namespace

gint32 add_layer(gint32 image, Place place, bool alpha, gint32 parent) {
    const gint32 layer = gimp_layer_new(image, "photo", place.width, place.height, type_of(image, alpha), 100,
                                        GIMP_LAYER_MODE_NORMAL);
    gimp_layer_set_offsets(layer, place.x, place.y);
    gimp_image_insert_layer(image, layer, parent, 0);
    if (gimp_image_base_type(image) != GIMP_INDEXED) {
        fill_with_noise(layer);
    }
    return layer;
}

Place place_of(gint32 layer) {
    Place place{.x = 0, .y = 0, .width = gimp_drawable_width(layer), .height = gimp_drawable_height(layer)};
    gimp_drawable_offsets(layer, &place.x, &place.y);
    return place;
}

std::vector<std::uint8_t> raw_pixels(gint32 drawable) {
    const Buffer buffer(gimp_drawable_get_buffer(drawable));
    const GeglRectangle extent = extent_of(drawable);
    const Babl* format = gimp_drawable_get_format(drawable);
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(extent.width) *
                                     static_cast<std::size_t>(extent.height) *
                                     static_cast<std::size_t>(babl_format_get_bytes_per_pixel(format)));
    gegl_buffer_get(buffer.get(), &extent, 1, format, pixels.data(), GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
    return pixels;
}

std::vector<float> float_pixels(gint32 drawable) {
    const Buffer buffer(gimp_drawable_get_buffer(drawable));
    const GeglRectangle extent = extent_of(drawable);
    std::vector<float> pixels(components_in(drawable));
    gegl_buffer_get(buffer.get(), &extent, 1, float_format(drawable), pixels.data(), GEGL_AUTO_ROWSTRIDE,
                    GEGL_ABYSS_NONE);
    return pixels;
}

std::vector<std::uint8_t> mask_bytes(gint32 mask) {
    const Buffer buffer(gimp_drawable_get_buffer(mask));
    const GeglRectangle extent = extent_of(mask);
    std::vector<std::uint8_t> pixels(components_in(mask));
    gegl_buffer_get(buffer.get(), &extent, 1, babl_format("Y u8"), pixels.data(), GEGL_AUTO_ROWSTRIDE,
                    GEGL_ABYSS_NONE);
    return pixels;
}

void fill_with(gint32 drawable, const std::vector<float>& components) {
    const Buffer buffer(gimp_drawable_get_buffer(drawable));
    const GeglRectangle extent = extent_of(drawable);
    gegl_buffer_set(buffer.get(), &extent, 0, float_format(drawable), components.data(), GEGL_AUTO_ROWSTRIDE);
}

std::vector<gint32> layers_of(gint32 image) {
    gint count = 0;
    gint* ids = gimp_image_get_layers(image, &count);
    std::vector<gint32> layers(ids, ids + count);
    g_free(ids);
    return layers;
}

std::optional<std::string> record_of(gint32 layer) {
    GimpParasite* parasite = gimp_item_get_parasite(layer, "kontext-edit");
    if (parasite == nullptr) {
        return std::nullopt;
    }
    std::string text(static_cast<const char*>(gimp_parasite_data(parasite)),
                     static_cast<std::size_t>(gimp_parasite_data_size(parasite)));
    gimp_parasite_free(parasite);
    return text;
}

Reply edit(gint32 image, gint32 drawable, const Request& request, GimpRunMode mode) {
    gint count = 0;
    GimpParam* values = gimp_run_procedure(
        "plug-in-kontext-edit", &count, GIMP_PDB_INT32, mode, GIMP_PDB_IMAGE, image, GIMP_PDB_DRAWABLE,
        drawable, GIMP_PDB_STRING, request.prompt.c_str(), GIMP_PDB_STRING, request.engine.c_str(),
        GIMP_PDB_STRING, request.model.c_str(), GIMP_PDB_STRING, request.aspect_ratio.c_str(), GIMP_PDB_FLOAT,
        request.seed, GIMP_PDB_INT32, request.variations, GIMP_PDB_STRING, request.fidelity.c_str(),
        GIMP_PDB_STRING, request.options.c_str(), GIMP_PDB_END);
    Reply reply{.status = values[0].data.d_status, .message = {}, .layers = {}};
    if (reply.status == GIMP_PDB_SUCCESS && count == 3) {
        const gint32* layers = values[2].data.d_int32array;
        reply.layers.assign(layers, layers + values[1].data.d_int32);
    } else if (count > 1 && values[1].type == GIMP_PDB_STRING) {
        reply.message = values[1].data.d_string;
    }
    gimp_destroy_params(values, count);
    return reply;
}

void write_settings(const std::string& json) {
    write_text(std::filesystem::path(std::getenv("XDG_CONFIG_HOME")) / "gimp-kontext/settings.json", json);
}

void write_last_edit(const std::string& json) {
    write_text(std::filesystem::path(std::getenv("XDG_STATE_HOME")) / "gimp-kontext/last_edit.json", json);
}

std::string read_file(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

std::string scratch_file(const std::string& name) {
    return std::filesystem::path(std::getenv("KONTEXT_CHECKS_FOLDER")) / name;
}

} // namespace kontext::checks
