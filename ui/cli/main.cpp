#include "core/error.h"
#include "core/memory.h"
#include "ui/cli/commands.h"
#include "ui/text/text.h"

#include <cstdio>
#include <new>

#include <CLI/CLI.hpp>

namespace {

using kontext::cli::EditArguments;

constexpr int exit_usage = 2;
constexpr int exit_cancelled = 130;

void add_edit_options(CLI::App& edit, EditArguments& arguments) {
    edit.add_option("input", arguments.input, "the picture: PNG, JPEG, TIFF or WebP")
        ->required()
        ->type_name("INPUT");
    edit.add_option("--prompt", arguments.prompt, "what should change")->required()->type_name("TEXT");
    edit.add_option("--engine", arguments.engine, "who does it; see `kontext engines`")->type_name("ID");
    edit.add_option("--model", arguments.model, "one of the engine's models")->type_name("ID");
    edit.add_option("--aspect", arguments.aspect, "match or W:H")->capture_default_str();
    edit.add_option("--seed", arguments.seed, "for the same result again; otherwise a new one each time")
        ->type_name("N");
    edit.add_option("--variations", arguments.variations, "how many")->capture_default_str()->type_name("N");
    edit.add_option("--select", arguments.select, "change only where this mask is white")
        ->type_name("MASK.png");
    edit.add_option("--protect", arguments.protect, "never change where this mask is white")
        ->type_name("MASK.png");
    edit.add_option("--reference", arguments.references, "a further picture for the engine; repeatable")
        ->type_name("FILE");
    edit.add_option("--fidelity", arguments.fidelity, "auto, keep, look or raw")->capture_default_str();
    edit.add_option("--extent", arguments.extent, "what shows of the selection: changes, or all of selection")
        ->capture_default_str();
    edit.add_flag("--crop", arguments.crop, "make layer and mask no larger than what shows");
    edit.add_flag("--grain", arguments.grain, "add grain like the photo's to what is new");
    edit.add_option("--option", arguments.options, "a switch of the engine; repeatable")
        ->type_name("KEY=VALUE");
    edit.add_option("--max-cost", arguments.max_cost, "refuse to start above this price")->type_name("USD");
    edit.add_option("-o,--output", arguments.output,
                    "the edited picture; INPUT's name with -edited if not given")
        ->type_name("OUTPUT");
    edit.add_option("--layer", arguments.layer, "the edited pixels alone, without the mask applied")
        ->type_name("LAYER.png");
    edit.add_option("--mask", arguments.mask, "where they show")->type_name("MASK.png");
    edit.add_option("--report", arguments.report, "what was done, as JSON")->type_name("FILE.json");
    for (CLI::Option* option : edit.get_options()) {
        if (option->get_items_expected_max() > 1) {
            option->allow_extra_args(false); // one value for each mention: what follows may be INPUT
        }
    }
}

using kontext::cli::FitArguments;

void add_fit_options(CLI::App& fit, FitArguments& arguments) {
    fit.add_option("original", arguments.original, "the picture: PNG, JPEG, TIFF or WebP")
        ->required()
        ->type_name("ORIGINAL");
    fit.add_option("edited", arguments.edited, "what a model made of it")->required()->type_name("EDITED");
    fit.add_option("-o,--output", arguments.output,
                   "the original with the edit in place; ORIGINAL's name with "
                   "-fitted if not given")
        ->type_name("OUTPUT");
    fit.add_option("--mask", arguments.mask, "where the edit shows")->type_name("MASK.png");
    fit.add_option("--select", arguments.select, "change only where this mask is white")
        ->type_name("MASK.png");
    fit.add_option("--protect", arguments.protect, "never change where this mask is white")
        ->type_name("MASK.png");
    fit.add_option("--fidelity", arguments.fidelity, "auto, keep, look or raw")->capture_default_str();
    fit.add_flag("--grain", arguments.grain, "add grain like the original's to what is new");
    fit.add_option("--prompt", arguments.prompt, "what was asked for: tells a wanted tone from a drift")
        ->type_name("TEXT");
    fit.add_option("--framing", arguments.framing, "how ORIGINAL was cropped and scaled for the model")
        ->type_name("FILE.json");
    fit.add_option("--report", arguments.report, "what was found and done, as JSON")->type_name("FILE.json");
}

void add_recover_options(CLI::App& recover, kontext::cli::RecoverArguments& arguments) {
    CLI::Option* list = recover.add_flag("--list", arguments.list, "only tell what is waiting");
    recover
        .add_flag("--all", arguments.all,
                  "also ask for edits of which it is not known whether the service accepted them")
        ->excludes(list);
    recover.add_option("--out", arguments.out, "the folder to write to; this one if not given")
        ->type_name("DIR");
    recover.add_option("--dismiss", arguments.dismiss, "forget these of the list; repeatable")
        ->type_name("N")
        ->allow_extra_args(false)
        ->excludes(list);
}

using kontext::cli::KeyAction;
using kontext::cli::KeyArguments;

void add_key_commands(CLI::App& app, KeyArguments& arguments) {
    CLI::App* key = app.add_subcommand("key", "keep, remove or look for the key of an engine");
    key->require_subcommand(1);
    struct Row {
        KeyAction action;
        const char* name;
        const char* description;
    };
    for (const Row& row :
         {Row{KeyAction::set, "set", "keep a key, which is read from standard input or the terminal"},
          Row{KeyAction::clear, "clear", "remove the key"},
          Row{KeyAction::status, "status", "tell where the key comes from, and never the key"}}) {
        CLI::App* command = key->add_subcommand(row.name, row.description);
        command->add_option("engine", arguments.engine, "see `kontext engines`")
            ->required()
            ->type_name("ENGINE");
        if (row.action == KeyAction::set) {
            command->add_flag(
                "--in-file", arguments.in_file,
                "where the system has no key store, keep keys in a file that only you can read");
        }
        command->allow_extras(); // or they would be printed, and the usual one is a key
        command->callback([&arguments, command, action = row.action] {
            arguments.action = action;
            arguments.leftover = command->remaining();
            kontext::cli::run_key_command(arguments);
        });
    }
}

int report_error(const kontext::Error& error) {
    const auto text = kontext::ui::describe_error(error);
    std::fprintf(stderr, "kontext: %s\n", text.detail.c_str());
    if (!text.next_step.empty()) {
        std::fprintf(stderr, "%s\n", text.next_step.c_str());
    }
    return kontext::ui::exit_code(error.code());
}

int run(int argc, char** argv) {
    CLI::App app("Edits a photo by saying what should change.", "kontext");
    app.set_version_flag("--version", KONTEXT_VERSION);
    app.require_subcommand(1);

    EditArguments arguments;
    CLI::App* edit = app.add_subcommand("edit", "edit one picture");
    add_edit_options(*edit, arguments);
    edit->callback([&arguments] { kontext::cli::run_edit_command(arguments); });

    FitArguments fit_arguments;
    CLI::App* fit = app.add_subcommand("fit", "place a picture that a model returned onto its original");
    add_fit_options(*fit, fit_arguments);
    fit->callback([&fit_arguments] { kontext::cli::run_fit_command(fit_arguments); });

    kontext::cli::RecoverArguments recover_arguments;
    CLI::App* recover = app.add_subcommand("recover", "fetch pictures that were paid for and never arrived");
    add_recover_options(*recover, recover_arguments);
    recover->callback([&recover_arguments] { kontext::cli::run_recover_command(recover_arguments); });

    bool as_json = false;
    CLI::App* engines = app.add_subcommand("engines", "list the engines and their models");
    engines->add_flag("--json", as_json, "for scripts");
    engines->callback([&as_json] { kontext::cli::run_engines_command(as_json); });

    CLI::App* ledger =
        app.add_subcommand("ledger", "list what was asked for, what became of it and what it cost");
    ledger->add_flag("--json", as_json, "for scripts");
    ledger->callback([&as_json] { kontext::cli::run_ledger_command(as_json); });

    KeyArguments key_arguments;
    add_key_commands(app, key_arguments);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_usage;
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    kontext::keep_freed_memory();
    try {
        return run(argc, argv);
    } catch (const kontext::Error& error) {
        return report_error(error);
    } catch (const kontext::Cancelled&) {
        std::fputs("kontext: cancelled\n", stderr);
        return exit_cancelled;
    } catch (const std::bad_alloc&) {
        return report_error({kontext::ErrorCode::out_of_space, "There is not enough memory."});
    } catch (const std::exception& failure) {
        return report_error({kontext::ErrorCode::internal, failure.what()});
    }
}
