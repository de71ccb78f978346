#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace kontext::bench {

// A file of results as fidelity-bench wrote it: a column's name -> its text, line by line.
using Record = std::map<std::string, std::string>;
std::vector<Record> read_results(const std::filesystem::path& file);

// The tables of docs/fidelity.md, as Markdown, from results of any number of methods.
std::string make_tables(const std::vector<Record>& results);

// Medians per edit of what should not get worse, as text to be stored.
std::string make_medians(const std::vector<Record>& results);
// What got worse than the stored medians by more than 5 %, a line each; empty if nothing did.
std::string find_regressions(const std::vector<Record>& results, const std::filesystem::path& stored);

} // namespace kontext::bench
