/* Any bytes as a study: trials or faults, never a crash. The first line may begin with --set TEXT. */
#include "study/study.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* libfyaml 0.7.12 itself loses a buffer on some malformed files. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libfyaml"; }

static void need(bool holds) {
  if (!holds) abort();
}

/* Grids of many cells take long and teach nothing. */
static bool is_large(const uint8_t *data, size_t n) {
  size_t digits = 0;
  for (size_t i = 0; i < n; i++) {
    digits = data[i] >= '0' && data[i] <= '9' ? digits + 1 : 0;
    if (digits > 3) return true;
  }
  return n > 2000;
}

static void use(const bsn_study *s) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_trial trial;
  need(s->ntrials > 0 && s->ntrials <= s->nplaces);
  need(bsn_study_trial(s, 0, &arena, &trial, &error));
  need(bsn_study_trial(s, s->ntrials - 1, &arena, &trial, &error));
  need(strlen(trial.key) == 32 && trial.cell[0] == '{');
  bsn_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  if (is_large(data, n)) return 0;
  const char *text = (const char *)data, *line = memchr(data, '\n', n), *set[1] = {NULL};
  size_t nset = line && n > 6 && !memcmp(data, "--set ", 6);
  if (nset) {
    set[0] = bsn_text_in(&arena, "%.*s", (int)(line - text - 6), text + 6);
    n -= (size_t)(line + 1 - text);
    text = line + 1;
  }
  bsn_study *s = bsn_study_read(&arena, "a.yaml", text, n, nset, set, NULL, &error);
  need((s != NULL) == (error.code == BSN_OK));
  if (s) use(s);
  bsn_arena_free(&arena);
  return 0;
}
