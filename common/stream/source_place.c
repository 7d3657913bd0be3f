/* Where an input lies: its bytes at any offset, and its file kept open for blobs found in it. */
#include "stream/source_private.h"

void
input_region(const struct input *in, uint64_t offset, uint64_t len, struct reader_region *region)
{
	reader_region_init(region, in->fd, in->start + offset, len, in->name);
}

int
input_keep(struct source *s, struct input *in, struct error *err)
{
	const bool owned = in->owned;

	if (!in->seekable || s->opt.sink != NULL)
		return 0;
	in->owned = false;
	return source_add_place(s, in->fd, owned, false, in->name, &in->place, err);
}
