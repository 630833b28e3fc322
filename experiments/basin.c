/* basin: the program. A table of subcommands, each a few lines of glue between the layers. */
#include "base/value.h"
#include "num/kernels.h"
#include "report/export.h"
#include "store/store.h"
#include "study/runner.h"
#include <stdio.h>
#include <string.h>

static int finish(const bsn_error *error) {
  if (error->code) fprintf(stderr, "%s%s\n", error->code == BSN_BAD_INPUT ? "" : "basin: ", error->text);
  return (int)error->code;
}

static bool run_trials(const bsn_study *study, bsn_sink *sink, bsn_error *error) {
  bsn_run run = {.study = study, .sink = sink, .ntrials = study->ntrials};
  return bsn_run_study(&run, error);
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
