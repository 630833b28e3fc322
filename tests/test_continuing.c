/* A longer trial goes on from a finished shorter one, and nobody can tell: the same records as from one training in one go. */
#include "fit_check.h"
#include "study/continuing.h"

typedef struct watched {
  int64_t first, last; /* the earliest step that any fit began with (1: none continued anything); the last one seen */
  bool pausing;
  int pauses;
} watched;

static bsn_pause ask(void *context, int64_t step, int64_t steps) {
  watched *w = context;
  (void)steps;
  bool begins = step != w->last + 1;
  if (!w->last || (begins && step < w->first)) w->first = step;
  w->last = step;
  if (!w->pausing || w->pauses > 3) return BSN_GO_ON;
  w->pauses++;
  return BSN_PAUSE;
}

/* All units of the trial in text, into sink (NULL: one of its own). */
static watched run_text(bench *b, const char *text, bsn_sink *sink, bool pausing) {
  watched w = {.pausing = pausing};
  bench_open(b, text);
  if (sink) b->work.sink = sink;
  b->work.ask = ask;
  b->work.context = &w;
  b->work.room = 1 << 20;
  size_t n, all = bsn_work_units(&b->trial), *unit = bsn_alloc_in(&b->arena, all * sizeof *unit);
  bool *tried = bsn_alloc_in(&b->arena, all);
  while ((n = bsn_work_missing(&b->trial, b->work.sink, tried, unit)))
    for (size_t i = 0; i < n; i++)
      for (tried[unit[i]] = true;;) {
        b->error = (bsn_error){0};
        OK(bsn_work_open(&b->work, &b->trial, &b->error));
        if (bsn_work_run(&b->work, unit[i], &b->error)) break;
        ck_assert_msg(b->error.code == BSN_PAUSED, "%s", b->error.text);
      }
  return w;
}

static void same_unit(bench *a, bench *b, const char *key) {
  bsn_record x, y;
  ck_assert(a->work.sink->get(a->work.sink, key, &a->arena, &x, &a->error));
  ck_assert_msg(b->work.sink->get(b->work.sink, key, &b->arena, &y, &b->error), "no record %s", key);
  ck_assert_msg(same_record(&x, &y), "%s %d: %s", x.kind, (int)x.index, difference(&x, &y));
  ck_assert(!strcmp(x.trial, y.trial) && !strcmp(x.kind, y.kind) && x.index == y.index && x.tainted == y.tainted);
}

/* Records of the trial, of its fits and of its probes. */
static void same_units(bench *a, bench *b) {
  const bsn_protocol *p = bsn_protocol_of(&a->trial);
  same_unit(a, b, a->trial.key);
  for (size_t i = 0; i < p->units(&a->trial); i++) {
    char key[33];
    bsn_unit_key(&a->trial, p->unit_kind, i, key);
    same_unit(a, b, key);
  }
  for (size_t i = 0; i < a->trial.nprobes; i++) same_unit(a, b, a->trial.probe[i].key);
}

/* The trial `from`, then `to` on the same sink, and `to` alone. Where the continued one began. */
static int64_t compare(const char *from, const char *to, bool pausing) {
  bench shorter, longer, whole;
  double grads;
  run_text(&shorter, from, NULL, false);
  run_text(&whole, to, NULL, false);
  bool will = bsn_work_continues(&whole.trial, 0, shorter.work.sink, &grads);
  ck_assert(will == (grads > 0));
  watched w = run_text(&longer, to, shorter.work.sink, pausing);
  ck_assert(will == (w.first > 1));
  same_units(&whole, &longer);
  bench_close(&shorter);
  bench_close(&longer);
  bench_close(&whole);
  return w.first - 1;
}

/* ---- what continues ---- */
#define BLOBS                                           \
  "study: x\ndata: {name: blobs, rows: 40, test: 10}\n" \
  "model: {name: mlp, hidden: [5]}\nloss: cross-entropy\n"
#define ADAM  "optimizer: {name: adam, lr: 0.05}\n"
#define EARLY "regularise: [{name: early-stopping, patience: 9}, {name: l2, lambda: 0.01}]\n"
#define SPARSE                                                                             \
  "probes:\n - {name: gradient-norm, when: every 3 steps}\n - {name: hessian-top, k: 2}\n" \
  " - {name: gradient-norm, when: epoch}\n"

