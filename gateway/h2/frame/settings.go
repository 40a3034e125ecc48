package frame

import "encoding/binary"

// SettingID is a setting's identifier (RFC 9113 §6.5.2, RFC 8441, RFC 9218).
type SettingID uint16

// The settings.
const (
	HeaderTableSize       SettingID = 0x1
	EnablePush            SettingID = 0x2
	MaxConcurrentStreams  SettingID = 0x3
	InitialWindowSize     SettingID = 0x4
	MaxFrameSize          SettingID = 0x5
	MaxHeaderListSize     SettingID = 0x6
	EnableConnectProtocol SettingID = 0x8
	NoRFC7540Priorities   SettingID = 0x9
)

const settingLen = 6

// MaxSettings is how many settings of one frame we are willing to look at.
const MaxSettings = 32

// Setting is one entry of a SETTINGS frame.
type Setting struct {
	ID    SettingID
	Value uint32
}

// EachSetting calls f for each setting of a payload in order until it returns
// false, and reports whether the payload has a valid length and f never did.
func EachSetting(p []byte, f func(Setting) bool) bool {
	if len(p)%settingLen != 0 {
		return false
	}
	for ; len(p) > 0; p = p[settingLen:] {
		s := Setting{SettingID(binary.BigEndian.Uint16(p)), binary.BigEndian.Uint32(p[2:])}
		if !f(s) {
			return false
		}
	}
	return true
}
