#include "learn/ensemble.h"
#include "data/split.h"
#include "learn/objective.h"
#include "num/math.h"
#include <string.h>

/* ---- members ---- */
size_t bsn_ensemble_members(const bsn_choice *ensemble) {
  return ((const bsn_ensemble *)ensemble->row)->members(ensemble->config);
}

bool bsn_ensemble_member(const bsn_fit_spec *spec, const bsn_fit_rows *rows, const bsn_choice *ensemble, size_t m,
                         bsn_arena *arena, bsn_fit_spec *its_spec, bsn_fit_rows *its_rows, bsn_error *error) {
  bsn_view unseen;
  *its_spec = *spec;
  *its_rows = (bsn_fit_rows){.validation = rows->validation};
  its_spec->name = bsn_text_in(arena, "%s%smember.%zu", spec->name, *spec->name ? "." : "", m);
  if (!its_spec->name) return bsn_no_memory(error);
  return ((const bsn_ensemble *)ensemble->row)
      ->draw(ensemble->config, &rows->train, spec->seeds.split, m, arena, &its_rows->train, &unseen, error);
}

bool bsn_ensemble_unseen(const bsn_fit_spec *spec, const bsn_view *train, const bsn_choice *ensemble, size_t m,
                         bool *unseen, bsn_error *error) {
  bsn_arena arena = {0};
  bsn_view in, out = {0};
  const bsn_ensemble *e = (const bsn_ensemble *)ensemble->row;
  bool ok = e->draw(ensemble->config, train, spec->seeds.split, m, &arena, &in, &out, error);
  /* both lists are in the order of train, and a row is in it once */
  for (size_t i = 0, at = 0; ok && i < train->n; i++) {
    unseen[i] = at < out.n && out.row[at] == train->row[i];
    at += unseen[i];
  }
  bsn_arena_free(&arena);
  return ok;
}

/* ---- votes ---- */
bool bsn_votes_init(bsn_votes *v, const bsn_choice *loss, const bsn_view *view, bsn_arena *arena, bsn_error *error) {
  *v = (bsn_votes){.loss = (const bsn_loss *)loss->row, .n = view->n, .outputs = bsn_outputs_for(loss, view->set)};
  v->classes = view->set->task == BSN_CLASSIFICATION;
  v->sum = bsn_alloc_in(arena, (v->n * v->outputs + 1) * sizeof *v->sum);
  v->count = bsn_alloc_in(arena, (v->n + 1) * sizeof *v->count);
  return (v->sum && v->count) || bsn_no_memory(error);
}

static bsn_link link_of(const bsn_votes *v) { return v->classes ? v->loss->link : BSN_LINK_NONE; }

static void add_softmax(size_t n, const bsn_real *z, double *sum) {
  double most = (double)z[0], total = 0;
  for (size_t j = 1; j < n; j++) most = (double)z[j] > most ? (double)z[j] : most;
  for (size_t j = 0; j < n; j++) total += bsn_exp((double)z[j] - most);
  for (size_t j = 0; j < n; j++) sum[j] += bsn_exp((double)z[j] - most) / total;
}

static void add_sigmoid(size_t n, const bsn_real *z, double *sum) {
  for (size_t j = 0; j < n; j++) sum[j] += 1 / (1 + bsn_exp(-(double)z[j]));
}

static void add_outputs(size_t n, const bsn_real *z, double *sum) {
  for (size_t j = 0; j < n; j++) sum[j] += (double)z[j];
}

/* The logarithm of a probability, bounded so that none of 0 becomes an infinite output. */
static double log_of(double p) { return bsn_log(p > 1e-37 ? p : 1e-37); }

static double same(double mean) { return mean; }
static double logit(double mean) { return log_of(mean) - log_of(1 - mean); }

static const struct link {
  void (*add)(size_t n, const bsn_real *z, double *sum);
  double (*back)(double mean);
} links[] = {[BSN_LINK_NONE] = {add_outputs, same},
             [BSN_LINK_SOFTMAX] = {add_softmax, log_of},
             [BSN_LINK_SIGMOID] = {add_sigmoid, logit}};

void bsn_votes_add(bsn_votes *v, const bsn_real *z, const bool *where) {
  for (size_t i = 0; i < v->n; i++) {
    if (where && !where[i]) continue;
    links[link_of(v)].add(v->outputs, z + i * v->outputs, v->sum + i * v->outputs);
    v->count[i]++;
  }
}

void bsn_votes_outputs(const bsn_votes *v, bsn_real *z) {
  for (size_t i = 0; i < v->n * v->outputs; i++) {
    size_t count = v->count[i / v->outputs];
    z[i] = count ? (bsn_real)links[link_of(v)].back(v->sum[i] / (double)count) : 0;
  }
}

/* ---- bagging ---- */
typedef struct bagging_config {
  size_t members;
} bagging_config;

static const bsn_param bagging_params[] = {
    {"members", BSN_COUNT, offsetof(bagging_config, members), "10", .lo = 1, .hi = 1e5, .doc = "number of fits"}, {0}};

static size_t bagging_members(const void *config) { return ((const bagging_config *)config)->members; }

static bool draw_bag(const void *config, const bsn_view *train, uint64_t seed_split, size_t m, bsn_arena *arena,
                     bsn_view *in, bsn_view *out, bsn_error *error) {
  (void)config;
  const char *name = bsn_text_in(arena, "bag.%zu", m);
  if (!name) return bsn_no_memory(error);
  return bsn_bootstrap(train, bsn_stream_of(seed_split, "split", name, 0), arena, in, out) || bsn_no_memory(error);
}

/* ---- the table ---- */
// clang-format off
static const bsn_ensemble rows[] = {
    {{"bagging", "Fits on bootstrap draws of the training rows; averages outputs, or probabilities of classes where the loss is a likelihood.", "p(x) = mean_m p_m(x)", "Breiman 1996", bagging_params, sizeof(bagging_config)}, bagging_members, draw_bag},
    {{0}, NULL, NULL}};
// clang-format on

const bsn_table bsn_ensembles = {"ensemble", sizeof(bsn_ensemble), (const void *const[]){rows, NULL}};
