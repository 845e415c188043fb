package web

import (
	"cmp"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"halqa/circles"
	"halqa/internal/app"
	"halqa/internal/media"
)

const (
	// maxUpload bounds a form with files: as many photos as a post has, each as large as one may be.
	maxUpload = circles.MaxPhotos*(media.MaxFile+1024) + maxForm

	// formMemory is how much of a form with files is held in memory; the rest waits on disk.
	formMemory = 2 << 20
)

// A draft is a post as the form has it.
type draft struct {
	do, step                             string
	name                                 string // of the draft that it is kept as
	in                                   string // the circle, where that can be chosen; as in its address
	title, body, link, language, warning string
	sensitive                            bool
	poll                                 PollDraft
	photos                               []MediaSlot // those that are there, in order
	failed                               []MediaSlot // files that were refused
	problems                             []string    // what else is wrong with the files
}

func (d draft) slots() []MediaSlot {
	all := slices.Concat(d.photos, d.failed)
	for i := range all {
		all[i].Pos, all[i].Of = i+1, len(d.photos)
	}
	return all
}

func (d draft) refs() []app.PhotoRef {
	refs := make([]app.PhotoRef, len(d.photos))
	for i, p := range d.photos {
		refs[i] = app.PhotoRef{ID: circles.MediaID(p.Photo.ID), Alt: p.Alt}
	}
	return refs
}

func (d draft) undescribed() bool {
	return slices.ContainsFunc(d.photos, func(m MediaSlot) bool { return strings.TrimSpace(m.Alt) == "" })
}

// readDraft reads the form of a post, with or without files, and takes in the files that it brings if the
// caller wants them. had are the photos that the post has already.
func (v *visit) readDraft(had []*circles.Photo, takes bool) (draft, error) {
	f, files, err := v.readForm()
	if form := v.Request().MultipartForm; form != nil {
		defer form.RemoveAll()
	}
	if err != nil {
		return draft{}, err
	}
	d := draft{
		do: f.Get("do"), step: f.Get("step"), name: f.Get("draft"), in: f.Get("in"), title: strings.TrimSpace(f.Get("title")), body: f.Get("body"), link: f.Get("link"),
		language: f.Get("language"), warning: f.Get("warning"), sensitive: checked(f, "sensitive"),
		poll: readPollDraft(f),
	}
	if err := v.keepPhotos(&d, f, had); err != nil {
		return d, err
	}
	if !takes {
		return d, nil
	}
	return d, v.takeFiles(&d, files, f["alt"])
}

// keepPhotos reads which photos of earlier steps stay, what they show and in what order.
func (v *visit) keepPhotos(d *draft, f url.Values, had []*circles.Photo) error {
	var ids []circles.MediaID
	known := map[circles.MediaID]Photo{}
	for _, p := range had {
		known[p.ID] = v.s.photo(p)
	}
	for _, id := range f["media"] {
		if !slices.Contains(f["drop"], id) && len(ids) < circles.MaxPhotos {
			ids = append(ids, circles.MediaID(id))
		}
	}
	unknown := slices.DeleteFunc(slices.Clone(ids), func(id circles.MediaID) bool { _, ok := known[id]; return ok })
	loose, err := v.s.app.LoosePhotos(v.Request().Context(), v.who, unknown)
	if err != nil {
		return err
	}
	for i := range loose {
		known[loose[i].ID] = photo(&loose[i])
	}
	for _, id := range ids {
		p, ok := known[id]
		if !ok {
			d.problems = append(d.problems, v.l.T("refused.photo-gone"))
			continue
		}
		slot := MediaSlot{Photo: p, Alt: f.Get("alt-" + p.ID)}
		slot.Pos, _ = strconv.Atoi(f.Get("pos-" + p.ID))
		slot.Photo.Alt = slot.Alt
		d.photos = append(d.photos, slot)
	}
	slices.SortStableFunc(d.photos, func(a, b MediaSlot) int { return cmp.Compare(a.Pos, b.Pos) })
	return nil
}

// takeFiles takes in the files of a form. One that is no good does not spoil the others.
func (v *visit) takeFiles(d *draft, files []*multipart.FileHeader, alts []string) error {
	for i, h := range files {
		if len(d.photos) >= circles.MaxPhotos {
			d.problems = append(d.problems, v.l.T("refused.too-many-photos", "Max", circles.MaxPhotos))
			return nil
		}
		slot := MediaSlot{File: h.Filename}
		if i < len(alts) {
			slot.Alt = alts[i]
		}
		made, err := v.upload(h, media.Post)
		var refusal *circles.Error
		switch {
		case err == nil:
			slot.Photo = photo(&made)
			slot.Photo.Alt = slot.Alt
			d.photos = append(d.photos, slot)
		case errors.As(err, &refusal) && (refusal.Kind == circles.Invalid || refusal.Kind == circles.TooLarge):
			slot.Problem = v.l.Error(err)
			d.failed = append(d.failed, slot)
			d.problems = append(d.problems, h.Filename+": "+slot.Problem)
		case errors.As(err, &refusal) && refusal.Kind == circles.Limited:
			d.problems = append(d.problems, v.l.Error(err))
			return nil
		default:
			return err
		}
	}
	return nil
}

// readForm reads the fields of a form and what files it brings. Reading it again gives the same.
func (v *visit) readForm() (url.Values, []*multipart.FileHeader, error) {
	r := v.Request()
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		f, err := v.form()
		return f, nil, err
	}
	if r.MultipartForm == nil {
		r.Body = http.MaxBytesReader(v.Response(), r.Body, maxUpload)
		if err := r.ParseMultipartForm(formMemory); err != nil {
			return nil, nil, badForm(err)
		}
	}
	return r.MultipartForm.Value, r.MultipartForm.File["photos"], nil
}

func (v *visit) upload(h *multipart.FileHeader, use media.Use) (circles.Photo, error) {
	file, err := h.Open()
	if err != nil {
		return circles.Photo{}, fmt.Errorf("upload: %w", err)
	}
	defer file.Close()
	return v.s.app.Upload(v.Request().Context(), v.who, file, use)
}
