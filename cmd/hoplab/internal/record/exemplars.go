package record

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/rules_test/recording"
)

// exemplarEvery is the time of which a recording keeps one exemplar for each
// series, that of the largest value: the one that a reader of a graph clicks.
const exemplarEvery = 30 * time.Second

// exemplars returns what was stored beside the series that are kept.
func (r *Recorder) exemplars(ctx context.Context, start time.Time) (kept []recording.Exemplar, err error) {
	querier, err := r.db.ExemplarQuerier(ctx)
	if err != nil {
		return nil, err
	}
	results, err := querier.Select(math.MinInt64, math.MaxInt64,
		[]*labels.Matcher{labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, ".+")})
	if err != nil {
		return nil, err
	}
	var none recording.Recording
	for _, result := range results {
		if r.opts.place(&none, result.SeriesLabels) == nil {
			continue
		}
		series := recording.Rename(result.SeriesLabels, r.opts.Rename)
		for _, e := range largest(result.Exemplars) {
			at := time.UnixMilli(e.Ts).Sub(start).Round(time.Millisecond)
			kept = append(kept, recording.Exemplar{Series: series, Labels: e.Labels, Value: e.Value, At: at})
		}
	}
	return kept, nil
}

// largest returns the exemplar of the largest value of each stretch of time; they
// come in order of time.
func largest(all []exemplar.Exemplar) []exemplar.Exemplar {
	var best []exemplar.Exemplar
	stretch := int64(math.MinInt64)
	for _, e := range all {
		s := e.Ts / exemplarEvery.Milliseconds()
		switch {
		case s != stretch:
			best, stretch = append(best, e), s
		case e.Value > best[len(best)-1].Value:
			best[len(best)-1] = e
		}
	}
	return best
}
