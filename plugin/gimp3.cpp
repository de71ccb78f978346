#include "core/error.h"
#include "core/memory.h"
#include "plugin/gegl_pixels.h"
#include "plugin/gimp3_host.h"
#include "plugin/procedures.h"
#include "plugin/run.h"
#include "ui/text/text.h"

#include <filesystem>
#include <memory>

#include <libgimp/gimp.h>

// The entry points of GIMP 3.0 and 3.2: one program runs in both.
namespace kontext::plugin {

namespace {

std::filesystem::path locale_folder() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "locale";
}

// GIMP keeps last values of arguments in its own folder and in the image, and so in files that are passed on.
// Ours stay with us (core/store/settings.h).
constexpr auto flags = static_cast<GParamFlags>(G_PARAM_READWRITE | GIMP_PARAM_DONT_SERIALIZE);

void add_argument(GimpProcedure* procedure, const Argument& argument) {
    const char* label = _(argument.label);
    const char* description = _(argument.description);
    switch (argument.kind) {
    case ArgumentKind::text:
        gimp_procedure_add_string_argument(procedure, argument.name, label, description,
                                           argument.initial_text, flags);
        break;
    case ArgumentKind::integer:
        gimp_procedure_add_int_argument(
            procedure, argument.name, label, description, static_cast<gint>(argument.minimum),
            static_cast<gint>(argument.maximum), static_cast<gint>(argument.initial), flags);
        break;
    case ArgumentKind::number:
        gimp_procedure_add_double_argument(procedure, argument.name, label, description, argument.minimum,
                                           argument.maximum, argument.initial, flags);
        break;
    }
}

ArgumentValues values_of(const Procedure& procedure, GimpProcedureConfig* config) {
    ArgumentValues values;
    for (const Argument& argument : procedure.arguments) {
        switch (argument.kind) {
        case ArgumentKind::text: {
            char* text = nullptr;
            g_object_get(config, argument.name, &text, nullptr);
            values.emplace_back(std::string(text != nullptr ? text : ""));
            g_free(text);
            break;
        }
        case ArgumentKind::integer: {
            gint value = 0;
            g_object_get(config, argument.name, &value, nullptr);
            values.emplace_back(static_cast<double>(value));
            break;
        }
        case ArgumentKind::number: {
            gdouble value = 0;
            g_object_get(config, argument.name, &value, nullptr);
            values.emplace_back(value);
            break;
        }
        }
    }
    return values;
}

RunMode run_mode_of(GimpRunMode mode) {
    switch (mode) {
    case GIMP_RUN_INTERACTIVE: return RunMode::interactive;
    case GIMP_RUN_NONINTERACTIVE: return RunMode::noninteractive;
    case GIMP_RUN_WITH_LAST_VALS: return RunMode::with_last_values;
    }
    return RunMode::interactive;
}

GimpValueArray* failure_values(GimpProcedure* procedure, const std::string& message) {
    return gimp_procedure_new_return_values(procedure, GIMP_PDB_EXECUTION_ERROR,
                                            g_error_new_literal(GIMP_PLUG_IN_ERROR, 0, message.c_str()));
}

GimpValueArray* return_values(GimpProcedure* procedure, const RunOutcome& outcome,
                              const std::vector<GimpLayer*>& layers) {
    switch (outcome.status) {
    case RunOutcome::Status::done: {
        GimpValueArray* values = gimp_procedure_new_return_values(procedure, GIMP_PDB_SUCCESS, nullptr);
        std::vector<GObject*> objects;
        for (GimpLayer* layer : layers) {
            objects.push_back(G_OBJECT(layer));
        }
        objects.push_back(nullptr);
        g_value_set_boxed(gimp_value_array_index(values, 1), objects.data());
        return values;
    }
    case RunOutcome::Status::cancelled:
        return gimp_procedure_new_return_values(procedure, GIMP_PDB_CANCEL, nullptr);
    case RunOutcome::Status::failed: return failure_values(procedure, outcome.message);
    }
    return nullptr;
}

GimpValueArray* run_edit(GimpProcedure* procedure, GimpRunMode run_mode, GimpImage* image,
                         GimpDrawable** drawables, GimpProcedureConfig* config, gpointer /*data*/) noexcept
    try {
    ui::bind_translations(locale_folder().c_str());
    const RunMode mode = run_mode_of(run_mode);
    Gimp3Host host(image, drawables);
    host.show_new_images(mode != RunMode::noninteractive);
    const RunOutcome outcome = run_edit_procedure(host, mode, values_of(edit_procedure, config));
    return return_values(procedure, outcome, host.inserted_layers());
} catch (const std::exception& failure) { // an unusable drawable
    return failure_values(procedure, failure.what());
}

// About the selected layer, if that can be edited.
std::unique_ptr<Gimp3Host> make_host(GimpImage* image, GimpDrawable** drawables) {
    if (image != nullptr) {
        try {
            return std::make_unique<Gimp3Host>(image, drawables);
        } catch (const Error&) {
            // Several layers, say: what is recovered becomes an image of its own.
        }
    }
    return std::make_unique<Gimp3Host>();
}

GimpValueArray* run_recover(GimpProcedure* procedure, GimpRunMode run_mode, GimpImage* image,
                            GimpDrawable** drawables, GimpProcedureConfig* /*config*/,
                            gpointer /*data*/) noexcept try {
    ui::bind_translations(locale_folder().c_str());
    const RunMode mode = run_mode_of(run_mode);
    const auto host = make_host(image, drawables);
    host->show_new_images(mode != RunMode::noninteractive);
    const RunOutcome outcome = run_recover_procedure(*host, mode);
    return return_values(procedure, outcome, host->inserted_layers());
} catch (const std::exception& failure) {
    return failure_values(procedure, failure.what());
}

GimpValueArray* run_settings(GimpProcedure* procedure, GimpProcedureConfig* config,
                             gpointer /*data*/) noexcept try {
    ui::bind_translations(locale_folder().c_str());
    GimpRunMode run_mode = GIMP_RUN_INTERACTIVE;
    g_object_get(config, "run-mode", &run_mode, nullptr);
    Gimp3Host host;
    const RunOutcome outcome = run_settings_procedure(host, run_mode_of(run_mode));
    if (outcome.status == RunOutcome::Status::failed) {
        return failure_values(procedure, outcome.message);
    }
    return gimp_procedure_new_return_values(procedure, GIMP_PDB_SUCCESS, nullptr);
} catch (const std::exception& failure) {
    return failure_values(procedure, failure.what());
}

// With the arguments that its subject brings along.
GimpProcedure* new_procedure(GimpPlugIn* plug_in, const Procedure& description) {
    if (description.subject == Subject::nothing) {
        GimpProcedure* procedure = gimp_procedure_new(plug_in, description.name, GIMP_PDB_PROC_TYPE_PLUGIN,
                                                      run_settings, nullptr, nullptr);
        gimp_procedure_add_enum_argument(procedure, "run-mode", _("Run mode"), _("Interactive only"),
                                         GIMP_TYPE_RUN_MODE, GIMP_RUN_INTERACTIVE, flags);
        return procedure;
    }
    const bool always = description.subject == Subject::maybe_layer;
    GimpProcedure* procedure = gimp_image_procedure_new(plug_in, description.name, GIMP_PDB_PROC_TYPE_PLUGIN,
                                                        always ? run_recover : run_edit, nullptr, nullptr);
    gimp_procedure_set_image_types(procedure, description.image_types);
    // An edit is offered with several layers too: there a sentence says what to do, where a greyed entry says
    // nothing.
    gimp_procedure_set_sensitivity_mask(procedure, always ? GIMP_PROCEDURE_SENSITIVE_ALWAYS
                                                          : GIMP_PROCEDURE_SENSITIVE_DRAWABLE |
                                                                GIMP_PROCEDURE_SENSITIVE_DRAWABLES);
    return procedure;
}

GimpProcedure* make_procedure(GimpPlugIn* plug_in, const Procedure& description) {
    GimpProcedure* procedure = new_procedure(plug_in, description);
    gimp_procedure_set_menu_label(procedure, _(description.menu_label));
    gimp_procedure_add_menu_path(procedure, description.menu_path);
    gimp_procedure_set_documentation(procedure, _(description.summary), _(description.help),
                                     description.name);
    gimp_procedure_set_attribution(procedure, authors, authors, year);
    for (const Argument& argument : description.arguments) {
        add_argument(procedure, argument);
    }
    if (description.returns_layers) {
        gimp_procedure_add_core_object_array_return_value(
            procedure, "layers", _("Layers"), _("The inserted layers"), GIMP_TYPE_LAYER, G_PARAM_READWRITE);
    }
    return procedure;
}

} // namespace

} // namespace kontext::plugin

