#pragma once

#include "core/engine/models.h"
#include "core/engine/registry.h"

#include <array>

namespace kontext::test {

// An engine that does what hosted models do to a picture, exactly known: the canvas comes back a little
// shifted, zoomed and in other colours. For tests alone; drift_registry.cpp puts it next to the product's.
//
// What its prompt says, in any number and order:
//   ellipse X Y RX RY  paints one in magenta, in shares of the canvas's width and height
//   grow               paints neutral grey, where a picture is to grow, in a plain green
//   exact              without shift, zoom and other colours
//   another            returns another picture
//   garbage            returns something that is no picture
// Option "format": png (default), jpeg or webp; "transparent": with an alpha channel.
extern const EngineInfo drift_engine;

// "any" sizes about 0.2 megapixels: quick to fit.
Model drift_model();

// What drift_model() is in a models.json.
extern const char* const drift_models_json;

constexpr std::array<double, 3> drift_magenta{0.85, 0.1, 0.7};
constexpr std::array<double, 3> drift_green{0.1, 0.6, 0.25};

} // namespace kontext::test
