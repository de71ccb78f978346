#include "core/image/color.h"
#include "tests/support/picture_files.h"

#include <filesystem>
#include <fstream>
#include <iostream>

// write_seeds FOLDER: valid files to start from, in FOLDER/png, /jpeg, /tiff, /webp and /icc.
int main(int count, char** arguments) {
    if (count != 2) {
        std::cerr << "usage: write_seeds FOLDER\n";
        return 2;
    }
    using namespace kontext;
    std::vector<test::PictureFile> files = test::make_picture_files();
    files.push_back({"srgb.icc", make_srgb_profile()});
    files.push_back({"gamma.icc", test::make_gamma_profile(2.2)});
    files.push_back({"grey.icc", test::make_grey_profile(1)});
    for (const test::PictureFile& file : files) {
        const std::string suffix = std::filesystem::path(file.name).extension().string().substr(1);
        const std::string kind = suffix == "jpg" ? "jpeg" : (suffix == "tif" ? "tiff" : suffix);
        const std::filesystem::path folder = std::filesystem::path(arguments[1]) / kind;
        std::filesystem::create_directories(folder);
        std::ofstream stream(folder / file.name, std::ios::binary);
        stream.write(reinterpret_cast<const char*>(file.bytes.data()),
                     static_cast<std::streamsize>(file.bytes.size()));
        if (!stream) {
            std::cerr << "cannot write " << folder / file.name << '\n';
            return 1;
        }
    }
    return 0;
}
