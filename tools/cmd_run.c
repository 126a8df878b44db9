/* segwork run: train an experiment, or continue a run. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "draw/gif.h"
#include "options.h"
#include "page/json_text.h"
#include "page/shell.h"
#include "print.h"
#include "processes.h"
#include "run/folder.h"
#include "run/other_version.h"
#include "stop.h"
#include "train/dry_run.h"
#include "train/trainer.h"

static const char **sets;
static char *out, *device, *resume;
static int profile, profile_steps = 20;
static int no_tune, dry_run, json;

enum { MAX_PROFILE_STEPS = 1000 }; /* of a trace that a browser still opens */

/* What a run may be continued with otherwise than it began. */
static const char *const resumable[] = {"train.epochs", "train.max_minutes"};

static sw_status check_sets(void)
{
    for (int i = 0; sets && sets[i]; i++) {
        bool allowed = false;
        for (size_t k = 0; k < sizeof resumable / sizeof *resumable; k++) {
            const size_t length = strlen(resumable[k]);
            allowed |= strncmp(sets[i], resumable[k], length) == 0 && sets[i][length] == '=';
        }
        if (!allowed)
            return sw_fail(SW_E_USAGE,
                           "--resume continues a run as it was: of --set only train.epochs and "
                           "train.max_minutes are allowed with it, not '%.60s'",
                           sets[i]);
    }
    return SW_OK;
}

static sw_status load(sw_experiment **experiment, int argc, const char *const *argv)
{
    if (!resume) {
        if (argc != 1)
            return sw_fail(SW_E_USAGE, "takes one experiment file, got %d (see 'segwork run --help')", argc);
        return sw_experiment_load(experiment, argv[0], sets);
    }
    if (dry_run) return sw_fail(SW_E_USAGE, "--dry-run tries a new run: it cannot be used with --resume");
    if (argc > 0 || out || no_tune)
        return sw_fail(SW_E_USAGE,
                       "--resume continues a run as it was: no experiment file, --out or --no-tune with it");
    SW_ENSURE(check_sets());
    bool begun;
    SW_ENSURE(sw_run_find_file(&begun, resume, "config.yaml"));
    if (begun) return sw_run_config_load_to_resume(experiment, resume, sets);
    return sw_fail(SW_E_USAGE,
                   "%s is not the folder of a run: it has no config.yaml (a run killed before its first step "
                   "leaves such a folder: start a new one)",
                   resume);
}

static const char *plural(int count)
{
    return count == 1 ? "" : "s";
}

static sw_status try_run(const sw_experiment *experiment, const sw_trainer_options *options)
{
    sw_dry_run dry;
    SW_ENSURE(sw_dry_run_do(&dry, experiment, options));
    if (!sw_comm_leads(options->comm)) return SW_OK;
    if (json) {
        cJSON *root = cJSON_CreateObject();
        SW_JSON_ADD_NUMBERS(root, {"epochs", dry.epochs}, {"steps_per_epoch", dry.steps_per_epoch},
                            {"train_images", dry.train_images}, {"val_images", dry.val_images},
                            {"step_images", dry.step_images}, {"step_loss", dry.step_loss},
                            {"step_seconds", dry.step_s}, {"val_batch_images", dry.batch_images},
                            {"val_batch_loss", dry.batch_loss}, {"val_batch_seconds", dry.batch_s});
        return print_json(root);
    }
    printf("training         %d epoch%s of %d step%s, %d image%s an epoch\n", dry.epochs, plural(dry.epochs),
           dry.steps_per_epoch, plural(dry.steps_per_epoch), dry.train_images, plural(dry.train_images));
    printf("first step       %d image%s, loss %.4f, %.2f s with warming up\n", dry.step_images,
           plural(dry.step_images), dry.step_loss, dry.step_s);
    printf("validation       %d of %d image%s, loss %.4f, %.2f s with warming up\n", dry.batch_images,
           dry.val_images, plural(dry.val_images), dry.batch_loss, dry.batch_s);
    printf("dry run          all of it works; no run folder was made\n");
    return SW_OK;
}

static sw_status tell_command(const char *command, const char *path, const char *more)
{
    sw_str line = {0};
    sw_str_append(&line, "  ");
    sw_shell_append_word(&line, print_program);
    sw_shell_append_option(&line, command, path);
    sw_str_append(&line, more);
    const sw_status status = sw_str_status(&line);
    if (status == SW_OK) sw_log(SW_LOG_INFO, "%s", line.text);
    sw_str_deinit(&line);
    return status;
}

/* Tells what looks at the run, in commands that can be pasted. The runs of an experiment lie side by side
 * where --out did not say otherwise. */
static sw_status tell_next_steps(const sw_train_result *result)
{
    sw_status status = SW_OK;
    char *beside = out || resume ? NULL : sw_fs_dirname(result->folder);
    sw_log(SW_LOG_INFO, "Look at it:");
    SW_TRY(tell_command("report", result->folder, ""));
    if (result->grid)
        SW_TRY(tell_command("render", result->folder, sw_gif_available() ? "" : " --frames frames"));
    SW_TRY(tell_command("compare", beside ? beside : result->folder, ""));
done:
    free(beside);
    return status;
}

