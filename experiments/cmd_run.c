/* run: do what is missing of a study. */
#include "plan.h"
#include "base/clock.h"
#include "progress.h"
#include "learn/stack.h"
#include "study/runner.h"
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct options {
  bsn_arena arena;
  const char *file, *out;
  word_list set, only;
  size_t jobs, stack;
  double time, began; /* seconds given; the clock at the start */
  bool dry, fail_fast, quiet, no_charts;
  char **argv; /* as it was, for another process that does the same */
} options;

/* ---- the command line ---- */
enum { SET = OPTION_OUT + 1, ONLY, TIME, DRY, FAIL_FAST, NO_CHARTS, STACK };

/* "90", "90s", "10m", "1h30m": seconds; 0: not a time. */
static double read_time(const char *text) {
  double sum = 0;
  while (*text) {
    char *end;
    double x = strtod(text, &end);
    double unit = *end == 'h' ? 3600 : *end == 'm' ? 60 : *end == 's' || !*end ? 1 : 0;
    if (end == text || !(x > 0 && x < 1e9) || !unit) return 0;
    sum += x * unit;
    text = end + (*end != 0);
  }
  return sum;
}

static const option_field fields[] = {
    {OPTION_OUT, OPTION_TEXT, offsetof(options, out)},      {DRY, OPTION_FLAG, offsetof(options, dry)},
    {FAIL_FAST, OPTION_FLAG, offsetof(options, fail_fast)}, {NO_CHARTS, OPTION_FLAG, offsetof(options, no_charts)},
    {'q', OPTION_FLAG, offsetof(options, quiet)},           {SET, OPTION_WORDS, offsetof(options, set)},
    {ONLY, OPTION_WORDS, offsetof(options, only)},          {0}};

