/* A trial that starts from what another one saved: which one that is, its key, its turn, and the same bits however it comes to it. */
#include "runner_check.h"
#include "study/work.h"

#define HEAD                                           \
  "study: warm\n"                                      \
  "data: {name: digits, test: 300, validation: 0.2}\n" \
  "model: {name: mlp, hidden: [24]}\n"                 \
  "loss: cross-entropy\n"                              \
  "optimizer: {name: momentum, lr: 0.01}\n"
#define TRAIN "train: {batch: 16, epochs: 6}\n"

/* Three generations; the youngest stand first. Some of them see the same batches. */
static const char warm[] = HEAD TRAIN
    "save: end\n"
    "seeds: 2\n"
    "probes: [gradient-norm]\n"
    "vary:\n"
    "  model.weights:\n"
    "    - {of: {train.batch: 64, model.weights: {of: {train.batch: 256}}}}\n"
    "    - {of: {train.batch: 256}}\n"
    "    - none\n"
    "  train.batch: [16, 64, 256]\n";
enum { TRIALS = 18, YOUNGEST = 6, OLDEST = 12 };

static bsn_record record_of(bench *b, const char *key) {
  bsn_record r;
  bsn_store *store = bsn_store_open(b->folder, BSN_STORE_READ, &b->error);
  ck_assert_msg(store, "%s", b->error.text);
  bool there = bsn_store_sink(store)->get(bsn_store_sink(store), key, &b->arena, &r, &b->error);
  ck_assert_msg(there, "no record %s: %s", key, b->error.text);
  bsn_store_close(store);
  return r;
}

static bsn_trial trial_of(bench *b, size_t i) {
  bsn_trial t;
  ck_assert_msg(bsn_study_trial(b->study, i, &b->arena, &t, &b->error), "%s", b->error.text);
  return t;
}

/* The same, in whatever order. */
static void check_metrics(const bsn_record *a, const bsn_record *b) {
  ck_assert_uint_eq(a->nmetrics, b->nmetrics);
  ck_assert(a->nmetrics && a->outcome == b->outcome && a->outcome_step == b->outcome_step);
  for (size_t i = 0; i < a->nmetrics; i++) {
    const bsn_metric *m = &a->metric[i], *n = b->metric, *end = n + b->nmetrics;
    while (n < end && (n->step != m->step || strcmp(n->name, m->name))) n++;
    ck_assert_msg(n < end && !memcmp(&m->value, &n->value, sizeof m->value), "%s at step %d", m->name, (int)m->step);
  }
}

/* ---- which trial, and its key ---- */
#define OF(what) "vary: [{train.batch: [256]}, {train.batch: [16], model.weights: [{of: {" what "}}]}]\n"
#define AT(what) \
  "vary: [{train.batch: [256]}, {train.batch: [16], model.weights: [{of: {train.batch: 256}, at: " what "}]}]\n"
#define SAVE(how) "save: " how "\n"

/* Of the last trial, which starts from another one unless the text says otherwise. */
static void key_in(const char *rest, char key[33]) {
  bench b = {0};
  const char *text = bsn_text_in(&b.arena, "%s%s%s", HEAD, strncmp(rest, "train:", 6) ? TRAIN : "", rest);
  b.study = bsn_study_read(&b.arena, "-", text, strlen(text), 0, NULL, NULL, &b.error);
  ck_assert_msg(b.study, "%s: %s", rest, b.error.text);
  bsn_trial t = trial_of(&b, b.study->ntrials - 1);
  size_t source = bsn_study_source(b.study, b.study->ntrials - 1);
  ck_assert(!t.start.source == (source == SIZE_MAX));
  if (t.start.source) {
    bsn_trial listed = trial_of(&b, source);
    ck_assert_str_eq(listed.key, t.start.source->key);
    ck_assert_int_eq(listed.replicate, t.replicate);
  }
  memcpy(key, t.key, 33);
  bsn_arena_free(&b.arena);
}

