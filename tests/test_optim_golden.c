/* Trajectories of update rules and schedules against those of PyTorch and NumPy (tests/reference/optimizers.py). */
#include "optim_check.h"
#include "num/vector.h"

enum { N = 7, MANY = 103 };

/* The objective of the script; more than 7 weights repeat its pattern. */
static bool objective(bsn_objective *o, const bsn_real *w, double *f, bsn_real *g) {
  double s = 0, sum = 0;
  for (size_t i = 0; i < o->n; i++) s += (double)w[i] / (1 + (double)(i % N));
  for (size_t i = 0; i < o->n; i++) {
    double k = (double)(i % N), h = 0.5 + k * k / 4, x = (double)w[i] - (k - 3) / 10;
    sum += h * x * x / 2 + 0.25 * x * x * x * x / 4;
    if (g) g[i] = (bsn_real)(h * x + 0.25 * x * x * x + 0.5 * s / (1 + k));
  }
  *f = sum + 0.5 * s * s / 2;
  return true;
}

/* One walk: the lines of one setting come in the order of their steps. */
typedef struct trace {
  bsn_arena arena;
  char words[200];
  bsn_optimizer_state s;
  bsn_real *w;
} trace;

static void trace_start(trace *t, const char *words, size_t n) {
  bsn_arena_free(&t->arena);
  snprintf(t->words, sizeof t->words, "%s", words);
  bsn_choice choice = choice_of(&t->arena, &bsn_optimizers, words);
  ck_assert(bsn_optimizer_init(&t->s, (const bsn_optimizer *)choice.row, choice.config, n, &t->arena));
  t->w = bsn_reals_in(&t->arena, n);
  for (size_t i = 0; i < n; i++) t->w[i] = (bsn_real)(1 - 0.3 * (double)(i % N));
}

static void compare(const trace *t, int k, double ours, double theirs) {
  double tolerance = sizeof(bsn_real) == sizeof(double) ? 1e-10 : 1e-5;
  ck_assert_msg(fabs(ours - theirs) <= tolerance * fmax(1, fabs(theirs)), "%s: step %d, [%d]: %.17g, not %.17g",
                t->words, (int)t->s.t, k, ours, theirs);
}

/* Rounding has grown after ten steps; and the search from so short a step draws a cubic through two points whose
 * difference is mostly rounding. */
static bool unfit_for_float(const char *words, int64_t step) {
  return step > 10 || strstr(words, "line_search=strong_wolfe lr=0.001");
}

/* words;step;w0;..;w6;loss */
static void check_line(trace *t, char *line) {
  char *rest, *words = strtok_r(line, ";", &rest);
  int64_t step = atoi(strtok_r(NULL, ";", &rest));
  if (strcmp(words, t->words)) trace_start(t, words, N);
  if (sizeof(bsn_real) < sizeof(double) && unfit_for_float(words, step)) return;
  bsn_objective o = {.n = N, .eval = objective};
  double lr = bsn_optimizer_lr(t->s.type, t->s.config);
  while (t->s.t < step) ck_assert(bsn_optimizer_step(&t->s, &o, t->w, lr));
  for (int k = 0; k < N; k++) compare(t, k, (double)t->w[k], strtod(strtok_r(NULL, ";", &rest), NULL));
  double loss = strtod(strtok_r(NULL, ";", &rest), NULL);
  if (!strstr(words, "form=lookahead")) compare(t, N, t->s.loss, loss); /* that one never sees the loss at w */
}

static FILE *golden(const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/tests/golden/%s", getenv("BASIN_SOURCE"), name);
  FILE *file = fopen(path, "r");
  ck_assert_msg(file != NULL, "%s cannot be read", path);
  return file;
}

START_TEST(rules_follow_the_reference) {
  FILE *file = golden("optimizers.csv");
  trace t = {.words = ""};
  char line[1000];
  int lines = 0;
  for (; fgets(line, sizeof line, file); lines++) check_line(&t, line);
  ck_assert_int_ge(lines, 5 * 40);
  bsn_arena_free(&t.arena);
  fclose(file);
}
END_TEST

static void hash_after(const char *words, char hash[33]) {
  trace t = {.words = ""};
  trace_start(&t, words, MANY);
  bsn_objective o = {.n = MANY, .eval = objective};
  while (t.s.t < 40) ck_assert(bsn_optimizer_step(&t.s, &o, t.w, bsn_optimizer_lr(t.s.type, t.s.config)));
  ck_assert_msg(bsn_all_finite(MANY, t.w), "%s diverges", words);
  bsn_hash_text(t.w, MANY * sizeof *t.w, hash);
  bsn_arena_free(&t.arena);
}

/* precision;words;hash of 103 weights after 40 steps: equal for every compiler, level and processor. A line that differs
 * is printed as it should stand in the file if the change of bits is meant. */
START_TEST(bits_are_those_of_every_build) {
  FILE *file = golden("optimizers_bits.csv");
  char line[1000], hash[33];
  int lines = 0;
  while (fgets(line, sizeof line, file)) {
    char *rest, *precision = strtok_r(line, ";", &rest), *words = strtok_r(NULL, ";", &rest);
    if (strcmp(precision, BSN_PRECISION)) continue;
    hash_after(words, hash);
    ck_assert_msg(!strncmp(hash, rest, 32), "%s;%s;%s", precision, words, hash);
    lines++;
  }
  ck_assert_int_ge(lines, 25);
  fclose(file);
}
END_TEST

/* Every rule has a line in the file, so that a new one needs a reference, too. */
START_TEST(every_rule_has_a_reference) {
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(&bsn_optimizers, i)); i++) {
    FILE *file = golden("optimizers.csv");
    char line[1000];
    size_t length = strlen(row->name);
    bool found = false;
    while (!found && fgets(line, sizeof line, file))
      found = !strncmp(line, row->name, length) && (line[length] == ' ' || line[length] == ';');
    ck_assert_msg(found, "no reference for %s", row->name);
    fclose(file);
  }
}
END_TEST

/* words;step;factor;metric told after the step */
START_TEST(schedules_follow_the_reference) {
  FILE *file = golden("schedules.csv");
  bsn_arena arena = {0};
  bsn_schedule_state s = {0};
  char line[1000], last[200] = "";
  int lines = 0;
  for (; fgets(line, sizeof line, file); lines++) {
    char *rest, *words = strtok_r(line, ";", &rest);
    int step = atoi(strtok_r(NULL, ";", &rest));
    if (strcmp(words, last)) {
      bsn_choice choice = choice_of(&arena, &bsn_schedules, words);
      s = (bsn_schedule_state){.type = (const bsn_schedule *)choice.row, .config = choice.config};
      snprintf(last, sizeof last, "%s", words);
    }
    double factor = strtod(strtok_r(NULL, ";", &rest), NULL);
    double ours = bsn_schedule_factor(&s, &(bsn_progress){step, 50, 1});
    ck_assert_msg(fabs(ours - factor) <= 1e-13, "%s: step %d: %.17g, not %.17g", last, step, ours, factor);
    if (s.type->watch) s.type->watch(&s, strtod(strtok_r(NULL, ";", &rest), NULL));
  }
  ck_assert_int_eq(lines, 50 * 16);
  bsn_arena_free(&arena);
  fclose(file);
}
END_TEST

BASIN_TESTS("optim_golden", rules_follow_the_reference, bits_are_those_of_every_build, every_rule_has_a_reference,
            schedules_follow_the_reference)
