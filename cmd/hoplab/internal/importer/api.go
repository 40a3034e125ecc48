package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/rules_test/recording"
)

const (
	// queryRange is how much time one query asks for, so that servers which bound
	// the samples of a query answer.
	queryRange = time.Hour
	// queryPoints is how many moments one range query asks for; servers refuse
	// more than 11,000.
	queryPoints = 5000
	// queryTimeout ends a query that a server does not answer.
	queryTimeout = time.Minute
	// maxAnswer bounds what is read of one answer, in bytes.
	maxAnswer = 256 << 20
)

// API is the HTTP API of a Prometheus, or of what speaks it.
type API struct {
	base     *url.URL
	header   http.Header
	client   *http.Client
	warnings map[string]bool
}

// FromAPI returns the API that is served below base, such as
// http://prometheus:9090. The header is sent with every request.
func FromAPI(base string, header http.Header) (*API, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("--url %q: want a URL such as http://prometheus:9090", base)
	}
	return &API{base: u, header: header, client: &http.Client{Timeout: queryTimeout}, warnings: map[string]bool{}}, nil
}

func (a *API) read(ctx context.Context, o Options, match [][]*labels.Matcher) ([]series, error) {
	found := map[string]*apiSeries{}
	var names []string
	samples := 0
	for _, m := range match {
		for before := o.From.Add(-time.Millisecond); before.Before(o.To); {
			end := before.Add(queryRange)
			if end.After(o.To) {
				end = o.To
			}
			// A range leaves out its first moment (before version 3: includes it).
			query := fmt.Sprintf("%s[%dms]", selector(m), end.Sub(before).Milliseconds())
			answer, err := a.query(ctx, "query", url.Values{"query": {query}, "time": {seconds(end)}})
			if err != nil {
				return nil, err
			}
			for _, s := range answer {
				l := labels.FromMap(s.Metric)
				have := found[l.String()]
				if have == nil {
					have = &apiSeries{labels: l}
					found[l.String()] = have
					names = append(names, l.String())
				}
				samples += have.add(s, o.From.UnixMilli(), before.UnixMilli())
			}
			if len(found) > o.MaxSeries || samples > o.MaxSamples {
				return nil, o.bound(len(found), samples)
			}
			before = end
		}
	}
	all := make([]series, 0, len(names))
	for _, name := range names {
		s, err := found[name].series()
		if err != nil {
			return nil, err
		}
		if len(s.samples) > 0 {
			all = append(all, s)
		}
	}
	return all, nil
}

// apiSeries collects the answers about one series.
type apiSeries struct {
	labels labels.Labels
	points []apiPoint
}

// add appends what is new, and returns how much that was.
func (s *apiSeries) add(more apiResult, from, after int64) int {
	points := slices.Concat(more.Values, more.Histograms)
	slices.SortFunc(points, func(a, b apiPoint) int { return int(a.at - b.at) })
	before := len(s.points)
	for _, p := range points {
		// Another selector may have brought this span of the series already.
		known := len(s.points) > 0 && p.at <= s.points[len(s.points)-1].at
		if p.at >= from && p.at > after && !known {
			s.points = append(s.points, p)
		}
	}
	return len(s.points) - before
}

func (s *apiSeries) series() (series, error) {
	out := series{labels: s.labels}
	var histograms []*apiHistogram
	for _, p := range s.points {
		if p.histogram != nil {
			histograms = append(histograms, p.histogram)
		}
	}
	native, err := rebuild(histograms)
	if err != nil {
		return out, fmt.Errorf("%s: %w", recording.Name(s.labels), err)
	}
	for _, p := range s.points {
		v := recording.Value{Value: p.value}
		if p.histogram != nil {
			v, native = recording.Value{Histogram: native[0]}, native[1:]
		}
		out.samples = append(out.samples, sample{p.at, v})
	}
	return out, nil
}

