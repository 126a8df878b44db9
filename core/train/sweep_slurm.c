/* A sweep as an array job of Slurm. */
#include <string.h>

#include "base/fs.h"
#include "page/shell.h"
#include "train/sweep.h"

static const char head[] = "#!/bin/bash\n"
                           "# Written by 'segwork sweep --slurm': an array job, one element a run.\n"
                           "# Submit it with sbatch in the folder in which it was written. Submitted\n"
                           "# again it continues what was begun and skips what is done. An element\n"
                           "# whose time is nearly over saves its run and goes back into the queue.\n"
                           "# Adapt the next lines to your cluster.\n";

/* The signal leaves two minutes for the step under way and the checkpoint. */
static const char limits[] = "#SBATCH --ntasks=1\n"
                             "#SBATCH --cpus-per-task=4\n"
                             "#SBATCH --time=12:00:00\n"
                             "##SBATCH --gres=gpu:1\n"
                             "#SBATCH --signal=B:USR1@120\n"
                             "#SBATCH --requeue\n"
                             "#SBATCH --open-mode=append\n";

/* A signal ends bash's wait, so it waits until the run has ended, and then asks for its exit code. */
static const char tail[] = " --run \"$SLURM_ARRAY_TASK_ID\" &\n"
                           "child=$!\n"
                           "trap 'over=yes; kill \"$child\"' USR1\n"
                           "trap 'kill \"$child\"' INT TERM\n"
                           "while kill -0 \"$child\" 2>/dev/null; do wait \"$child\"; done\n"
                           "wait \"$child\"\n"
                           "code=$?\n"
                           "if [[ $code == 130 && ${over-} ]]; then scontrol requeue \"$SLURM_JOB_ID\"; fi\n"
                           "exit \"$code\"\n";

/* A word in double quotes, as in the comments that sbatch reads; a percent sign would begin a pattern. */
static void append_quoted(sw_str *out, const char *word)
{
    sw_str_append(out, "\"");
    for (const char *c = word; *c; c++) {
        if (*c == '"' || *c == '\\') sw_str_append(out, "\\");
        if (*c == '%') sw_str_append(out, "%");
        sw_str_append_bytes(out, c, 1);
    }
    sw_str_append(out, "\"");
}

sw_status sw_sweep_slurm(sw_str *out, const sw_sweep *sweep, const char *program, const char *const *sets,
                         const char *device)
{
    const char *slash = strrchr(sweep->folder, '/');
    if (strchr(sweep->folder, '\n'))
        return sw_fail(SW_E_USAGE, "--out %s: a line break can't stand in a batch script's first lines",
                       sweep->folder);
    SW_ENSURE(sw_fs_mkdirs(sweep->folder));
    sw_str_append(out, head);
    sw_str_append(out, "#SBATCH --job-name=");
    append_quoted(out, slash ? slash + 1 : sweep->folder);
    sw_str_printf(out, "\n#SBATCH --array=1-%d\n#SBATCH --output=", sweep->count);
    sw_str log = {0};
    append_quoted(&log, sweep->folder);
    sw_str_printf(out, "%.*s/slurm-%%a.log\"\n%s\n", (int)log.length - 1, sw_str_part(out, &log), limits);
    sw_str_deinit(&log);
    sw_shell_append_word(out, program);
    sw_shell_append_option(out, "sweep", sweep->experiment_path);
    for (const char *const *set = sets; *set; set++) sw_shell_append_option(out, "--set", *set);
    sw_shell_append_option(out, "--out", sweep->folder);
    if (device) sw_shell_append_option(out, "--device", device);
    sw_str_append(out, tail);
    return sw_str_status(out);
}
