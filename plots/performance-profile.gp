#: doc Performance profile: the share of problems on which each value of a factor reaches the target within so many times the fewest steps of all.
#: parameter metric train_loss What has a target.
#: parameter target auto The value to reach; auto: the best that any run reached, and tolerance of the way back to where the runs began.
#: parameter tolerance 0.05 From 0 to 1: how much of that way is good enough.
#: parameter x step What time is.
#: choice x step epoch examples grads
#: parameter by auto The factor whose values are compared; auto: the optimizer, else the first one.
#: parameter choose auto The metric that chooses each one's best setting below the factor, as optimizer.lr; auto: validation_loss, train_loss or objective; time: the mean time itself.
#: choice choose auto time validation_loss validation_accuracy train_loss train_accuracy objective
#: select SELECT * FROM (SELECT c.cell, c.replicate, c.key || ' ' || c.idx AS run, t.outcome <> 'budget' AS ended, c.value AS y,
#:   {time} AS x, {score} AS score
#:   FROM curve c JOIN report t ON t.key = c.key JOIN unit u ON u.trial = c.key AND u.kind = c.kind AND u.idx = c.idx
#:   WHERE c.name = '{metric}' AND t.outcome <> 'failed' AND {run}
#:   ORDER BY t.place) WHERE x IS NOT NULL
#: derive by {by}
#: derive target run x y {metric} {target} {tolerance}
#: derive best score {choose}
#: derive label
#: derive statistic performance-profile problem cost
#: derive staircase ratio ratio 1 share
#: empty no run reached its target: no {metric} at steps with a known {x}
eval terminal(1100, 680)
eval legend
eval titles('Performance profile', sprintf('share of %d problems (settings of other factors, replicates) on which the %s comes near its best; %s', problems_max, metric_words, note))
set logscale x 2
set format x '%g'
far = ratio_max > 1 ? ratio_max : 2
set xrange [0.97 : far * 1.02]
set yrange [-0.03:1.04]
set ytics 0.25
set xlabel 'Within this many times the fewest of all (' . x_words . ')' textcolor rgb ink
set ylabel 'Share of problems' . (series > 1 ? ' (lines are set apart a little)' : '') textcolor rgb ink
# Lines are set apart a little, so that none hides another
apart(i) = (i - (series + 1) / 2.) * 0.006
plot for [i = 1:series] data index i - 1 using 'ratio':(column('share') + apart(i)) with lines ls i lw 2.5 title entry(i, 25, series_name[i])
