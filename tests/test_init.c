/* Initial parameters: their moments, what norms and biases get, and that a tensor's numbers have no other cause than seed and name. */
#include "basin_check.h"
#include "model/init.h"
#include "num/draw.h"

static const bsn_table *const tables[] = {&bsn_inits, NULL};

static bsn_choice choose(bsn_arena *arena, const char *yaml) {
  bsn_faults faults = {.arena = arena};
  bsn_reader reader = {.arena = arena, .faults = &faults, .tables = tables};
  bsn_choice choice = {0};
  bsn_value *value = bsn_value_read(arena, "test", yaml, strlen(yaml), &faults);
  ck_assert_msg(value && bsn_read_row(&reader, &bsn_inits, value, "init", &choice, NULL, NULL), "%s",
                bsn_faults_text(arena, &faults));
  return choice;
}

/* A dense layer of 150 inputs and 600 outputs, and a normalisation. */
enum { IN = 150, OUT = 600, SIZE = IN * OUT, N = SIZE + 3 * OUT };
static const bsn_tensor tensors[] = {{"0.weight", 0, SIZE, 2, {IN, OUT}, BSN_WEIGHT, 1, IN, OUT},
                                     {"0.bias", SIZE, OUT, 1, {OUT}, BSN_BIAS, -1, IN, OUT},
                                     {"1.weight", SIZE + OUT, OUT, 1, {OUT}, BSN_NORM, 0, OUT, OUT},
                                     {"1.bias", SIZE + 2 * OUT, OUT, 1, {OUT}, BSN_NORM, 0, OUT, OUT}};

/* Weights: mean, standard deviation, and between which limits the largest |w - mean| lies (in standard deviations; uniform:
 * sqrt 3 = 1.732; normal, 90000 draws: mostly 4 to 5). Truncated at 2: var = 1 - 4 phi(2) / (2 Phi(2) - 1) = 0.77374. */
static const struct moments {
  const char *yaml;
  double mean, sd, least, most, bias;
} cases[] = {
    {"torch", 0, 0.04714045207910317, 1.7315, 1.7321, NAN},
    {"kaiming", 0, 0.11547005383792516, 3.9, 5.5, 0},
    {"{name: kaiming, mode: fan_out, bias: 0.5}", 0, 0.05773502691896258, 3.9, 5.5, 0.5},
    {"{name: kaiming, distribution: uniform}", 0, 0.11547005383792516, 1.7315, 1.7321, 0},
    {"xavier", 0, 0.05163977794943222, 3.9, 5.5, 0},
    {"{name: xavier, distribution: uniform, gain: 3}", 0, 0.15491933384829668, 1.7315, 1.7321, 0},
    {"truncated-normal", 0, 0.05 * 0.8796256610342398, 2.2730, 2.2738, 0},
    {"{name: truncated-normal, sd: 2, cut: 8, bias: -1}", 0, 2, 3.9, 5.5, -1},
    {"normal", 0, 0.01, 3.9, 5.5, 0},
    {"{name: normal, sd: 3, mean: -7}", -7, 3, 3.9, 5.5, 0},
    {"uniform", 0, 0.02886751345948129, 1.7315, 1.7321, 0},
    {"{name: uniform, lo: 2, hi: 5, bias: 2}", 3.5, 0.8660254037844386, 1.7315, 1.7321, 2},
    {"constant", 0, 0, 0, 0, 0},
    {"{name: constant, value: 0.25, bias: 1}", 0.25, 0, 0, 0, 1},
};

/* Five standard errors each; that of a standard deviation is at most sd / sqrt(2 n), times 1.001 for float. */
static void check_moments(const struct moments *m, const bsn_real *w, size_t n) {
  double sum = 0, square = 0, largest = 0;
  for (size_t i = 0; i < n; i++) {
    double d = (double)w[i] - m->mean;
    sum += d;
    square += d * d;
    largest = fmax(largest, fabs(d));
  }
  ck_assert_msg(fabs(sum / (double)n) <= 5 * m->sd / sqrt((double)n), "%s: mean %g", m->yaml, sum / (double)n);
  double sd = sqrt(square / (double)n);
  ck_assert_msg(fabs(sd - m->sd) <= 5 * 1.001 * m->sd / sqrt(2. * (double)n), "%s: sd %g", m->yaml, sd);
  ck_assert_msg(largest >= m->least * m->sd && largest <= m->most * m->sd, "%s: largest %g sd", m->yaml,
                largest / m->sd);
}

