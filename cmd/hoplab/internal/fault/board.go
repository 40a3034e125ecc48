package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is one named way to misbehave.
type Fault struct {
	// Name is what a user types: lower-case words joined by dashes.
	Name string
	// About says in one line what happens while it is on.
	About string
	// Apply begins or ends the fault and returns once that has taken effect.
	// It is called by one goroutine at a time and only when the state changes.
	Apply func(ctx context.Context, on bool) error
}

// State is a fault as others see it.
type State struct {
	Name  string `json:"name"`
	About string `json:"about"`
	On    bool   `json:"on"`
	// Since is when it was turned on; zero while it is off.
	Since time.Time `json:"since,omitzero"`
}

// ErrUnknown is returned for a name that neither the board nor a peer knows.
var ErrUnknown = errors.New("unknown fault")

// Board holds the faults of one process and the addresses of its peers.
// It is safe for concurrent use.
type Board struct {
	peers []*Client // set before the board is shared

	// Guarded by mu, which is held while a fault is applied: switches are
	// rare, and two at once must not overtake one another.
	mu     sync.Mutex
	faults []entry
}

type entry struct {
	Fault
	since time.Time // when it was turned on; zero: it is off
}

// NewBoard returns a board with these faults, all of them off.
// Two faults of one name are a programming error and panic.
func NewBoard(faults ...Fault) *Board {
	b := &Board{}
	for _, f := range faults {
		if b.find(f.Name) != nil {
			panic("fault: " + f.Name + " declared twice")
		}
		b.faults = append(b.faults, entry{Fault: f})
	}
	return b
}

// AddPeer makes the board pass on faults that the process behind url owns.
// Call it before the board is shared.
func (b *Board) AddPeer(url string) {
	b.peers = append(b.peers, NewClient(url))
}

// Set turns a fault on or off, here and on every peer that knows it, and
// returns its state. Setting the state it already has changes nothing.
// The error wraps [ErrUnknown] when nobody knows the name.
func (b *Board) Set(ctx context.Context, name string, on bool) (State, error) {
	state, err := b.setLocal(ctx, name, on)
	known := err == nil
	if err != nil && !errors.Is(err, ErrUnknown) {
		return State{}, err
	}
	for _, p := range b.peers {
		got, err := p.Set(ctx, name, on)
		switch {
		case errors.Is(err, ErrUnknown):
		case err != nil:
			return State{}, err
		default:
			state, known = got, true
		}
	}
	if !known {
		return State{}, fmt.Errorf("%w %q: known are %s", ErrUnknown, name, strings.Join(b.names(ctx), ", "))
	}
	return state, nil
}

func (b *Board) setLocal(ctx context.Context, name string, on bool) (State, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.find(name)
	if e == nil {
		return State{}, ErrUnknown
	}
	if !e.since.IsZero() != on {
		began := time.Now().UTC().Truncate(time.Millisecond)
		if err := e.Apply(ctx, on); err != nil {
			return State{}, fmt.Errorf("fault %s: %w", name, err)
		}
		e.since = time.Time{}
		if on {
			e.since = began
		}
	}
	return e.state(), nil
}

// List returns the faults of this process and its peers, sorted by name. A
// fault that several processes own is on while it is on in any of them, since the
// first of them. A peer
// that does not answer is left out; its error is returned beside the rest.
func (b *Board) List(ctx context.Context) ([]State, error) {
	all := map[string]State{}
	b.mu.Lock()
	for i := range b.faults {
		all[b.faults[i].Name] = b.faults[i].state()
	}
	b.mu.Unlock()
	var errs []error
	for _, p := range b.peers {
		states, err := p.List(ctx)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, s := range states {
			if here := all[s.Name]; here.On && (!s.On || here.Since.Before(s.Since)) {
				s.On, s.Since = true, here.Since
			}
			all[s.Name] = s
		}
	}
	list := make([]State, 0, len(all))
	for _, s := range all {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b State) int { return strings.Compare(a.Name, b.Name) })
	return list, errors.Join(errs...)
}

func (b *Board) names(ctx context.Context) []string {
	list, _ := b.List(ctx) // a peer that is away has no names to offer
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.Name
	}
	return names
}

// find needs mu, or a board that is not shared yet.
func (b *Board) find(name string) *entry {
	for i := range b.faults {
		if b.faults[i].Name == name {
			return &b.faults[i]
		}
	}
	return nil
}

func (e *entry) state() State {
	return State{Name: e.Name, About: e.About, On: !e.since.IsZero(), Since: e.since}
}
