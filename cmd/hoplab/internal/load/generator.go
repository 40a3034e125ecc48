package load

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/services/profilesv1"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/services/usersv1"
)

// Config says where the load goes and how much of it.
type Config struct {
	// Target is the gateway's host:port; HTTP/2 with prior knowledge.
	Target string
	// Rate is users calls per second, above 0 and at most 5000. The other
	// kinds scale with it: a tenth places orders, a twentieth exports and
	// imports a body of 512 KiB each.
	Rate float64
	// Watchers is how many profile streams are open all the time, at most 1000.
	Watchers int
	// Seed begins the random sequences that say when requests are due and which
	// users they are about: the same seed, the same requests.
	Seed uint64
}

// usersConns is how many connections carry the unary calls.
const usersConns = 2

// Generator makes the load. Close frees its connections after Run returned.
type Generator struct {
	cfg   Config
	base  string // "http://" and the target
	http  *http.Client
	conns []*grpc.ClientConn
	users []usersv1.UsersClient
	watch profilesv1.ProfilesClient
	stats table

	// usual is the load itself; the others are on while their fault is.
	usual, slow, attackers, idlers, hoarders crew
}

// New validates the configuration; nothing is sent before Run.
func New(cfg Config) (*Generator, error) {
	if _, _, err := net.SplitHostPort(cfg.Target); err != nil {
		return nil, fmt.Errorf("load target %q: want HOST:PORT: %w", cfg.Target, err)
	}
	if !(cfg.Rate > 0 && cfg.Rate <= 5000) {
		return nil, fmt.Errorf("load rate %g: want more than 0 and at most 5000 calls per second", cfg.Rate)
	}
	if cfg.Watchers < 0 || cfg.Watchers > 1000 {
		return nil, fmt.Errorf("load watchers %d: want 0 to 1000", cfg.Watchers)
	}
	g := &Generator{cfg: cfg, base: "http://" + cfg.Target, http: &http.Client{Transport: newTransport(0)}}
	g.usual.n, g.usual.work = 1, g.work
	g.slow.n, g.slow.work = slowClients, g.consume
	g.attackers.n, g.attackers.work = 1, g.resetRapidly
	g.idlers.n, g.idlers.work = idleClients, g.idle
	g.hoarders.n, g.hoarders.work = stuckClients, g.hoard
	for range usersConns + 1 {
		c, err := grpc.NewClient("dns:///"+cfg.Target, grpc.WithDisableServiceConfig(), // it would ask DNS for more than the address
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			// The default backs off up to two minutes; a demo should be seen to recover.
			grpc.WithConnectParams(grpc.ConnectParams{Backoff: quickBackoff(), MinConnectTimeout: time.Second}))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("load target %q: %w", cfg.Target, err), g.Close())
		}
		g.conns = append(g.conns, c)
	}
	for _, c := range g.conns[:usersConns] {
		g.users = append(g.users, usersv1.NewUsersClient(c))
	}
	g.watch = profilesv1.NewProfilesClient(g.conns[usersConns])
	return g, nil
}

// Run makes load until the context ends, and returns when nothing is in flight.
func (g *Generator) Run(ctx context.Context) {
	g.usual.set(true)
	<-ctx.Done()
	g.rest()
}

// rest ends whatever is under way.
func (g *Generator) rest() {
	for _, c := range []*crew{&g.usual, &g.slow, &g.attackers, &g.idlers, &g.hoarders} {
		c.set(false)
	}
}

// work makes the usual load.
func (g *Generator) work(ctx context.Context) {
	var wg sync.WaitGroup
	for _, k := range g.kinds() {
		wg.Go(func() { g.arrivals(ctx, k) })
	}
	for n := range g.cfg.Watchers {
		wg.Go(func() { g.watcher(ctx, n) })
	}
	wg.Wait()
}

// Close frees the connections.
func (g *Generator) Close() error {
	g.rest()
	g.http.CloseIdleConnections()
	var errs []error
	for _, c := range g.conns {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// maxBehind is how far requests may be overdue before the rest is let go of: a
// machine that slept must not be answered with a flood.
const maxBehind = time.Second

// arrivals starts one request of a kind whenever it is due, as a Poisson process.
func (g *Generator) arrivals(ctx context.Context, k kind) {
	random := g.random(k.name)
	due := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, k.inFlight)
	for n := 0; ; n++ {
		due = due.Add(time.Duration(random.ExpFloat64() / k.rate * float64(time.Second)))
		if late := time.Since(due); late > maxBehind {
			due = due.Add(late)
		}
		timer.Reset(time.Until(due))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		user := random.Uint64N(maxUser) + 1
		select {
		case slots <- struct{}{}:
		default:
			g.stats.skip(k.name)
			continue
		}
		wg.Go(func() {
			defer func() { <-slots }()
			begin := time.Now()
			reqCtx, cancel := context.WithTimeout(ctx, k.timeout)
			defer cancel()
			err := k.do(reqCtx, n, user)
			// What ends because the load ends is neither success nor failure.
			if ctx.Err() == nil {
				g.stats.add(k.name, time.Since(begin), err)
			}
		})
	}
}

// random returns the random sequence of a kind of request.
func (g *Generator) random(kind string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(kind)) // never fails
	return rand.New(rand.NewPCG(g.cfg.Seed, h.Sum64()))
}
