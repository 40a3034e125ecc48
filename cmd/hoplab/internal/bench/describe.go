package bench

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/place"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/report"
)

// describe returns results without samples: where they come from.
func describe(ctx context.Context, o Options) (*report.Results, error) {
	machine, err := place.Here()
	if err != nil {
		return nil, err
	}
	programs := map[string][]string{
		place.Hopscope: {o.Hopscope, "version"},
		"h2load":       {"h2load", "--version"},
		"nghttpx":      {"nghttpx", "--version"},
		"haproxy":      {"haproxy", "-v"},
		"nghttpd":      {"nghttpd", "--version"},
	}
	if o.ownOrigin {
		maps.DeleteFunc(programs, func(name string, _ []string) bool {
			return !slices.Contains([]string{place.Hopscope, "h2load"}, name)
		})
	}
	versions, err := place.Versions(ctx, programs)
	if err != nil {
		return nil, err
	}
	versions["ReverseProxy"] = runtime.Version()
	return &report.Results{Run: place.Run{
		Date: time.Now().UTC().Format(time.RFC3339), Command: o.Command, Rounds: o.Rounds,
		Machine: machine, Version: versions,
	}}, nil
}