START_TEST(keys_tell_the_source_not_the_text) {
  static const char
      usual[] = OF("train.batch: 256") SAVE("end"),
      *const same[] =
          {
              OF("train.batch: 2.56e2") SAVE("end"),
              OF("train.batch: 256, optimizer.lr: 1e-2, train.epochs: 6.0") SAVE("end"),
              OF("train: {batch: 256, epochs: 6}") SAVE("end"),
              OF("optimizer: {momentum: {lr: 0.01}}, train.batch: 256") SAVE("end"),
              AT("end") SAVE("end"),
              OF("train.batch: 256") SAVE("end") "about: why\nprobes: [gradient-norm]\n",
              SAVE("end") "vary: {model.weights: [none, {of: {train.batch: 256}}], train.batch: [256, 16]}\n",
          },
      *const others[] = {
          "vary: {train.batch: [256, 16]}\n",
          AT("{epoch: 6}") SAVE("every 2 epochs"),
          AT("{epoch: 4}") SAVE("every 2 epochs"),
          AT("{step: 24}") SAVE("every 4 steps"),
          "vary: {model.weights: [none, {of: {}}]}\n" SAVE("end"),
          "vary: [{train.batch: [128]}, {model.weights: [{of: {train.batch: 128}}]}]\n" SAVE("end"),
          "vary: [{optimizer.lr: [0.1]}, {model.weights: [{of: {optimizer.lr: 0.1}}]}]\n" SAVE("end"),
          "vary: [{seed.order: [7]}, {model.weights: [{of: {seed.order: 7}}]}]\n" SAVE("end"),
          "vary: [{data.scale: [unit]}, {model.weights: [{of: {data.scale: unit}}]}]\n" SAVE("end"),
          "vary: [{loss: [mse]}, {model.weights: [{of: {loss: mse}}]}]\n" SAVE("end"),
          "vary: [{regularise: [[l2]]}, {model.weights: [{of: {regularise: [l2]}}]}]\n" SAVE("end"),
          "seeds: [1]\n" OF("train.batch: 256") SAVE("end"),
          "train: {batch: 16, epochs: 5}\n" OF("train.batch: 256") SAVE("end"),
      };
  enum { SAME = sizeof same / sizeof *same, OTHERS = sizeof others / sizeof *others };
  char want[33], key[OTHERS][33];
  key_in(usual, want);
  for (size_t i = 0; i < SAME; i++) {
    key_in(same[i], key[0]);
    ck_assert_msg(!strcmp(want, key[0]), "%s", same[i]);
  }
  for (size_t i = 0; i < OTHERS; i++) {
    key_in(others[i], key[i]);
    ck_assert_msg(strcmp(want, key[i]), "%s", others[i]);
    for (size_t j = 0; j < i; j++) ck_assert_msg(strcmp(key[j], key[i]), "%s is %s", others[i], others[j]);
  }
}
END_TEST

/* Held-out rows that the other trial held out as well, or that it cannot have seen. */
START_TEST(rows_that_are_held_back) {
  static const char *const good[] = {
      "data: {name: digits, test: 300}\nvary: [{data.train: [500]}, {model.weights: [{of: {data.train: 500}}]}]\n",
      ("data: {name: digits, test: 300}\nvary: [{data.validation: [0.1]}, "
       "{model.weights: [{of: {data.validation: 0.1}}]}]\n"),
      "data: {name: digits, test: none}\nvary: [{data.test: [300]}, {model.weights: [{of: {data.test: 300}}]}]\n",
      "data: {name: digits, test: 30}\nvary: [{data: [iris]}, {model.weights: [{of: {data: iris}}]}]\n",
      "data: {name: moons, validation: 0.1}\nvary: [{seed.data: [8]}, {model.weights: [{of: {seed.data: 8}}]}]\n",
      "data: {name: moons, test: 50}\nvary: [{data.test: [70]}, {model.weights: [{of: {data.test: 70}}]}]\n"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    bench b;
    char text[1000];
    snprintf(text, sizeof text,
             "study: x\nmodel: logistic\nloss: cross-entropy\noptimizer: adam\n" TRAIN "save: end\n%s", good[i]);
    make_bench(&b, text);
    ck_assert(trial_of(&b, 1).start.source);
    free_bench(&b);
  }
}
END_TEST

