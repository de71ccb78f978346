#include "tests/contract/simulator.h"

#include "core/net/http.h"

#include <array>
#include <stdexcept>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kontext::test {

using nlohmann::json;

namespace {

void require(bool fine, const char* what) {
    if (!fine) {
        throw std::runtime_error(std::string("the simulator: ") + what);
    }
}

std::string read_line(int file) {
    std::string line;
    for (char c = 0; read(file, &c, 1) == 1 && c != '\n';) {
        line += c;
    }
    return line;
}

} // namespace

Simulator& Simulator::get() {
    static Simulator simulator;
    return simulator;
}

Simulator::Simulator() {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    require(pipe2(in.data(), O_CLOEXEC) == 0 && pipe2(out.data(), O_CLOEXEC) == 0, "no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    std::string program = KONTEXT_SIM;
    const std::array<char*, 2> words{program.data(), nullptr};
    const int failure = posix_spawn(&process_, program.c_str(), &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    input_ = in[1];
    const std::string ready = failure == 0 ? read_line(out[0]) : std::string();
    close(out[0]);
    require(!ready.empty(), "does not start");
    origin_ = "http://127.0.0.1:" + std::to_string(json::parse(ready).at("port").get<int>());
    keys_ = control("settings").at("keys");
}

Simulator::~Simulator() {
    close(input_); // which ends it
    waitpid(process_, nullptr, 0);
}

json Simulator::control(const std::string& path, const std::string& body) {
    HttpClient client;
    HttpRequest request{.url = origin_ + "/control/" + path, .reply_max = 64 << 20};
    if (!body.empty()) {
        request.method = HttpMethod::post;
        request.headers = {{"Content-Type", "application/json"}};
        request.body = body;
    }
    const HttpResponse response = client.send(request, nullptr, {});
    require(response.is_success(), response.body.c_str());
    return json::parse(response.body);
}

void Simulator::reset(const json& faults, const json& settings) {
    control("reset", "{}");
    control("settings", settings.dump());
    set_faults(faults);
}

void Simulator::set_faults(const json& faults) {
    control("faults", faults.dump());
}

json Simulator::events(const std::string& kind) {
    return control("log?event=" + kind);
}

std::string Simulator::base_url(std::string_view service) const {
    return origin_ + "/" + std::string(service);
}

std::string Simulator::key(std::string_view service) const {
    return keys_.at(std::string(service)).get<std::string>();
}

} // namespace kontext::test
