package bench

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proxies"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
)

const (
	// How many scrapes make a measurement, and how much time lies between two.
	scrapes      = 20
	scrapesQuick = 4
	scrapePause  = 250 * time.Millisecond
	// How many requests each scrape has to meet on average: fewer have no p99.
	perScrape = 5
	// load is the part of what the proxy can do that it is asked for meanwhile.
	scrapeLoad = 0.3
)

// span is a stretch of time since the load began.
type span struct{ begin, end time.Duration }

// measureScrape returns how long a scrape of /metrics takes while requests pass,
// and by how much it delays them.
func (l *lab) measureScrape(ctx context.Context, w plan.Workload, name string, setup proxies.Setup) (map[string]float64, error) {
	values := map[string]float64{}
	err := l.withRawOrigins(w.Origins, func(origins []*raw.Origin) error {
		setup.Origins = addrs(origins)
		return l.withOrigin(ctx, name, setup, func(p *proxies.Proxy) error {
			rate, err := capacity(ctx, w, p)
			if err != nil {
				return err
			}
			var answers []raw.Answer
			var taken []span
			proc.Uncollected(func() { answers, taken, err = l.scrapeUnderLoad(ctx, w, p, scrapeLoad*rate) })
			if err != nil {
				return err
			}
			values[plan.ScrapeTime] = milliseconds(slowest(taken))
			values[plan.AddedP99], err = addedP99(answers, taken, perScrape*l.scrapes)
			return err
		})
	})
	return values, err
}

// capacity returns how many requests per second pass, spread over every route.
func capacity(ctx context.Context, w plan.Workload, p *proxies.Proxy) (float64, error) {
	begin := time.Now()
	err := raw.Load{
		Addr: p.Addr, Connections: w.Connections, Streams: w.Streams, Requests: w.Requests,
		Request: scrapeRequest(p), Paths: routePaths(w),
	}.Run(ctx)
	return float64(w.Requests) / time.Since(begin).Seconds(), err
}

func scrapeRequest(p *proxies.Proxy) raw.Request {
	return raw.Request{Scheme: "http", Authority: p.Addr, Path: "/"}
}

func routePaths(w plan.Workload) []string {
	var paths []string
	for origin := range w.Origins {
		for route := range w.Routes {
			paths = append(paths, proxies.RoutePath(origin, route))
		}
	}
	return paths
}

// scrapeUnderLoad sends requests at a rate and scrapes meanwhile.
func (l *lab) scrapeUnderLoad(ctx context.Context, w plan.Workload, p *proxies.Proxy, rate float64) ([]raw.Answer, []span, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type outcome struct {
		answers []raw.Answer
		err     error
	}
	stop, loaded := make(chan struct{}), make(chan outcome, 1)
	start := time.Now()
	go func() {
		load := raw.Paced{Addr: p.Addr, Connections: w.Connections, Rate: rate, Request: scrapeRequest(p), Paths: routePaths(w)}
		answers, err := load.Run(ctx, start, stop)
		loaded <- outcome{answers, err}
	}()
	var taken []span
	var err error
	pause := time.NewTicker(scrapePause)
	defer pause.Stop()
	for range l.scrapes {
		select {
		case <-pause.C:
		case o := <-loaded:
			return nil, nil, o.err
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
		s := span{begin: time.Since(start)}
		var page []byte
		if page, err = scrape(ctx, p.Admin); err != nil {
			break
		}
		s.end = time.Since(start)
		taken = append(taken, s)
		if len(taken) == 1 {
			err = complete(page, w)
		}
		if err != nil {
			break
		}
	}
	if err != nil {
		cancel()
		<-loaded
		return nil, nil, err
	}
	close(stop)
	o := <-loaded
	return o.answers, taken, o.err
}

// scrape reads /metrics as Prometheus asks for it: OpenMetrics, compressed. The
// page stays compressed: undoing it would count as the proxy's time.
func scrape(ctx context.Context, admin string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
	r.Header.Set("Accept-Encoding", "gzip")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode != http.StatusOK || response.Header.Get("Content-Encoding") != "gzip") {
		err = fmt.Errorf("/metrics says %s, encoding %q", response.Status, response.Header.Get("Content-Encoding"))
	}
	return page, err
}

// complete says whether a compressed page has series of every route.
func complete(page []byte, w plan.Workload) error {
	r, err := gzip.NewReader(bytes.NewReader(page))
	if err != nil {
		return fmt.Errorf("/metrics: %w", err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("/metrics: %w", err)
	}
	for origin := range w.Origins {
		for route := range w.Routes {
			if label := fmt.Sprintf("route=%q", proxies.RouteName(origin, route)); !bytes.Contains(text, []byte(label)) {
				return fmt.Errorf("/metrics has no %s", label)
			}
		}
	}
	return nil
}

func slowest(taken []span) time.Duration {
	var longest time.Duration
	for _, s := range taken {
		longest = max(longest, s.end-s.begin)
	}
	return longest
}

// addedP99 returns the p99 of the requests that were open at some time of a
// scrape, less that of the others, in milliseconds. Fewer than
// enough of either are an error.
func addedP99(answers []raw.Answer, taken []span, enough int) (float64, error) {
	var during, other []time.Duration
	for _, a := range answers {
		overlaps := slices.ContainsFunc(taken, func(s span) bool { return a.Due < s.end && a.Done > s.begin })
		if overlaps {
			during = append(during, a.Done-a.Due)
		} else {
			other = append(other, a.Done-a.Due)
		}
	}
	if len(during) < enough || len(other) < enough {
		return 0, fmt.Errorf("%d requests met a scrape and %d did not: want %d of each", len(during), len(other), enough)
	}
	return milliseconds(p99(during) - p99(other)), nil
}

func p99(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)*99/100]
}

func milliseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
