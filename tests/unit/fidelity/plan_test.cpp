#include "core/fidelity/plan.h"
#include "tests/support/expect_error.h"
#include "tests/unit/fidelity/scene.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kontext {

namespace {

using test::Color;
using test::draw;
using test::draw_scene;
using test::expect_error;
using test::ModelDrift;
using test::Point;
using test::scene_at;
using test::smooth_noise;

constexpr Size size{512, 384};

bool in_square(Point at) {
    return at.x >= 180 && at.x < 290 && at.y >= 120 && at.y < 210;
}

// What comes back when a square was asked for.
Image reply_with_square(const ModelDrift& drift) {
    return draw(size, [&](Point at) {
        const Point canvas = drift.to_canvas(at);
        return ModelDrift::recolor(in_square(canvas) ? Color{0.85, 0.15, 0.1} : scene_at(canvas));
    });
}

double overlap_with_square(const std::vector<std::uint8_t>& mask) {
    int both = 0;
    int either = 0;
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const bool found = mask[static_cast<std::size_t>(y * size.width + x)] == 255;
            const bool truth = in_square({static_cast<double>(x), static_cast<double>(y)});
            both += found && truth ? 1 : 0;
            either += found || truth ? 1 : 0;
        }
    }
    return static_cast<double>(both) / either;
}

TEST(Plan, FindsNothingWhereOnlyTheModelDrifted) {
    const ModelDrift drift;
    const Image canvas = draw_scene(size);
    const Image reply =
        draw(size, [&](Point at) { return ModelDrift::recolor(scene_at(drift.to_canvas(at))); });
    const FitPlan plan = plan_fit({.canvas = canvas.view(), .reply = reply.view()});
    EXPECT_EQ(plan.decision, Decision::unchanged);
    EXPECT_EQ(plan.mode, FidelityMode::keep);
    EXPECT_EQ(plan.changed_fraction, 0);
    EXPECT_TRUE(plan.regions.empty());
}

TEST(Plan, FindsThePaintedSquareAndNothingElse) {
    const Image canvas = draw_scene(size);
    const Image reply = reply_with_square({});
    const FitPlan plan = plan_fit({.canvas = canvas.view(), .reply = reply.view()});
    EXPECT_EQ(plan.decision, Decision::local);
    ASSERT_EQ(plan.regions.size(), 1U);
    EXPECT_NEAR(plan.regions[0].x, 180, 3);
    EXPECT_NEAR(plan.regions[0].y, 120, 3);
    EXPECT_NEAR(plan.regions[0].width, 110, 5);
    EXPECT_NEAR(plan.regions[0].height, 90, 5);
    EXPECT_GT(overlap_with_square(plan.mask), 0.95);
    EXPECT_EQ(plan.mask[0], 0);
}

// A light of 60 % that falls off softly, and how far from its centre one still sees it.
double lamp_at(Point at) {
    const double dx = (at.x - 256) / 55;
    const double dy = (at.y - 192) / 55;
    return 1 + 0.6 * std::exp(-(dx * dx + dy * dy) / 2);
}

FitPlan plan_of_lamp() {
    const ModelDrift drift;
    const Image canvas = draw_scene(size);
    const Image reply = draw(size, [&](Point at) {
        const Point place = drift.to_canvas(at);
        Color color = scene_at(place);
        for (double& value : color) {
            value *= lamp_at(place);
        }
        return ModelDrift::recolor(color);
    });
    return plan_fit({.canvas = canvas.view(), .reply = reply.view()});
}

TEST(Plan, FollowsALightToWhereItFades) {
    const FitPlan plan = plan_of_lamp();
    ASSERT_EQ(plan.decision, Decision::local);
    int visible = 0;
    int lost = 0;
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            if (lamp_at({static_cast<double>(x), static_cast<double>(y)}) > 1.06) {
                ++visible;
                lost += plan.mask[static_cast<std::size_t>(y * size.width + x)] < 128 ? 1 : 0;
            }
        }
    }
    EXPECT_LT(lost, visible / 20);
    EXPECT_EQ(plan.mask[0], 0);
}

// Pixels right of a place over which the mask falls from full to nothing.
int fall_right_of(const FitPlan& plan, int x, int y) {
    int pixels = 0;
    for (; x < size.width && plan.mask[static_cast<std::size_t>(y * size.width + x)] != 0; ++x) {
        pixels += plan.mask[static_cast<std::size_t>(y * size.width + x)] < 255 ? 1 : 0;
    }
    return pixels;
}

