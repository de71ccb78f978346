#include "ui/cli/output_files.h"

#include "core/error.h"

#include <cerrno>
#include <cstring>
#include <iostream>
#include <string>

#include <unistd.h>

namespace kontext::cli {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void reject(const std::string& message) {
    throw Error(ErrorCode::invalid_argument, message);
}

} // namespace

void check_outputs(std::span<const fs::path> outputs, const fs::path& input) {
    for (const fs::path& file : outputs) {
        if (file.empty()) {
            continue;
        }
        file_format_from_name(file);
        std::error_code missing;
        if (fs::equivalent(file, input, missing)) {
            reject(file.string() + " is the input itself, which is never overwritten.");
        }
        const fs::path folder = file.has_parent_path() ? file.parent_path() : ".";
        if (!fs::is_directory(folder, missing)) {
            reject("There is no folder " + folder.string() + " to write to.");
        }
        if (::access(folder.c_str(), W_OK) != 0) {
            throw Error(ErrorCode::cannot_write, "The folder " + folder.string() +
                                                     " cannot be written: " + std::strerror(errno) + ".");
        }
    }
}

fs::path beside(const fs::path& input, std::string_view ending) {
    fs::path name = input.stem();
    name += ending;
    name += input.extension();
    return input.parent_path() / name;
}

void save_draft(const fs::path& file, const fs::path& name, const Raster& pixels, const ColorEncoding& color,
                ProgressLine& progress) {
    progress.show("Writing " + name.string() + "…");
    const FileFormat format = file_format_from_name(name);
    if (!holds_exactly(format, pixels.format())) {
        progress.say(std::string(name_of(format)) + " cannot hold this picture exactly: " + name.string() +
                     " is of lower precision or without alpha.");
    }
    save_picture(file, format, pixels, color);
}

void save_output(const fs::path& file, const Raster& pixels, const ColorEncoding& color,
                 ProgressLine& progress) {
    if (!file.empty()) {
        save_draft(file, file, pixels, color, progress);
        std::cout << file.string() << '\n';
    }
}

} // namespace kontext::cli
