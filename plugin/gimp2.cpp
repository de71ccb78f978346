#include "core/error.h"
#include "core/memory.h"
#include "plugin/gegl_pixels.h"
#include "plugin/gimp2_host.h"
#include "plugin/procedures.h"
#include "plugin/run.h"
#include "ui/text/text.h"

#include <array>
#include <filesystem>
#include <memory>

// GIMP 2.10's entry points. libgimp-2.0 is free of GTK; libgimpui-2.0 is GTK 2 and must never be linked.
namespace kontext::plugin {

namespace {

constexpr std::size_t fixed_arguments = 3; // run mode, image, drawable

std::string locale_folder() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "locale";
}

GimpPDBArgType type_of(ArgumentKind kind) {
    switch (kind) {
    case ArgumentKind::text: return GIMP_PDB_STRING;
    case ArgumentKind::integer: return GIMP_PDB_INT32;
    case ArgumentKind::number: return GIMP_PDB_FLOAT;
    }
    return GIMP_PDB_STRING;
}

// libgimp-2.0's tables are not const, but it does not write to them.
char* text(const char* constant) {
    return const_cast<char*>(constant);
}

void register_procedure(const Procedure& procedure) {
    std::vector<GimpParamDef> arguments{
        {GIMP_PDB_INT32, text("run-mode"),
         text("RUN-INTERACTIVE (0), RUN-NONINTERACTIVE (1), RUN-WITH-LAST-VALS (2)")}};
    switch (procedure.subject) {
    case Subject::layer:
        arguments.push_back({GIMP_PDB_IMAGE, text("image"), text("The image")});
        arguments.push_back({GIMP_PDB_DRAWABLE, text("drawable"), text("The layer to edit")});
        break;
    // No drawable: where there is none, GIMP would not call us.
    case Subject::maybe_layer:
        arguments.push_back({GIMP_PDB_IMAGE, text("image"), text("The image with the layer; -1: none")});
        break;
    case Subject::nothing: break;
    }
    for (const Argument& argument : procedure.arguments) {
        arguments.push_back({type_of(argument.kind), text(argument.name), text(argument.description)});
    }
    const std::array results{
        GimpParamDef{GIMP_PDB_INT32, text("num-layers"), text("How many layers were inserted")},
        GimpParamDef{GIMP_PDB_INT32ARRAY, text("layers"), text("The inserted layers")}};
    gimp_install_procedure(procedure.name, procedure.summary, procedure.help, authors, authors, year,
                           procedure.menu_label, procedure.image_types, GIMP_PLUGIN,
                           static_cast<gint>(arguments.size()),
                           procedure.returns_layers ? static_cast<gint>(results.size()) : 0, arguments.data(),
                           procedure.returns_layers ? results.data() : nullptr);
    gimp_plugin_menu_register(procedure.name, procedure.menu_path);
}

RunMode run_mode_of(gint32 mode) {
    switch (mode) {
    case GIMP_RUN_NONINTERACTIVE: return RunMode::noninteractive;
    case GIMP_RUN_WITH_LAST_VALS: return RunMode::with_last_values;
    default: return RunMode::interactive;
    }
}

ArgumentValues values_of(const Procedure& procedure, const GimpParam* parameters) {
    ArgumentValues values;
    for (const Argument& argument : procedure.arguments) {
        const GimpParamData& data = parameters[fixed_arguments + values.size()].data;
        switch (argument.kind) {
        case ArgumentKind::text:
            values.emplace_back(std::string(data.d_string != nullptr ? data.d_string : ""));
            break;
        case ArgumentKind::integer: values.emplace_back(static_cast<double>(data.d_int32)); break;
        case ArgumentKind::number: values.emplace_back(data.d_float); break;
        }
    }
    return values;
}

GimpPDBStatusType status_of(RunOutcome::Status status) {
    switch (status) {
    case RunOutcome::Status::done: return GIMP_PDB_SUCCESS;
    case RunOutcome::Status::cancelled: return GIMP_PDB_CANCEL;
    case RunOutcome::Status::failed: return GIMP_PDB_EXECUTION_ERROR;
    }
    return GIMP_PDB_EXECUTION_ERROR;
}

// What GIMP gets back. It reads it after run() has returned, so it lives on.
class ReturnValues {
public:
    // Always as many values as are registered: GIMP 2.10 fills missing ones up with a number of layers below
    // 0, and whoever called us through it crashes on that.
    void set(const RunOutcome& outcome, std::vector<gint32> layers, bool returns_layers = true) {
        count_ = returns_layers ? 3 : outcome.status == RunOutcome::Status::failed ? 2 : 1;
        layers_ = std::move(layers);
        message_ = outcome.message;
        values_ = {};
        values_[0].type = GIMP_PDB_STATUS;
        values_[0].data.d_status = status_of(outcome.status);
        if (outcome.status == RunOutcome::Status::failed) {
            values_[1].type = GIMP_PDB_STRING;
            values_[1].data.d_string = message_.data();
            values_[2].type = GIMP_PDB_INT32;
            return;
        }
        values_[1].type = GIMP_PDB_INT32;
        values_[1].data.d_int32 = static_cast<gint32>(layers_.size());
        values_[2].type = GIMP_PDB_INT32ARRAY;
        values_[2].data.d_int32array = layers_.data();
    }

