package fault

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// recorder counts what Apply was asked for.
type recorder struct{ calls []bool }

func (r *recorder) fault(name string) Fault {
	return Fault{Name: name, About: "about " + name, Apply: func(_ context.Context, on bool) error {
		r.calls = append(r.calls, on)
		return nil
	}}
}

func TestSwitchIsAppliedOnlyWhenTheStateChanges(t *testing.T) {
	var r recorder
	srv := httptest.NewServer(NewBoard(r.fault("latency")).Handler())
	defer srv.Close()
	c := NewClient(srv.URL)
	for _, on := range []bool{true, true, false, false, true} {
		state, err := c.Set(t.Context(), "latency", on)
		if err != nil || state.On != on {
			t.Fatalf("Set(%t) = %+v, %v", on, state, err)
		}
	}
	if want := []bool{true, false, true}; len(r.calls) != 3 || r.calls[0] != want[0] || r.calls[1] != want[1] || r.calls[2] != want[2] {
		t.Errorf("applied %v, want %v", r.calls, want)
	}
}

func TestUnknownFaultNamesTheKnownOnes(t *testing.T) {
	var r recorder
	srv := httptest.NewServer(NewBoard(r.fault("latency"), r.fault("dead-replica")).Handler())
	defer srv.Close()
	_, err := NewClient(srv.URL).Set(t.Context(), "lateny", true)
	if !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "dead-replica, latency") {
		t.Errorf("got %v", err)
	}
}

func TestFailedSwitchKeepsItsState(t *testing.T) {
	b := NewBoard(Fault{Name: "x", Apply: func(context.Context, bool) error { return errors.New("no such listener") }})
	if _, err := b.Set(t.Context(), "x", true); err == nil || !strings.Contains(err.Error(), "no such listener") {
		t.Fatalf("got %v", err)
	}
	if list, _ := b.List(t.Context()); list[0].On {
		t.Error("a switch that failed counts as on")
	}
}

func TestPeersFaultsAreListedAndSwitchedToo(t *testing.T) {
	var here, there recorder
	peer := NewBoard(there.fault("latency"), there.fault("stalled-stream"))
	srv := httptest.NewServer(peer.Handler())
	defer srv.Close()
	b := NewBoard(here.fault("slow-consumer"), here.fault("latency"))
	b.AddPeer(srv.URL)

	for _, name := range []string{"stalled-stream", "latency"} {
		if _, err := b.Set(t.Context(), name, true); err != nil {
			t.Fatal(err)
		}
	}
	if len(there.calls) != 2 || len(here.calls) != 1 {
		t.Errorf("peer applied %v, own board %v", there.calls, here.calls)
	}
	list, err := b.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, s := range list {
		got += s.Name
		if s.On {
			got += "!"
		}
		got += " "
	}
	if got != "latency! slow-consumer stalled-stream! " {
		t.Errorf("listed %s", got)
	}
}

func TestPeerThatIsAwayLeavesTheRestListed(t *testing.T) {
	var r recorder
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	b := NewBoard(r.fault("latency"))
	b.AddPeer(srv.URL)
	list, err := b.List(t.Context())
	if len(list) != 1 || err == nil {
		t.Errorf("got %v, %v", list, err)
	}
}

func TestStateSaysSinceWhenItIsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorder
		b := NewBoard(r.fault("latency"))
		set := func(on bool) State {
			t.Helper()
			time.Sleep(time.Minute) // of synctest's time
			s, err := b.Set(t.Context(), "latency", on)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		first := set(true)
		if !first.Since.Equal(time.Now()) {
			t.Errorf("since %s, it is %s", first.Since, time.Now())
		}
		if again := set(true); again != first {
			t.Errorf("turned on again: %+v, was %+v", again, first)
		}
		text, err := json.Marshal(set(false))
		if want := `{"name":"latency","about":"about latency","on":false}`; string(text) != want || err != nil {
			t.Errorf("off: %s (%v), want %s", text, err, want)
		}
		if later := set(true); !later.Since.After(first.Since) {
			t.Errorf("since %s, turned on the second time", later.Since)
		}
	})
}

func TestFaultOfSeveralIsOnSinceTheFirst(t *testing.T) {
	var here, there recorder
	peer, b := NewBoard(there.fault("latency")), NewBoard(here.fault("latency"))
	srv := httptest.NewServer(peer.Handler())
	defer srv.Close()
	b.AddPeer(srv.URL)
	first, err := b.setLocal(t.Context(), "latency", true)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := b.List(t.Context())
	if err != nil || alone[0] != first {
		t.Errorf("listed %+v (%v), want %+v", alone, err, first)
	}
	if _, err := peer.Set(t.Context(), "latency", true); err != nil {
		t.Fatal(err)
	}
	both, err := b.List(t.Context())
	if err != nil || both[0] != first {
		t.Errorf("listed %+v (%v), want %+v", both, err, first)
	}
}

func TestHostileBodiesAreRefused(t *testing.T) {
	var r recorder
	srv := httptest.NewServer(NewBoard(r.fault("latency")).Handler())
	defer srv.Close()
	for _, body := range []string{"", "{}", `{"on":"yes"}`, `{"off":true}`, strings.Repeat(" ", 2*maxBody) + `{"on":true}`} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, srv.URL+"/faults/latency", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("body of %d bytes: %s", len(body), resp.Status)
		}
	}
	if len(r.calls) != 0 {
		t.Errorf("a refused request was applied: %v", r.calls)
	}
}