TEST(Plan, LetsTheMaskFallOffSoftlyAroundLightAndSharplyAroundThings) {
    EXPECT_GE(fall_right_of(plan_of_lamp(), 256, 192), 24);
    const Image canvas = draw_scene(size);
    const Image reply = reply_with_square({});
    const FitPlan plan = plan_fit({.canvas = canvas.view(), .reply = reply.view()});
    EXPECT_LE(fall_right_of(plan, 235, 165), 6);
}

// Fields of poppies in the landscape, all over it; one touches the painted square's surroundings.
bool is_poppy(Point at) {
    const double x = std::fmod(at.x + 8, 130);
    const double y = std::fmod(at.y + 60, 130);
    return x < 60 && y < 60;
}

TEST(Plan, TakesAHueThatTheModelTurnedForNoPartOfAChangeBesideIt) {
    const auto meadow = [](Point at) {
        const Color land = scene_at(at);
        return is_poppy(at) ? Color{0.25 + 0.7 * land[0], 0.4 * land[1], 0.4 * land[2]} : land;
    };
    const auto away_from_square = [](Point at) {
        return std::hypot(std::max(0.0, std::abs(at.x - 235) - 55), std::max(0.0, std::abs(at.y - 165) - 45));
    };
    const auto shade = [&](Point at) {
        const double away = away_from_square(at);
        return 1 - 0.35 * std::exp(-away * away / 200);
    };
    const ModelDrift drift;
    const Image canvas = draw(size, meadow);
    const Image reply = draw(size, [&](Point at) {
        const Point place = drift.to_canvas(at);
        Color color = meadow(place);
        if (is_poppy(place)) {
            color = {color[0] - 0.04, color[1] + 0.027, color[2] + 0.04};
        }
        for (double& value : color) {
            value *= shade(place);
        }
        return ModelDrift::recolor(away_from_square(place) == 0 ? scene_at(place, 5) : color);
    });
    const FitPlan plan = plan_fit({.canvas = canvas.view(), .reply = reply.view()});
    ASSERT_EQ(plan.decision, Decision::local);
    int far_poppies = 0;
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const Point at{static_cast<double>(x), static_cast<double>(y)};
            if (is_poppy(at) && away_from_square(at) > 60) {
                far_poppies += plan.mask[static_cast<std::size_t>(y * size.width + x)] != 0 ? 1 : 0;
            }
        }
    }
    EXPECT_EQ(far_poppies, 0);
}

TEST(Plan, TakesLostHighlightsForNoChange) {
    const ModelDrift drift;
    const auto bright = [](Point at) {
        Color color = scene_at(at);
        if (at.y < 120) { // a sky that the model, brighter, burns out
            color = {0.80 + 0.15 * smooth_noise(at, 60, 7), 0.86 + 0.10 * smooth_noise(at, 60, 7), 0.97};
        }
        return color;
    };
    const Image canvas = draw(size, bright);
    const Image reply = draw(size, [&](Point at) {
        Color color = bright(drift.to_canvas(at));
        for (double& value : color) {
            value = 1.12 * value;
        }
        return color;
    });
    const FitPlan plan = plan_fit({.canvas = canvas.view(), .reply = reply.view()});
    EXPECT_EQ(plan.decision, Decision::unchanged);
}

TEST(Plan, TellsWhereTheReplyHasACanvasPixel) {
    const ModelDrift drift{.bend = 0};
    const Image canvas = draw_scene(size);
    const Image reply = reply_with_square(drift);
    const FitPlan plan = plan_fit({.canvas = canvas.view(), .reply = reply.view()});
    const Point truth = drift.to_reply({400, 300});
    EXPECT_NEAR(plan.transform[0] * 400 + plan.transform[1] * 300 + plan.transform[2], truth.x, 0.15);
    EXPECT_NEAR(plan.transform[3] * 400 + plan.transform[4] * 300 + plan.transform[5], truth.y, 0.15);
    EXPECT_NEAR(plan.scale, drift.zoom, 0.001);
}

