// Package damage is what attacks did: the raw results as JSON, the goals that
// they are held against, and the document that is rendered from them.
package damage
