#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>
#include <sys/types.h>

namespace kontext::test {

// The program that plays the hosted services on this machine: see tests/support/kontext_sim. Started when it
// is first asked for, ended with the test program. What goes wrong with it throws std::runtime_error.
class Simulator {
public:
    static Simulator& get();

    Simulator(const Simulator&) = delete;
    Simulator& operator=(const Simulator&) = delete;

    // Forgets everything of before, then has these rules and settings.
    void reset(const nlohmann::json& faults = nlohmann::json::array(),
               const nlohmann::json& settings = nlohmann::json::object());
    // Keeps what happened.
    void set_faults(const nlohmann::json& faults);
    // What happened since, in order; of one kind.
    nlohmann::json events(const std::string& kind);

    std::string base_url(std::string_view service) const;
    // The key that a service takes.
    std::string key(std::string_view service) const;

private:
    Simulator();
    ~Simulator();
    nlohmann::json control(const std::string& path, const std::string& body = {});

    pid_t process_ = -1;
    int input_ = -1;
    std::string origin_;
    nlohmann::json keys_;
};

} // namespace kontext::test
