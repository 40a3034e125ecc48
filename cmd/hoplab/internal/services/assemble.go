package services

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/services/orders"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/services/profiles"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/services/profilesv1"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/services/users"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/services/usersv1"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/tracing"
)

// faultDelay is what the latency fault adds to every users call: above any
// latency objective that a small unary call could have.
const faultDelay = 1200 * time.Millisecond

// narrowDelay is how long orders takes for a request while it is narrow: with it
// more requests are due than all connections of a gateway together carry.
const narrowDelay = 5 * time.Second

// UsersReplica is one running replica of users.
type UsersReplica struct {
	*Replica
	service  *users.Service
	tracer   *tracing.Tracer
	restless atomic.Bool
}

// Users starts a replica of users with this name (such as "users-1") behind r,
// which it owns from now on. The tracer stays the caller's.
func Users(r *Replica, name string, t *tracing.Tracer) *UsersReplica {
	u := &UsersReplica{Replica: r, service: users.New(name), tracer: t}
	r.Start(u.server())
	return u
}

func (u *UsersReplica) server() server {
	return newGRPC(u.tracer, u.restless.Load(), func(s grpc.ServiceRegistrar) {
		usersv1.RegisterUsersServer(s, u.service)
	})
}

// SetFailing makes every call end with INTERNAL, or well again.
func (u *UsersReplica) SetFailing(on bool) { u.service.SetFailing(on) }

// SetErrorBurst makes one call in ten end with UNAVAILABLE, or none.
func (u *UsersReplica) SetErrorBurst(on bool) { u.service.SetErrorBurst(on) }

// SetSlow makes every call take 1.2 s longer, or its own time again.
func (u *UsersReplica) SetSlow(on bool) {
	if on {
		u.service.SetDelay(faultDelay)
		return
	}
	u.service.SetDelay(0)
}

// SetDead closes the listener and all connections, or listens again.
func (u *UsersReplica) SetDead(ctx context.Context, dead bool) error {
	if dead {
		u.Kill()
		return nil
	}
	return u.Revive(ctx, u.server())
}

// SetRestless makes the server send GOAWAY on every connection a moment after
// it was made, or leaves connections alone again. A replica that is dead takes
// it on when it is revived.
func (u *UsersReplica) SetRestless(ctx context.Context, on bool) error {
	u.restless.Store(on)
	if u.Dead() {
		return nil
	}
	return u.Swap(ctx, u.server())
}

// ProfilesReplica is the running profiles service.
type ProfilesReplica struct {
	*Replica
	gateway *grpc.ClientConn
}

// Profiles starts profiles behind r, which it owns from now on; it asks users
// through the gateway at host:port.
func Profiles(r *Replica, gateway string, t *tracing.Tracer) (*ProfilesReplica, error) {
	conn, err := dialGateway(gateway, t)
	if err != nil {
		return nil, err
	}
	service := profiles.New(usersv1.NewUsersClient(conn))
	r.Start(newGRPC(t, false, func(s grpc.ServiceRegistrar) {
		profilesv1.RegisterProfilesServer(s, service)
	}))
	return &ProfilesReplica{Replica: r, gateway: conn}, nil
}

// Close ends the service and its connection to the gateway.
func (p *ProfilesReplica) Close() {
	p.Replica.Close()
	p.gateway.Close()
}

// OrdersReplica is the running orders service.
type OrdersReplica struct {
	*Replica
	service *orders.Service
	tracer  *tracing.Tracer
	gateway *grpc.ClientConn
}

// Orders starts orders behind r, which it owns from now on; it asks profiles
// through the gateway at host:port.
func Orders(r *Replica, gateway string, t *tracing.Tracer) (*OrdersReplica, error) {
	conn, err := dialGateway(gateway, t)
	if err != nil {
		return nil, err
	}
	service := orders.New(profilesv1.NewProfilesClient(conn))
	o := &OrdersReplica{Replica: r, service: service, tracer: t, gateway: conn}
	r.Start(o.server(manyStreams))
	return o, nil
}

func (o *OrdersReplica) server(streams int) server {
	return newHTTP2(o.tracer.Handler(orders.Operation, o.service.Handler()), streams)
}

// SetStalled makes uploads stop being read, or go on.
func (o *OrdersReplica) SetStalled(on bool) { o.service.SetStalled(on) }

// SetResetting makes every request end with RST_STREAM, or be answered again.
func (o *OrdersReplica) SetResetting(on bool) { o.service.SetResetting(on) }

// SetNarrow makes orders allow one stream on each connection and take five
// seconds for each request, or be as before.
func (o *OrdersReplica) SetNarrow(ctx context.Context, on bool) error {
	streams, delay := manyStreams, time.Duration(0)
	if on {
		streams, delay = 1, narrowDelay
	}
	o.service.SetDelay(delay)
	return o.Swap(ctx, o.server(streams))
}

// Close ends the service and its connection to the gateway.
func (o *OrdersReplica) Close() {
	o.service.SetStalled(false)
	o.Replica.Close()
	o.gateway.Close()
}

func dialGateway(addr string, t *tracing.Tracer) (*grpc.ClientConn, error) {
	conn, err := grpc.NewClient("dns:///"+addr, grpc.WithDisableServiceConfig(), // it would ask DNS for more than the address
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(t.UnaryClient))
	if err != nil {
		return nil, fmt.Errorf("gateway address %q: %w", addr, err)
	}
	return conn, nil
}
