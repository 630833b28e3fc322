/* Units of a trial: probes beside the fit, from saved weights or by training again; members of ensembles; pauses anywhere. */
#include "fit_check.h"
#include "model/weights.h"
#include "study/runner.h"
#include <unistd.h>

#define FIT SINE "optimizer: {name: adam, lr: 0.05}\ntrain: {batch: 6, epochs: 4}\n"
#define STOP                                                                                                 \
  SINE "seeds: [2]\noptimizer: {name: adam, lr: 0.2}\ntrain: {batch: 10, steps: 300}\neval: {when: every 3 " \
       "steps}\nregularise: [{name: early-stopping, patience: 3}]\n"
#define PROBES                                                                             \
  "probes:\n - {name: gradient-norm, when: every 3 steps}\n - {name: hessian-top, k: 2}\n" \
  " - {name: hessian-top, k: 1, kind: gauss-newton, when: log 4 points}\n - {name: gradient-norm, when: epoch}\n"

/* ---- running ---- */
static bsn_pause never(void *context, int64_t step, int64_t steps) {
  (void)context, (void)step, (void)steps;
  return BSN_GO_ON;
}

/* Pauses after the first step, each time that it is begun anew. */
static bsn_pause always(void *context, int64_t step, int64_t steps) {
  (void)step, (void)steps;
  ++*(int *)context;
  return BSN_PAUSE;
}

/* All units of the trial, as a runner does them; the number of pauses. */
static int run_all(bench *b, bool pausing) {
  size_t n, all = bsn_work_units(&b->trial), *unit = bsn_alloc_in(&b->arena, all * sizeof *unit);
  bool *tried = bsn_alloc_in(&b->arena, all);
  int pauses = 0;
  b->work.ask = pausing ? always : never;
  b->work.context = &pauses;
  while ((n = bsn_work_missing(&b->trial, b->work.sink, tried, unit)))
    for (size_t i = n; i-- > 0;) { /* in whatever order */
      tried[unit[i]] = true;
      for (bool done = false; !done;) {
        b->error = (bsn_error){0};
        OK(bsn_work_open(&b->work, &b->trial, &b->error));
        done = bsn_work_run(&b->work, unit[i], &b->error);
        ck_assert_msg(done || (pausing && b->error.code == BSN_PAUSED), "%s", b->error.text);
      }
    }
  return pauses;
}

/* A study of this text; the sink of `from` unless NULL. */
static void open_text(bench *b, const char *text, const bench *from) {
  bench_open(b, text);
  if (from) b->work.sink = from->work.sink;
}

static bsn_record record_of(bench *b, const char *key) {
  bsn_record r;
  ck_assert_msg(b->work.sink->get(b->work.sink, key, &b->arena, &r, &b->error), "no record");
  return r;
}

static void same_probes(bench *a, bench *b) {
  ck_assert_uint_eq(a->trial.nprobes, b->trial.nprobes);
  for (size_t i = 0; i < a->trial.nprobes; i++) {
    bsn_record x = record_of(a, a->trial.probe[i].key), y = record_of(b, b->trial.probe[i].key);
    ck_assert_msg(same_record(&x, &y), "probe %d: %s", (int)i, difference(&x, &y));
    ck_assert(!strcmp(x.kind, "probe") && x.index == (int64_t)i && !strcmp(x.trial, a->trial.key));
    ck_assert_uint_gt(x.nmetrics, 2);
  }
}

/* ---- probes ---- */
static const char *const fits[] = {FIT, STOP};

