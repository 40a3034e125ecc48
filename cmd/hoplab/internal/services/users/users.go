package users

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/services/usersv1"
)

// Service implements usersv1.UsersServer for one replica.
type Service struct {
	usersv1.UnimplementedUsersServer
	replica string
	failing atomic.Bool
	burst   atomic.Bool
	calls   atomic.Uint64 // while the burst lasts
	delay   atomic.Int64  // nanoseconds
}

// New returns the service of the replica with this name.
func New(replica string) *Service { return &Service{replica: replica} }

// SetFailing makes every call end with INTERNAL, or well again.
func (s *Service) SetFailing(on bool) { s.failing.Store(on) }

// burstShare is one in how many calls fails while errors come in a burst.
const burstShare = 10

// SetErrorBurst makes one call in ten end with UNAVAILABLE, or none.
func (s *Service) SetErrorBurst(on bool) { s.burst.Store(on) }

// SetDelay makes every call take this much longer; 0 ends it.
func (s *Service) SetDelay(d time.Duration) { s.delay.Store(int64(d)) }

// Get implements usersv1.UsersServer.
func (s *Service) Get(ctx context.Context, req *usersv1.GetRequest) (*usersv1.GetResponse, error) {
	if d := time.Duration(s.delay.Load()); d > 0 {
		select {
		case <-time.After(d):
		case <-ctx.Done():
			return nil, status.FromContextError(ctx.Err()).Err()
		}
	}
	if s.failing.Load() {
		return nil, status.Errorf(codes.Internal, "%s fails: the fault failing-replica is on", s.replica)
	}
	if s.burst.Load() && s.calls.Add(1)%burstShare == 0 {
		return nil, status.Errorf(codes.Unavailable, "%s fails one call in %d: the fault error-burst is on", s.replica, burstShare)
	}
	return &usersv1.GetResponse{
		Id:      req.GetId(),
		Name:    fmt.Sprintf("User %d", req.GetId()),
		Email:   fmt.Sprintf("user%d@example.com", req.GetId()),
		Replica: s.replica,
	}, nil
}