START_TEST(who_starts_from_a_tainted_one_is) {
  bench b;
  make_bench(&b,
             HEAD TRAIN "save: end\nvary: [{peek: [true]}, {model.weights: [{of: {peek: true}}]}, {peek: [false]}]\n");
  bsn_run run = {.jobs = 2};
  ck_assert_msg(run_it(&b, &run) == BSN_OK && !run.state.failed, "%s", b.error.text);
  for (size_t i = 0; i < 3; i++) ck_assert(record_of(&b, trial_of(&b, i).key).tainted == (i < 2));
  free_bench(&b);
}
END_TEST

/* What a file of the same weights gives. */
static void check_against_file(bench *b, size_t i, int64_t step) {
  bsn_trial t = trial_of(b, i);
  bench other;
  ck_assert(t.start.source);
  const char *file = bsn_text_in(&b->arena, "%s/%s", b->folder, bsn_weights_name(&b->arena, t.start.source->key, step));
  const char *text = bsn_text_in(
      &b->arena, "%smodel: {name: mlp, hidden: [24], weights: %s}\ntrain: {batch: %zu, epochs: 6}\nseeds: [%d]\n%s",
      "study: file\ndata: {name: digits, test: 300, validation: 0.2}\nloss: cross-entropy\n"
      "optimizer: {name: momentum, lr: 0.01}\n",
      file, t.fit.train.batch, (int)t.replicate,
      t.fit.regularise.n ? "regularise: [{name: early-stopping, patience: 1}]\n" : "");
  make_bench(&other, text);
  bsn_run run = {.jobs = 1};
  ck_assert_msg(run_it(&other, &run) == BSN_OK, "%s", other.error.text);
  bsn_record have = record_of(b, t.key), want = record_of(&other, trial_of(&other, 0).key);
  check_metrics(&have, &want);
  free_bench(&other);
}

START_TEST(it_starts_from_what_was_saved) {
  bench b;
  make_bench(&b, warm);
  bsn_run run = {.jobs = 2};
  ck_assert_msg(run_it(&b, &run) == BSN_OK, "%s", b.error.text);
  for (size_t i = 0; i < OLDEST; i++)
    check_against_file(&b, i, record_of(&b, trial_of(&b, i).start.source->key).outcome_step);
  free_bench(&b);
}
END_TEST

START_TEST(on_the_way_too) {
  static const struct {
    const char *save, *at;
    int64_t step; /* 1198 rows: 19 steps of 64 */
  } cases[] = {{"every 2 epochs", "{epoch: 4}", 76}, {"epoch", "{epoch: 1}", 19}, {"every 7 steps", "{step: 49}", 49}};
  for (size_t i = 0; i < 3; i++) {
    bench b;
    char text[1000];
    snprintf(text, sizeof text,
             HEAD TRAIN "save: %s\nvary: [{model.weights: [{of: {train.batch: 64}, at: %s}]}, {train.batch: [64]}]\n",
             cases[i].save, cases[i].at);
    make_bench(&b, text);
    bsn_run run = {.jobs = 2};
    ck_assert_msg(run_it(&b, &run) == BSN_OK && !run.state.failed, "%s", b.error.text);
    check_against_file(&b, 0, cases[i].step);
    free_bench(&b);
  }
}
END_TEST

/* ---- its turn ---- */
START_TEST(any_order_any_number_of_workers) {
  bench b;
  make_bench(&b, warm);
  ck_assert_uint_eq(b.study->ntrials, TRIALS);
  const char *want = undisturbed(&b);
  size_t backward[TRIALS];
  for (size_t i = 0; i < TRIALS; i++) backward[i] = TRIALS - 1 - i;
  const bsn_run runs[] = {{.jobs = 4},
                          {.jobs = 1, .stack = 16},
                          {.jobs = 2, .stack = 3},
                          {.jobs = 3, .trial = backward, .ntrials = TRIALS}};
  for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
    bsn_run run = runs[i];
    ck_assert_msg(run_it(&b, &run) == BSN_OK, "%s", b.error.text);
    ck_assert_uint_eq(run.state.done, TRIALS);
    ck_assert_uint_eq(run.state.failed, 0);
    check_dump(&b, want);
    bsn_run again = {.jobs = 2};
    ck_assert(run_it(&b, &again) == BSN_OK && again.state.skipped == TRIALS && again.state.done == 0);
    clear(&b);
  }
  free_bench(&b);
}
END_TEST

