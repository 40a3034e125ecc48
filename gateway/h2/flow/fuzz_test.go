package flow

import "testing"

// FuzzWindow compares a window with arithmetic that cannot overflow: it changes
// by what was asked or, where the rules forbid that, not at all.
func FuzzWindow(f *testing.F) {
	f.Add(uint32(InitialWindow), []byte{0, 0xff, 0xff, 0, 1, 0, 0, 9, 2, 0xff, 0xff, 0xff})
	f.Add(uint32(MaxWindow), []byte{1, 0, 0, 1, 2, 0xff, 0xff, 0xff, 2, 0xff, 0xff, 0xff})
	f.Add(uint32(0), []byte{2, 0x80, 0, 0, 0, 0, 0, 1, 1, 0x7f, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, start uint32, ops []byte) {
		model := int64(start % (MaxWindow + 1))
		w := Window(model)
		for ; len(ops) >= 4; ops = ops[4:] {
			n := int64(ops[1])<<16 | int64(ops[2])<<8 | int64(ops[3])
			n = n<<7 | n>>17 // 31 bits, from the smallest to the largest
			var did, may bool
			switch ops[0] % 3 {
			case 0: // a frame, or what is left of the window
				if ops[0]&0x80 != 0 {
					n = max(model, 0)
				}
				did, may = w.Take(int(n)), n <= model
				n = -n
			case 1:
				did, may = w.Add(int(n)), model+n <= MaxWindow
			case 2:
				if ops[0]&0x80 != 0 {
					n = -n
				}
				did, may = w.Shift(n), model+n <= MaxWindow && model+n >= -MaxWindow
			}
			if did != may {
				t.Fatalf("%d by %d: was %v, want %v", model, n, did, may)
			}
			if may {
				model += n
			}
			if int64(w) != model || w.Available() != int(max(model, 0)) {
				t.Fatalf("window %d, available %d, want %d", w, w.Available(), model)
			}
		}
	})
}

// FuzzReceiver: credit is neither lost nor made. A peer that adds up what it is
// told agrees with the window at every moment, and what it has, what we owe it
// and what is held always add up to the window's size.
func FuzzReceiver(f *testing.F) {
	f.Add(uint32(InitialWindow), []byte{0, 0xff, 0xff, 1, 0x80, 0, 2, 0xff, 0, 1, 0xff, 0xff})
	f.Add(uint32(1000), []byte{0, 0xff, 0xff, 3, 0, 1, 1, 0xff, 0xff, 3, 0xff, 0, 0, 1, 0})
	f.Add(uint32(3), []byte{0, 0x40, 0, 1, 0x40, 0, 0, 0x40, 0, 1, 0xff, 0xff})
	f.Add(uint32(1<<20), []byte{0, 0xff, 0xff, 5, 0, 1, 1, 0x80, 0, 2, 0, 9, 1, 0xff, 0xff, 0, 0xff, 0xff, 1, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, size uint32, ops []byte) {
		size %= 1 << 30
		w := NewReceiver(size)
		peer, held := int64(size), int64(0)
		// part is a part of n: none of it, all of it, or in between.
		part := func(n int64) int64 { return n * (int64(ops[1])<<8 | int64(ops[2])) / 0xffff }
		for ; len(ops) >= 3; ops = ops[3:] {
			switch ops[0] % 6 {
			case 0:
				n := part(max(peer, 0))
				if !w.Charge(int(n)) {
					t.Fatalf("%d bytes are refused, the peer has %d", n, peer)
				}
				peer, held = peer-n, held+n
			case 1:
				n := part(held)
				held -= n
				peer += int64(w.Return(int(n)))
			case 2:
				to := uint32(part(1 << 30))
				size = max(size, to)
				peer += int64(w.Grow(to))
			case 3: // SETTINGS, which the peer applies at once
				to := uint32(part(1 << 30))
				if peer+held+int64(to)-int64(size) > MaxWindow {
					continue // shrunk windows may still be so large
				}
				peer += int64(to) - int64(size)
				size = to
				peer += int64(w.Resize(to))
			case 4: // a byte more than allowed is noticed
				over := w
				if peer >= 0 && over.Charge(int(peer)+1) {
					t.Fatalf("%d bytes are taken, the peer has %d", peer+1, peer)
				}
			case 5: // the peer is told nothing
				to := uint32(part(1 << 30))
				size = min(size, to)
				w.Shrink(to)
			}
			if int64(w.Left()) != peer {
				t.Fatalf("we think the peer has %d, it has %d", w.Left(), peer)
			}
			if sum := int64(w.left) + int64(w.unannounced) + held; sum != int64(size) {
				t.Fatalf("left %d, owed %d, held %d: not %d", w.left, w.unannounced, held, size)
			}
			if held == 0 && peer < int64(size)-int64(size)/4 {
				t.Fatalf("everything was given back, yet the peer has %d of %d", peer, size)
			}
		}
	})
}
