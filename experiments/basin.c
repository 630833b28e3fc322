/* basin: the program. A table of commands, each a few lines of glue between the layers. */
#include "num/kernels.h"
#include "program.h"
#include <errno.h>
#include <fcntl.h>
#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
static const command commands[] = {
    {"run",     "Run the trials of a study that are missing; again: go on with it.", cmd_run},
    {"show",    "Print results with intervals and comparisons.", cmd_show},
    {"plot",    "Draw charts of a study.", cmd_plot},
    {"verify",  "Compare results with the published numbers in the studies' files.", cmd_verify},
    {"predict", "Say what a stored model makes of new inputs.", cmd_predict},
    {"export",  "Write everything that was recorded as JSON or CSV.", cmd_export},
    {"sql",     "Answer an SQL query on a study.", cmd_sql},
    {"list",    "List what an experiment file can name.", cmd_list},
    {"explain", "Tell all about one of these names: parameters, formula, source.", cmd_explain},
    {"bench",   "Measure how fast this machine trains.", cmd_bench},
    {0}};
// clang-format on

const char *argp_program_version = "basin " BASIN_VERSION " (" BSN_PRECISION ")";

/* What stands below the options in --help: the commands. */
static char *list_commands(int key, const char *text, void *input) {
  (void)input;
  if (key != ARGP_KEY_HELP_POST_DOC) return (char *)(uintptr_t)text;
  bsn_out out = {0};
  bsn_out_add(&out, "Commands:\n");
  for (const command *c = commands; c->name; c++) bsn_out_add(&out, "  %-9s %s\n", c->name, c->doc);
  bsn_out_add(&out, "\n`basin COMMAND --help' tells more about one.");
  char *copy = out.text ? strdup(out.text) : NULL;
  bsn_out_free(&out);
  return copy;
}

typedef struct line {
  int at; /* of the command in argv */
} line;

static error_t parse(int key, char *arg, struct argp_state *state) {
  line *l = state->input;
  if (key == ARGP_KEY_NO_ARGS) {
    argp_usage(state);
    return EINVAL;
  }
  if (key != ARGP_KEY_ARG) return ARGP_ERR_UNKNOWN;
  (void)arg;
  l->at = state->next - 1;
  state->next = state->argc;
  return 0;
}

static int unknown(const char *word) {
  const char *names[sizeof commands / sizeof *commands];
  size_t n = 0;
  for (const command *c = commands; c->name; c++) names[n++] = c->name;
  const char *near = bsn_nearest(word, n, names);
  fprintf(stderr, "basin: no command '%s'%s%s%s\n", word, near ? ": did you mean '" : "; see basin --help",
          near ? near : "", near ? "'?" : "");
  return BSN_USAGE;
}

static int start(const command *c, int argc, char **argv) {
  bsn_arena arena = {0};
  char *name = bsn_text_in(&arena, "basin %s", c->name);
  if (!name) return BSN_NO_MEMORY;
  argv[0] = name;
  int code = c->run(argc, argv);
  bsn_arena_free(&arena);
  return code;
}

/* Who is started without standard input or output must not have the next file that is opened stand in for it. */
static void hold_standard_files(void) {
  for (int fd = 0; fd < 3; fd++)
    if (fcntl(fd, F_GETFD) < 0) open("/dev/null", O_RDWR);
}

/* What may be asked for in the environment changes no result, but a slip would go unnoticed. */
static bool environment_fits(void) {
  const char *kernels = getenv("BASIN_KERNELS"), *tile = getenv("BASIN_TILE");
  if (kernels && !bsn_kernels_named(kernels))
    return fprintf(stderr,
                   "basin: BASIN_KERNELS: this machine has no '%s': v4, v3 or baseline, as its processor allows\n",
                   kernels),
           false;
  if (tile && (strspn(tile, "0123456789") != strlen(tile) || !strtoul(tile, NULL, 10)))
    return fprintf(stderr, "basin: BASIN_TILE: '%s' is not a number of rows\n", tile), false;
  return true;
}

int main(int argc, char **argv) {
  const struct argp argp = {
      .parser = parse,
      .args_doc = "COMMAND ..",
      .doc =
          "Experiments with optimizers and generalization that give the same bits tomorrow. A "
          "study is a YAML file; each combination of the settings that it varies is a cell, and "
          "each seed (replicate) of a cell a trial. `basin run experiments/lecture/regression.yaml' "
          "is a beginning, then `basin show regression'.\v ",
      .children = help_child,
      .help_filter = list_commands};
  line l = {0};
  hold_standard_files();
  argv[0] = program_invocation_short_name;
  argp_err_exit_status = BSN_USAGE;
  gsl_set_error_handler_off();
  bsn_flush_denormals();
  if (!environment_fits()) return BSN_USAGE;
  if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &l)) return BSN_USAGE;
  for (const command *c = commands; c->name; c++)
    if (!strcmp(c->name, argv[l.at])) return start(c, argc - l.at, argv + l.at);
  return unknown(argv[l.at]);
}
