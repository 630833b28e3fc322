/* stack.h: several fits that see the same batches, step by step at once: narrow models fill the machine only side by side.
 *
 *     bsn_stack stack;
 *     bsn_stack_init(&stack, 2, (bsn_fit *[]){&a, &b});        // bsn_fits_stack(&a, &b)
 *     while (a.record.outcome == BSN_UNDONE || b.record.outcome == BSN_UNDONE)
 *       bsn_stack_step(&stack, error);                         // one error for each fit
 *     bsn_stack_free(&stack);
 *
 * Loss and gradient at the weights of all are computed together (learn/objective.h, bsn_joint), and so are the metrics of those
 * that measure themselves at the same step; everything else is each fit's own: optimizer, schedule, stopping, record. Its bits are those of the fit alone, its seconds are its
 * share. A fit that is over, by whatever outcome, leaves the stack; the others go on.
 */
#ifndef BSN_LEARN_STACK_H
#define BSN_LEARN_STACK_H

#include "learn/fit.h"
#include "learn/objective.h"

enum { BSN_STACK_MOST = BSN_JOINT_MOST, BSN_STACK_VIEWS = 3 };

/* Evaluators of some fits on one set. */
typedef struct bsn_stack_evaluator {
  bsn_arena arena;
  bsn_joint_evaluator *joint; /* NULL: to be made */
  const bsn_dataset *set;
  size_t n, who[BSN_STACK_MOST];
} bsn_stack_evaluator;

typedef struct bsn_stack {
  size_t n;
  bsn_fit *fit[BSN_STACK_MOST];
  double left[BSN_STACK_MOST]; /* the clock at the end of its last own step */
  bsn_arena arena;             /* of the joint */
  bsn_joint *joint;            /* of the fits in `joined`; NULL: to be made */
  size_t njoined;
  size_t joined[BSN_STACK_MOST];
  bsn_company company;                  /* what the fits know of each other */
  size_t nready, ready[BSN_STACK_MOST]; /* fits that are about to measure themselves */
  bsn_real *at[BSN_STACK_MOST];         /* the weights that each was ready at */
  bsn_arena weights;                    /* of `at` */
  size_t nviews;
  struct bsn_stack_view { /* what has been measured of all that are ready */
    const bsn_view *view;
    double loss[BSN_STACK_MOST], accuracy[BSN_STACK_MOST];
  } view[BSN_STACK_VIEWS];
  bsn_stack_evaluator evaluator[2]; /* on the set of the training rows; on another one */
} bsn_stack;

/* Do two fits see the same rows of the same data in every step, and begin each with loss and gradient at their weights? All
 * else may differ: initial weights, optimizer, schedule, penalties, length. */
bool bsn_fits_stack(const bsn_fit *a, const bsn_fit *b);

/* Is a stack of fits like this one faster than one after the other? */
bool bsn_stack_pays(const bsn_fit *fit);

/* A stack of n (1 .. BSN_STACK_MOST) fits that stack with the first; they outlive it, and it stays where it is. */
void bsn_stack_init(bsn_stack *stack, size_t n, bsn_fit *const fit[]);

/* One update, as bsn_fit_step, of each fit that is neither over nor has an error in error[n]; fits that are behind the others
 * (taken up from different steps) go alone until they have caught up, and one that ends ends alone. What fails is told in the fit's own error. */
void bsn_stack_step(bsn_stack *stack, bsn_error error[]);

void bsn_stack_free(bsn_stack *stack);

#endif