START_TEST(probes_disturb_nothing_and_come_from_anywhere) {
  bench without, with, later, paused;
  char text[2000], saving[2000];
  snprintf(text, sizeof text, "%s%s", fits[_i], PROBES);
  snprintf(saving, sizeof saving, "%ssave: every 1 steps\n", fits[_i]);
  open_text(&without, fits[_i], NULL);
  open_text(&with, text, NULL);
  ck_assert_str_eq(without.trial.key, with.trial.key);
  run_all(&without, false);
  run_all(&with, false);
  bsn_record plain = record_of(&without, without.trial.key), watched = record_of(&with, with.trial.key);
  ck_assert_msg(same_record(&plain, &watched), "%s", difference(&plain, &watched));
  if (_i) ck_assert_double_gt(bsn_record_last(&plain, "best_step"), 0);

  open_text(&later, text, &without); /* the trial is there: by training again */
  ck_assert(!bsn_work_probes_saved(&later.trial, later.work.sink));
  size_t unit[2];
  bool tried[2] = {false};
  ck_assert_uint_eq(bsn_work_missing(&later.trial, later.work.sink, tried, unit), 1);
  ck_assert_uint_eq(unit[0], 1);
  run_all(&later, false);
  same_probes(&with, &later);
  ck_assert_uint_eq(bsn_work_missing(&later.trial, later.work.sink, tried, unit), 0);

  open_text(&paused, text, NULL);
  ck_assert_int_gt(run_all(&paused, true), 10);
  same_probes(&with, &paused);
  bench_close(&paused);

  bench kept, seen, again;
  open_text(&kept, saving, NULL);
  run_all(&kept, false);
  open_text(&seen, text, &kept); /* from saved weights, where they are trusted */
  ck_assert(bsn_work_probes_saved(&seen.trial, seen.work.sink) == (_i == 0));
  ck_assert_int_eq(run_all(&seen, true) > 0, _i == 1);
  same_probes(&with, &seen);

  open_text(&again, fits[_i], NULL); /* by training again, in pieces */
  run_all(&again, false);
  open_text(&paused, text, &again);
  ck_assert_int_gt(run_all(&paused, true), 10);
  same_probes(&with, &paused);
  bench *all[] = {&paused, &again, &seen, &kept, &later, &with, &without};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) bench_close(all[i]);
}
END_TEST

/* A trial's own checkpoint, which is dropped a little later than the trial is done, is no beginning for probes added to it. */
START_TEST(probes_do_not_begin_at_a_checkpoint_without_them) {
  bench with, trial, later, *b = &trial;
  char text[2000];
  void *bytes;
  size_t n;
  int pauses = 0;
  snprintf(text, sizeof text, "%s%s", FIT, PROBES);
  open_text(&with, text, NULL);
  run_all(&with, false);
  open_text(b, FIT, NULL);
  bsn_sink *sink = b->work.sink;
  b->work.ask = always;
  b->work.context = &pauses;
  OK(bsn_work_open(&b->work, &b->trial, &b->error));
  ck_assert(!bsn_work_run(&b->work, 0, &b->error) && b->error.code == BSN_PAUSED);
  b->error = (bsn_error){0};
  const char *name = bsn_text_in(&b->arena, "checkpoints/%s", b->trial.key);
  OK(sink->load(sink, name, &b->arena, &bytes, &n, &b->error));
  run_all(b, false);
  OK(sink->save(sink, name, bytes, n, &b->error));
  open_text(&later, text, b);
  run_all(&later, false);
  same_probes(&with, &later);
  bench *all[] = {&later, &trial, &with};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) bench_close(all[i]);
}
END_TEST

/* Probes of a trial that is done have a checkpoint of their own: a drop of the trial's that comes late does not take it away. */
START_TEST(a_late_drop_takes_no_probes_away) {
  bench with, trial, later, *b = &later;
  int pauses = 0, rounds = 0;
  bool done = false;
  open_text(&with, FIT PROBES, NULL);
  run_all(&with, false);
  open_text(&trial, FIT, NULL);
  run_all(&trial, false);
  open_text(b, FIT PROBES, &trial);
  b->work.ask = always;
  b->work.context = &pauses;
  for (; !done && rounds < 100; rounds++) {
    b->error = (bsn_error){0};
    OK(bsn_work_open(&b->work, &b->trial, &b->error));
    done = bsn_work_run(&b->work, bsn_work_units(&b->trial) - 1, &b->error);
    ck_assert(done || b->error.code == BSN_PAUSED);
    b->work.sink->drop(b->work.sink, bsn_text_in(&b->arena, "checkpoints/%s", b->trial.key));
  }
  ck_assert(done);
  ck_assert_int_eq(pauses, 21); /* 4 epochs of 5 steps and the end, none of them twice */
  same_probes(&with, b);
  bench *all[] = {&later, &trial, &with};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) bench_close(all[i]);
}
END_TEST

static void run_by_workers(bench *b, size_t done, size_t skipped) {
  bsn_run run = {.study = b->study, .sink = b->work.sink, .ntrials = b->study->ntrials, .jobs = 2};
  OK(bsn_run_study(&run, &b->error));
  ck_assert(run.state.done == done && run.state.skipped == skipped && run.state.failed == 0);
}

