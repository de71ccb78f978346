#include "tests/bench/fidelity/tables.h"

#include "tests/bench/fidelity/edits.h"
#include "tests/bench/fidelity/measure.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace kontext::bench {

namespace {

using Condition = std::function<bool(const Record&)>;

std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> fields;
    std::istringstream stream(line);
    for (std::string field; std::getline(stream, field, ',');) {
        fields.push_back(field);
    }
    return fields;
}

std::vector<double> values_of(const std::vector<Record>& results, const std::string& measure,
                              const Condition& when) {
    std::vector<double> values;
    for (const Record& record : results) {
        const auto found = record.find(measure);
        if (found != record.end() && !found->second.empty() && when(record)) {
            values.push_back(std::atof(found->second.c_str()));
        }
    }
    return values;
}

std::size_t count(const std::vector<Record>& results, const Condition& when) {
    return static_cast<std::size_t>(std::count_if(results.begin(), results.end(), when));
}

std::string text_of(double value, int digits) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

std::string out_of(std::size_t part, std::size_t whole) {
    return std::to_string(part) + " of " + std::to_string(whole);
}

EditKind edit_of(const Record& record) {
    for (const EditKind edit : all_edits) {
        if (name_of(edit) == record.at("edit")) {
            return edit;
        }
    }
    throw std::runtime_error("no such edit: " + record.at("edit"));
}

Condition by(const std::string& method) {
    return [method](const Record& record) { return record.at("method") == method; };
}

Condition both(Condition one, Condition other) {
    return [one = std::move(one), other = std::move(other)](const Record& record) {
        return one(record) && other(record);
    };
}

bool edits_locally(const Record& record) {
    return is_local(edit_of(record));
}

bool has_clear_geometry(const Record& record) {
    return edit_of(record) != EditKind::style; // which bends the picture itself
}

bool is_odd_photo(const Record& record) {
    return record.at("odd_photo") == "1";
}

// One row of the summary: what is measured, over which cases, and in which form it is told.
struct Line {
    const char* name;
    const char* measure;
    Condition when;
    std::vector<double> quantiles;
    int digits;
    double factor;
};

std::vector<Line> summary_lines() {
    const auto removal = [](const Record& record) { return edit_of(record) == EditKind::removal; };
    const auto with = [](EditKind edit) {
        return [edit](const Record& record) { return edit_of(record) == edit; };
    };
    return {
        {"registration error on unchanged pixels, px: median / p95",
         "registration_px",
         has_clear_geometry,
         {0.5, 0.95},
         3,
         1},
        {"untouched pixels bit-identical, %: median / p10", "exact", edits_locally, {0.5, 0.1}, 1, 100},
        {"untouched pixels, PSNR at full size, dB: median / p10",
         "untouched_psnr",
         edits_locally,
         {0.5, 0.1},
         1,
         1},
        {"mask IoU: median / p10", "iou", edits_locally, {0.5, 0.1}, 3, 1},
        {"mask IoU of seamless removal: p10", "iou", removal, {0.1}, 2, 1},
        {"colour error on unchanged pixels, ΔE: median / p90", "colour", edits_locally, {0.5, 0.9}, 2, 1},
        {"SSIM of the changed area: recolour", "changed_ssim", with(EditKind::recolour), {0.5}, 2, 1},
        {"… lamp", "changed_ssim", with(EditKind::lamp), {0.5}, 2, 1},
        {"… relight", "changed_ssim", with(EditKind::relight), {0.5}, 2, 1},
        {"… black and white", "changed_ssim", with(EditKind::black_white), {0.5}, 2, 1},
        {"time for the plan, s: median / p90", "plan_s", has_clear_geometry, {0.5, 0.9}, 2, 1},
    };
}

std::string cell(const std::vector<Record>& results, const Line& line, const Condition& which) {
    const std::vector<double> values = values_of(results, line.measure, both(line.when, which));
    if (values.empty()) {
        return "–";
    }
    std::string text;
    for (const double share : line.quantiles) {
        text += (text.empty() ? "" : " / ") + text_of(line.factor * quantile(values, share), line.digits);
    }
    return text;
}

