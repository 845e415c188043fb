package store

import (
	"database/sql"
	"errors"
)

// A Setting names a fact about this instance that its operators set.
type Setting string

const (
	SettingHost         Setting = "host"         // what addresses are made of; set once
	SettingSetupToken   Setting = "setup_token"  // SHA-256 of the one-time token, in hex
	SettingRegistration Setting = "registration" // "open" or "closed"
	SettingName         Setting = "name"         // of the instance, for people
	SettingDescription  Setting = "description"  // one sentence about it
)

// Setting returns what a setting is set to, "" if it is not set.
func (tx *Tx) Setting(name Setting) (string, error) {
	v, err := one(tx, value[string], "SELECT value FROM setting WHERE name = $1", name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, err
}

// SetSetting sets a setting; "" unsets it.
func (tx *Tx) SetSetting(name Setting, v string) error {
	if v == "" {
		_, err := tx.exec("DELETE FROM setting WHERE name = $1", name)
		return err
	}
	_, err := tx.exec("INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, v)
	return err
}