/* One after the other in this process, with nothing but a memory sink: oldest first. */
START_TEST(without_a_runner) {
  bench b;
  make_bench(&b, warm);
  bsn_sink *sink = bsn_memory_sink_in(&b.arena);
  bsn_work work = {.sink = sink};
  bsn_run run = {.jobs = 2};
  for (size_t k = TRIALS; k-- > 0;) {
    bsn_trial t = trial_of(&b, k);
    ck_assert(bsn_work_open(&work, &t, &b.error) && bsn_work_run(&work, 0, &b.error));
  }
  ck_assert(run_it(&b, &run) == BSN_OK);
  for (size_t k = 0; k < TRIALS; k++) {
    bsn_record have, want = record_of(&b, trial_of(&b, k).key);
    ck_assert(sink->get(sink, want.key, &b.arena, &have, &b.error));
    check_metrics(&have, &want);
  }
  bsn_work_close(&work);
  free_bench(&b);
}
END_TEST

/* More that wait than the runner looks at, all before the one that they wait for. */
START_TEST(many_wait_for_one) {
  bench b;
  make_bench(&b, HEAD
             "train: {batch: 64, steps: 5}\nsave: end\n"
             "vary: [{optimizer.lr: {random: 150, log: [1e-3, 1e-2]}, model.weights: [{of: {optimizer.lr: 0.5}}]},\n"
             "  {optimizer.lr: [0.5]}]\n");
  const char *want = undisturbed(&b);
  bsn_run run = {.jobs = 2};
  ck_assert_msg(run_it(&b, &run) == BSN_OK, "%s", b.error.text);
  ck_assert_uint_eq(run.state.done, 151);
  ck_assert_uint_eq(run.state.failed, 0);
  check_dump(&b, want);
  free_bench(&b);
}
END_TEST

START_TEST(a_killed_run_goes_on) {
  bench b;
  make_bench(&b, warm);
  const char *want = undisturbed(&b);
  kill_runs(&b, 12, 0.06);
  ck_assert_int_eq(exit_of(run_apart(&b, 2)), 0);
  check_dump(&b, want);
  free_bench(&b);
}
END_TEST

/* ---- nothing to start from ---- */
/* The only trial that starts from another one failed, and says this; again in the next run, though the other is not run again. */
static void check_failure(const char *text, const char *message, size_t diverged, size_t failed) {
  bench b;
  make_bench(&b, text);
  for (size_t i = 0; i < 2; i++) {
    bsn_run run = {.jobs = 2};
    ck_assert_msg(run_it(&b, &run) == BSN_OK, "%s", b.error.text);
    ck_assert_uint_eq(run.state.failed, failed);
    ck_assert_uint_eq(run.state.diverged, i ? 0 : diverged);
    ck_assert_uint_eq(run.state.done, i ? failed : 2);
  }
  bsn_record r = record_of(&b, trial_of(&b, 0).key);
  ck_assert(r.outcome == BSN_TRIAL_FAILED);
  ck_assert_msg(strstr(r.message, message), "%s", r.message);
  free_bench(&b);
}

START_TEST(a_source_without_weights) {
  char bad[] = "/tmp/basin_start_XXXXXX", text[1000];
  int fd = mkstemp(bad);
  ck_assert(fd >= 0 && write(fd, "nothing", 7) == 7 && close(fd) == 0);
  check_failure(HEAD TRAIN "save: end\nvary: [{model.weights: [{of: {optimizer.lr: 1e30}}]}, {optimizer.lr: [1e30]}]\n",
                "the trial that it starts from diverged at step ", 1, 1);
  snprintf(text, sizeof text, HEAD TRAIN "save: end\nvary: {model.weights: [{of: {model.weights: %s}}, %s]}\n", bad,
           bad);
  check_failure(text, "the trial that it starts from failed: /tmp/basin_start_", 0, 2);
  check_failure(HEAD
                "train: {batch: 64, epochs: 9}\nsave: every 10 steps\n"
                "regularise: [{name: early-stopping, patience: 1, min_delta: 9}]\n"
                "vary: [{model.weights: [{of: {optimizer.lr: 0.5}, at: {step: 90}}]}, {optimizer.lr: [0.5]}]\n",
                "the trial that it starts from ended at step 19, before step 90", 0, 1);
  check_failure(HEAD
                "train: {batch: 64, epochs: 2}\nsave: every 1 steps\n"
                "vary: [{model.weights: [{of: {optimizer.lr: 0.5}, at: {step: 9000000000000000}}]}, "
                "{optimizer.lr: [0.5]}]\n",
                "before step 9000000000000000", 0, 1);
  check_failure(HEAD
                "train: {batch: 64, steps: 40}\nsave: epoch\n"
                "vary: [{model.weights: [{of: {optimizer.lr: 0.5}, at: {epoch: 1000000000}}]}, "
                "{optimizer.lr: [0.5]}]\n",
                "the trial that it starts from ended at step 40, before step ", 0, 1);
  unlink(bad);
}
END_TEST