TEST(Plan, CountsGeometryInPixelsOfAReplyOfAnotherSize) {
    const Image canvas = draw_scene(size);
    const Size twice{2 * size.width, 2 * size.height};
    const Image reply = draw(twice, [](Point at) {
        const Point canvas_point{(at.x + 0.5) / 2 - 0.5, (at.y + 0.5) / 2 - 0.5};
        return in_square(canvas_point) ? Color{0.85, 0.15, 0.1} : scene_at(canvas_point);
    });
    const FitPlan plan = plan_fit({.canvas = canvas.view(), .reply = reply.view()});
    EXPECT_EQ(plan.decision, Decision::local);
    EXPECT_NEAR(plan.transform[0], 2, 0.005);
    const double x = plan.transform[0] * 250 + plan.transform[1] * 300 + plan.transform[2];
    EXPECT_NEAR(x + value_at(plan.displacement, 250, 300, 0), 500.5, 0.3);
    EXPECT_GT(overlap_with_square(plan.mask), 0.95);
}

TEST(Plan, SeesThatAnotherPictureIsAnother) {
    const Image canvas = draw_scene(size);
    const Image other = draw_scene(size, 9);
    const FitPlan plan = plan_fit({.canvas = canvas.view(), .reply = other.view()});
    EXPECT_EQ(plan.decision, Decision::unregistered);
    EXPECT_EQ(plan.mode, FidelityMode::raw);
    EXPECT_LT(plan.confidence, 0.25);
}

TEST(Plan, KnowsRandomAndEmptyPicturesForWhatTheyAre) {
    const Image canvas = draw_scene(size);
    const auto random = [](Point at) {
        const double value = test::noise_at(static_cast<int>(at.x), static_cast<int>(at.y), 77);
        return Color{value, 1 - value, value * value};
    };
    for (const Image& reply : {draw(size, random), draw(size, [](Point) { return Color{0, 0, 0}; }),
                               draw(size, [](Point) { return Color{1, 1, 1}; })}) {
        EXPECT_EQ(plan_fit({.canvas = canvas.view(), .reply = reply.view()}).decision,
                  Decision::unregistered);
        EXPECT_EQ(plan_fit({.canvas = reply.view(), .reply = reply.view()}).mask.size() % 1, 0U);
    }
}

TEST(Plan, RecognisesBlackAndWhiteAsAChangeOfTheWhole) {
    const Image canvas = draw_scene(size);
    const Image reply = draw(size, [](Point at) {
        const Color c = scene_at(at);
        const double grey = 0.4 * c[0] + 0.4 * c[1] + 0.2 * c[2];
        return Color{1.2 * grey, 1.2 * grey, 1.2 * grey};
    });
    const FitPlan plan =
        plan_fit({.canvas = canvas.view(), .reply = reply.view(), .prompt = "make it black and white"});
    EXPECT_EQ(plan.decision, Decision::grade);
    EXPECT_EQ(plan.mode, FidelityMode::look);
    EXPECT_EQ(plan.changed_fraction, 1);
}

TEST(Plan, TakesAToneThatWasAskedForAsAnEdit) {
    const Image canvas = draw_scene(size);
    const Image reply = draw(size, [](Point at) {
        const Color c = scene_at(at);
        return Color{1.12 * c[0], c[1], 0.85 * c[2]};
    });
    const auto decision = [&](std::string_view prompt) {
        return plan_fit({.canvas = canvas.view(), .reply = reply.view(), .prompt = prompt}).decision;
    };
    EXPECT_EQ(decision("slightly warmer"), Decision::grade);
    EXPECT_EQ(decision("remove the lamp post"), Decision::unchanged);
}

TEST(Plan, ObeysTheModeThatWasAskedFor) {
    const Image canvas = draw_scene(size);
    const Image reply = reply_with_square({});
    for (const FidelityMode mode : {FidelityMode::keep, FidelityMode::look, FidelityMode::raw}) {
        EXPECT_EQ(plan_fit({.canvas = canvas.view(), .reply = reply.view(), .mode = mode}).mode, mode);
    }
}

TEST(Plan, SelectionsAreFeatheredInsideAndProtectionStaysOut) {
    const Image canvas = draw_scene(size);
    const Image reply = reply_with_square({});
    const Image selection = test::one_channel(size, [](int x, int) { return x < 300; });
    const Image protection = test::one_channel(size, [](int, int y) { return y < 100; });
    const FitPlan plan = plan_fit({.canvas = canvas.view(),
                                   .reply = reply.view(),
                                   .selection = selection.view(),
                                   .protection = protection.view()});
    const auto at = [&](int x, int y) {
        return plan.selection[static_cast<std::size_t>(y * size.width + x)];
    };
    EXPECT_EQ(at(300, 200), 0);
    EXPECT_GT(at(296, 200), 0);
    EXPECT_LT(at(296, 200), 255);
    EXPECT_EQ(at(250, 200), 255);
    EXPECT_EQ(at(250, 99), 0);
    EXPECT_EQ(at(0, 200), 255) << "the picture's border is no edge of a selection";
}

