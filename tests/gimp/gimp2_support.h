#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <libgimp/gimp.h>

// What the checks in GIMP 2.10 are written with. Everything here is GIMP's own view of things.
namespace kontext::checks {

struct TestImage {
    TestImage(int width, int height, GimpImageBaseType type = GIMP_RGB,
              GimpPrecision precision = GIMP_PRECISION_U8_GAMMA)
        : id(gimp_image_new_with_precision(width, height, type, precision)) {}
    explicit TestImage(gint32 image) : id(image) {}
    TestImage(const TestImage&) = delete;
    TestImage& operator=(const TestImage&) = delete;
    ~TestImage() {
        if (gimp_image_is_valid(id) != FALSE) {
            gimp_image_delete(id);
        }
    }
    gint32 id;
};

struct Place {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
    bool operator==(const Place&) const = default;
};

// A new layer full of noise, the same for the same arguments, under `parent` (0: at the top level).
gint32 add_layer(gint32 image, Place place, bool alpha, gint32 parent = 0);
Place place_of(gint32 layer);

// In the drawable's own format, every bit of it.
std::vector<std::uint8_t> raw_pixels(gint32 drawable);
std::vector<float>
float_pixels(gint32 drawable); // every component as a float, without a change of tone curve
std::vector<std::uint8_t> mask_bytes(gint32 mask); // 0..255
void fill_with(gint32 drawable, const std::vector<float>& components);

std::vector<gint32> layers_of(gint32 image);
std::optional<std::string> record_of(gint32 layer);

struct Request {
    std::string prompt = "exposure +0";
    std::string engine;
    std::string model;
    std::string aspect_ratio = "match";
    double seed = 1;
    int variations = 1;
    std::string fidelity = "auto";
    std::string options = "{}";
};

struct Reply {
    GimpPDBStatusType status = GIMP_PDB_EXECUTION_ERROR;
    std::string message;
    std::vector<gint32> layers;
};

Reply edit(gint32 image, gint32 drawable, const Request& request = {},
           GimpRunMode mode = GIMP_RUN_NONINTERACTIVE);

// Files of the person's, in the folders that this run of GIMP was given.
void write_settings(const std::string& json);
void write_last_edit(const std::string& json);
std::string read_file(const std::string& file);
std::string scratch_file(const std::string& name); // in the run's own folder

} // namespace kontext::checks
