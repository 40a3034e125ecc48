package raw

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2/hpack"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
)

// Request is what a load sends.
type Request struct {
	Scheme, Authority, Path string
	Body                    []byte // nil: GET, else POST
	Fields                  []plan.Field
	Unique                  []string // names of Fields that have another value each time
}

// header returns the request's header list.
func (r *Request) header() []hpack.HeaderField {
	method := "GET"
	if r.Body != nil {
		method = "POST"
	}
	list := []hpack.HeaderField{
		{Name: ":method", Value: method},
		{Name: ":scheme", Value: r.Scheme},
		{Name: ":authority", Value: r.Authority},
		{Name: ":path", Value: r.Path},
	}
	for _, f := range r.Fields {
		// RFC 7541 §7.1.3: as careful clients, h2load among them, do.
		list = append(list, hpack.HeaderField{Name: f.Name, Value: f.Value, Sensitive: f.Name == "authorization"})
	}
	return list
}

// Load is requests as fast as they are answered.
type Load struct {
	Addr        string
	TLS         *tls.Config // nil: h2c with prior knowledge
	Connections int
	Streams     int // at a time on each connection
	Requests    int // over all connections
	Request     Request
	Paths       []string // one after the other; nil: the Request's
}

// Run sends the load. A request that is not answered with 2xx is an error.
func (l Load) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var left atomic.Int64
	left.Store(int64(l.Requests))
	done := make(chan error, l.Connections)
	for i := range l.Connections {
		go func() {
			err := l.connection(ctx, uint64(i), &left)
			if err != nil {
				cancel(err)
			}
			done <- err
		}()
	}
	for range l.Connections {
		<-done
	}
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	return nil
}

// connection sends requests on a connection of its own while any are left.
func (l Load) connection(ctx context.Context, seed uint64, left *atomic.Int64) error {
	c, err := dial(ctx, l.Addr, l.TLS)
	if err != nil {
		return err
	}
	defer c.net.Close()
	list := l.Request.header()
	path := pathOf(list)
	unique := uniqueIndexes(list, l.Request.Unique)
	random := rand.NewPCG(seed, uint64(time.Now().UnixNano()))
	received, open := 0, 0
	for {
		starved := false
		for open < l.Streams {
			n := left.Add(-1)
			if n < 0 {
				break
			}
			if l.Paths != nil {
				path.Value = l.Paths[int(n)%len(l.Paths)]
			}
			for _, i := range unique {
				list[i].Value = randomID(random)
			}
			_, err := c.request(list, l.Request.Body, true)
			if errors.Is(err, errCredit) {
				left.Add(1)
				starved = true
				break
			}
			if err != nil {
				return err
			}
			open++
		}
		if open == 0 && !starved {
			return nil
		}
		if received > window/2 {
			if err := c.credited(received); err != nil {
				return err
			}
			received = 0
		}
		if err := c.flush(); err != nil {
			return err
		}
		// Every frame that has arrived, at least one.
		for more := true; more; more = c.read.Buffered() > 0 {
			e, err := c.success()
			if err != nil {
				return err
			}
			received += e.bytes
			if e.ended {
				open--
			}
		}
	}
}

// pathOf returns the request's path, for it to be changed.
func pathOf(list []hpack.HeaderField) *hpack.HeaderField {
	for i := range list {
		if list[i].Name == ":path" {
			return &list[i]
		}
	}
	return new(hpack.HeaderField) // header gives every request one
}

func uniqueIndexes(list []hpack.HeaderField, names []string) []int {
	var at []int
	for i, f := range list {
		for _, name := range names {
			if f.Name == name {
				at = append(at, i)
			}
		}
	}
	return at
}

// randomID returns 32 hexadecimal digits.
func randomID(r *rand.PCG) string {
	const digits = "0123456789abcdef"
	var id [32]byte
	for half := range 2 {
		n := r.Uint64()
		for i := range 16 {
			id[16*half+i] = digits[n>>(4*i)&15]
		}
	}
	return string(id[:])
}
