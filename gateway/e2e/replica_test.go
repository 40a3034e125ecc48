package e2e

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"testing"

	"google.golang.org/grpc"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
)

// replica is one of several upstreams of a kind, which can be restarted at its
// address.
type replica struct {
	t       testing.TB
	address string
	make    func() server

	mu      sync.Mutex
	running server        // nil: stopped; guarded by mu
	done    chan struct{} // closed when Serve has returned; guarded by mu
}

// server is what serves at a replica's address for a while.
type server interface {
	Serve(net.Listener) error
	// drain tells clients to go and waits until what they have asked is answered.
	drain()
	// kill ends everything at once.
	kill()
}

// startReplica serves until the test ends. Its address is not that of any client
// on this machine, so that no client can be given its port while it is down.
func startReplica(t testing.TB, newServer func() server) *replica {
	t.Helper()
	r := &replica{t: t, address: "127.0.0.2:0", make: newServer}
	r.start()
	t.Cleanup(func() { r.stop(server.kill) })
	return r
}

// startReplicas starts n of them.
func startReplicas(t testing.TB, n int, newServer func() server) (all []*replica) {
	t.Helper()
	for range n {
		all = append(all, startReplica(t, newServer))
	}
	return all
}

func (r *replica) start() {
	r.t.Helper()
	listener, err := net.Listen("tcp", r.address)
	if err != nil {
		r.t.Fatal(err)
	}
	s, done := r.make(), make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(listener) // ends with an error when it is stopped
	}()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.address, r.running, r.done = listener.Addr().String(), s, done
}

// stop ends the replica in the given way, unless it is stopped.
func (r *replica) stop(how func(server)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running != nil {
		how(r.running)
		<-r.done
		r.running = nil
	}
}

// restart is a rolling update's step.
func (r *replica) restart() {
	r.t.Helper()
	r.stop(server.drain)
	r.start()
}

// webServer is net/http's server with h2c. What is posted comes back; GET /large
// answers with largeBody bytes, POST /stuck reads nothing until its client gives
// up.
type webServer struct{ *http.Server }

const largeBody = 4 << 20

func newWebServer() server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // not to look whole
		}
		_, _ = w.Write(body) // the client may be gone
	})
	large := make([]byte, largeBody)
	mux.HandleFunc("GET /large", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(large)
	})
	mux.HandleFunc("POST /stuck", func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello from the origin\n")
	})
	// Killed and aborted requests are what some tests are about.
	return webServer{&http.Server{Handler: mux, Protocols: protocols, ErrorLog: log.New(io.Discard, "", 0)}}
}

func (s webServer) drain() { _ = s.Shutdown(context.Background()) }
func (s webServer) kill()  { _ = s.Close() }

// rpcServer is grpc-go's server.
type rpcServer struct{ *grpc.Server }

func newRPCServer() server {
	s := grpc.NewServer()
	testgrpc.RegisterTestServiceServer(s, rpcService{})
	return rpcServer{s}
}

func (s rpcServer) drain() { s.GracefulStop() }
func (s rpcServer) kill()  { s.Stop() }

// rpcService sends back what it gets.
type rpcService struct {
	testgrpc.UnimplementedTestServiceServer
}

func (rpcService) UnaryCall(_ context.Context, in *testgrpc.SimpleRequest) (*testgrpc.SimpleResponse, error) {
	return &testgrpc.SimpleResponse{Payload: in.GetPayload()}, nil
}

func (rpcService) FullDuplexCall(stream testgrpc.TestService_FullDuplexCallServer) error {
	for {
		in, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&testgrpc.StreamingOutputCallResponse{Payload: in.GetPayload()}); err != nil {
			return err
		}
	}
}
