package as

// ByID stands for an object that is not embedded: the receiver fetches it at its address. It goes
// where the whole object would make the body longer than a peer reads.
func ByID(id string) Doc { return Doc{body: render(id), context: contextPlain} }