// GObject's macros want the global scope and C names.
G_DECLARE_FINAL_TYPE(KontextPlugIn, kontext_plug_in, KONTEXT, PLUG_IN, GimpPlugIn)

struct _KontextPlugIn {
    GimpPlugIn parent_instance;
};

G_DEFINE_TYPE(KontextPlugIn, kontext_plug_in, GIMP_TYPE_PLUG_IN)

static GList* kontext_plug_in_query(GimpPlugIn* /*plug_in*/) {
    GList* names = nullptr;
    for (const kontext::plugin::Procedure* procedure : kontext::plugin::procedures()) {
        names = g_list_append(names, g_strdup(procedure->name));
    }
    return names;
}

static GimpProcedure* kontext_plug_in_create(GimpPlugIn* plug_in, const gchar* name) {
    using namespace kontext;
    ui::bind_translations(plugin::locale_folder().c_str());
    const plugin::Procedure* procedure = plugin::find_procedure(name);
    return procedure != nullptr ? plugin::make_procedure(plug_in, *procedure) : nullptr;
}

// We translate our texts ourselves, as in 2.10; with TRUE and no catalogues GIMP would complain at every
// start.
static gboolean kontext_plug_in_set_i18n(GimpPlugIn* /*plug_in*/, const gchar* /*name*/, gchar** /*domain*/,
                                         gchar** /*folder*/) {
    return FALSE;
}

static void kontext_plug_in_class_init(KontextPlugInClass* plug_in_class) {
    GimpPlugInClass* parent = GIMP_PLUG_IN_CLASS(plug_in_class);
    parent->query_procedures = kontext_plug_in_query;
    parent->create_procedure = kontext_plug_in_create;
    parent->set_i18n = kontext_plug_in_set_i18n;
}

static void kontext_plug_in_init(KontextPlugIn* /*plug_in*/) {}

int main(int argc, char* argv[]) {
    kontext::keep_freed_memory();
    kontext::plugin::keep_gegl_small();
    kontext::plugin::start_babl();
    return gimp_main(kontext_plug_in_get_type(), argc, argv);
}
