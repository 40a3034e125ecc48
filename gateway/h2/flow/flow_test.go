package flow

import (
	"math/rand/v2"
	"testing"
)

func TestWindowBounds(t *testing.T) {
	w := Window(InitialWindow)
	if w.Take(InitialWindow+1) || w != InitialWindow {
		t.Fatal("more was taken than there is")
	}
	if !w.Take(InitialWindow) || w.Available() != 0 {
		t.Fatal("all could not be taken")
	}
	if !w.Shift(-100) || w != -100 || w.Available() != 0 {
		t.Fatalf("a window may become negative (RFC 9113 §6.9.2), is %d", w)
	}
	if w.Add(MaxWindow) && w.Add(101) {
		t.Fatal("a window may not pass 2^31-1")
	}
	w = MaxWindow
	if w.Add(1) || w != MaxWindow {
		t.Fatal("a window may not pass 2^31-1")
	}
}

// Credit is neither lost nor made: whatever is charged and given back in whatever
// pieces, the window that the peer believes in and the one that we keep agree,
// and in the end the peer can send a whole window again.
func TestReceiverKeepsCredit(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		size := 1 + r.IntN(1<<20)
		w := NewReceiver(uint32(size))
		peer, held := size, 0
		for range 500 {
			if n := min(peer, r.IntN(size+1)); n > 0 {
				if !w.Charge(n) {
					t.Fatal("what the peer may send is refused")
				}
				peer -= n
				held += n
			}
			if n := r.IntN(held + 1); n > 0 {
				held -= n
				peer += int(w.Return(n))
			}
			if w.Left() != peer {
				t.Fatalf("we think the peer has %d, it has %d", w.Left(), peer)
			}
			if held == 0 && peer < size-size/4 {
				t.Fatalf("only %d of %d were given back", peer, size)
			}
		}
		if w.Charge(peer + 1) {
			t.Fatal("a byte too many is not noticed")
		}
	}
}

func TestReceiverGrows(t *testing.T) {
	w := NewReceiver(InitialWindow)
	w.Charge(1000)
	if got := w.Grow(1 << 20); got != 1<<20-InitialWindow {
		t.Fatalf("announced %d", got)
	}
	if w.Left() != 1<<20-1000 {
		t.Fatalf("left %d", w.Left())
	}
	if w.Grow(100) != 0 {
		t.Fatal("a window shrank")
	}
}

// RFC 9113 §6.9: an empty frame needs no window, not even one that is not negative.
func TestNothingFitsIntoANegativeWindow(t *testing.T) {
	w := NewReceiver(1000)
	w.Charge(600)
	w.Resize(1)
	if w.Left() >= 0 {
		t.Fatalf("left %d, want a negative window", w.Left())
	}
	if !w.Charge(0) {
		t.Fatal("an empty frame is refused")
	}
	if w.Charge(1) {
		t.Fatal("a byte is taken")
	}
}

// A window that shrinks takes nothing away: the peer loses it as bytes come back,
// and a window that grows again gives only what it has lost.
func TestShrunkWindowKeepsBackWhatIsGivenBack(t *testing.T) {
	w := NewReceiver(8000)
	w.Charge(8000)
	w.Shrink(1000)
	if inc := w.Return(7000); inc != 0 || w.Left() != 0 {
		t.Fatalf("announced %d, left %d", inc, w.Left())
	}
	if inc := w.Return(500); inc != 500 {
		t.Fatalf("announced %d", inc)
	}
	if inc := w.Grow(3000); inc != 2000 || w.Left() != 2500 {
		t.Fatalf("announced %d, left %d", inc, w.Left())
	}
	if w.Shrink(4000); w.Return(500) != 0 || w.Left() != 2500 {
		t.Fatalf("left %d of a window that was not to shrink", w.Left())
	}
}

func TestWindowThatIsOwedMoreThanItGrowsAnnouncesNothing(t *testing.T) {
	w := NewReceiver(8000)
	w.Shrink(1000)
	if inc := w.Grow(5000); inc != 0 || w.Left() != 8000 {
		t.Fatalf("announced %d, left %d", inc, w.Left())
	}
	w.Charge(8000)
	if inc := w.Return(8000); inc != 5000 || w.Left() != 5000 {
		t.Fatalf("announced %d, left %d", inc, w.Left())
	}
}