/* 30 training rows in batches of 6: 5 steps an epoch. */
static const struct {
  const char *text, *from, *to;
  int64_t at; /* the step that it goes on from; 0: from the start */
} cases[] = {
    {SINE ADAM, "{batch: 6, epochs: 4}", "{batch: 6, epochs: 9}", 20},
    {SINE ADAM, "{batch: 6, epochs: 4}", "{batch: 6, epochs: 4.2}", 20},
    {SINE ADAM, "{batch: 7, epochs: 2.5}", "{batch: 7, epochs: 6}", 13},
    {SINE ADAM, "{batch: 7, epochs: 2, remainder: drop}", "{batch: 7, epochs: 6, remainder: drop}", 8},
    {SINE ADAM, "{batch: 6, steps: 11}", "{batch: 6, steps: 40}", 11},
    {SINE ADAM, "{batch: 6, steps: 11}", "{batch: 6, budget: 5.5}", 11},
    {SINE ADAM, "{batch: 6, budget: 2.5}", "{batch: 6, budget: 5.5}", 13},
    {SINE ADAM, "{batch: 6, steps: 11, order: iid}", "{batch: 6, steps: 30, order: iid}", 11},
    {SINE ADAM, "{batch: 6, epochs: 3, order: once}", "{batch: 6, epochs: 5, order: once}", 15},
    {SINE ADAM "eval: {when: every 2 epochs, rows: 7}\n", "{batch: 6, epochs: 3}", "{batch: 6, epochs: 8}", 15},
    {SINE ADAM "eval: {when: every 2 epochs, rows: 7}\n", "{batch: 6, epochs: 4}", "{batch: 6, epochs: 8}", 20},
    {SINE ADAM "eval: {curve: every 7 steps, internals: epoch}\n", "{batch: 6, epochs: 4}", "{batch: 6, epochs: 8}",
     20},
    {SINE ADAM EARLY, "{batch: 6, epochs: 4}", "{batch: 6, epochs: 200}", 20},
    {SINE ADAM "save: end\n", "{batch: 6, epochs: 4}", "{batch: 6, epochs: 9}", 20},
    {SINE ADAM SPARSE, "{batch: 6, epochs: 4}", "{batch: 6, epochs: 9}", 20},
    {SINE ADAM EARLY SPARSE, "{batch: 6, epochs: 4}", "{batch: 6, epochs: 200}", 20},
    {BLOBS ADAM "protocol: {name: k-fold, k: 3, stratified: true}\n", "{batch: 9, epochs: 2}", "{batch: 9, epochs: 5}",
     6},
    {BLOBS ADAM "ensemble: {name: bagging, members: 3}\n", "{batch: 10, epochs: 2}", "{batch: 10, epochs: 5}", 6},
    {BLOBS ADAM "ensemble: {name: bagging, members: 2}\nprotocol: {name: k-fold, k: 2}\n", "{batch: 5, epochs: 2}",
     "{batch: 5, epochs: 5}", 6},
    {"study: x\nobjective: {name: rosenbrock, noise: 0.1}\n" ADAM, "{steps: 150}", "{steps: 400}", 150},
    {"study: x\nobjective: {name: rosenbrock, noise: 0.1}\n" ADAM, "{steps: 900}", "{steps: 5000}", 900},
    {"study: x\nobjective: {name: himmelblau}\noptimizer: {name: gd, lr: 0.01}\nprotocol: {name: minimise, tolerance: "
     "1e-4}\neval: {when: every 9 steps}\n",
     "{steps: 20}", "{steps: 400}", 20},
    /* length matters, or something is recorded that the shorter one did not */
    {SINE ADAM, "{batch: 6, epochs: 4, schedule: cosine}", "{batch: 6, epochs: 9, schedule: cosine}", 0},
    {SINE ADAM, "{batch: 6, epochs: 4}", "{batch: 6, steps: 40}", 0},
    {SINE ADAM, "{batch: 6, epochs: 4}", "{batch: 5, epochs: 9}", 0},
    {SINE ADAM, "{batch: 6, epochs: 4}", "{batch: 6, epochs: 3}", 0},
    {SINE ADAM "eval: {when: log 5 points}\n", "{batch: 6, epochs: 4}", "{batch: 6, epochs: 9}", 0},
    {SINE ADAM "eval: {curve: log 5 points}\n", "{batch: 6, epochs: 4}", "{batch: 6, epochs: 9}", 0},
    {SINE ADAM "eval: {internals: log 5 points}\n", "{batch: 6, epochs: 4}", "{batch: 6, epochs: 9}", 0},
    {SINE ADAM "save: every 2 epochs\n", "{batch: 6, epochs: 4}", "{batch: 6, epochs: 9}", 0},
    {SINE ADAM "probes: [{name: gradient-norm, when: log 5 points}]\n", "{batch: 6, epochs: 4}",
     "{batch: 6, epochs: 9}", 0},
    {"study: x\nobjective: {name: rosenbrock}\neval: {when: log 9 points}\n" ADAM, "{steps: 150}", "{steps: 400}", 0},
};

