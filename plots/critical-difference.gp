#: doc Mean ranks of the values of a factor over replicates, or over the other factors where these vary, by Friedman's test; bars join those that are not shown to differ.
#: parameter metric test_loss What ranks.
#: parameter by auto The factor whose values are compared; auto: the optimizer, else the first one.
#: parameter choose auto The metric that chooses each one's best setting below the factor, as optimizer.lr; auto: validation_loss, train_loss or objective.
#: choice choose auto validation_loss validation_accuracy train_loss train_accuracy objective
#: select SELECT t.cell, t.replicate, CASE WHEN t.outcome = 'diverged' THEN NULL ELSE v.value END AS y, {score} AS score
#:   FROM report t LEFT JOIN final v ON v.key = t.key AND v.name = '{metric}'
#:   WHERE t.outcome <> 'failed' AND (v.key IS NOT NULL OR (t.outcome = 'diverged' AND EXISTS (SELECT 1 FROM final e WHERE e.name = '{metric}'))) ORDER BY t.place
#: derive by {by}
#: derive best score {choose}
#: derive label
#: derive blocks y
#: derive smaller-is-better y {metric}
#: derive statistic friedman problem y
#: derive by-median mean_rank
#: derive finite mean_rank
#: empty no replicate has {metric} of every value of the factor
half = (series + 1) / 2
eval terminal(1100, 300 + 34 * half)
array RANK[series]
do for [i = 1:series] {
  stats data index i - 1 using 'mean_rank' nooutput
  RANK[i] = STATS_max
}
apart = known(difference_max, 0)
# Two blocks tell nothing, however well they agree
told = blocks_max > 2 && p_max == p_max
apart = told ? apart : 0
verdict = told ? sprintf('Friedman: p %s', p_max < 0.001 ? '< 0.001' : sprintf('= %.2g', p_max)) . (p_max < 0.05 ? '' : ', no difference shown') : 'too few to tell'
eval titles('Mean ranks by ' . metric_words, sprintf('%d block%s, 1 is best; %s; %s', blocks_max, blocks_max == 1 ? '' : 's', verdict, note))
set lmargin 4; set rmargin 4; set bmargin 1
set xrange [1 - 0.35 * (series - 1) : series + 0.35 * (series - 1)]
set yrange [-half - 0.7 : 2.6]
unset border; unset grid; unset xtics; unset ytics
set arrow 1 from 1, 0 to series, 0 nohead lw 1.5 lc rgb ink
do for [k = 1:series] {
  set arrow 1 + k from k, 0 to k, 0.14 nohead lw 1.5 lc rgb ink
  set label 100 + k sprintf('%d', k) at k, 0.2 center offset 0, 0.5 textcolor rgb ink
}
# The better half on the left, the others on the right, each at the end of a line of its own
do for [i = 1:series] {
  on_left = i <= half
  y = -1. - (on_left ? i - 1 : series - i) - 0.2
  end = on_left ? 1 - 0.05 * (series - 1) : series + 0.05 * (series - 1)
  set arrow 200 + 2 * i from RANK[i], 0 to RANK[i], y nohead lw 1.2 lc rgb COLOUR[1]
  set arrow 201 + 2 * i from RANK[i], y to end, y nohead lw 1.2 lc rgb COLOUR[1]
  number = sprintf('%.2f', RANK[i])
  if (on_left) { set label 200 + i series_name[i] . '   ' . number at end, y right offset -0.6, 0 textcolor rgb ink } else { set label 200 + i number . '   ' . series_name[i] at end, y left offset 0.6, 0 textcolor rgb ink }
}
# Bars over those whose ranks are closer than the critical difference
bar = 0
last = 0
do for [i = 1:series] {
  to = i
  do for [k = i:series] { if (RANK[k] - RANK[i] < apart) { to = k } }
  if (to > i && to > last) {
    bar = bar + 1
    last = to
    set arrow 600 + bar from RANK[i] - 0.04, -0.12 - 0.2 * bar to RANK[to] + 0.04, -0.12 - 0.2 * bar nohead lw 5 lc rgb COLOUR[2]
  }
}
if (apart > 0) {
  set arrow 700 from 1, 1.5 to 1 + apart, 1.5 heads size screen 0.005, 90 lw 1.5 lc rgb COLOUR[2]
  set label 700 sprintf('critical difference %.2f', apart) at 1, 1.5 left offset 0, 0.8 textcolor rgb COLOUR[2]
}
plot NaN notitle