static sw_status print_result(const sw_train_result *result)
{
    if (json) {
        cJSON *root = cJSON_CreateObject();
        sw_json_add_text(root, "folder", result->folder);
        if (result->grid) sw_json_add_text(root, "grid", result->grid);
        return print_json(root);
    }
    printf("run folder       %s\n", result->folder);
    if (result->grid) printf("prediction grid  %s\n", result->grid);
    fflush(stdout); /* what follows goes to the other stream */
    return tell_next_steps(result);
}

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    sw_experiment *experiment = NULL;
    sw_comm *comm = NULL;
    sw_train_result result = {0};
    SW_TRY(processes_open(&comm));
    if (profile_steps < 1 || profile_steps > MAX_PROFILE_STEPS)
        SW_TRY(sw_fail(SW_E_USAGE, "--profile-steps %d: 1 to %d", profile_steps, MAX_PROFILE_STEPS));
    if (dry_run && profile)
        SW_TRY(sw_fail(SW_E_USAGE, "--dry-run makes a single step: there is nothing to profile"));
    SW_TRY(load(&experiment, argc, argv));
    if (no_tune) sw_experiment_fix_engines(experiment);
    sw_trainer_options options = {.device = device,
                                  .out = out,
                                  .resume = resume,
                                  .profile_steps = profile ? profile_steps : 0,
                                  .comm = comm,
                                  .progress = print_progress(),
                                  .stop = dry_run ? NULL : sw_stop_on_signals()};
    if (dry_run) {
        status = try_run(experiment, &options);
        result.together = status == SW_OK;
        goto done;
    }
    status = sw_train(&result, experiment, &options);
    if (result.profile && !json) printf("%s\n", result.profile);
    if (status == SW_OK && sw_comm_leads(comm)) status = print_result(&result);
done:
    status = processes_close(comm, "run", status, result.together, result.silent);
    sw_train_result_deinit(&result);
    sw_experiment_destroy(experiment);
    return status;
}

static const struct poptOption options[] = {
    OPTION_SET(sets),
    OPTION_TEXT("out", 'o', out, "DIR", "A new folder for the run (default: runs/<experiment>/<number>)"),
    OPTION_DEVICE(device),
    OPTION_FLAG("no-tune", '\0', no_tune,
                "Do not time convolution engines, and ignore earlier timings: use their fixed order"),
    OPTION_TEXT("resume", 'r', resume, "RUN", "Continue this run exactly where it was saved"),
    OPTION_FLAG("dry-run", 'n', dry_run, "Try everything once, without training and without a run folder"),
    OPTION_FLAG("profile", 'p', profile,
                "Measure where the time goes: profile.txt, profile.json and trace.json in the run folder"),
    {"profile-steps", '\0', POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT, &profile_steps, 0,
     "Steps to profile, of training and of validation, in the first epoch", "N"},
    OPTION_JSON(json),
    OPTION_QUIET,
    POPT_TABLEEND};

const sw_command sw_cmd_run = {
    .name = "run",
    .arguments = "EXPERIMENT.yaml",
    .summary = "Train an experiment, or continue a run",
    .details = "Trains the network of an experiment. Everything goes into a folder of the run:\n\n"
               "  config.yaml              the whole experiment, with every key\n"
               "  manifest.json, log.txt   device, versions, data; what was printed\n"
               "  metrics.csv and .jsonl   losses and metrics, one row per epoch\n"
               "  steps.jsonl              the training loss of every step\n"
               "  grids/epoch_NN.png       predictions for the same validation images\n"
               "  masks/, gallery/         more predictions, for render and report\n"
               "  checkpoints/             the best and the last weights (PyTorch's names)\n"
               "  events.out.tfevents.*    for TensorBoard: tensorboard --logdir runs\n\n"
               "Ctrl-C finishes the current step and saves the run. --resume continues it from\n"
               "there, or after a crash from the last complete epoch. The result has the same\n"
               "bits as a run that was never stopped. train.max_minutes stops a run in the same\n"
               "way. In both cases the exit code is 130. A run that is stopped while it still\n"
               "times convolutions has not begun, and cannot be resumed.\n\n"
               "To train longer, resume a run (also a finished one) with --set train.epochs=N.\n"
               "It goes on to the end of epoch N, with the learning rates of a run of N epochs.\n\n"
               "A loss that becomes NaN stops the run. To see whether a network can learn at\n"
               "all, let it overfit two batches with --set train.overfit_batches=2.\n\n"
               "--dry-run trains nothing: it checks the experiment, opens device and data,\n"
               "allocates the memory, and tries one training step and one validation batch.\n\n"
               "--profile measures every kernel of the first steps, per layer and pass, and the\n"
               "work of the host during the whole run. Open trace.json in chrome://tracing or\n"
               "in Perfetto.\n\n"
               "On a new device the first run times the convolution engines: about 20 s, plus\n"
               "the time to compile kernels (see 'segwork tune'). config.yaml records the\n"
               "choice, so 'segwork run RUN/config.yaml' computes the same bits.\n\n"
               "Examples:\n"
               "  segwork run experiments/segnet_baseline.yaml --dry-run\n"
               "  segwork run experiments/segnet_baseline.yaml\n"
               "  segwork run experiments/segnet_small.yaml --set train.epochs=3 \\\n"
               "      --set optimizer.lr=5e-4\n"
               "  segwork run --resume runs/segnet_small/001\n"
               "  segwork run --resume runs/segnet_small/001 --set train.epochs=60",
    .options = options,
    .run = run,
};