static void texts_of(int i, char from[2000], char to[2000]) {
  snprintf(from, 2000, "%strain: %s\n", cases[i].text, cases[i].from);
  snprintf(to, 2000, "%strain: %s\n", cases[i].text, cases[i].to);
}

START_TEST(longer_trials_are_as_trained_in_one_go) {
  char from[2000], to[2000];
  texts_of(_i, from, to);
  ck_assert_int_eq(compare(from, to, false), cases[_i].at);
}
END_TEST

START_TEST(they_can_be_paused) {
  char from[2000], to[2000];
  texts_of(_i, from, to);
  compare(from, to, true);
}
END_TEST

/* Every rule, schedule and regulariser that there is. */
static void walk(const bsn_table *table, const char *text, int64_t (*at)(const bsn_row *row)) {
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(table, i)); i++) {
    char from[2000], to[2000];
    const char *lr = strcmp(row->name, "gd") ? "" : ", lr: 0.01";
    bool needs = row->params && row->params[0].name && !row->params[0].def; /* a first parameter without default */
    snprintf(from, sizeof from, text, row->name, needs ? ", at: [1, 3]" : lr, 3);
    snprintf(to, sizeof to, text, row->name, needs ? ", at: [1, 3]" : lr, 7);
    int64_t began = compare(from, to, false);
    ck_assert_msg(began == at(row), "%s: %d", row->name, (int)began);
  }
}

static int64_t always_13(const bsn_row *row) { return (void)row, 13; }

static int64_t unless_cosine(const bsn_row *row) {
  bool grows = !strcmp(row->name, "cosine") || !strcmp(row->name, "one-cycle") || !strcmp(row->name, "warm-up");
  return grows ? 0 : 15;
}

static int64_t always_15(const bsn_row *row) { return (void)row, 15; }

START_TEST(every_rule_continues) {
  walk(&bsn_optimizers, SINE "optimizer: {name: %s%s}\ntrain: {batch: 30, steps: 1%d}\n", always_13);
  walk(&bsn_schedules, SINE ADAM "train: {batch: 6, schedule: {name: %s%s}, epochs: %d}\n", unless_cosine);
  walk(&bsn_regularisers, SINE ADAM "regularise: [{name: %s%s}]\ntrain: {batch: 6, epochs: %d}\n", always_15);
}
END_TEST

/* A schedule that says that it does not need the length gives the same factors for any. */
START_TEST(schedules_say_whether_they_need_the_length) {
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(&bsn_schedules, i)); i++) {
    bench b;
    char text[1000];
    bool needs = row->params && !row->params[0].def;
    snprintf(text, sizeof text, SINE ADAM "train: {epochs: 9, schedule: {name: %s%s}}\n", row->name,
             needs ? ", at: [1, 3]" : "");
    bench_open(&b, text);
    const bsn_choice *s = &b.trial.fit.train.schedule;
    bsn_schedule_state state = {(const bsn_schedule *)s->row, s->config, {0}};
    bool differs = false;
    for (int64_t step = 0; step < 90; step++) {
      bsn_progress a = {step, 90, 5}, z = {step, 200, 5};
      differs |= bsn_schedule_factor(&state, &a) != bsn_schedule_factor(&state, &z);
    }
    ck_assert_msg(differs == bsn_schedule_needs_length(state.type, state.config), "%s", row->name);
    bench_close(&b);
  }
}
END_TEST

/* ---- what is measured besides ---- */
START_TEST(probes_are_those_of_this_trial) {
  static const char *const trials[][2] = {/* the shorter one's probes, the longer one's */
                                          {SPARSE, ""},
                                          {SPARSE, "probes: [{name: hessian-top, k: 3}]\n"},
                                          {"", "probes: [{name: hessian-top, k: 3}]\n"},
                                          {"", SPARSE},
                                          {SPARSE "seed: {probe: 4}\n", SPARSE}};
  static const int64_t at[] = {20, 20, 20, 0, 0};
  for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
    char from[2000], to[2000];
    snprintf(from, sizeof from, SINE ADAM "%strain: {batch: 6, epochs: 4}\n", trials[i][0]);
    snprintf(to, sizeof to, SINE ADAM "%strain: {batch: 6, epochs: 9}\n", trials[i][1]);
    ck_assert_msg(compare(from, to, false) == at[i], "pair %d", (int)i);
  }
}
END_TEST

