package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
)

// users-2 may be dead by itself and with all others: it is revived when the last
// reason is gone.
func TestASharedFaultLastsUntilTheLastReasonIsGone(t *testing.T) {
	var log []bool
	var fail error
	s := &sharedFault{apply: func(_ context.Context, on bool) error {
		if fail == nil {
			log = append(log, on)
		}
		return fail
	}}
	all := sharedFaults{s}
	for _, on := range []bool{true, true, false, false, true} {
		if err := all.set(t.Context(), on); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(log); got != "[true false true]" {
		t.Errorf("applied %s", got)
	}
	// One that could not be ended still lasts.
	fail = errors.New("no")
	if err := s.set(t.Context(), false); err == nil {
		t.Error("no error")
	}
	fail = nil
	if err := s.set(t.Context(), false); err != nil || fmt.Sprint(log) != "[true false true false]" {
		t.Errorf("applied %v, %v", log, err)
	}
}

func TestAnOutletClosesAndOpensOnTheSameAddress(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := outlet{addr: l.Addr().String(), handler: http.NotFoundHandler()}
	o.serve(l)
	get := func() error {
		resp, err := http.Get("http://" + o.addr)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	if err := get(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // closing what is closed changes nothing
		if err := o.close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := get(); err == nil {
		t.Error("closed, and it answers")
	}
	if err := o.reopen(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := get(); err != nil {
		t.Error(err)
	}
	if err := o.close(); err != nil {
		t.Error(err)
	}
}