static error_t parse(int key, char *arg, struct argp_state *state) {
  options *o = state->input;
  if (key == ONLY && !strchr(arg, '=')) argp_error(state, "--only: '%s' is not path=value", arg);
  error_t taken = take_option(fields, key, arg, o, &o->arena);
  if (taken != ARGP_ERR_UNKNOWN) return taken;
  switch (key) {
  case 'j':
    o->jobs = count_of("jobs", arg, MOST_JOBS, state);
    return 0;
  case STACK:
    o->stack = count_of("stack", arg, BSN_STACK_MOST, state);
    return 0;
  case TIME:
    if (!(o->time = read_time(arg))) argp_error(state, "--time: '%s' is no time: 90s, 10m, 1h30m", arg);
    return 0;
  case ARGP_KEY_ARG:
    if (o->file) argp_error(state, "'%s': one file or folder at a time", arg);
    o->file = arg;
    return 0;
  case ARGP_KEY_NO_ARGS:
    argp_error(state, "which file?");
    return EINVAL;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

/* ---- other processes of ours ---- */
/* Standard input was read: the other program gets it as a file in memory. */
static bool hand_over_input(const char *text) {
  int fd = memfd_create("study", 0);
  size_t n = strlen(text);
  return fd >= 0 && write(fd, text, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0 && dup2(fd, 0) == 0;
}

/* Become the program of the study's precision; returns only on failure. */
static bool run_elsewhere(options *o, const bsn_study *study, bsn_error *error) {
  if (!strcmp(o->file, "-") && !hand_over_input(study->text)) return bsn_fail(error, BSN_IO, "%s", strerror(errno));
  return become(&o->arena, study->precision, o->argv, error);
}

/* ---- one study ---- */
static const char *factors_text(bsn_arena *arena, const bsn_study *s) {
  const char *text = "";
  for (size_t g = 0; g < s->vary.ngrids; g++)
    for (size_t f = 0; f < s->vary.grid[g].nfactors && text; f++) {
      const char *item = bsn_text_in(arena, "\"%s\"", s->vary.grid[g].factor[f].path);
      if (item && !strstr(text, item)) text = bsn_text_in(arena, "%s%s%s", text, *text ? ", " : "", item);
    }
  return text ? bsn_text_in(arena, "[%s]", text) : NULL;
}

/* What the store knows of the study itself. */
static bool note_facts(bsn_store *store, const bsn_study *s, bsn_arena *arena, bsn_error *error) {
  const bsn_fact facts[] = {{"study", s->name},
                            {"about", s->about},
                            {"source", s->source_text},
                            {"file", s->text},
                            {"trials", bsn_text_in(arena, "%zu", s->nplaces)},
                            {"replicates", bsn_text_in(arena, "%zu", s->nreplicates)},
                            {"factors", factors_text(arena, s)},
                            {"precision", s->precision},
                            {"version", BASIN_VERSION}};
  return bsn_store_note_all(store, sizeof facts / sizeof *facts, facts, error);
}

/* Bring cells and places of stored trials up to date, a stretch at a time. */
static bool arrange(bsn_store *store, const bsn_study *s, bsn_error *error) {
  enum { STRETCH = 256 };
  bool ok = true;
  for (size_t i = 0; ok && i < s->ntrials; i += STRETCH) {
    bsn_arena arena = {0};
    bsn_place place[STRETCH];
    size_t n = s->ntrials - i < STRETCH ? s->ntrials - i : STRETCH;
    for (size_t k = 0; ok && k < n; k++) {
      bsn_trial t;
      ok = bsn_study_trial(s, i + k, &arena, &t, error);
      const char *key = ok ? bsn_text_in(&arena, "%s", t.key) : NULL;
      place[k] = (bsn_place){key, t.cell, t.replicate, t.place};
      if (ok && !key) ok = bsn_no_memory(error);
    }
    ok = ok && bsn_store_arrange(store, place, n, error);
    bsn_arena_free(&arena);
  }
  return ok;
}

/* What another run's workers still hold just after it was killed is free in a moment. */
static bool lock(bsn_store *store, bsn_error *error) {
  for (int patience = 5;; patience--) {
    *error = (bsn_error){0};
    if (bsn_store_lock(store, error)) return true;
    if (error->code != BSN_HELD || !patience) return false;
    usleep(100000);
  }
}

static void print_outcomes(const options *o, const bsn_study *s, bsn_store *store, const progress *seen) {
  size_t n = 0;
  if (o->quiet) return;
  for (size_t i = 0; i <= BSN_TRIAL_FAILED; i++) n += seen->outcome[i];
  printf("%s: %zu trial%s done", s->name, n, n == 1 ? "" : "s");
  const char *comma = ": ";
  for (size_t i = 0; i <= BSN_TRIAL_FAILED; i++) {
    if (!seen->outcome[i]) continue;
    printf("%s%zu %s", comma, seen->outcome[i], bsn_outcome_name((bsn_outcome)i));
    comma = ", ";
  }
  if (seen->before) printf("; %zu %s there already", seen->before, seen->before == 1 ? "was" : "were");
  printf("\n%s/study.db\n", bsn_store_folder(store));
  fflush(stdout);
}

static bool say_paused(const bsn_study *s, const plan *p, const bsn_run *run, bsn_error *error) {
  bsn_error why = *error;
  if (why.code != BSN_PAUSED) return false;
  *error = (bsn_error){0};
  return bsn_fail(error, BSN_PAUSED, "%s is paused (%s), %zu of %zu trials done; the same command goes on", s->name,
                  why.text, p->ndone + run->state.skipped + run->state.done, p->trials);
}

/* Run what is missing of the trials that are known. */
static bool run_round(options *o, const bsn_study *s, bsn_store *store, const plan *p, progress *seen, size_t *failed,
                      bsn_error *error) {
  bsn_run run = {.study = s,
                 .sink = bsn_store_sink(store),
                 .ntrials = p->nmissing,
                 .trial = p->missing,
                 .jobs = o->jobs,
                 .stack = o->stack,
                 .time = o->time > 0 ? fmax(1e-3, o->time - (bsn_seconds() - o->began)) : 0,
                 .fail_fast = o->fail_fast,
                 .context = seen,
                 .tell = progress_tell,
                 .ended = progress_ended};
  bool ok = !p->nmissing || bsn_run_study(&run, error);
  *failed += run.state.failed;
  return ok || say_paused(s, p, &run, error);
}

/* Rounds: what depends on results (the report trials of `tune`) is known when those are there. */
static bool run_rounds(options *o, bsn_study *s, bsn_store *store, plan *p, progress *seen, size_t *failed,
                       bsn_error *error) {
  do {
    BSN_TRY(plan_make(p, s, bsn_store_sink(store), o->only.n, o->only.item, &o->arena, error));
    BSN_TRY(arrange(store, s, error));
    progress_go_on(seen, p->ndone);
    BSN_TRY(run_round(o, s, store, p, seen, failed, error));
  } while (bsn_study_more(s, bsn_store_sink(store), error));
  return !error->code;
}

static bool run_stored(options *o, bsn_study *s, bsn_store *store, bsn_error *error) {
  plan p;
  progress seen;
  size_t failed = 0;
  o->began = bsn_seconds();
  BSN_TRY(lock(store, error) && add_aggregates(store, error) && note_facts(store, s, &o->arena, error));
  bsn_store_sweep(store, "checkpoints");
  progress_start(&seen, o->quiet);
  bool ok = run_rounds(o, s, store, &p, &seen, &failed, error);
  progress_stop(&seen);
  if (!ok) return false;
  print_outcomes(o, s, store, &seen);
  if (s->charts.n && !o->no_charts) ok = draw_charts(store, &o->arena, &s->charts, "png", !o->quiet, error);
  if (ok && failed) ok = bsn_fail(error, BSN_FAILED, "%zu trial%s failed", failed, failed == 1 ? "" : "s");
  return ok;
}

/* What stored tuning has chosen is known. */
static bool know_all(bsn_study *s, bsn_sink *sink, bsn_error *error) {
  while (bsn_study_more(s, sink, error)) continue;
  return !error->code;
}

/* Changes nothing, so there may be no results yet. */
static bool dry_run(options *o, bsn_study *s, const char *folder, bsn_error *error) {
  plan p;
  bool there = access(bsn_text_in(&o->arena, "%s/study.db", folder), F_OK) == 0;
  bsn_store *store = there ? bsn_store_open(folder, BSN_STORE_READ, error) : NULL;
  bool ok = !there || store;
  ok = ok && (!store || know_all(s, bsn_store_sink(store), error));
  ok = ok && plan_make(&p, s, store ? bsn_store_sink(store) : NULL, o->only.n, o->only.item, &o->arena, error);
  ok = ok && plan_print(&p, s, store, o->jobs ? o->jobs : bsn_cores(), stdout, error);
  bsn_store_close(store);
  return ok;
}

static bool run_study(options *o, bsn_error *error) {
  bsn_study *s = read_study(&o->arena, o->file, o->set.n, o->set.item, error);
  if (!s) return false;
  if (strcmp(s->precision, BSN_PRECISION)) return run_elsewhere(o, s, error);
  BSN_TRY(check_charts(&o->arena, &s->charts, error));
  const char *folder = bsn_text_in(&o->arena, "%s/%s", o->out, s->name);
  if (!folder) return bsn_no_memory(error);
  if (o->dry) return dry_run(o, s, folder, error);
  BSN_TRY(bsn_study_check_data(s, error));
  bsn_store *store = bsn_store_open(folder, BSN_STORE_WRITE, error);
  bool ok = store && run_stored(o, s, store, error);
  bsn_store_close(store);
  return ok;
}

/* ---- a folder of studies ---- */
static int is_study(const struct dirent *e) { return is_yaml(e->d_name); }

/* The same command for one file. */
static int run_file(options *o, const char *path) {
  char **word = o->argv;
  while (*word != o->file) word++;
  *word = (char *)(uintptr_t)path;
  int code = run_self(o->argv);
  *word = (char *)(uintptr_t)o->file;
  return code;
}

/* One after the other; a pause ends it all, a failure does not. The first failure is the exit code. */
static int run_folder(options *o) {
  struct dirent **list;
  int n = scandir(o->file, &list, is_study, alphasort), code = 0;
  bsn_error error = {0};
  for (int i = 0; i < n; i++) {
    const char *path = bsn_text_in(&o->arena, "%s/%s", o->file, list[i]->d_name);
    int one = code == BSN_PAUSED ? 0 : path ? run_file(o, path) : BSN_NO_MEMORY;
    if (one == BSN_PAUSED || !code) code = one;
    free(list[i]);
  }
  if (n >= 0) free(list);
  if (n <= 0) bsn_fail(&error, BSN_BAD_INPUT, "%s: there is no study (*.yaml) in this folder", o->file);
  return n > 0 ? code : finish(&error);
}

int cmd_run(int argc, char **argv) {
  static const struct argp_option list[] = {
      {"set", SET, "PATH=VALUE", 0, "Change a setting of the file, as --set train.epochs=5; may be given several times",
       0},
      {"jobs", 'j', "N", 0, "Worker processes (default: the cores that may be used)", 0},
      {"stack", STACK, "N", 0,
       "Train up to N small models that see the same batches as one (1: none; default: where that is faster). Changes "
       "no result",
       0},
      {"only", ONLY, "PATH=VALUE", 0, "Only trials with this setting, as --only replicate=0; of several, with all", 0},
      {"time", TIME, "T", 0, "Pause after this time: 90s, 10m, 1h30m; the same command goes on", 0},
      {"dry-run", DRY, NULL, 0, "Run nothing: print what there is to do, its cost and the time that it will take", 0},
      {"fail-fast", FAIL_FAST, NULL, 0, "Stop at the first trial that fails", 0},
      {"no-charts", NO_CHARTS, NULL, 0, "Draw no charts in the end", 0},
      {"quiet", 'q', NULL, 0, "Print nothing but errors", 0},
      {"out", OPTION_OUT, "DIR", 0, "Where results go (default: results)", 0},
      {0}};
  const struct argp argp = {
      .options = list,
      .parser = parse,
      .args_doc = "FILE|DIR|-",
      .doc =
          "Run the trials of a study that are not stored yet, and draw its charts. FILE is the study, DIR a folder of "
          "studies, - standard input. Whatever stops it, the same command goes on from there.\v"
          "A trial that is longer than a finished one and like it in all else goes on from where that one ended, to "
          "the bits of one training in one go. It begins anew if the finished one took less than 10 ms, or if anything "
          "depends on the length: a schedule, or moments that are spread over the whole run. --dry-run says which go "
          "on.",
      .children = help_child};
  options o = {.out = "results"};
  bsn_error error = {0};
  struct stat it;
  if (!(o.argv = whole_argv(&o.arena, argc, argv, "run"))) return BSN_NO_MEMORY;
  if (argp_parse(&argp, argc, argv, 0, NULL, &o)) return BSN_USAGE;
  bool folder = stat(o.file, &it) == 0 && S_ISDIR(it.st_mode);
  if (!folder) run_study(&o, &error);
  int code = folder ? run_folder(&o) : finish(&error);
  bsn_arena_free(&o.arena);
  return code;
}
