#include "report/phrase.h"

// clang-format off
const bsn_phrase bsn_phrases[] = {
    {"score",
     "(SELECT f.value FROM final f WHERE f.key = t.key AND t.outcome <> 'diverged' AND (f.name = '{choose}' OR ('{choose}' = 'auto'"
     " AND f.name IN ('validation_loss', 'train_loss', 'objective'))) ORDER BY f.name DESC LIMIT 1)",
     "How good trial t is, by the metric {choose}; auto: validation_loss, else train_loss, else objective. NULL where it diverged."},
    {"time",
     "CASE '{x}' WHEN 'step' THEN c.step WHEN 'epoch' THEN c.epoch WHEN 'examples' THEN c.examples"
     " WHEN 'grads' THEN u.grads * c.step / u.outcome_step"
     " WHEN 'seconds' THEN (SELECT k.seconds FROM clock k WHERE k.unit = u.id AND k.step = c.step) END",
     "Where a point of the curve c of unit u stands on the axis {x}."},
    {"run",
     "c.kind = CASE WHEN EXISTS (SELECT 1 FROM unit f WHERE f.trial = c.key AND f.kind = 'fold') THEN 'fold' ELSE 'trial' END",
     "Is the curve c of one training? That of a fold where there are folds, else the trial's own."},
    {0}};
// clang-format on
