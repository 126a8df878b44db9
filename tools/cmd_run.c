/* segwork run: train an experiment, or continue a run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "run/folder.h"
#include "run/other_version.h"
#include "stop.h"
#include "train/dry_run.h"
#include "train/trainer.h"

static const char **sets;
static char *out, *device, *resume;
static int profile, profile_steps = 20;
static int no_tune, dry_run;

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
    printf("training         %d epoch%s of %d step%s, %d image%s an epoch\n", dry.epochs, plural(dry.epochs),
           dry.steps_per_epoch, plural(dry.steps_per_epoch), dry.train_images, plural(dry.train_images));
    printf("first step       %d image%s, loss %.4f, %.2f s with warming up\n", dry.step_images,
           plural(dry.step_images), dry.step_loss, dry.step_s);
    printf("validation       %d of %d image%s, loss %.4f, %.2f s with warming up\n", dry.batch_images,
           dry.val_images, plural(dry.val_images), dry.batch_loss, dry.batch_s);
    printf("dry run          all of it works; no run folder was made\n");
    return SW_OK;
}

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    sw_experiment *experiment = NULL;
    sw_train_result result = {0};
    if (profile_steps < 1 || profile_steps > MAX_PROFILE_STEPS)
        return sw_fail(SW_E_USAGE, "--profile-steps %d: 1 to %d", profile_steps, MAX_PROFILE_STEPS);
    if (dry_run && profile)
        return sw_fail(SW_E_USAGE, "--dry-run makes a single step: there is nothing to profile");
    SW_TRY(load(&experiment, argc, argv));
    if (no_tune) sw_experiment_fix_engines(experiment);
    sw_trainer_options options = {.device = device,
                                  .out = out,
                                  .resume = resume,
                                  .profile_steps = profile ? profile_steps : 0,
                                  .progress = sw_progress_output_to(stderr),
                                  .stop = dry_run ? NULL : sw_stop_on_signals()};
    if (dry_run) {
        status = try_run(experiment, &options);
        goto done;
    }
    status = sw_train(&result, experiment, &options);
    if (result.profile) printf("%s\n", result.profile);
    if (status != SW_OK) goto done;
    printf("run folder       %s\n", result.folder);
    if (result.grid) printf("prediction grid  %s\n", result.grid);
done:
    sw_train_result_deinit(&result);
    sw_experiment_destroy(experiment);
    return status;
}

static const struct poptOption options[] = {
    OPTION_SET(sets),
    OPTION_TEXT("out", 'o', out, "DIR", "New folder for the run (default: runs/<experiment>/<number>)"),
    OPTION_DEVICE(device),
    OPTION_FLAG("no-tune", '\0', no_tune,
                "Use the fixed order of convolution engines: time nothing, use no earlier choice"),
    OPTION_TEXT("resume", 'r', resume, "RUN",
                "Continue this run exactly where it was saved (--set train.epochs=N: to epoch N)"),
    OPTION_FLAG("dry-run", 'n', dry_run, "Try everything but the training; make no run folder"),
    OPTION_FLAG("profile", 'p', profile,
                "Show where the time goes: profile.txt, profile.json, trace.json in the run folder"),
    {"profile-steps", '\0', POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT, &profile_steps, 0,
     "Training and validation steps of the first epoch to profile", "N"},
    POPT_TABLEEND};

const sw_command sw_cmd_run = {
    .name = "run",
    .arguments = "EXPERIMENT.yaml",
    .summary = "Train an experiment, or continue a run",
    .details = "Trains the experiment's network and writes everything into a folder of its own:\n"
               "config.yaml (every key), manifest.json, steps.jsonl, metrics.jsonl, metrics.csv,\n"
               "log.txt, grids/epoch_NN.png (predictions for the same validation images after\n"
               "every epoch), masks/ (the same for 'segwork render'), checkpoints/\n"
               "{last,best}.safetensors (PyTorch's names) and event files for TensorBoard\n"
               "(tensorboard --logdir runs).\n\n"
               "Ctrl-C finishes the step and saves. --resume continues from there, or after a\n"
               "crash from the last complete epoch, and ends with the same bits. A run that\n"
               "train.max_minutes stopped is saved in the same way; both exit with 130. A run\n"
               "stopped while convolutions are timed has not begun and cannot be resumed.\n"
               "With --set train.epochs=N a run, also one that is done, goes on to the end of\n"
               "epoch N, its learning rate as that number says.\n\n"
               "--dry-run checks the experiment, opens device and data, allocates the memory,\n"
               "makes one step and validates one batch.\n\n"
               "--profile times every kernel of the first steps by layer and pass, and the work\n"
               "of the host over the whole run. trace.json is for chrome://tracing or Perfetto.\n\n"
               "The first run on a device times the convolution engines (about 20 s and the time\n"
               "to build the kernels; see 'segwork tune'). config.yaml names those chosen, so\n"
               "that 'segwork run RUN/config.yaml' computes the same bits.\n\n"
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