/* The runner knows nothing of probes or members, and makes them all the same. */
START_TEST(workers_make_the_same_units) {
  bench alone, workers, later;
  open_text(&alone, FIT PROBES, NULL);
  run_all(&alone, false);
  open_text(&workers, FIT PROBES, NULL);
  run_by_workers(&workers, 1, 0);
  same_probes(&alone, &workers);
  run_by_workers(&workers, 0, 1);
  open_text(&later, FIT, NULL);
  run_by_workers(&later, 1, 0);
  bench_close(&workers);
  open_text(&workers, FIT PROBES, &later);
  run_by_workers(&workers, 1, 0);
  same_probes(&alone, &workers);
  bench_close(&workers);
  bench_close(&later);
  bench_close(&alone);

  bench b;
  open_text(&alone, FIT "ensemble: {name: bagging, members: 3}\nvary: {protocol: [holdout, {name: k-fold, k: 2}]}\n",
            NULL);
  open_text(&b, alone.study->text, NULL);
  run_all(&alone, false);
  run_by_workers(&b, 2, 0);
  bsn_record x = record_of(&alone, alone.trial.key), y = record_of(&b, b.trial.key);
  ck_assert_msg(same_record(&x, &y), "%s", difference(&x, &y));
  bench_close(&b);
  bench_close(&alone);
}
END_TEST

START_TEST(a_probe_that_fails_is_told) {
  bench b;
  open_text(&b, FIT "probes:\n - {name: hessian-top, k: 500, iterations: 500}\n", NULL);
  bsn_run run = {.study = b.study, .sink = b.work.sink, .ntrials = 1, .jobs = 1};
  ck_assert_msg(bsn_run_study(&run, &b.error), "%s", b.error.text);
  ck_assert(run.state.done == 1 && run.state.failed == 1); /* it is not tried twice in one run */
  ck_assert_int_eq(record_of(&b, b.trial.key).outcome, BSN_BUDGET);
  bench_close(&b);
}
END_TEST

START_TEST(probes_are_where_their_moments_are) {
  bench b;
  open_text(&b, FIT PROBES, NULL);
  run_all(&b, false);
  static const int64_t moments[4][12] = {{0, 3, 6, 9, 12, 15, 18}, {20}, {0, 1, 3, 7, 20}, {0, 5, 10, 15, 20}};
  static const size_t counts[4] = {7, 1, 5, 5};
  static const char *const names[4] = {"gradient_norm", "hessian_eigenvalue_1", "gauss_newton_eigenvalue_1",
                                       "gradient_norm"};
  for (size_t p = 0; p < 4; p++) {
    bsn_record r = record_of(&b, b.trial.probe[p].key);
    size_t n = 0;
    for (size_t i = 0; i < r.nmetrics; i++) {
      if (strcmp(r.metric[i].name, names[p])) continue;
      ck_assert(n < counts[p]);
      ck_assert_int_eq(r.metric[i].step, moments[p][n++]);
    }
    ck_assert_uint_eq(n, counts[p]);
    ck_assert(p == 0 || p == 3 ? r.grads == (double)n && r.products == 0 : r.grads == 0 && r.products >= (double)n);
  }
  bench_close(&b);
}
END_TEST

START_TEST(a_probe_that_cannot_be_fails_alone) {
  bench b;
  open_text(&b, FIT "probes:\n - {name: hessian-top, k: 500, iterations: 500}\n - gradient-norm\n", NULL);
  run_all(&b, false);
  bsn_record r = record_of(&b, b.trial.probe[0].key);
  ck_assert_int_eq(r.outcome, BSN_TRIAL_FAILED);
  ck_assert_ptr_nonnull(strstr(r.message, "500 eigenvalues are wanted, but there are 16 parameters"));
  ck_assert_int_eq(record_of(&b, b.trial.probe[1].key).outcome, BSN_BUDGET);
  ck_assert_int_eq(record_of(&b, b.trial.key).outcome, BSN_BUDGET);
  bench_close(&b);
}
END_TEST

