package services

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/services/usersv1"
)

func startUsers(t *testing.T) (*UsersReplica, *grpc.ClientConn) {
	t.Helper()
	r, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := Users(r, "users-1", nil)
	t.Cleanup(u.Close)
	return u, dial(t, u.Addr())
}

func dial(t *testing.T, addr string) *grpc.ClientConn {
	t.Helper()
	c, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func get(ctx context.Context, c grpc.ClientConnInterface) error {
	_, err := usersv1.NewUsersClient(c).Get(ctx, &usersv1.GetRequest{Id: 7})
	return err
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestFailingReplicaAnswersInternal(t *testing.T) {
	u, c := startUsers(t)
	ctx := within(t, 2*time.Minute)
	if err := get(ctx, c); err != nil {
		t.Fatal(err)
	}
	u.SetFailing(true)
	if err := get(ctx, c); status.Code(err) != codes.Internal {
		t.Errorf("failing: %v", err)
	}
	u.SetFailing(false)
	if err := get(ctx, c); err != nil {
		t.Errorf("mended: %v", err)
	}
}

func TestSlowReplicaAnswersLate(t *testing.T) {
	u, c := startUsers(t)
	u.SetSlow(true)
	begin := time.Now()
	if err := get(within(t, 2*time.Minute), c); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took < faultDelay {
		t.Errorf("answered after %s", took)
	}
	if err := get(within(t, 50*time.Millisecond), c); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("a call that gives up: %v", err)
	}
}

func TestDeadReplicaRefusesAndComesBackOnItsAddress(t *testing.T) {
	u, c := startUsers(t)
	ctx := within(t, 2*time.Minute)
	if err := get(ctx, c); err != nil {
		t.Fatal(err)
	}
	for range 2 { // killing the dead changes nothing
		if err := u.SetDead(ctx, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := get(ctx, dial(t, u.Addr())); status.Code(err) != codes.Unavailable {
		t.Errorf("dead: %v", err)
	}
	if err := u.SetRestless(ctx, true); err != nil {
		t.Errorf("restless while dead: %v", err)
	}
	if err := u.SetRestless(ctx, false); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := u.SetDead(ctx, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := get(ctx, dial(t, u.Addr())); err != nil {
		t.Errorf("revived: %v", err)
	}
}

func TestRestlessReplicaSendsGoAwayOnEachConnection(t *testing.T) {
	u, c := startUsers(t)
	ctx := within(t, 2*time.Minute)
	if err := get(ctx, c); err != nil {
		t.Fatal(err)
	}
	// The swap itself drains the old connection; two more endings are the storm.
	if err := u.SetRestless(ctx, true); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := get(ctx, c); err != nil {
			t.Fatalf("a call between two GOAWAYs failed: %v", err)
		}
		if !c.WaitForStateChange(ctx, connectivity.Ready) {
			t.Fatal("the connection is left alone")
		}
	}
	if err := u.SetRestless(ctx, false); err != nil {
		t.Fatal(err)
	}
	if err := get(ctx, c); err != nil {
		t.Fatal(err)
	}
}

func TestListenerStaysOpenWhileServersAreSwapped(t *testing.T) {
	u, _ := startUsers(t)
	ctx := within(t, 2*time.Minute)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				c, err := net.Dial("tcp", u.Addr())
				if err != nil {
					t.Errorf("refused: %v", err)
					return
				}
				c.Close()
			}
		})
	}
	for n := range 10 {
		if err := u.SetRestless(ctx, n%2 == 0); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
}

func TestSwapOfADeadReplicaSaysSo(t *testing.T) {
	u, _ := startUsers(t)
	u.Kill()
	if err := u.Swap(t.Context(), u.server()); err == nil {
		t.Error("swapped")
	}
}

func TestErrorBurstFailsOneCallInTen(t *testing.T) {
	u, c := startUsers(t)
	ctx := within(t, 60*time.Second)
	u.SetErrorBurst(true)
	failed := 0
	for range 40 {
		if err := get(ctx, c); err != nil {
			failed++
		}
	}
	u.SetErrorBurst(false)
	if failed != 4 {
		t.Errorf("%d of 40 failed", failed)
	}
	for range 10 {
		if err := get(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
}
