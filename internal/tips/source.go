package tips

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"halqa/circles"
	"halqa/internal/store"
	"halqa/internal/store/ledger"
)

// Several members who pay from one account are one person with several voices, or somebody who washes
// money. Some wallets say of a payment where it came from; that is never kept, only a hash of it with a key
// that no other instance has, and only as long as the question can be asked. What is paid so is paid and
// counted like anything: families share accounts, too. An admin looks.

// settingSourceKey is that key, in hex; made when it is first needed. It keeps what a wallet said from whoever
// sees rows of a table. Who has the whole database can try guesses.
const settingSourceKey store.Setting = "tips_source_key"

// sourceListed bounds how many people a row of the audit names.
const sourceListed = 20

// source notes where a tip was paid from, and asks for a look when that makes enough people.
func (t *Tips) source(tx *store.Tx, tip *ledger.Tip, adapter, said string) error {
	if t.rules.SourcePayers <= 0 || t.rules.SourceTime <= 0 || said == "" {
		return nil
	}
	secret, err := sourceKey(tx)
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s\n%s", adapter, said)
	source := mac.Sum(nil)
	fresh, err := ledger.AddSource(tx, source, tip.Payer, time.UnixMicro(tx.Now()).Add(-t.rules.SourceTime))
	if err != nil || !fresh {
		return err
	}
	payers, err := ledger.PayersFrom(tx, source, max(t.rules.SourcePayers, sourceListed))
	if err != nil || len(payers) < t.rules.SourcePayers {
		return err
	}
	var people []string
	var other circles.ActorID
	for _, p := range payers[:min(len(payers), sourceListed)] {
		people = append(people, fmt.Sprint(int64(p)))
		if p != tip.Payer && other == 0 {
			other = p.Actor()
		}
	}
	return ledger.AddAudit(tx, ledger.Audit{Rule: ruleSource, Actor: tip.Payer.Actor(), Other: other, Tip: tip.ID, Review: true, Detail: strings.Join(people, " ")})
}

func sourceKey(tx *store.Tx) ([]byte, error) {
	kept, err := tx.Setting(settingSourceKey)
	if err != nil {
		return nil, err
	}
	if kept != "" {
		return hex.DecodeString(kept)
	}
	made := make([]byte, 32)
	rand.Read(made) // never fails
	return made, tx.SetSetting(settingSourceKey, hex.EncodeToString(made))
}
