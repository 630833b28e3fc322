/* Tuning: which candidate is taken, what is reported of it, and where its trials stand. */
#include "study_check.h"

static void put_result(bsn_sink *sink, const bsn_study *s, size_t i, const char *metric, double x,
                       bsn_outcome outcome) {
  bsn_record r;
  get(s, i);
  bsn_record_init(&r, &arena, trial.key, trial.key, "trial", 0);
  r.outcome = outcome;
  r.grads = 3;
  r.cell = trial.cell;
  ck_assert(bsn_record_metric(&r, 0, metric, -99) && bsn_record_metric(&r, 5, metric, x));
  ck_assert_msg(sink->put(sink, &r, &error), "%s", error.text);
}

static const struct choosing {
  const char *by;
  double x[6];
  bsn_outcome outcome[6];
  const char *chosen;
} choosings[] = {
    {"validation_loss", {3, 3, 1, 2, 2, 2}, {0}, "{\"optimizer.lr\": 2}"},
    {"validation_loss", {1, 5, 3, 3, 4, 2}, {0}, "{\"optimizer.lr\": 1}"},
    {"validation_accuracy", {0.5, 0.5, 0.1, 0.6, 0.6, 0.6}, {0}, "{\"optimizer.lr\": 3}"},
    {"train_loss", {3, 3, 0, 0, 2, 2}, {0, 0, BSN_DIVERGED}, "{\"optimizer.lr\": 3}"},
    {"train_loss", {3, 3, 0, 0, 2, 2}, {0, 0, 0, BSN_TRIAL_FAILED}, "{\"optimizer.lr\": 3}"},
    {"train_loss", {3, 3, 0, NAN, 4, 4}, {0}, "{\"optimizer.lr\": 1}"},
    {"train_loss", {NAN, 1, INFINITY, 1, 1, NAN}, {0}, "{\"optimizer.lr\": 1}"},
};

START_TEST(the_best_candidate_is_reported) {
  for (size_t k = 0; k < COUNT(choosings); k++) {
    const struct choosing *c = &choosings[k];
    char rest[200];
    snprintf(rest, 200, "tune: {over: {optimizer.lr: [1, 2, 3]}, by: %s, seeds: 2}\nseeds: 4", c->by);
    bsn_study *s = good(&(file){.rest = rest});
    bsn_sink *sink = bsn_memory_sink_in(&arena);
    ck_assert_uint_eq(s->ntrials, 6);
    ck_assert_uint_eq(s->nplaces, 10);
    for (size_t i = 0; i < 6; i++) {
      ck_assert(!bsn_study_more(s, sink, &error) && !error.code);
      put_result(sink, s, i, c->by, c->x[i], c->outcome[i] ? c->outcome[i] : BSN_BUDGET);
      ck_assert(trial.tuning && trial.replicate == (int64_t)(1000 + i % 2));
    }
    ck_assert(bsn_study_more(s, sink, &error) && !error.code);
    ck_assert(!bsn_study_more(s, sink, &error) && !error.code);
    ck_assert_uint_eq(s->ntrials, 10);
    for (size_t i = 6; i < 10; i++) {
      get(s, i);
      ck_assert_msg(!strcmp(value("tune.chosen"), c->chosen), "case %zu: %s", k, value("tune.chosen"));
      ck_assert_str_eq(value("tune.spent"), "18");
      ck_assert_str_eq(trial.cell, "{}");
      ck_assert(!trial.tuning && trial.replicate == (int64_t)i - 6 && trial.place == (int64_t)i);
      ck_assert_ptr_null(setting("tune.chosen")->identity);
    }
    finish();
  }
}
END_TEST

/* Cells are decided one by one; places are those of the file, whatever came first; keys are those of the plain settings. */
START_TEST(places_do_not_depend_on_what_ends_first) {
  bsn_study *s =
      good(&(file){.rest = "vary: {train.batch: [5, 6]}\ntune: {over: {optimizer.lr: [0.2, 0.1]}}\nseeds: 2"});
  bsn_sink *sink = bsn_memory_sink_in(&arena);
  static const int64_t places[] = {0, 1, 4, 5, 6, 7, 2, 3};
  ck_assert_uint_eq(s->ntrials, 4);
  for (size_t i = 2; i < 4; i++) put_result(sink, s, i, "validation_loss", -(double)i, BSN_BUDGET);
  ck_assert(bsn_study_more(s, sink, &error));
  ck_assert_uint_eq(s->ntrials, 6);
  for (size_t i = 0; i < 2; i++) put_result(sink, s, i, "validation_loss", -(double)i, BSN_BUDGET);
  ck_assert(bsn_study_more(s, sink, &error));
  for (size_t i = 0; i < 8; i++) {
    get(s, i);
    ck_assert_int_eq(trial.place, places[i]);
  }
  get(s, 6);
  ck_assert_str_eq(trial.cell, "{\"train.batch\": 5}");
  char key[33];
  memcpy(key, trial.key, 33);
  finish();
  get(good(&(file){.train = "train: {batch: 5, epochs: 2}"}), 0);
  ck_assert_str_eq(trial.key, key);
  finish();
}
END_TEST

BASIN_TESTS("tune", the_best_candidate_is_reported, places_do_not_depend_on_what_ends_first)
