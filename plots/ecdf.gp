#: doc Time to a target: the share of runs that have reached it by then, for each value of a factor, with 95 % bands; runs that end before count as censored.
#: parameter metric train_loss What has a target.
#: parameter target auto The value to reach; auto: the best that any run reached, and tolerance of the way back to where the runs began.
#: parameter tolerance 0.05 From 0 to 1: how much of that way is good enough.
#: parameter x step What time is.
#: choice x step epoch examples grads
#: parameter by auto The factor whose values are compared; auto: the optimizer, else the first one.
#: parameter choose auto The metric that chooses each one's best setting below the factor, as optimizer.lr; auto: validation_loss, train_loss or objective; time: the mean time itself.
#: choice choose auto time validation_loss validation_accuracy train_loss train_accuracy objective
#: parameter xscale auto The horizontal axis.
#: choice xscale auto log linear
#: select SELECT * FROM (SELECT c.cell, c.replicate, c.key || ' ' || c.idx AS run, t.outcome <> 'budget' AS ended, c.value AS y,
#:   {time} AS x, {score} AS score
#:   FROM curve c JOIN report t ON t.key = c.key JOIN unit u ON u.trial = c.key AND u.kind = c.kind AND u.idx = c.idx
#:   WHERE c.name = '{metric}' AND t.outcome <> 'failed' AND {run}
#:   ORDER BY t.place) WHERE x IS NOT NULL
#: derive by {by}
#: derive target run x y {metric} {target} {tolerance}
#: derive best score {choose}
#: derive label
#: derive statistic time-to-target time seen
#: derive statistic median-time time seen
#: derive statistic log-rank time seen
#: derive staircase time end 0 share share_lo share_hi
#: empty no run recorded {metric} at steps with a known {x}
eval terminal(1100, 680)
array NAME[series]
do for [i = 1:series] {
  stats data index i - 1 using (column('median') < 1e300 ? column('median') : -1) nooutput
  median = STATS_max
  stats data index i - 1 using 'share' nooutput
  NAME[i] = series_name[i] . (median >= 0 ? sprintf('  (median %.4g)', median) : sprintf('  (%.0f %% by the end)', 100 * STATS_max))
  if (series_width[i] + 18 > width) { width = series_width[i] + 18 }
}
eval legend
shown = replicates > 2 && series < 5
goal = target_max == target_min ? sprintf(' is %s%.4g', share ? 'at least ' : '', target_min) : ' is near its best on each problem'
eval titles('Time until the ' . metric_words . goal, 'share of runs that are there' . (shown ? ', 95 % bands' : '') . (replicates > 2 && series > 1 && p_max == p_max ? sprintf('; log-rank test of one curve for all: p %s', p_max < 0.001 ? '< 0.001' : sprintf('= %.2g', p_max)) : '') . '; ' . note)
low = time_positive
logx = low == low && (xscale eq 'log' || (xscale eq 'auto' && end_max / low > 30))
if (logx) { eval powers('x', low, end_max); set xrange [low / 1.3 : end_max * 1.1] } else { set xrange [0:end_max * 1.02] }
at(v) = logx && v < low / 1.3 ? low / 1.3 : v
set yrange [-0.03:1.04]
set format y '%g'
set ytics 0.25
set xlabel x_label textcolor rgb ink
set ylabel 'Share of runs' . (series > 1 ? ' (lines are set apart a little)' : '') textcolor rgb ink
# Lines are set apart a little, so that none hides another
apart(i) = (i - (series + 1) / 2.) * 0.006
plot for [i = 1:series] data index i - 1 using (at(column('time'))):(shown ? column('share_lo') : NaN):'share_hi' with filledcurves fs transparent solid 0.1 noborder lc rgb COLOUR[(i - 1) % 8 + 1] notitle, \
     for [i = 1:series] data index i - 1 using (at(column('time'))):(column('share') + apart(i)) with lines ls i lw 2.5 title entry(i, 25, NAME[i])