START_TEST(keys_of_probes_tell_their_settings) {
  static const char *const texts[] = {
      "probes: [hessian-top]\n", "probes: [gradient-norm]\n", "probes: [{name: hessian-top, k: 2}]\n",
      "probes: [{name: hessian-top, when: epoch}]\n", "probes: [hessian-top]\nseed: {probe: 7}\n"};
  char keys[6][33];
  for (size_t i = 0; i < 5; i++) {
    bench b;
    char text[1000];
    snprintf(text, sizeof text, "%s%s", FIT, texts[i]);
    open_text(&b, text, NULL);
    memcpy(keys[i], b.trial.probe[0].key, 33);
    memcpy(keys[5], b.trial.key, 33);
    for (size_t j = 0; j < i; j++) ck_assert_str_ne(keys[i], keys[j]);
    bench_close(&b);
  }
  bench b;
  open_text(&b, FIT "probes: [gradient-norm, {name: hessian-top, k: 1, when: end}]\n", NULL);
  ck_assert_str_eq(b.trial.probe[1].key, keys[0]); /* neither place nor spelling counts */
  ck_assert_str_eq(b.trial.key, keys[5]);
  bench_close(&b);
}
END_TEST

/* ---- what does not go together ---- */
static const char *const wrong[][2] = {
    {"protocol: {name: k-fold, k: 3}\nprobes: [gradient-norm]\n", "probes look at one fit, but k-fold makes many"},
    {"ensemble: bagging\nprobes: [gradient-norm]\n", "probes look at one fit, but holdout with bagging makes many"},
    {"probes: gradient-norm\n", "probes must be a list"},
    {"probes: [{name: gradient-norm, when: none}]\n", "when: none would never measure anything"},
    {"probes: [gradient-norms]\n", "unknown probe 'gradient-norms'"},
    {"ensemble: {name: bagging, members: 0}\n", "ensemble.members"},
};

START_TEST(faults_are_told) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  char text[2000];
  snprintf(text, sizeof text, "%s%s", FIT, wrong[_i][0]);
  ck_assert_ptr_null(bsn_study_read(&arena, "-", text, strlen(text), 0, NULL, NULL, &error));
  ck_assert_int_eq(error.code, BSN_BAD_INPUT);
  ck_assert_msg(strstr(error.text, wrong[_i][1]), "%s", error.text);
  bsn_arena_free(&arena);
}
END_TEST

/* ---- ensembles ---- */
#define CLASSES                                                                                            \
  "study: x\ndata: {name: spirals, rows: 60, test: 20, validation: 12}\nmodel: {name: mlp, hidden: [6]}\n" \
  "optimizer: {name: adam, lr: 0.05}\ntrain: {batch: 8, epochs: 6}\n"
static const char *const ensembles[] = {FIT "ensemble: {name: bagging, members: 4}\n",
                                        CLASSES "loss: cross-entropy\nensemble: {name: bagging, members: 4}\n",
                                        CLASSES "loss: binary-cross-entropy\nensemble: {name: bagging, members: 4}\n",
                                        CLASSES "loss: mse\nensemble: {name: bagging, members: 4}\n"};

static const bsn_real *predictions(const bsn_record *r, const char *name) {
  for (size_t i = 0; i < r->narrays; i++)
    if (!strcmp(r->array[i].name, name)) return r->array[i].data;
  ck_abort_msg("no %s", name);
  return NULL;
}

/* The ensemble's test loss from its members' predictions, by the book. */
static double loss_by_hand(bench *b, const bsn_record *member, int which) {
  const bsn_view *test = &b->work.test;
  size_t outputs = which == 1 || which == 3 ? 2 : 1;
  double sum = 0;
  for (size_t i = 0; i < test->n; i++) {
    double mean[2] = {0};
    for (int m = 0; m < 4; m++) {
      const bsn_real *z = predictions(&member[m], "test_prediction") + i * outputs;
      if (which == 0 || which == 3)
        for (size_t j = 0; j < outputs; j++) mean[j] += (double)z[j] / 4;
      if (which == 1) mean[1] += 1 / (1 + exp((double)z[0] - (double)z[1])) / 4;
      if (which == 2) mean[1] += 1 / (1 + exp(-(double)z[0])) / 4;
    }
    int label = which ? test->set->label[test->row[i]] : 0;
    double e = which ? 0 : mean[0] - (double)test->set->target[test->row[i]];
    double square =
        (mean[0] - (label == 0)) * (mean[0] - (label == 0)) + (mean[1] - (label == 1)) * (mean[1] - (label == 1));
    sum += which == 0 ? e * e : which == 3 ? square / 2 : -log(label ? mean[1] : 1 - mean[1]);
  }
  return sum / (double)test->n;
}

