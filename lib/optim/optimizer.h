/* optimizer.h: update rules on a flat vector.
 *
 *     bsn_optimizer_state s;
 *     if (!bsn_optimizer_init(&s, adam, config, o->n, arena)) return bsn_no_memory(error);
 *     for (s.t = 0; s.t < steps;) {
 *       o->select(o, batch, b, BSN_TRAIN);
 *       if (!bsn_optimizer_step(&s, o, w, lr)) return ..;     // s.loss is the batch's loss before the step
 *     }
 *
 * The caller owns the loop, the weights, the learning rate's schedule and the memory; a rule never prints, stops, logs or
 * knows what a model is. Rows are in optim/gradient.c (gradient and velocity), optim/adaptive.c (a step size for each
 * weight), optim/curvature.c (L-BFGS), optim/wrapped.c (SAM, look-ahead around another row).
 * A rule around another has a parameter `base` of type BSN_ROW.
 */
#ifndef BSN_OPTIM_OPTIMIZER_H
#define BSN_OPTIM_OPTIMIZER_H

#include "base/row.h"
#include "optim/objective.h"

enum { BSN_OPTIMIZER_NUMBERS = 16 };

typedef struct bsn_optimizer bsn_optimizer;
typedef struct bsn_optimizer_state bsn_optimizer_state;

struct bsn_optimizer {
  bsn_row row;
  /* How many state vectors of n numbers this configuration needs, those of a wrapped rule included; "memory of optimizer
   * state" is this many numbers a parameter, besides the gradient. */
  size_t (*slots)(const void *config);
  /* One update of w in place. lr: this step's learning rate, schedule applied. False: the objective could not be
   * evaluated. */
  bool (*step)(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr);
  /* Largest curvature at which the rule is stable on a quadratic (gd, sgd: 2/lr; momentum: 2(1+m)/lr); NULL: not known. */
  double (*threshold)(const void *config, const bsn_optimizer_state *s, double lr);
  bool whole; /* every step uses all rows, whatever train.batch says (gd) */
  /* Does a step's first evaluation stand elsewhere than at the weights that it is given? NULL: never. */
  bool (*ahead)(const void *config);
};

/* All that a rule remembers between steps. A checkpoint keeps slot (the outermost state's covers all), and number and t of
 * this state and of every inner one; put into a new state of the same row and config, they go on to the same bits. */
struct bsn_optimizer_state {
  const bsn_optimizer *type;
  const void *config;
  size_t n;
  size_t nslots;
  bsn_real **
      slot; /* nslots vectors of n numbers, zeroed at the start; those of a wrapped rule are the last of its wrapper's */
  bsn_real *g;                /* the gradient at the start of the last step (scratch, not state) */
  double *number;             /* BSN_OPTIMIZER_NUMBERS scalars a rule may keep, zeroed at the start */
  int64_t t;                  /* steps done; the rule itself counts it up, once a step */
  double loss;                /* objective at the start of the last step (nag's look-ahead form: at the point ahead) */
  bsn_optimizer_state *inner; /* of a wrapped rule; NULL: none */
};

/* The table of all optimizers. */
extern const bsn_table bsn_optimizers;

/* A zeroed state for n parameters; false without memory. */
bool bsn_optimizer_init(bsn_optimizer_state *s, const bsn_optimizer *type, const void *config, size_t n,
                        bsn_arena *arena);

/* One update; calls o->commit once when it succeeded (after SAM, the last evaluation was uphill). False: o->error says why,
 * and w may have moved. */
bool bsn_optimizer_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr);

/* The configured learning rate (the parameter `lr`; 1 where a rule has none). */
double bsn_optimizer_lr(const bsn_optimizer *type, const void *config);

/* Whether every step uses all rows: the rule itself or the one that it wraps says so. */
bool bsn_optimizer_whole(const bsn_optimizer *type, const void *config);

/* Whether the first evaluation of a step stands elsewhere than at its weights; else it is of loss and gradient there. */
bool bsn_optimizer_ahead(const bsn_optimizer *type, const void *config);

/* Bytes of state for n parameters in this build's precision. */
size_t bsn_optimizer_bytes(const bsn_optimizer *type, const void *config, size_t n);

#endif
