#pragma once

#include "core/engine/engines/darkroom/tile.h"

#include <cstdint>

// Neighbourhoods. Radii are in pixels of the picture; what is transparent does not bleed into what is not.
// Every function gives the same values for a pixel whatever rows its tile has, which running sums would not.
namespace kontext::darkroom {

// Gaussian mean of a plane of this tile.
Plane smooth(const Tile& tile, const Plane& plane, double sigma);
int reach_of(double sigma); // samples around a pixel that smooth() looks at

// The samples moved by whole samples, repeated at the tile's border.
Plane shifted(const Plane& plane, int dx, int dy);

// Darkest value within a square.
Plane darkest_around(const Plane& plane, int radius);

// A plane of the proxy, to look at from any tile.
struct ProxyMap {
    Plane plane;
    double scale_x = 1;
    double scale_y = 1;
};
ProxyMap map_of(const Tile& proxy, Plane plane);
// The map's values at the tile's samples, interpolated.
Plane sample_map(const ProxyMap& map, const Tile& tile);

// The smooth part of a picture that keeps its edges: base = scale * luma + offset (a guided filter's two
// coefficients, which can be made small and used large).
struct EdgeKeepingBase {
    ProxyMap scale;
    ProxyMap offset;
};
// `guide` and `values` are planes of the proxy; `softness` is the contrast that still counts as texture.
EdgeKeepingBase edge_keeping_base(const Tile& proxy, const Plane& guide, const Plane& values, double sigma,
                                  float softness);
Plane sample_base(const EdgeKeepingBase& base, const Tile& tile, const Plane& guide);

// Flat patches with firm borders, like brush strokes: each pixel takes the mean of the calmest directions.
void paint_patches(Tile& tile, const std::array<float, 3>& luminance, double radius);
int reach_of_patches(double radius);

// Smooth random values around 0 with a deviation of about 1, of `cell` pixels' size, fixed by seed and place.
Plane noise(const Tile& tile, double cell, std::uint64_t seed);

} // namespace kontext::darkroom
