/* Data sets of published problems that are drawn with NumPy's legacy numbers: the same for every seed. */
#include "data/tables.h"
#include "num/legacy.h"

enum { ROWS = 1000, WIDTH = 100, TRAIN_SEED = 42, TEST_SEED = 43 };

/* The point to be found is where the examples are: inputs and targets are the same numbers, rounded to float as theirs. */
static bool draw_points(bsn_dataset *set, uint32_t seed, bsn_arena *arena) {
  bsn_real *x = bsn_reals_in(arena, ROWS * WIDTH);
  bsn_arena scratch = {0};
  bsn_legacy *r = bsn_alloc_in(&scratch, sizeof *r);
  if (r) bsn_legacy_seed(r, seed);
  for (size_t i = 0; x && r && i < ROWS * WIDTH; i++) x[i] = (bsn_real)(float)(0.6 * bsn_legacy_normal(r));
  *set = (bsn_dataset){.task = BSN_REGRESSION,
                       .rows = ROWS,
                       .axes = 1,
                       .shape = {WIDTH},
                       .width = WIDTH,
                       .real = x,
                       .scale = 1,
                       .outputs = WIDTH,
                       .target = x};
  bsn_arena_free(&scratch);
  return x && r;
}

static bool load_quadratic_deep(const void *config, const bsn_data_options *options, bsn_arena *arena, bsn_loaded *out,
                                bsn_error *error) {
  (void)config, (void)options;
  *out = (bsn_loaded){0};
  return (draw_points(&out->train, TRAIN_SEED, arena) && draw_points(&out->test, TEST_SEED, arena)) ||
         bsn_no_memory(error);
}

// clang-format off
const bsn_data bsn_data_published[] = {
  {.row = {"quadratic-deep", "A cloud of points around 0 that is its own target, for loss quadratic-deep and layer point.",
           "x = 0.6 N(0, 1) in 100 dimensions, 1000 training and 1000 test rows; y = x", "Schneider, Balles & Hennig 2019 (DeepOBS)", NULL, 0},
   .load = load_quadratic_deep, .has_test = true},
  {.row = {0}}};
// clang-format on