START_TEST(an_ensemble_is_the_mean_of_its_members) {
  bench b, paused;
  bsn_record member[4];
  double mean = 0;
  open_text(&b, ensembles[_i], NULL);
  ck_assert_uint_eq(bsn_work_units(&b.trial), 5);
  run_all(&b, false);
  for (size_t m = 0; m < 4; m++) {
    char key[33];
    bsn_unit_key(&b.trial, "member", m, key);
    member[m] = record_of(&b, key);
    mean += bsn_record_last(&member[m], "test_loss") / 4;
    ck_assert(!strcmp(member[m].kind, "member") && member[m].index == (int64_t)m);
    for (size_t k = 0; k < m; k++)
      ck_assert_double_ne(bsn_record_last(&member[k], "test_loss"), bsn_record_last(&member[m], "test_loss"));
  }
  bsn_record r = record_of(&b, b.trial.key);
  ck_assert_double_eq_tol(bsn_record_last(&r, "test_loss"), loss_by_hand(&b, member, _i), 1e-5);
  ck_assert_double_eq_tol(bsn_record_last(&r, "mean_test_loss"), mean, 1e-9);
  if (_i < 3)
    ck_assert_double_le(bsn_record_last(&r, "test_loss"),
                        mean + 1e-7); /* these losses are convex in what is averaged */
  ck_assert(isfinite(bsn_record_last(&r, "oob_loss")) && isfinite(bsn_record_last(&r, "validation_loss")));
  ck_assert_int_eq(isfinite(bsn_record_last(&r, "test_accuracy")), _i > 0);
  ck_assert_double_gt(r.grads, 3.9);

  open_text(&paused, ensembles[_i], NULL);
  ck_assert_int_gt(run_all(&paused, true), 20);
  bsn_record again = record_of(&paused, paused.trial.key);
  ck_assert_msg(same_record(&r, &again), "%s", difference(&r, &again));
  bench_close(&b);
  bench_close(&paused);
}
END_TEST

/* Members draw different rows, and out-of-bag rows are those that they do not train on. */
START_TEST(members_know_what_they_have_not_seen) {
  bench b;
  open_text(&b, ensembles[0], NULL);
  size_t n = b.rows.train.n, total = 0;
  bool unseen[2][64];
  for (size_t m = 0; m < 2; m++) {
    bsn_fit_spec spec;
    bsn_fit_rows rows;
    bsn_error *error = &b.error;
    ck_assert(bsn_ensemble_member(&b.trial.fit, &b.rows, &b.trial.ensemble, m, &b.arena, &spec, &rows, error));
    ck_assert(bsn_ensemble_unseen(&b.trial.fit, &b.rows.train, &b.trial.ensemble, m, unseen[m], error));
    ck_assert_str_eq(spec.name, m ? "member.1" : "member.0");
    for (size_t i = 0; i < n; i++) {
      bool in = false;
      for (size_t k = 0; k < rows.train.n; k++) in |= rows.train.row[k] == b.rows.train.row[i];
      ck_assert_int_eq(in, !unseen[m][i]);
      total += unseen[m][i];
    }
  }
  ck_assert(total > n / 3 && total < n && memcmp(unseen[0], unseen[1], n) != 0); /* each a share of 1/e */
  bench_close(&b);
}
END_TEST

START_TEST(a_fold_makes_its_own_ensemble) {
  bench b;
  open_text(&b, CLASSES "loss: cross-entropy\nprotocol: {name: k-fold, k: 3}\nensemble: {name: bagging, members: 3}\n",
            NULL);
  ck_assert_uint_eq(bsn_work_units(&b.trial), 4);
  run_all(&b, false);
  double sum = 0;
  for (size_t i = 0; i < 3; i++) {
    char key[33];
    bsn_unit_key(&b.trial, "fold", i, key);
    bsn_record fold = record_of(&b, key);
    sum += bsn_record_last(&fold, "validation_loss");
    ck_assert_double_le(bsn_record_last(&fold, "validation_loss"),
                        bsn_record_last(&fold, "mean_validation_loss") + 1e-7);
    ck_assert(isnan(bsn_record_last(&fold, "test_loss")));
  }
  bsn_record r = record_of(&b, b.trial.key);
  ck_assert_double_eq_tol(bsn_record_last(&r, "validation_loss"), sum / 3, 1e-12);
  bench_close(&b);
}
END_TEST

