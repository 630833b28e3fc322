/* rule.h: what the families of update rules share; no business of a caller.
 *
 *     static bool sgd_step(bsn_optimizer_state *s, bsn_objective *o, bsn_real *w, double lr) {
 *       BSN_TRY(bsn_rule_begin(s, o, w));
 *       sgd_loop(s->n, s->g, w, (bsn_real)lr);
 *       return true;
 *     }
 *
 * A rule is a step like this one, around a plain loop over vectors marked BSN_CLONES. Such a loop has only + - * / sqrt and
 * comparisons, so that its bits are the same everywhere; it follows PyTorch 1.13 to an ulp or two, and reads the gradient
 * without changing it.
 */
#ifndef BSN_OPTIM_RULE_H
#define BSN_OPTIM_RULE_H

#include "num/vector.h"
#include "optim/optimizer.h"
#include <math.h>

/* Loss and gradient at w into s->loss and s->g, and count the step. False when the objective cannot be evaluated. */
bool bsn_rule_begin(bsn_optimizer_state *s, bsn_objective *o, const bsn_real *w);

/* The parameter `base` of a rule around another rule (the first of type BSN_ROW); NULL when it has none. */
const bsn_choice *bsn_rule_base(const bsn_optimizer *type, const void *config);

/* slots of most rules. */
size_t bsn_rule_no_slots(const void *config);
size_t bsn_rule_one_slot(const void *config);
size_t bsn_rule_two_slots(const void *config);
size_t bsn_rule_three_slots(const void *config);

// clang-format off
/* Parameters that many rows have, for a config struct with the field of that name. */
#define BSN_LR(config, def) \
  {"lr", BSN_REAL, offsetof(config, lr), def, .lo = 0, .hi = INFINITY, .doc = "Learning rate."}
#define BSN_WEIGHT_DECAY(config, def, sentence) \
  {"weight_decay", BSN_REAL, offsetof(config, weight_decay), def, .lo = 0, .hi = INFINITY, .doc = sentence}
#define BSN_COUPLED(config) \
  BSN_WEIGHT_DECAY(config, "0", "Adds this times the weights to the gradient.")
#define BSN_DECOUPLED(config, def) \
  BSN_WEIGHT_DECAY(config, def, "Shrinks the weights by this times lr before each step, apart from the gradient.")
#define BSN_BETA(config, field, def, sentence) \
  {#field, BSN_REAL, offsetof(config, field), def, .lo = 0, .hi = 1, .below = true, .doc = sentence}
#define BSN_MOMENTUM(config, def) \
  {"momentum", BSN_REAL, offsetof(config, momentum), def, .lo = 0, .hi = 1, .doc = "Share of the velocity that is kept each step."}
#define BSN_EPS(config, def, sentence) \
  {"eps", BSN_REAL, offsetof(config, eps), def, .lo = 0, .hi = INFINITY, .doc = sentence}
// clang-format on

#endif