/* Who forgets to ask for the other one is told. */
START_TEST(a_source_that_is_not_done) {
  bench b;
  const size_t only = 0;
  make_bench(&b, warm);
  bsn_run run = {.trial = &only, .ntrials = 1};
  ck_assert(run_it(&b, &run) == BSN_OK && run.state.failed == 1);
  ck_assert(strstr(record_of(&b, trial_of(&b, 0).key).message, "the trial that it starts from is not done: "));
  bsn_run all = {.jobs = 2};
  ck_assert(run_it(&b, &all) == BSN_OK && all.state.failed == 0 && all.state.done == TRIALS);
  free_bench(&b);
}
END_TEST

/* ---- weights that are not there, or are others ---- */
START_TEST(weights_are_made_again) {
  bench b;
  make_bench(&b, warm);
  const char *want = undisturbed(&b);
  size_t list[TRIALS];
  for (size_t i = 0; i < TRIALS; i++) list[i] = i;
  for (size_t from = YOUNGEST; from <= OLDEST; from += YOUNGEST) {
    bsn_run older = {.jobs = 2, .trial = list + from, .ntrials = TRIALS - from}, all = {.jobs = 2};
    ck_assert(run_it(&b, &older) == BSN_OK && older.state.done == TRIALS - from && !older.state.failed);
    remove_folder(bsn_text_in(&b.arena, "%s/weights", b.folder));
    ck_assert(run_it(&b, &all) == BSN_OK && all.state.done == from && !all.state.failed);
    check_dump(&b, want);
    ck_assert_uint_eq(count_files(&b, "checkpoints", false), 0);
    clear(&b);
  }
  free_bench(&b);
}
END_TEST

#define SMALL                                                                        \
  "study: small\ndata: iris\nmodel: {name: mlp, hidden: [5]}\nloss: cross-entropy\n" \
  "optimizer: {name: momentum, lr: 0.01}\ntrain: {batch: 16, epochs: 1}\n"
#define LATER(what)                                                            \
  "vary:\n"                                                                    \
  "  - train.epochs: [1]\n"                                                    \
  "    optimizer.lr: [1e-3, 2e-3, 3e-3, 4e-3]\n"                               \
  "    model.weights: [{of: {train.epochs: 60, optimizer.lr: 0.01}, at: " what \
  "}]\n"                                                                       \
  "  - train.epochs: [60]\n"

/* The source's weights are gone, and many want them at the same time: one of those makes them, and no two write a file. */
START_TEST(one_of_many_makes_weights_again) {
  bench b;
  make_bench(&b, SMALL "save: every 1 steps\n" LATER("{step: 540}"));
  const char *want = undisturbed(&b);
  const size_t source = 4;
  bsn_run first = {.trial = &source, .ntrials = 1};
  ck_assert(run_it(&b, &first) == BSN_OK && first.state.done == 1);
  remove_folder(bsn_text_in(&b.arena, "%s/weights", b.folder));
  bsn_run all = {.jobs = 4, .stack = 1};
  ck_assert_msg(run_it(&b, &all) == BSN_OK && all.state.done == 4 && !all.state.failed, "%s", b.error.text);
  check_dump(&b, want);
  ck_assert_uint_eq(count_files(&b, "checkpoints", false), 0);
  free_bench(&b);
}
END_TEST

