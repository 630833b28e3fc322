/* minimise.h: run an optimizer on a surface and record where it goes.
 *
 *     bsn_minimise m;
 *     if (!bsn_minimise_init(&m, &spec, arena, error)) return false;
 *     while (m.record.outcome == BSN_UNDONE)
 *       if (!bsn_minimise_step(&m, error)) return false;
 *
 * Like a fit (learn/fit.h), a pure function of its spec, whose state can be packed between steps. It records, at moments, start
 * and end: objective (f without noise), excess (above the known minimum), distance (to the nearest one), gradient_norm; lr at
 * the same steps. As arrays, at the end: the path (path_step, path_f, path_x, path_y: the first two parameters, at up to
 * BSN_PATH steps, the last one among them); and for functions of two numbers f on a grid over the surface's window (grid_x,
 * grid_y, grid_f, x running fastest).
 */
#ifndef BSN_LEARN_MINIMISE_H
#define BSN_LEARN_MINIMISE_H

#include "learn/surface.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

enum { BSN_PATH = 1000, BSN_GRID = 81 };

/* The keys of `train:` when something is minimised. */
typedef struct bsn_descent {
  size_t steps;
  bsn_choice schedule;
} bsn_descent;
extern const bsn_param bsn_descent_params[];

typedef struct bsn_minimise_spec {
  bsn_choice surface, optimizer;
  bsn_surface_options options;
  bsn_descent train;
  bsn_moment eval;
  double tolerance; /* converged when the gradient that a step began with is no longer than this; 0: never */
  bsn_seeds seeds;
} bsn_minimise_spec;

typedef struct bsn_minimise {
  const bsn_minimise_spec *spec;
  bsn_arena *arena;
  bsn_surface *surface;
  bsn_optimizer_state optimizer;
  bsn_schedule_state schedule;
  bsn_real *w, *g;
  int64_t step, steps, next_eval, evaluated; /* evaluated: last step with metrics; -1: none */
  double start_f, before, since;             /* seconds of earlier processes; clock at the start of this one */
  int64_t npath, stride;
  int32_t *path_step;
  double *path_f, *path_x, *path_y;
  bsn_record record; /* grows; outcome UNDONE until it is over */
} bsn_minimise;

/* Prepare; records nothing yet. */
bool bsn_minimise_init(bsn_minimise *m, const bsn_minimise_spec *spec, bsn_arena *arena, bsn_error *error);

/* One update, with everything that is due before (metrics at step 0) and after it. Diverged: f is not finite, or its size is above
 * 1e6 times what it was at the start (or above 1e6, if that is more: some surfaces fall without end). Of one that is over, its
 * end instead. */
bool bsn_minimise_step(bsn_minimise *m, bsn_error *error);

/* As of a fit (learn/fit.h): has it run as long as it was asked to, so that its state is that of a longer one; does it depend on
 * its length; how many seconds did it take so far? */
bool bsn_minimise_is_over(const bsn_minimise *m);
bool bsn_minimise_needs_length(const bsn_minimise_spec *spec);
double bsn_minimise_seconds(const bsn_minimise *m);

/* The state between two steps, as bytes, and back into one that was made with the same spec. */
bool bsn_minimise_pack(const bsn_minimise *m, bsn_arena *arena, void **bytes, size_t *n, bsn_error *error);
bool bsn_minimise_unpack(bsn_minimise *m, const void *bytes, size_t n, bsn_error *error);

#endif
