package tracing

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/uber/jaeger-client-go"
	"github.com/uber/jaeger-client-go/thrift-gen/sampling"
)

const (
	samplingPort    = "5778" // of Jaeger's remote sampling over HTTP
	samplingPath    = "/sampling"
	samplingRefresh = time.Minute
	samplingTimeout = 5 * time.Second

	// Bounds on what a sampling server can make the gateway hold.
	maxStrategyBytes = 1 << 20
	maxOperations    = 2000
)

// samplingURL returns where strategies are asked for: Jaeger's sampling port on
// the host that spans go to.
func samplingURL(endpoint string) string {
	host := endpoint
	if u, err := url.Parse(endpoint); err == nil && u.Host != "" {
		host = u.Hostname()
	} else if h, _, err := net.SplitHostPort(endpoint); err == nil {
		host = h
	}
	return "http://" + net.JoinHostPort(host, samplingPort) + samplingPath
}

// remote is a sampler whose strategies a server tells, polled by jaeger's
// RemotelyControlledSampler. Until the first answer, and for as long as the
// server is silent, the last known ones hold.
type remote struct {
	poll   *jaeger.RemotelyControlledSampler
	cancel context.CancelFunc
	first  sync.WaitGroup
	table  atomic.Pointer[strategies]
}

// strategies are how each operation is sampled; immutable but for the samplers'
// own state.
type strategies struct {
	from        *sampling.SamplingStrategyResponse
	byOperation map[string]fixed
	others      fixed
}

func newRemote(url string, initial fixed, log jaeger.Logger, metrics *jaeger.Metrics) *remote {
	ctx, cancel := context.WithCancel(context.Background())
	r := &remote{cancel: cancel}
	r.table.Store(&strategies{others: initial})
	o := jaeger.SamplerOptions
	r.poll = jaeger.NewRemotelyControlledSampler(serviceName,
		o.SamplingStrategyFetcher(fetcher{ctx, url}),
		o.Updaters(r),
		o.SamplingRefreshInterval(samplingRefresh),
		o.Logger(log), o.Metrics(metrics))
	r.first.Go(r.poll.UpdateSampler) // the poller asks only after an interval
	return r
}

func (r *remote) sample(id jaeger.TraceID, operation []byte) (bool, verdict) {
	t := r.table.Load()
	if s, ok := t.byOperation[string(operation)]; ok {
		return s.sample(id, nil)
	}
	return t.others.sample(id, nil)
}

func (r *remote) close() {
	r.cancel()
	r.first.Wait()
	r.poll.Close()
}

// Update implements [jaeger.SamplerUpdater]: it takes a new table over. The
// sampler it is given is not used.
func (r *remote) Update(s jaeger.SamplerV2, strategy any) (jaeger.SamplerV2, error) {
	answer, ok := strategy.(*sampling.SamplingStrategyResponse)
	if !ok {
		return nil, fmt.Errorf("sampling strategy of type %T", strategy)
	}
	if old := r.table.Load(); old.from != nil && reflect.DeepEqual(old.from, answer) {
		return s, nil // keeps the rate limiters' balances
	}
	t, err := newStrategies(answer)
	if err != nil {
		return nil, err
	}
	r.table.Store(t)
	return s, nil
}

func newStrategies(answer *sampling.SamplingStrategyResponse) (*strategies, error) {
	t := &strategies{from: answer}
	var err error
	switch {
	case answer.OperationSampling != nil:
		o := answer.OperationSampling
		if n := len(o.PerOperationStrategies); n > maxOperations {
			return nil, fmt.Errorf("sampling strategies for %d operations: more than %d", n, maxOperations)
		}
		if t.others, err = probabilistic(o.DefaultSamplingProbability); err != nil {
			return nil, err
		}
		t.byOperation = make(map[string]fixed, len(o.PerOperationStrategies))
		for _, s := range o.PerOperationStrategies {
			if s == nil || s.ProbabilisticSampling == nil {
				return nil, fmt.Errorf("sampling strategy of an operation has no probability")
			}
			rate := s.ProbabilisticSampling.SamplingRate
			g, err := jaeger.NewGuaranteedThroughputProbabilisticSampler(o.DefaultLowerBoundTracesPerSecond, rate)
			if err != nil {
				return nil, err
			}
			t.byOperation[s.Operation] = fixed{g, verdict{jaeger.SamplerTypeProbabilistic, rate}}
		}
	case answer.ProbabilisticSampling != nil:
		t.others, err = probabilistic(answer.ProbabilisticSampling.SamplingRate)
	case answer.RateLimitingSampling != nil:
		n := float64(answer.RateLimitingSampling.MaxTracesPerSecond)
		t.others = fixed{jaeger.NewRateLimitingSampler(n), verdict{jaeger.SamplerTypeRateLimiting, n}}
	default:
		err = fmt.Errorf("sampling strategy names no sampler")
	}
	return t, err
}

func probabilistic(rate float64) (fixed, error) {
	p, err := jaeger.NewProbabilisticSampler(rate)
	return fixed{p, verdict{jaeger.SamplerTypeProbabilistic, rate}}, err
}

// fetcher asks a sampling server. Answers are bounded in size and time.
type fetcher struct {
	ctx context.Context // ends with the sampler
	url string
}

// Fetch implements [jaeger.SamplingStrategyFetcher].
func (f fetcher) Fetch(service string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(f.ctx, samplingTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url+"?service="+url.QueryEscape(service), nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", f.url, resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxStrategyBytes+1))
	if err == nil && len(body) > maxStrategyBytes {
		err = fmt.Errorf("%s answered more than %d bytes", f.url, maxStrategyBytes)
	}
	return body, err
}
