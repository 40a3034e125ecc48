package tracing

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/uber/jaeger-client-go"

	"github.com/hopscope/hopscope/gateway/config"
)

// strategy serves an answer to whoever asks.
func strategy(t *testing.T, answer string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("service") != serviceName {
			t.Errorf("asked for %s", r.URL)
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// asked returns a remote sampler that has asked once.
func asked(t *testing.T, url string) *remote {
	never := fixed{jaeger.NewConstSampler(false), verdict{"const", 0}}
	r := newRemote(url, never, jaeger.NullLogger, jaeger.NewNullMetrics())
	t.Cleanup(r.close)
	r.first.Wait()
	return r
}

func TestRemoteStrategiesGoByOperation(t *testing.T) {
	r := asked(t, strategy(t, `{"operationSampling": {"defaultSamplingProbability": 0, "defaultLowerBoundTracesPerSecond": 0,
		"perOperationStrategies": [{"operation": "GET api", "probabilisticSampling": {"samplingRate": 1}}]}}`))
	if sampled, by := r.sample(jaeger.TraceID{Low: 1 << 62}, []byte("GET api")); !sampled || by != (verdict{"probabilistic", 1}) {
		t.Errorf("GET api: %v by %v", sampled, by)
	}
	if sampled, _ := r.sample(jaeger.TraceID{Low: 1 << 62}, []byte("GET other")); sampled {
		t.Error("GET other is kept")
	}
	if n := testing.AllocsPerRun(100, func() { r.sample(jaeger.TraceID{Low: 1 << 62}, []byte("GET other")) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestRemoteStrategiesForAllOperations(t *testing.T) {
	for answer, want := range map[string]verdict{
		`{"strategyType": "PROBABILISTIC", "probabilisticSampling": {"samplingRate": 1}}`:       {"probabilistic", 1},
		`{"strategyType": "RATE_LIMITING", "rateLimitingSampling": {"maxTracesPerSecond": 50}}`: {"ratelimiting", 50},
	} {
		if sampled, by := asked(t, strategy(t, answer)).sample(jaeger.TraceID{Low: 1}, nil); !sampled || by != want {
			t.Errorf("%s: %v by %v", answer, sampled, by)
		}
	}
}

func TestBadStrategiesLeaveTheLastOnesInForce(t *testing.T) {
	for _, answer := range []string{
		"", "[]", "{}", "null", "<html>",
		`{"probabilisticSampling": {"samplingRate": 7}}`,
		`{"operationSampling": {"perOperationStrategies": [{"operation": "x"}]}}`,
		`{"operationSampling": {"perOperationStrategies": [null]}}`,
		`{"operationSampling": {"perOperationStrategies": [` + strings.Repeat(`{},`, maxOperations) + `{}]}}`,
		`"` + strings.Repeat("x", maxStrategyBytes) + `"`,
	} {
		r := asked(t, strategy(t, answer))
		if sampled, by := r.sample(jaeger.TraceID{}, nil); sampled || by.kind != "const" {
			t.Errorf("%.60s: %v by %v", answer, sampled, by)
		}
	}
}

func TestClosingDoesNotWaitForASilentServer(t *testing.T) {
	arrived := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}))
	defer silent.Close()
	r := newRemote(silent.URL, fixed{of: jaeger.NewConstSampler(false)}, jaeger.NullLogger, jaeger.NewNullMetrics())
	<-arrived
	r.close() // the test's timeout is the check
}

func TestTheSamplingServerIsOnTheCollectorsHost(t *testing.T) {
	for endpoint, want := range map[string]string{
		"http://jaeger:14268/api/traces": "http://jaeger:5778/sampling",
		"https://u:p@[::1]:4318/v1":      "http://[::1]:5778/sampling",
		"10.0.0.1:6831":                  "http://10.0.0.1:5778/sampling",
		"agent:6831":                     "http://agent:5778/sampling",
	} {
		if got := samplingURL(endpoint); got != want {
			t.Errorf("%s: got %s; want %s", endpoint, got, want)
		}
	}
}

func TestFetchTellsWhatAServerAnswered(t *testing.T) {
	refuses := httptest.NewServer(http.NotFoundHandler())
	defer refuses.Close()
	_, err := fetcher{t.Context(), refuses.URL}.Fetch(serviceName)
	if err == nil || !strings.Contains(err.Error(), "answered 404") {
		t.Errorf("got %v", err)
	}
	if _, err := newSampler(config.Sampler{Type: "remote", Param: 3}, nil); err == nil || errors.Unwrap(err) != nil {
		t.Errorf("got %v", err)
	}
}
