package profiles

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/services/profilesv1"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/services/usersv1"
)

const (
	maxCount      = 100_000
	maxIntervalMS = 60_000
)

// Service implements profilesv1.ProfilesServer.
type Service struct {
	profilesv1.UnimplementedProfilesServer
	users usersv1.UsersClient
}

// New returns a service that asks users through this client.
func New(users usersv1.UsersClient) *Service { return &Service{users: users} }

// Summary implements profilesv1.ProfilesServer.
func (s *Service) Summary(ctx context.Context, req *profilesv1.SummaryRequest) (*profilesv1.SummaryResponse, error) {
	user, err := s.users.Get(ctx, &usersv1.GetRequest{Id: req.GetUserId()})
	if err != nil {
		return nil, status.Errorf(status.Code(err), "users: %s", status.Convert(err).Message())
	}
	plan := "basic"
	if req.GetUserId()%3 == 0 {
		plan = "premium"
	}
	return &profilesv1.SummaryResponse{UserId: req.GetUserId(), Name: user.GetName(), Plan: plan}, nil
}

// Watch implements profilesv1.ProfilesServer. A count or an interval outside
// what the .proto states ends with INVALID_ARGUMENT.
func (s *Service) Watch(req *profilesv1.WatchRequest, stream grpc.ServerStreamingServer[profilesv1.WatchResponse]) error {
	count, interval := req.GetCount(), req.GetIntervalMs()
	if count < 1 || count > maxCount || interval < 1 || interval > maxIntervalMS {
		return status.Errorf(codes.InvalidArgument, "count %d must be in 1..%d, interval_ms %d in 1..%d", count, maxCount, interval, maxIntervalMS)
	}
	tick := time.NewTicker(time.Duration(interval) * time.Millisecond)
	defer tick.Stop()
	for n := range count {
		err := stream.Send(&profilesv1.WatchResponse{UserId: req.GetUserId(), Sequence: n + 1, Status: "online"})
		if err != nil {
			return err
		}
		if n+1 == count {
			break
		}
		select {
		case <-tick.C:
		case <-stream.Context().Done():
			return status.FromContextError(stream.Context().Err()).Err()
		}
	}
	return nil
}