TEST(Plan, ASelectionOfOnePixelsWidthIsNotFeatheredAway) {
    const Image canvas = draw_scene(size);
    const Image selection = test::one_channel(size, [](int x, int) { return x == 200; });
    const FitPlan plan =
        plan_fit({.canvas = canvas.view(), .reply = canvas.view(), .selection = selection.view()});
    EXPECT_EQ(plan.selection[100 * 512 + 200], 255);
    EXPECT_EQ(plan.selection[100 * 512 + 199], 0);
}

TEST(Plan, TinyPicturesArePlannedOrRefusedButNeverBreak) {
    for (const Size tiny : {Size{1, 1}, Size{1, 40}, Size{16, 16}, Size{17, 3}, Size{64, 33}}) {
        const Image canvas = draw_scene(tiny);
        const Image reply = draw_scene({16, 16}, 3);
        EXPECT_GE(plan_fit({.canvas = canvas.view(), .reply = reply.view()}).confidence, 0);
        EXPECT_GE(plan_fit({.canvas = canvas.view(), .reply = canvas.view()}).confidence, 0);
    }
}

TEST(Plan, RefusesViewsOfAWrongFormat) {
    const Image canvas = draw_scene({64, 64});
    const Image grey({64, 64}, {SampleType::u8, 1});
    const Image other({32, 64}, {SampleType::u8, 1});
    expect_error(ErrorCode::invalid_argument,
                 [&] { plan_fit({.canvas = canvas.view(), .reply = grey.view()}); });
    expect_error(ErrorCode::invalid_argument, [&] { plan_fit({.canvas = {}, .reply = canvas.view()}); });
    expect_error(ErrorCode::invalid_argument, [&] {
        plan_fit({.canvas = canvas.view(), .reply = canvas.view(), .selection = other.view()});
    });
}

TEST(Plan, StopsWhenAsked) {
    const Image canvas = draw_scene(size);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(plan_fit({.canvas = canvas.view(), .reply = canvas.view()}, stop.get_token()), Cancelled);
}

// The plan of a process of its own, as the number of threads is decided once.
std::string plan_with_threads(const char* threads, const Image& canvas, const Image& reply) {
    const std::string file = testing::TempDir() + "plan-" + threads + "-" + std::to_string(getpid());
    const pid_t child = fork();
    if (child == 0) {
        setenv("KONTEXT_THREADS", threads, 1);
        std::ofstream(file) << to_json(plan_fit({.canvas = canvas.view(), .reply = reply.view()}));
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    unlink(file.c_str());
    return status == 0 ? text.str() : std::string();
}

TEST(Plan, IsTheSameOnAnyNumberOfThreads) {
    const Image canvas = draw_scene(size);
    const Image reply = reply_with_square({});
    const std::string one = plan_with_threads("1", canvas, reply);
    EXPECT_FALSE(one.empty());
    EXPECT_EQ(one, plan_with_threads("2", canvas, reply));
    EXPECT_EQ(one, plan_with_threads("5", canvas, reply));
}

TEST(Plan, ComesBackFromJsonAsItWas) {
    const Image canvas = draw_scene(size);
    const Image reply = reply_with_square({});
    const std::string text = to_json(plan_fit({.canvas = canvas.view(), .reply = reply.view()}));
    EXPECT_LT(text.size(), 100'000U);
    EXPECT_EQ(to_json(fit_plan_from_json(text)), text);
}

TEST(Plan, RefusesJsonThatIsNoPlan) {
    const std::string good = to_json(FitPlan{.canvas = {8, 8}, .reply = {8, 8}});
    EXPECT_EQ(fit_plan_from_json(good), (FitPlan{.canvas = {8, 8}, .reply = {8, 8}}));
    std::string damaged = good;
    damaged.replace(damaged.find("\"mask\":\"\""), 9, "\"mask\":\"AA**\"");
    std::string short_mask = good;
    short_mask.replace(short_mask.find("\"mask\":\"\""), 9, "\"mask\":\"BwA=\"");
    std::string huge = good;
    huge.replace(huge.find("\"canvas\":[8,8]"), 14, "\"canvas\":[60000,60000]");
    for (const std::string& text :
         {std::string("{"), std::string("{}"), std::string("[1]"), damaged, short_mask, huge}) {
        expect_error(ErrorCode::invalid_argument, [&] { fit_plan_from_json(text); });
    }
}

} // namespace

} // namespace kontext
