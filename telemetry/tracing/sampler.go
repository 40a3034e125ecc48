package tracing

import (
	"fmt"

	"github.com/uber/jaeger-client-go"

	"github.com/hopscope/hopscope/gateway/config"
)

// sampler decides which traces are kept. Its methods are safe for concurrent use.
type sampler interface {
	// sample decides about a trace that begins with operation.
	sample(id jaeger.TraceID, operation []byte) (bool, verdict)
	// close stops what the sampler runs.
	close()
}

// verdict says how a decision came about, as Jaeger's sampler.type and sampler.param.
type verdict struct {
	kind  string
	param float64
}

// fixed is a sampler that treats every operation alike.
type fixed struct {
	of      jaeger.Sampler
	verdict verdict
}

func (f fixed) sample(id jaeger.TraceID, _ []byte) (bool, verdict) {
	sampled, _ := f.of.IsSampled(id, "")
	return sampled, f.verdict
}

func (f fixed) close() { f.of.Close() }

// newSampler returns the sampler that c describes. remote is asked for
// strategies if its type is remote.
func newSampler(c config.Sampler, remote func(initial fixed) sampler) (sampler, error) {
	v := verdict{c.Type, c.Param}
	switch c.Type {
	case jaeger.SamplerTypeConst:
		return fixed{jaeger.NewConstSampler(c.Param != 0), v}, nil
	case jaeger.SamplerTypeRateLimiting:
		if !(c.Param >= 0) {
			return nil, fmt.Errorf("tracing.sampler.param: want traces per second ≥ 0, got %v", c.Param)
		}
		return fixed{jaeger.NewRateLimitingSampler(c.Param), v}, nil
	case jaeger.SamplerTypeProbabilistic, jaeger.SamplerTypeRemote:
		p, err := jaeger.NewProbabilisticSampler(c.Param)
		if err != nil {
			return nil, fmt.Errorf("tracing.sampler.param: want a probability from 0 to 1, got %v", c.Param)
		}
		f := fixed{p, verdict{jaeger.SamplerTypeProbabilistic, c.Param}}
		if c.Type == jaeger.SamplerTypeRemote {
			return remote(f), nil
		}
		return f, nil
	}
	return nil, fmt.Errorf("tracing.sampler.type: want const, probabilistic, ratelimiting or remote, got %q", c.Type)
}