START_TEST(moments_are_those_of_the_formula) {
  static bsn_real w[N];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    bsn_arena arena = {0};
    bsn_choice init = choose(&arena, cases[i].yaml);
    bsn_init_all(&init, 4, tensors, 3, w);
    check_moments(&cases[i], w, SIZE);
    for (size_t e = SIZE; e < N; e++) {
      bool is_bias = e < SIZE + OUT;
      if (is_bias && isnan(cases[i].bias)) continue;
      ck_assert(w[e] == (bsn_real)(is_bias ? cases[i].bias : e < SIZE + 2 * OUT));
    }
    bsn_arena_free(&arena);
  }
}
END_TEST

START_TEST(torch_biases_scale_with_the_inputs) {
  static bsn_real w[N];
  bsn_arena arena = {0};
  bsn_choice init = choose(&arena, "torch");
  bsn_init_all(&init, 4, tensors, 3, w);
  /* 600 draws: the largest is within 1.5 % of the bound with probability 0.9998 */
  const struct moments m = {"torch bias", 0, 0.04714045207910317, 1.706, 1.7321, 0};
  check_moments(&m, w + SIZE, OUT);
  bsn_arena_free(&arena);
}
END_TEST

START_TEST(entry_e_is_draw_e_of_the_stream_of_the_name) {
  bsn_real w[12];
  bsn_arena arena = {0};
  const bsn_tensor t = {"3.0.weight", 0, 12, 2, {4, 3}, BSN_WEIGHT, 1, 4, 3};
  bsn_stream s = bsn_stream_of(9, "init", "3.0.weight", 0);
  bsn_choice uniform = choose(&arena, "{name: uniform, lo: 0, hi: 1}"), normal = choose(&arena, "{normal: 1}");
  bsn_choice cut = choose(&arena, "{name: truncated-normal, sd: 1, cut: 0.75}");
  bsn_init_all(&uniform, 1, &t, 9, w);
  for (size_t e = 0; e < 12; e++) ck_assert(w[e] == (bsn_real)bsn_uniform(s, e));
  bsn_init_all(&normal, 1, &t, 9, w);
  for (size_t e = 0; e < 12; e++) ck_assert(w[e] == (bsn_real)bsn_normal(s, e));
  bsn_init_all(&cut, 1, &t, 9, w);
  for (size_t e = 0; e < 12; e++) ck_assert(w[e] == (bsn_real)bsn_truncated_normal(s, e, 0.75));
  bsn_arena_free(&arena);
}
END_TEST

/* The same tensor alone, and behind others at another place, which have other sizes: equal numbers. Another seed or name: others.
 * Twice as many entries: the first ones are equal. */
static void check_causes(const bsn_choice *init, bool random) {
  static bsn_real a[N], b[N];
  const bsn_tensor alone = {"5.weight", 0, 64, 2, {8, 8}, BSN_WEIGHT, 1, 8, 8};
  const bsn_tensor many[] = {{"0.weight", 0, 40, 2, {5, 8}, BSN_WEIGHT, 1, 5, 8},
                             {"0.bias", 40, 8, 1, {8}, BSN_BIAS, -1, 5, 8},
                             {"5.weight", 48, 64, 2, {8, 8}, BSN_WEIGHT, 1, 8, 8}};
  bsn_tensor twice = alone, named = alone;
  bsn_init_all(init, 1, &alone, 1, a);
  bsn_init_all(init, 3, many, 1, b);
  ck_assert_mem_eq(a, b + 48, 64 * sizeof *a);
  twice.size = 128;
  bsn_init_all(init, 1, &twice, 1, b);
  ck_assert_mem_eq(a, b, 64 * sizeof *a);
  bsn_init_all(init, 1, &alone, 2, b);
  ck_assert((memcmp(a, b, 64 * sizeof *a) != 0) == random);
  named.name = "6.weight";
  bsn_init_all(init, 1, &named, 1, b);
  ck_assert((memcmp(a, b, 64 * sizeof *a) != 0) == random);
}

START_TEST(seed_and_name_are_the_only_causes) {
  bsn_arena arena = {0};
  const bsn_row *row;
  for (size_t i = 0; (row = bsn_table_row(&bsn_inits, i)); i++) {
    bsn_choice init = choose(&arena, row->name);
    check_causes(&init, strcmp(row->name, "constant") != 0);
  }
  bsn_arena_free(&arena);
}
END_TEST

BASIN_TESTS("init", moments_are_those_of_the_formula, torch_biases_scale_with_the_inputs,
            entry_e_is_draw_e_of_the_stream_of_the_name, seed_and_name_are_the_only_causes)
