#include "tests/bench/fidelity/photos.h"

#include "tests/bench/fidelity/jpeg.h"

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

namespace kontext::bench {

namespace {

constexpr std::string_view budgie = "budgie-backgrounds";
constexpr std::string_view gnome = "gnome-backgrounds";
constexpr std::string_view lomiri = "lomiri-wallpapers-16.04";

constexpr std::array all_photos = std::to_array<Photo>({
    {budgie, "budgie/lake-sherburne.jpg", true},
    {budgie, "budgie/oakland-zoo-otters.jpg", true},
    {budgie, "budgie/perched-osprey.jpg", true},
    {budgie, "budgie/roman-colosseum.jpg", true},
    {budgie, "budgie/singaporean-cityscape.jpg", true},
    {budgie, "budgie/beacon-street-sunset.jpg", true},
    {budgie, "budgie/tea-gardens.jpg", true},
    {budgie, "budgie/casa-mila.jpg", true},
    {budgie, "budgie/extreme-desert-hike.jpg", true},
    {gnome, "gnome/SeaSunset.jpg"},
    {gnome, "gnome/LightWaves.jpg"},
    {gnome, "gnome/Acrylic.jpg"},
    {gnome, "gnome/Icetwigs.jpg"},
    {gnome, "gnome/ColdWarm.jpg"},
    {gnome, "gnome/Road.jpg"},
    {lomiri, "seeding_by_Clements_Engelhardt.jpg"},
    {lomiri, "Dragonfly_by_Bolly.jpg"},
    {lomiri, "Bridge_by_Sander_Klootwijk.jpg"},
    {lomiri, "sunset_by_Aitzol_Berasategi.jpg"},
    {lomiri, "Wine_by_Jakkub_Mede.jpg"},
    {lomiri, "picosdeeuropa_by_Aitzol_Berasategi.jpg"},
    {"lomiri-wallpapers-20.04", "Kleiber_by_Lukas_Baubkus.jpg"},
});

} // namespace

std::span<const Photo> photos() {
    return all_photos;
}

std::string name_of(const Photo& photo) {
    return std::filesystem::path(photo.file).stem().string();
}

const cv::Mat& PhotoShelf::photo(std::size_t index) {
    cv::Mat& picture = decoded_[index];
    if (picture.empty()) {
        const Photo& photo = all_photos.at(index);
        const auto file = folder_ / photo.package / "usr/share/backgrounds" / photo.file;
        std::ifstream stream(file, std::ios::binary);
        if (!stream) {
            throw std::runtime_error("there is no " + file.string() +
                                     ": run tests/bench/fidelity/get-photos");
        }
        const std::vector<unsigned char> bytes{std::istreambuf_iterator<char>(stream), {}};
        picture = decode_jpeg(bytes);
    }
    return picture;
}

} // namespace kontext::bench
