package hostile

import "time"

// Attack is one way to harm a server, bounded in connections, rate and time.
type Attack struct {
	ID    string
	Title string
	Refs  string // CVE numbers and the like; "" for none

	TLS         bool          // the server's listener has a certificate; Begin writes what TLS would
	Connections int           // at a time
	Rate        int           // steps per second, over all connections
	Lasts       time.Duration // how long the first round watches what becomes of it; 0: as long as every attack lasts

	// Begin writes what a connection begins with; nil: the preface and SETTINGS.
	Begin func(c *Conn)
	// Mute: the attacker never gets as far as SETTINGS.
	Mute bool
	// Asks is how many large answers each connection asks for at once, when the
	// server's SETTINGS have come. First follows, Step then again and again, counted
	// from 0.
	Asks  int
	First func(c *Conn)
	Step  func(c *Conn, i int)

	// Deaf: what the server sends is not read.
	Deaf bool

	// Right is how the server should end it: one of these, as End.String writes
	// them. Empty: a bound on what it takes is all that can be asked, as Bound says.
	Right []string
	Bound string
	// Unreached: none of its requests may reach the origin.
	Unreached bool
}

// How servers end attacks.
const (
	calm     = "GOAWAY ENHANCE_YOUR_CALM"
	protocol = "GOAWAY PROTOCOL_ERROR"
)

// Find returns the attack with an id; ok is false if there is none.
func Find(id string) (a Attack, ok bool) {
	for _, a := range Attacks() {
		if a.ID == id {
			return a, true
		}
	}
	return Attack{}, false
}

// Attacks returns all of them in the order of tables.
func Attacks() []Attack {
	var all []Attack
	for _, list := range [][]Attack{resets(), blocks(), floods(), slow(), connections(), malformed()} {
		all = append(all, list...)
	}
	for i := range all {
		all[i].Connections = max(all[i].Connections, 1)
	}
	return all
}