/* A member's checkpoint is called after its fold, whose record makes it useless. */
START_TEST(a_members_checkpoint_is_its_folds) {
  bench ensemble, *b = &ensemble;
  char key[33];
  void *bytes;
  size_t n;
  int pauses = 0;
  open_text(b, CLASSES "loss: cross-entropy\nprotocol: {name: k-fold, k: 2}\nensemble: {name: bagging, members: 2}\n",
            NULL);
  bsn_sink *sink = b->work.sink;
  bsn_unit_key(&b->trial, "fold", 1, key);
  const char *name = bsn_text_in(&b->arena, "checkpoints/%s.0", key);
  b->work.ask = always;
  b->work.context = &pauses;
  OK(bsn_work_open(&b->work, &b->trial, &b->error));
  ck_assert(!bsn_work_run(&b->work, 1, &b->error) && b->error.code == BSN_PAUSED);
  b->error = (bsn_error){0};
  OK(sink->load(sink, name, &b->arena, &bytes, &n, &b->error));
  run_all(b, false);
  ck_assert(!sink->load(sink, name, &b->arena, &bytes, &n, &b->error) && !b->error.code);
  bench_close(b);
}
END_TEST

/* ---- files ---- */
/* 30 rows as csv. */
static void write_rows(const char *path) {
  FILE *f = fopen(path, "w");
  ck_assert_ptr_nonnull(f);
  fputs("a,b,y\n", f);
  for (int i = 0; i < 30; i++) fprintf(f, "%d,%d,%d.5\n", i, i * i % 7, -i);
  ck_assert_int_eq(fclose(f), 0);
}

/* The weights that the study of this text begins with. */
static void write_weights(const char *path, const char *text) {
  bench b;
  void *bytes;
  size_t n;
  bench_open(&b, text);
  bench_init(&b);
  ck_assert(bsn_weights_pack(b.fit.net.ntensors, b.fit.net.tensor, b.fit.w, &b.arena, &bytes, &n, &b.error));
  write_bytes(path, bytes, n);
  bench_close(&b);
}

/* Whatever the seeds draw from them: rows of a csv and weights to start from are there when their files are gone. */
START_TEST(files_are_read_once) {
  char rows[] = "/tmp/basin_rows_XXXXXX", weights[] = "/tmp/basin_weights_XXXXXX", plain[1000], text[1200];
  close(mkstemp(rows));
  close(mkstemp(weights));
  snprintf(plain, sizeof plain,
           "study: x\ndata: {name: csv, file: %s, train: 0.8, test: 5}\nloss: mse\noptimizer: sgd\ntrain: {steps: 1}\n",
           rows);
  write_rows(rows);
  snprintf(text, sizeof text, "%smodel: {layers: [{dense: 1}]}\n", plain);
  write_weights(weights, text);
  snprintf(text, sizeof text, "%smodel: {layers: [{dense: 1}], weights: %s}\nseeds: 4\n", plain, weights);
  bench b;
  bench_open(&b, text);
  bench_init(&b);
  unlink(rows);
  unlink(weights);
  bsn_real start[3], first = b.work.train.set->real[0];
  bool differs = false;
  memcpy(start, b.fit.w, sizeof start);
  for (size_t i = 1; i < 4; i++) {
    bsn_error *error = &b.error;
    ck_assert_msg(bsn_study_trial(b.study, i, &b.arena, &b.trial, error), "%s", error->text);
    ck_assert_msg(bsn_work_open(&b.work, &b.trial, error), "%s", error->text);
    ck_assert_uint_eq(b.work.train.n, 20);
    differs |= b.work.train.set->real[0] != first;
    b.rows.train = b.work.train;
    bench_init(&b);
    ck_assert_mem_eq(b.fit.w, start, sizeof start);
  }
  ck_assert(differs);
  bench_close(&b);
}
END_TEST

BASIN_CASES("units", {probes_disturb_nothing_and_come_from_anywhere, 2},
            {probes_do_not_begin_at_a_checkpoint_without_them, 1}, {a_late_drop_takes_no_probes_away, 1},
            {workers_make_the_same_units, 1}, {a_probe_that_fails_is_told, 1}, {probes_are_where_their_moments_are, 1},
            {a_probe_that_cannot_be_fails_alone, 1}, {keys_of_probes_tell_their_settings, 1},
            {faults_are_told, sizeof wrong / sizeof *wrong},
            {an_ensemble_is_the_mean_of_its_members, sizeof ensembles / sizeof *ensembles},
            {members_know_what_they_have_not_seen, 1}, {a_fold_makes_its_own_ensemble, 1},
            {a_members_checkpoint_is_its_folds, 1}, {files_are_read_once, 1})