/* ---- files ---- */
#define SHORT SINE ADAM "train: {batch: 6, epochs: 4}\n"
#define LONG  SINE ADAM "train: {batch: 6, epochs: 9}\n"

static const char *left_name(const bench *b, bsn_arena *arena) {
  char family[33], key[33];
  ck_assert(bsn_family_of(&b->trial, family));
  const char *text = bsn_text_in(arena, "%s unit 0 trial 0", family);
  bsn_hash_text(text, strlen(text), key);
  return bsn_text_in(arena, "checkpoints/%s.end", key);
}

START_TEST(a_damaged_state_is_none) {
  for (int at = 0; at < 4; at++) {
    bench shorter, longer, whole;
    void *bytes;
    size_t n;
    run_text(&shorter, SHORT, NULL, false);
    bsn_sink *sink = shorter.work.sink;
    const char *name = left_name(&shorter, &shorter.arena);
    ck_assert(sink->load(sink, name, &shorter.arena, &bytes, &n, &shorter.error));
    if (at < 3) ((char *)bytes)[(n - 1) * (size_t)at / 2] ^= 1;
    ck_assert(sink->save(sink, name, bytes, at == 3 ? 60 : n, &shorter.error));
    ck_assert_int_eq(run_text(&longer, LONG, sink, false).first, 1);
    run_text(&whole, LONG, NULL, false);
    same_units(&whole, &longer);
    bench_close(&whole);
    bench_close(&longer);
    bench_close(&shorter);
  }
}
END_TEST

START_TEST(the_longest_is_kept_and_room_is_limited) {
  bench longest, b;
  bsn_record r;
  bsn_left left;
  run_text(&longest, LONG, NULL, false);
  bsn_sink *sink = longest.work.sink;
  run_text(&b, SHORT, sink, false); /* leaves what the longer one left */
  bench_close(&b);
  ck_assert_int_eq(run_text(&b, SINE ADAM "train: {batch: 6, epochs: 10}\n", sink, false).first, 46);
  bsn_record_init(&r, &b.arena, b.trial.key, b.trial.key, "trial", 0);
  b.work.trial = &b.trial;
  ck_assert(!bsn_left_find(&b.work, &r, &left, &b.error)); /* 10 epochs are not less than 10 */
  bench_close(&b);
  bench_close(&longest);

  bench_open(&b, SHORT);
  bsn_record_init(&r, &b.arena, b.trial.key, b.trial.key, "trial", 0);
  size_t room = bsn_left_room(&b.trial, 1000);
  ck_assert(room > 200000 && room < 300000);
  b.work.trial = &b.trial;
  left = (bsn_left){.step = 1, .seconds = 1, .state = &room, .n = sizeof room};
  static const struct {
    size_t room;
    double toil;
    bool kept;
  } tries[] = {{0, 0, false}, {4, 0, false}, {8, 2, false}, {8, 0.5, true}};
  for (size_t i = 0; i < 4; i++) {
    void *bytes;
    size_t n;
    b.work.room = tries[i].room;
    b.work.toil = tries[i].toil;
    bsn_left_keep(&b.work, &r, &left);
    ck_assert(b.work.sink->load(b.work.sink, left_name(&b, &b.arena), &b.arena, &bytes, &n, &b.error) == tries[i].kept);
  }
  bench_close(&b);
}
END_TEST

/* The bytes of a state outlive the build that wrote them: when this number has to be changed, or a field changes its place,
 * raise LAYOUT in study/continuing.c. */
START_TEST(the_layout_of_states_is_known) {
  bench b;
  void *state, *record;
  size_t n, m;
  bench_open(&b, SHORT);
  bench_init(&b);
  bench_steps(&b, 3);
  ck_assert(bsn_fit_pack(&b.fit, &b.arena, &state, &n, &b.error) &&
            bsn_record_pack(&b.fit.record, &b.arena, &record, &m, &b.error));
  ck_assert_uint_eq(b.fit.net.n, 16);
  ck_assert_uint_eq(n - m, 264 + 3 * 16 * sizeof(bsn_real));
  bench_close(&b);
}
END_TEST

enum { NCASES = sizeof cases / sizeof *cases };

BASIN_CASES("continuing", {longer_trials_are_as_trained_in_one_go, NCASES}, {they_can_be_paused, NCASES},
            {every_rule_continues, 1}, {schedules_say_whether_they_need_the_length, 1},
            {probes_are_those_of_this_trial, 1}, {a_damaged_state_is_none, 1},
            {the_longest_is_kept_and_room_is_limited, 1}, {the_layout_of_states_is_known, 1})
