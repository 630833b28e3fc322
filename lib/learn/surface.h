/* surface.h: objectives without data: functions of a few numbers whose minima are known.
 *
 *     bsn_surface *s = bsn_surface_in(arena, (const bsn_surface_type *)choice.row, choice.config, &options, &seeds, error);
 *     bsn_copy(s->base.n, s->start, w);
 *     bsn_optimizer_step(&state, &s->base, w, lr);       // an objective like any other
 *
 * This belongs to learn/ since an objective is what optim/ is given and not what it knows: a surface is to
 * learn/minimise.h what a net, a loss and rows are to learn/fit.h. Values, gradients and Hessian products are computed in
 * double and rounded to the build's precision at the end.
 *
 * Noise is a linear term n'w that is drawn anew for every step, so that f and its gradient agree and evaluations are
 * repeatable within a step (`commit` goes on to the next one). Mode BSN_EVAL switches it off. Rows are at the bottom of
 * surface.c.
 */
#ifndef BSN_LEARN_SURFACE_H
#define BSN_LEARN_SURFACE_H

#include "base/row.h"
#include "learn/fit.h"
#include "optim/objective.h"

typedef struct bsn_surface bsn_surface;

/* A row of the table of objectives. */
typedef struct bsn_surface_type {
  bsn_row row;
  /* Number of parameters. NULL: 2. */
  size_t (*dimension)(const void *config);
  /* Whatever the functions below need, in s->own. NULL: nothing. */
  bool (*prepare)(bsn_surface *s, bsn_arena *arena);
  double (*value)(const bsn_surface *s, const double *w);
  void (*gradient)(const bsn_surface *s, const double *w, double *g);
  void (*product)(const bsn_surface *s, const double *w, const double *v, double *out); /* out = H(w) v */
  /* The start where options give none. NULL: start[0], start[1], start[1], .. below. */
  void (*begin)(const bsn_surface *s, bsn_stream stream, double *w);
  /* Noise of step number `step`: add n to noise[n]. NULL: none. */
  void (*disturb)(const bsn_surface *s, uint64_t step, double *noise);
  double start[2];
  double lowest; /* f at the minima; NAN: not bounded below */
  size_t nminima;
  double minimum[4][2]; /* coordinates behind the second are as the second */
  double window[4];     /* x from, x to, y from, y to: what a picture shows */
} bsn_surface_type;

extern const bsn_table bsn_surfaces;

/* Keys that every row takes besides its own. */
typedef struct bsn_surface_options {
  bsn_list start;  /* n numbers; 0: the row's own start */
  double spread;   /* standard deviation of a normal shift of the start, by stream ("init", "start") */
  bsn_list window; /* 4 numbers, or 0: the row's own */
} bsn_surface_options;
extern const bsn_param bsn_surface_params[];

struct bsn_surface {
  bsn_objective base;
  const bsn_surface_type *type;
  const void *config;
  bsn_seeds seeds;
  void *own;
  uint64_t step; /* of the noise; counted up by commit */
  bool calm;     /* mode BSN_EVAL: no noise */
  double window[4];
  bsn_real *start;
  double *w, *v, *out, *noise; /* scratch */
  uint64_t drawn;              /* the step whose noise is there, plus 1 */
};

/* A surface in arena. Fails (BSN_BAD_INPUT) when start or window have the wrong length or numbers. */
bsn_surface *bsn_surface_in(bsn_arena *arena, const bsn_surface_type *type, const void *config,
                            const bsn_surface_options *options, const bsn_seeds *seeds, bsn_error *error);

/* f(w) without noise, at w[n] in double. */
double bsn_surface_value(const bsn_surface *s, const double *w);

/* Distance of w to the nearest known minimum; NAN when there is none. */
double bsn_surface_distance(const bsn_surface *s, const bsn_real *w);

#endif
