package siege

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/hostile"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proc"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
)

// Accompany is a companion's part of a siege: it takes an order from in, carries
// it out until in ends, and writes to out what came of it.
func Accompany(ctx context.Context, in io.Reader, out io.Writer) error {
	if _, err := fmt.Fprintln(out, ready); err != nil {
		return err
	}
	orders := bufio.NewReader(in)
	line, err := orders.ReadBytes('\n')
	if err != nil {
		return nil // it was not needed
	}
	var o order
	if err := json.Unmarshal(line, &o); err != nil {
		return fmt.Errorf("order %q: %w", line, err)
	}
	if o.Yield {
		if err := proc.Yield(); err != nil {
			return err
		}
	}
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		_, _ = io.Copy(io.Discard, orders)
	}()
	outcome, err := o.obey(ctx, stop)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(outcome)
}

// obey carries an order out.
func (o order) obey(ctx context.Context, stop <-chan struct{}) (hostile.Outcome, error) {
	if o.Attack != "" {
		a, ok := hostile.Find(o.Attack)
		if !ok {
			return hostile.Outcome{}, fmt.Errorf("order: no attack %q", o.Attack)
		}
		return a.Run(ctx, o.Addr, stop), nil
	}
	peer := raw.Paced{Addr: o.Addr, Connections: 1, Request: honest(o.Addr, make([]byte, parcel)), Rate: o.Rate}
	if o.Trust != "" {
		pem, err := os.ReadFile(o.Trust)
		if err != nil {
			return hostile.Outcome{}, err
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		peer.TLS = trusting(pool)
	}
	var visits sync.WaitGroup
	visits.Go(func() { o.visit(ctx, peer.TLS) })
	peer.Persist(ctx, time.Now(), o.Length)
	visits.Wait()
	return hostile.Outcome{}, nil
}

// visit makes connections when an attacker would make them, the burst at once and
// the others over the time, each for as many requests as the attacker begins with.
func (o order) visit(ctx context.Context, secure *tls.Config) {
	ctx, cancel := context.WithTimeout(ctx, o.Length)
	defer cancel()
	asks := max(o.Asks, 1)
	visit := raw.Load{Addr: o.Addr, TLS: secure, Connections: 1, Streams: asks, Requests: asks, Request: honest(o.Addr, nil)}
	var done sync.WaitGroup
	defer done.Wait()
	begin := time.Now()
	for i := range o.Visits {
		select {
		case <-time.After(time.Until(begin.Add(o.visitDue(i)))):
		case <-ctx.Done():
			return
		}
		// One that fails is the proxy's business: what the victim gets is measured.
		done.Go(func() { _ = visit.Run(ctx) })
	}
}

// visitDue returns when after the beginning a visit is due.
func (o order) visitDue(i int) time.Duration {
	if i < o.Burst {
		return time.Duration(i) * hostile.DialPause
	}
	return o.Length * time.Duration(i-o.Burst) / time.Duration(o.Visits-o.Burst)
}

// trusting is TLS 1.3 for HTTP/2 towards a proxy whose certificate is in pool.
func trusting(pool *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS13}
}