func (a *API) present(ctx context.Context, match [][]*labels.Matcher, start time.Time, step time.Duration, n int) (map[string][]bool, error) {
	seen := map[string][]bool{}
	for _, m := range match {
		for first := 0; first < n; first += queryPoints {
			last := min(first+queryPoints, n) - 1
			answer, err := a.query(ctx, "query_range", url.Values{
				"query": {selector(m)}, "step": {strconv.FormatFloat(step.Seconds(), 'f', -1, 64)},
				"start": {seconds(start.Add(time.Duration(first) * step))}, "end": {seconds(start.Add(time.Duration(last) * step))},
			})
			if err != nil {
				return nil, err
			}
			for _, s := range answer {
				name := labels.FromMap(s.Metric).String()
				if seen[name] == nil {
					seen[name] = make([]bool, n)
				}
				for _, p := range slices.Concat(s.Values, s.Histograms) {
					if slot := round(p.at-start.UnixMilli(), step); slot >= 0 && slot < int64(n) {
						seen[name][slot] = true
					}
				}
			}
		}
	}
	return seen, nil
}

func (a *API) losses() []string {
	all := []string{
		"the API tells no staleness markers: where a series ended was found to the step by asking which series queries see",
		"the API tells native histograms by their filled buckets: bounds of buckets that were always empty, zero thresholds " +
			"that were never reached, and whether a histogram is a gauge are not known",
	}
	warnings := make([]string, 0, len(a.warnings))
	for w := range a.warnings {
		warnings = append(warnings, "its server warned: "+w)
	}
	slices.Sort(warnings)
	return append(all, warnings...)
}

func (a *API) describe() string {
	shown := url.URL{Scheme: a.base.Scheme, Host: a.base.Host, Path: a.base.Path}
	return shown.String()
}

type apiResult struct {
	Metric     map[string]string
	Values     []apiPoint
	Histograms []apiPoint
}

type apiPoint struct {
	at        int64 // Unix milliseconds
	value     float64
	histogram *apiHistogram
}

// UnmarshalJSON reads [seconds, "value"] or [seconds, {histogram}].
func (p *apiPoint) UnmarshalJSON(text []byte) error {
	var pair [2]json.RawMessage
	if err := json.Unmarshal(text, &pair); err != nil {
		return err
	}
	at, err := strconv.ParseFloat(string(pair[0]), 64)
	if err != nil {
		return fmt.Errorf("time %s: %w", pair[0], err)
	}
	p.at = int64(at*1000 + 0.5)
	if strings.HasPrefix(string(pair[1]), "{") {
		return json.Unmarshal(pair[1], &p.histogram)
	}
	var number string
	if err := json.Unmarshal(pair[1], &number); err != nil {
		return err
	}
	p.value, err = strconv.ParseFloat(number, 64)
	return err
}

// query asks an endpoint of the API for series.
func (a *API) query(ctx context.Context, endpoint string, args url.Values) ([]apiResult, error) {
	where := a.base.JoinPath("api/v1", endpoint)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, where.String(), strings.NewReader(args.Encode()))
	if err != nil {
		return nil, err
	}
	for name, values := range a.header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := a.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where.Redacted(), err)
	}
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("%s: an answer of more than %d MiB to %s: select less with --match", where.Redacted(), maxAnswer>>20, args.Get("query"))
	}
	var answer struct {
		Status, Error string
		Warnings      []string
		Data          struct {
			Type   string `json:"resultType"`
			Result []apiResult
		}
	}
	err = json.Unmarshal(text, &answer)
	switch {
	case answer.Error != "":
		return nil, fmt.Errorf("%s: %s: %s", where.Redacted(), args.Get("query"), answer.Error)
	case err != nil || resp.StatusCode != http.StatusOK || answer.Status != "success":
		why := errors.New("--url has to name a Prometheus, and --header or --token-file what it asks for")
		return nil, fmt.Errorf("%s: %s, no answer of a Prometheus' API: %w", where.Redacted(), resp.Status, why)
	case answer.Data.Type != "matrix":
		return nil, fmt.Errorf("%s: %s: a %s, want a matrix", where.Redacted(), args.Get("query"), answer.Data.Type)
	}
	for _, w := range answer.Warnings {
		a.warnings[w] = true
	}
	return answer.Data.Result, nil
}

// selector writes matchers as PromQL.
func selector(matchers []*labels.Matcher) string {
	parts := make([]string, len(matchers))
	for i, m := range matchers {
		parts[i] = m.String()
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func seconds(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64)
}
