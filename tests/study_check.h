/* study_check.h: study files that differ from a usual one in some lines, and what they become.
 *
 *     bsn_study *s = good(&(file){.rest = "vary: {train.batch: [1, 2]}"});
 *     get(s, 1);                                      // fills `trial`
 *     ck_assert_str_eq(value("train.batch"), "2");
 *     finish();
 *
 * One study at a time: all of it is in `arena`, and what was wrong in `error`.
 */
#ifndef STUDY_CHECK_H
#define STUDY_CHECK_H

#include "basin_check.h"
#include "study/study.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* One line for each of the first keys; NULL: the usual one; "": left out. rest begins on line 7. */
typedef struct file {
  const char *study, *data, *model, *loss, *optimizer, *train, *rest;
} file;

static const file usual = {"study: x",
                           "data: {name: spirals, train: 100, test: 50, validation: 0.2}",
                           "model: {name: mlp, hidden: [4]}",
                           "loss: cross-entropy",
                           "optimizer: {name: sgd, lr: 0.1}",
                           "train: {batch: 20, epochs: 2}",
                           ""};

static bsn_arena arena;
static bsn_error error;
static bsn_trial trial;

static inline const char *pick(const char *own, const char *other) { return own ? own : other; }

static inline const char *text_of(const file *f) {
  return bsn_text_in(&arena, "%s\n%s\n%s\n%s\n%s\n%s\n%s\n", pick(f->study, usual.study), pick(f->data, usual.data),
                     pick(f->model, usual.model), pick(f->loss, usual.loss), pick(f->optimizer, usual.optimizer),
                     pick(f->train, usual.train), pick(f->rest, usual.rest));
}

static inline bsn_study *read_with(const file *f, size_t nset, const char *const *set) {
  arena = (bsn_arena){0};
  error = (bsn_error){0};
  const char *text = text_of(f);
  return bsn_study_read(&arena, "a.yaml", text, strlen(text), nset, set, NULL, &error);
}

static inline bsn_study *good(const file *f) {
  bsn_study *s = read_with(f, 0, NULL);
  ck_assert_msg(s != NULL, "%s", error.text);
  return s;
}

static inline void finish(void) { bsn_arena_free(&arena); }

static inline const char *first_line(void) {
  error.text[strcspn(error.text, "\n")] = 0;
  return error.text;
}

static inline void get(const bsn_study *s, size_t i) {
  ck_assert_msg(bsn_study_trial(s, i, &arena, &trial, &error), "%s", error.text);
}

static inline const bsn_setting *setting(const char *path) {
  for (size_t i = 0; i < trial.settings.n; i++)
    if (!strcmp(trial.settings.item[i].path, path)) return &trial.settings.item[i];
  return NULL;
}

static inline const char *value(const char *path) { return setting(path) ? setting(path)->value : "(none)"; }

#endif
