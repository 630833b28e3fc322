/* objective.h: a net, a loss and some rows as a function of the flat vector of parameters.
 *
 *     bsn_objective *o = bsn_net_objective_in(arena, &net, &loss, &view, &transform, 128, error);
 *     o->select(o, NULL, 0, BSN_TRAIN);                  // all rows of the view
 *     o->eval(o, w, &f, g);
 *
 * Weighted: f = sum_i (c_i l_i) / B over the B selected rows, c_i being the view's weights (of mean 1 over the view). The sum of
 * losses accumulates in double.
 */
#ifndef BSN_LEARN_OBJECTIVE_H
#define BSN_LEARN_OBJECTIVE_H

#include "data/dataset.h"
#include "learn/regulariser.h"
#include "model/loss.h"
#include "model/net.h"
#include "optim/objective.h"

/* The mean loss over rows of view. Everything given must outlive it. NULL with a message when the loss does not fit the data or
 * there is no memory. */
bsn_objective *bsn_net_objective_in(bsn_arena *arena, const bsn_net *net, const bsn_choice *loss, const bsn_view *view,
                                    const bsn_transform *transform, bsn_error *error);

/* Some such objectives of the same rows at once: one plan gathers the rows and takes narrow products of them together. Every
 * value has the bits that it has alone.
 *
 *     bsn_joint *joint = bsn_joint_in(arena, 2, (bsn_objective *[]){a, b}, 128, error);
 *     bsn_joint_run(joint, rows, 128, w, g);                // loss and gradient of each at w[i]
 *     a->select(a, rows, 128, BSN_TRAIN);
 *     a->eval(a, w[0], &f, g[0]);                           // is told what it asks for: nothing is computed
 */
typedef struct bsn_joint bsn_joint;
enum { BSN_JOINT_MOST = 16 };

/* The members (2 .. BSN_JOINT_MOST) are of bsn_net_objective_in, on views with the same rows and weights of one set, with equal
 * transforms, and outlive the joint. batch: the rows of most runs. NULL without memory. */
bsn_joint *bsn_joint_in(bsn_arena *arena, size_t n, bsn_objective *const member[], size_t batch, bsn_error *error);

/* Compute each member's loss and its gradient g[i] on the m rows (NULL: all) at w[i]. The next evaluation of a member is taken from
 * here if it asks for the gradient on these rows at this w, which must not have changed; any other one is computed. */
void bsn_joint_run(bsn_joint *joint, const size_t *rows, size_t m, bsn_real *const w[], bsn_real *const g[]);

/* Outputs and losses of such objectives' nets for rows of any set, a block at a time, without gradients. */
typedef struct bsn_joint_evaluator bsn_joint_evaluator;

/* Members as for bsn_joint_in; their transform is applied to the rows of set. NULL without memory. */
bsn_joint_evaluator *bsn_joint_evaluator_in(bsn_arena *arena, size_t n, bsn_objective *const member[],
                                            const bsn_dataset *set, bsn_error *error);

/* The most rows of a block. */
size_t bsn_joint_evaluator_block(const bsn_joint_evaluator *e);

/* n rows of the set: z[i] becomes [n][outputs] and l[i] [n] of the member at w[i], until the next run. */
void bsn_joint_evaluator_run(bsn_joint_evaluator *e, bsn_real *const w[], const int32_t *row, size_t n,
                             const bsn_real *z[], const bsn_real *l[]);

/* Is it faster for objectives like this one: are most of its products narrow ones of its rows? */
bool bsn_joint_pays(const bsn_objective *o);

/* inner plus the penalties of n regularisers. NULL without memory; inner itself when none has a penalty. */
bsn_objective *bsn_penalised_in(bsn_arena *arena, bsn_objective *inner, size_t n,
                                const bsn_regulariser_state *regulariser);

/* The values of a net without its gradient: outputs and losses row by row. */
typedef struct bsn_evaluator bsn_evaluator;
bsn_evaluator *bsn_evaluator_in(bsn_arena *arena, const bsn_net *net, const bsn_choice *loss, const bsn_dataset *set,
                                const bsn_transform *transform, bsn_error *error);

/* Outputs z[n][outputs] (NULL: not wanted) and losses l[n] (NULL likewise) of n rows of the set at w. */
void bsn_evaluator_run(bsn_evaluator *e, const bsn_real *w, const int32_t *row, size_t n, bsn_real *z, bsn_real *l);

/* Losses l[n] of outputs z[n][outputs] (with BSN_SLACK bytes behind them) for the rows of view. */
bool bsn_outputs_loss(const bsn_choice *loss, const bsn_view *view, const bsn_real *z, bsn_real *l, bsn_error *error);

/* How many outputs a net has for this loss on this set: its targets or classes; 1 for two classes and a loss on one output. */
size_t bsn_outputs_for(const bsn_choice *loss, const bsn_dataset *set);

/* Does the loss make sense for the set? Else false with a message (BSN_BAD_INPUT). */
bool bsn_loss_fits(const bsn_choice *loss, const bsn_dataset *set, bsn_error *error);

#endif