std::string make_summary(const std::vector<Record>& results) {
    std::string text = "| Measure | Naive insert | Ours | Ours, odd photos alone |\n|---|---|---|---|\n";
    const Condition core = by("core");
    for (const Line& line : summary_lines()) {
        text += "| " + std::string(line.name) + " | " + cell(results, line, by("naive")) + " | " +
                cell(results, line, core) + " | " + cell(results, line, both(core, is_odd_photo)) + " |\n";
    }
    const auto clear = both(core, has_clear_geometry);
    const auto far =
        both(clear, [](const Record& r) { return std::atof(r.at("registration_px").c_str()) > 1; });
    const auto unflagged = both(far, [](const Record& r) { return r.at("decision") != "unregistered"; });
    text += "| registration off by more than 1 px (of these, not flagged) | | " +
            out_of(count(results, far), count(results, clear)) + " (" +
            std::to_string(count(results, unflagged)) + ") | |\n";
    const auto local = both(core, edits_locally);
    const auto lost = both(local, [](const Record& r) { return std::atof(r.at("lost").c_str()) > 0.05; });
    text += "| local edits of which more than 5 % is lost | | " +
            out_of(count(results, lost), count(results, local)) + " | |\n";
    const auto noise = [&](const char* measure, const Condition& which) {
        return text_of(median(values_of(results, measure, which)), 2);
    };
    const auto odd = both(core, is_odd_photo);
    text += "| noise of what a removal uncovered, of the true one's: as drawn / with added grain | | " +
            noise("noise", core) + " / " + noise("grain", core) + " | " + noise("noise", odd) + " / " +
            noise("grain", odd) + " |\n";
    return text;
}

std::string make_edit_table(const std::vector<Record>& results) {
    std::string text =
        "| Edit | area | registration px | IoU, median / p10 | lost | identical % | untouched dB | "
        "changed dB | changed SSIM: naive → ours |\n|---|---|---|---|---|---|---|---|---|\n";
    for (const EditKind edit : all_edits) {
        const auto of_edit = [edit](const Record& record) { return edit_of(record) == edit; };
        const auto median_of = [&](const char* method, const char* measure, int digits, double factor = 1) {
            const auto values = values_of(results, measure, both(by(method), of_edit));
            return values.empty() ? std::string("–") : text_of(factor * median(values), digits);
        };
        const auto iou = values_of(results, "iou", both(by("core"), of_edit));
        text += "| " + std::string(name_of(edit)) + " | " + median_of("core", "area", 2) + " | " +
                median_of("core", "registration_px", 3) + " | " + median_of("core", "iou", 3) + " / " +
                text_of(quantile(iou, 0.1), 3) + " | " + median_of("core", "lost", 3) + " | " +
                median_of("core", "exact", 1, 100) + " | " + median_of("core", "untouched_psnr", 1) + " | " +
                median_of("core", "changed_psnr", 1) + " | " + median_of("naive", "changed_ssim", 2) + " → " +
                median_of("core", "changed_ssim", 2) + " |\n";
    }
    return text;
}

std::string make_decision_table(const std::vector<Record>& results) {
    constexpr std::array decisions = {"none", "local", "grade", "new", "unregistered"};
    std::string text = "| Edit | none | local | grade | new | unregistered |\n|---|---|---|---|---|---|\n";
    for (const EditKind edit : all_edits) {
        text += "| " + std::string(name_of(edit));
        for (const char* decision : decisions) {
            const auto cases = both(by("core"), [&](const Record& record) {
                return edit_of(record) == edit && record.at("decision") == decision;
            });
            const std::size_t number = count(results, cases);
            text += " | " + (number == 0 ? std::string() : std::to_string(number));
        }
        text += " |\n";
    }
    return text;
}

