/* basin: the program. A table of subcommands, each a few lines of glue between the layers. */
#include "base/value.h"
#include "num/kernels.h"
#include "report/export.h"
#include "store/store.h"
#include "study/work.h"
#include <stdio.h>
#include <string.h>

static int finish(const bsn_error *error) {
  if (error->code) fprintf(stderr, "%s%s\n", error->code == BSN_BAD_INPUT ? "" : "basin: ", error->text);
  return (int)error->code;
}

static bool run_trial(bsn_work *work, const bsn_trial *trial, bsn_arena *arena, bsn_error *error) {
  size_t n, units = bsn_work_units(trial), *unit = bsn_alloc_in(arena, units * sizeof *unit);
  bool *tried = bsn_alloc_in(arena, units);
  if (!unit || !tried) return bsn_no_memory(error);
  while ((n = bsn_work_missing(trial, work->sink, tried, unit))) {
    for (size_t i = 0; i < n; i++) {
      tried[unit[i]] = true;
      if (!bsn_work_open(work, trial, error) || !bsn_work_run(work, unit[i], error)) return false;
    }
  }
  return true;
}

static bool run_trials(const bsn_study *study, bsn_sink *sink, bsn_error *error) {
  bsn_work work = {.sink = sink};
  bool ok = true;
  for (size_t i = 0; ok && i < study->ntrials; i++) {
    bsn_arena arena = {0};
    bsn_trial trial;
    ok = bsn_study_trial(study, i, &arena, &trial, error);
    ok = ok && run_trial(&work, &trial, &arena, error);
    bsn_arena_free(&arena);
  }
  bsn_work_close(&work);
  return ok;
}

static int run(int argc, char **argv) {
  bsn_error error = {0};
  bsn_arena arena = {0};
  char *text;
  size_t length;
  bsn_study *study = NULL;
  bsn_store *store = NULL;
  if (argc < 3) return 64;
  if (bsn_file_read(&arena, argv[2], &text, &length, &error))
    study = bsn_study_read(&arena, argv[2], text, length, 0, NULL, NULL, &error);
  if (study) store = bsn_store_open(bsn_text_in(&arena, "results/%s", study->name), BSN_STORE_WRITE, &error);
  if (store && bsn_store_lock(store, &error)) run_trials(study, bsn_store_sink(store), &error);
  bsn_store_close(store);
  bsn_arena_free(&arena);
  return finish(&error);
}

int main(int argc, char **argv) {
  bsn_flush_denormals();
  if (argc > 1 && !strcmp(argv[1], "run")) return run(argc, argv);
  fprintf(stderr, "usage: basin run FILE\n");
  return 64;
}
