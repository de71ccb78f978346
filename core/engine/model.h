#pragma once

#include "core/engine/request.h"
#include "core/image/image.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kontext {

// A switch of a hosted model that a person may set: `--option safety_tolerance=2`.
struct ModelOption {
    enum class Kind {
        integer,
        number,
        boolean,
        text, // also an integer that the service wants as text
    };
    Kind kind = Kind::text;
    std::optional<double> minimum; // of numbers, and of text that is one
    std::optional<double> maximum;
    std::vector<std::string> choices; // of text; empty: any

    bool operator==(const ModelOption&) const = default;
};

// How a hosted model wants its input: names of members and forms of values, as they differ between models of
// one and the same service.
struct ModelInputForm {
    enum class Images {
        one,      // "input_image": "…"
        list,     // "image_urls": ["…", …]
        numbered, // "input_image": "…", "input_image_2": "…"
        apart,    // not among the members: the engine has a way of its own
    };
    enum class Dimensions {
        not_sent,
        sides,        // "width": 1248, "height": 832
        object,       // "image_size": {"width": 1248, "height": 832}
        text,         // "size": "1248x832"
        aspect_ratio, // "aspect_ratio": "3:2", the nearest of the model's own
    };
    enum class Seed { not_sent, integer, text };

    std::string path; // of the endpoint where a model has one of its own
    std::string image_member = "input_image";
    Images images = Images::one;
    std::string size_member = "image_size";
    Dimensions dimensions = Dimensions::not_sent;
    Seed seed = Seed::integer;
    std::string fixed = "{}"; // JSON object: members that are always the same
    std::map<std::string, ModelOption> options;
};

// One row of models.json: what a model takes and gives.
struct Model {
    std::string engine; // id
    std::string id;     // unique within the engine
    std::string name;
    std::vector<Size> sizes;                // that it really renders; empty: any, within the next two
    int multiple_of = 16;                   // what both sides are
    std::int64_t pixels = 1 << 20;          // about so many in all
    std::vector<AspectRatio> aspect_ratios; // to choose from; the first is the default
    std::optional<std::uint64_t> seed_max;  // seeds are 0..seed_max; none: it takes no seed
    int variations_max = 1;
    int references_max = 0;
    int prompt_max = 4000;               // characters
    std::optional<double> price_usd;     // per picture; none: not known. 0: free
    std::optional<ModelInputForm> input; // of hosted models
    // Whatever a server of the person's own runs, of an engine whose other models are a service's.
    bool own_server = false;
    // Of open weights, for engines of the person's own.
    std::string license;       // one line; empty: not known
    std::string recipe = "{}"; // JSON object: files, steps and what else its engine says that it reads
};

} // namespace kontext