    gint count() const { return count_; }
    GimpParam* data() { return values_.data(); }

private:
    std::vector<gint32> layers_;
    std::string message_;
    std::array<GimpParam, 3> values_{};
    gint count_ = 0;
};

void run_edit_call(int count, const GimpParam* parameters, ReturnValues& values) try {
    if (count < static_cast<int>(fixed_arguments)) {
        throw Error(ErrorCode::invalid_argument, "Arguments are missing.");
    }
    const RunMode mode = run_mode_of(parameters[0].data.d_int32);
    ArgumentValues arguments;
    if (mode == RunMode::noninteractive) { // otherwise only the first three are sure to be there
        arguments = values_of(edit_procedure, parameters);
    }
    Gimp2Host host(parameters[1].data.d_image, parameters[2].data.d_drawable);
    host.show_new_images(mode != RunMode::noninteractive);
    const RunOutcome outcome = run_edit_procedure(host, mode, arguments);
    values.set(outcome, host.inserted_layers());
} catch (const std::exception& failure) { // an unusable drawable
    values.set({.status = RunOutcome::Status::failed, .message = failure.what()}, {});
}

// About the image's active layer, if that can be edited.
std::unique_ptr<Gimp2Host> make_host(int count, const GimpParam* parameters) {
    const gint32 image = count > 1 ? parameters[1].data.d_image : -1;
    try {
        const gint32 drawable =
            gimp_image_is_valid(image) != FALSE ? gimp_image_get_active_drawable(image) : -1;
        if (drawable != -1) {
            return std::make_unique<Gimp2Host>(image, drawable);
        }
    } catch (const Error&) {
        // A channel, say: what is recovered becomes an image of its own.
    }
    return std::make_unique<Gimp2Host>();
}

void run_recover_call(int count, const GimpParam* parameters, ReturnValues& values) try {
    const RunMode mode = run_mode_of(parameters[0].data.d_int32);
    const auto host = make_host(count, parameters);
    host->show_new_images(mode != RunMode::noninteractive);
    const RunOutcome outcome = run_recover_procedure(*host, mode);
    values.set(outcome, host->inserted_layers());
} catch (const std::exception& failure) {
    values.set({.status = RunOutcome::Status::failed, .message = failure.what()}, {});
}

void run_settings_call(const GimpParam* parameters, ReturnValues& values) {
    Gimp2Host host;
    values.set(run_settings_procedure(host, run_mode_of(parameters[0].data.d_int32)), {}, false);
}

void query() {
    gimp_plugin_domain_register(program_name, locale_folder().c_str());
    for (const Procedure* procedure : procedures()) {
        register_procedure(*procedure);
    }
}

void run(const gchar* name, gint count, const GimpParam* parameters, gint* return_count,
         GimpParam** return_parameters) {
    static ReturnValues values;
    gimp_plugin_enable_precision(); // or every layer would seem to have 8 bits
    ui::bind_translations(locale_folder().c_str());
    const Procedure* procedure = find_procedure(name);
    if (procedure == &settings_procedure) {
        run_settings_call(parameters, values);
    } else if (procedure == &recover_procedure) {
        run_recover_call(count, parameters, values);
    } else {
        run_edit_call(count, parameters, values);
    }
    *return_count = values.count();
    *return_parameters = values.data();
}

} // namespace

} // namespace kontext::plugin

const GimpPlugInInfo PLUG_IN_INFO = {nullptr, nullptr, kontext::plugin::query, kontext::plugin::run};

int main(int argc, char* argv[]) {
    kontext::keep_freed_memory();
    kontext::plugin::keep_gegl_small();
    return gimp_main(&PLUG_IN_INFO, argc, argv);
}