static bsn_pause pause_now_and_then(void *context, int64_t step, int64_t steps) {
  size_t *asked = context;
  (void)step, (void)steps;
  return ++*asked % 50 ? BSN_GO_ON : BSN_PAUSE;
}

/* Whoever is paused while it makes them goes on from there, though each run sweeps away what belongs to records. */
START_TEST(weights_are_made_again_in_pieces) {
  bench b;
  make_bench(&b, SMALL "save: end\n" LATER("end"));
  const size_t source = 4;
  size_t asked = 0, pauses = 0;
  bsn_run first = {.trial = &source, .ntrials = 1};
  ck_assert(run_it(&b, &first) == BSN_OK && first.state.done == 1);
  remove_folder(bsn_text_in(&b.arena, "%s/weights", b.folder));
  bsn_store *store = bsn_store_open(b.folder, BSN_STORE_WRITE, &b.error);
  ck_assert_msg(store, "%s", b.error.text);
  bsn_work work = {.sink = bsn_store_sink(store), .ask = pause_now_and_then, .context = &asked};
  bsn_trial t = trial_of(&b, 0);
  for (bool over = false; !over && pauses < 100; pauses += !over) {
    b.error = (bsn_error){0};
    bsn_store_sweep(store, "checkpoints");
    over = bsn_work_open(&work, &t, &b.error) && bsn_work_run(&work, 0, &b.error);
    ck_assert_msg(over || b.error.code == BSN_PAUSED, "%s", b.error.text);
  }
  int64_t steps = record_of(&b, t.start.source->key).outcome_step;
  ck_assert_int_gt(steps, 400);
  ck_assert_uint_eq(pauses, asked / 50);
  ck_assert_int_eq((int64_t)asked,
                   steps + 1 + record_of(&b, t.key).outcome_step + 1); /* once more at the end of each */
  ck_assert_uint_eq(count_files(&b, bsn_text_in(&b.arena, "weights/%s", t.start.source->key), false), 1);
  bsn_work_close(&work);
  bsn_store_close(store);
  free_bench(&b);
}
END_TEST

/* The file of the last step has other weights when the other trial, which went back to its best ones, saved them on its way. */
START_TEST(the_end_is_the_end) {
  static const char stopping[] =
      HEAD "train: {batch: 16, epochs: 6}\nregularise: [{name: early-stopping, patience: 1}]\n";
  bench b, before;
  char text[1000];
  snprintf(text, sizeof text,
           "%ssave: end\nvary: [{model.weights: [{of: {optimizer.lr: 0.3}}]}, {optimizer.lr: [0.3]}]\n", stopping);
  make_bench(&b, text);
  bsn_run run = {.jobs = 1};
  ck_assert_msg(run_it(&b, &run) == BSN_OK && !run.state.failed, "%s", b.error.text);
  bsn_trial t = trial_of(&b, 0);
  bsn_record source = record_of(&b, t.start.source->key), want = record_of(&b, t.key);
  ck_assert(bsn_record_last(&source, "best_step") < (double)source.outcome_step);
  check_against_file(&b, 0, source.outcome_step);
  make_bench(&before, bsn_text_in(&b.arena, "%ssave: epoch\nvary: {optimizer.lr: [0.3]}\n", stopping));
  ck_assert_str_eq(trial_of(&before, 0).key, source.key);
  clear(&b);
  remove_folder(before.folder);
  before.folder = b.folder;
  bsn_run first = {.jobs = 1}, then = {.jobs = 1};
  ck_assert(run_it(&before, &first) == BSN_OK && run_it(&b, &then) == BSN_OK);
  bsn_record have = record_of(&b, t.key);
  check_metrics(&have, &want);
  before.folder = new_folder(&before.arena);
  free_bench(&before);
  free_bench(&b);
}
END_TEST

BASIN_TESTS("starting", keys_tell_the_source_not_the_text, rows_that_are_held_back, who_starts_from_a_tainted_one_is,
            it_starts_from_what_was_saved, on_the_way_too, any_order_any_number_of_workers, without_a_runner,
            many_wait_for_one, a_killed_run_goes_on, a_source_without_weights, a_source_that_is_not_done,
            weights_are_made_again, one_of_many_makes_weights_again, weights_are_made_again_in_pieces,
            the_end_is_the_end)