std::string make_registration_table(const std::vector<Record>& results) {
    struct Method {
        const char* id;
        const char* name;
    };
    constexpr std::array methods = {Method{"naive", "none (the known map)"},
                                    Method{"ecc", "OpenCV: ECC, affine, pyramid"},
                                    Method{"features", "OpenCV: AKAZE + MAGSAC"},
                                    Method{"flow", "OpenCV: DIS flow + MAGSAC"}, Method{"core", "ours"}};
    std::string text = "| Method | median px | p95 | > 1 px | s, median |\n|---|---|---|---|---|\n";
    for (const Method& method : methods) {
        const auto cases = both(by(method.id), has_clear_geometry);
        const auto errors = values_of(results, "registration_px", cases);
        if (errors.empty()) {
            continue;
        }
        const auto far = std::count_if(errors.begin(), errors.end(), [](double error) { return error > 1; });
        text += "| " + std::string(method.name) + " | " + text_of(median(errors), 3) + " | " +
                text_of(quantile(errors, 0.95), 2) + " | " +
                text_of(100.0 * static_cast<double>(far) / static_cast<double>(errors.size()), 1) + " % | " +
                text_of(median(values_of(results, "plan_s", cases)), 2) + " |\n";
    }
    return text;
}

// What the quick check watches; more is better, or less is.
struct Watched {
    const char* measure;
    bool more_is_better;
    double slack; // differences below do not count
};

constexpr auto watched = std::to_array<Watched>({{"registration_px", false, 0.005},
                                                 {"iou", true, 0.005},
                                                 {"lost", false, 0.005},
                                                 {"colour", false, 0.02},
                                                 {"exact", true, 0.002},
                                                 {"untouched_psnr", true, 0.5},
                                                 {"changed_ssim", true, 0.005}});

} // namespace

std::vector<Record> read_results(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::string line;
    if (!std::getline(stream, line)) {
        throw std::runtime_error("there are no results in " + file.string());
    }
    const std::vector<std::string> names = split(line);
    std::vector<Record> records;
    while (std::getline(stream, line)) {
        const std::vector<std::string> fields = split(line);
        Record& record = records.emplace_back();
        for (std::size_t i = 0; i < names.size(); ++i) {
            record[names[i]] = i < fields.size() ? fields[i] : std::string();
        }
    }
    return records;
}

std::string make_tables(const std::vector<Record>& results) {
    return "### Summary\n\n" + make_summary(results) + "\n### By kind of edit (medians)\n\n" +
           make_edit_table(results) + "\n### What the replies were taken for\n\n" +
           make_decision_table(results) + "\n### Registration against ready-made methods\n\n" +
           make_registration_table(results);
}

std::string make_medians(const std::vector<Record>& results) {
    std::string text = "edit,measure,median\n";
    for (const EditKind edit : all_edits) {
        for (const Watched& what : watched) {
            const auto values =
                values_of(results, what.measure,
                          both(by("core"), [edit](const Record& record) { return edit_of(record) == edit; }));
            if (!values.empty()) {
                text +=
                    std::string(name_of(edit)) + ',' + what.measure + ',' + text_of(median(values), 6) + '\n';
            }
        }
    }
    return text;
}

std::string find_regressions(const std::vector<Record>& results, const std::filesystem::path& stored) {
    constexpr double tolerance = 0.05;
    std::string complaints;
    for (const Record& before : read_results(stored)) {
        const auto values = values_of(
            results, before.at("measure"),
            both(by("core"), [&](const Record& record) { return record.at("edit") == before.at("edit"); }));
        const auto* what = std::find_if(watched.begin(), watched.end(), [&](const Watched& one) {
            return one.measure == before.at("measure");
        });
        const double was = std::atof(before.at("median").c_str());
        const double is = values.empty() ? std::numeric_limits<double>::quiet_NaN() : median(values);
        const double worse = what->more_is_better ? was - is : is - was;
        if (!(worse <= std::max(what->slack, tolerance * std::abs(was)))) { // also when there is no number
            complaints += before.at("edit") + ": " + before.at("measure") + " was " + text_of(was, 4) +
                          " and is " + text_of(is, 4) + '\n';
        }
    }
    return complaints;
}

} // namespace kontext::bench
