/* fit_check.h: a trial of a study's text, ready to be fitted, for tests of learn/ and study/.
 *
 *     bench b;
 *     bench_open(&b, SINE "optimizer: adam\ntrain: {epochs: 2}\n");
 *     bench_fit(&b);                              // b.fit.w, b.fit.record
 *     bench_close(&b);
 */
#ifndef FIT_CHECK_H
#define FIT_CHECK_H

#include "basin_check.h"
#include "learn/ensemble.h"
#include "study/work.h"

/* 40 rows of a sine, 10 of them for validation, and a small net. */
#define SINE                                                           \
  "study: x\ndata: {name: sine, rows: 40, test: 12, validation: 10}\n" \
  "model: {name: mlp, hidden: [5], activation: tanh}\nloss: mse\n"

#define OK(call) ck_assert_msg(call, "%s", b->error.text)

typedef struct bench {
  bsn_arena arena;
  bsn_error error;
  bsn_study *study;
  bsn_trial trial;
  bsn_work work;
  bsn_fit_rows rows;
  bsn_fit fit;
} bench;

static inline void bench_open(bench *b, const char *text) {
  *b = (bench){.work = {.sink = NULL}};
  b->study = bsn_study_read(&b->arena, "-", text, strlen(text), 0, NULL, NULL, &b->error);
  ck_assert_msg(b->study, "%s", b->error.text);
  OK(bsn_study_trial(b->study, 0, &b->arena, &b->trial, &b->error));
  b->work.sink = bsn_memory_sink_in(&b->arena);
  OK(bsn_work_open(&b->work, &b->trial, &b->error));
  b->rows = (bsn_fit_rows){.train = b->work.train, .validation = b->work.validation};
  if (!b->trial.data.row) return; /* a surface */
  OK(bsn_transform_fit(&b->rows.transform, b->trial.data_options.scale, &b->rows.train, &b->arena, &b->error));
}

static inline void bench_close(bench *b) {
  bsn_work_close(&b->work);
  bsn_arena_free(&b->arena);
}

/* The trial's record, made as a runner does; for any study of one unit, one without rows too. */
static inline bsn_record bench_run(bench *b, const char *text) {
  bsn_record r;
  *b = (bench){.work = {.sink = NULL}};
  b->study = bsn_study_read(&b->arena, "-", text, strlen(text), 0, NULL, NULL, &b->error);
  ck_assert_msg(b->study, "%s", b->error.text);
  OK(bsn_study_check_data(b->study, &b->error));
  OK(bsn_study_trial(b->study, 0, &b->arena, &b->trial, &b->error));
  b->work.sink = bsn_memory_sink_in(&b->arena);
  OK(bsn_work_open(&b->work, &b->trial, &b->error) && bsn_work_run(&b->work, 0, &b->error));
  ck_assert_msg(b->work.sink->get(b->work.sink, b->trial.key, &b->arena, &r, &b->error), "no record");
  return r;
}

/* Make the fit (watchers may be set before), and do steps of it: all when steps is negative. */
static inline void bench_init(bench *b) { OK(bsn_fit_init(&b->fit, &b->trial.fit, &b->rows, &b->arena, &b->error)); }

static inline void bench_steps(bench *b, int64_t steps) {
  for (int64_t i = 0; i != steps && b->fit.record.outcome == BSN_UNDONE; i++) OK(bsn_fit_step(&b->fit, &b->error));
}

static inline void bench_fit(bench *b) {
  bench_init(b);
  bench_steps(b, -1);
}

/* The first difference of two records, for messages. */
static inline const char *difference(const bsn_record *a, const bsn_record *b) {
  static char text[300];
  snprintf(text, sizeof text,
           "outcome %d %d step %d %d, grads %g %g, products %g %g, %d and %d metrics, %d and %d arrays", a->outcome,
           b->outcome, (int)a->outcome_step, (int)b->outcome_step, a->grads, b->grads, a->products, b->products,
           (int)a->nmetrics, (int)b->nmetrics, (int)a->narrays, (int)b->narrays);
  for (size_t i = 0; i < a->nmetrics && i < b->nmetrics; i++) {
    const bsn_metric *m = &a->metric[i], *n = &b->metric[i];
    if (m->step == n->step && !strcmp(m->name, n->name) && !memcmp(&m->value, &n->value, sizeof m->value)) continue;
    snprintf(text, sizeof text, "metric %d: %s at %d is %.17g, or %s at %d is %.17g", (int)i, m->name, (int)m->step,
             m->value, n->name, (int)n->step, n->value);
    break;
  }
  return text;
}

/* Are metrics, arrays, outcome and costs of two records the same bits? */
static inline bool same_record(const bsn_record *a, const bsn_record *b) {
  bool same = a->outcome == b->outcome && a->outcome_step == b->outcome_step && a->grads == b->grads &&
              a->products == b->products && a->nmetrics == b->nmetrics && a->narrays == b->narrays;
  for (size_t i = 0; same && i < a->nmetrics; i++) {
    const bsn_metric *m = &a->metric[i], *n = &b->metric[i];
    same = m->step == n->step && !strcmp(m->name, n->name) && !memcmp(&m->value, &n->value, sizeof m->value);
  }
  for (size_t i = 0; same && i < a->narrays; i++) {
    const bsn_array *m = &a->array[i], *n = &b->array[i];
    size_t size = bsn_dtype_size(m->dtype);
    for (int k = 0; k < m->axes; k++) size *= (size_t)m->shape[k];
    same = !strcmp(m->name, n->name) && m->step == n->step && !memcmp(m->data, n->data, size);
  }
  return same;
}

static inline bool same_weights(const bsn_fit *a, const bsn_fit *b) {
  return a->net.n == b->net.n && !memcmp(a->w, b->w, a->net.n * sizeof *a->w);
}

#endif
