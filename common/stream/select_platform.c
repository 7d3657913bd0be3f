/* Choosing by platform: the second half of select.h. */
#include <stdlib.h>

#include "core/error.h"
#include "core/json.h"
#include "image/config.h"
#include "image/media.h"
#include "stream/graph.h"
#include "stream/images.h"
#include "stream/names.h"
#include "stream/select.h"

const char *
select_name(const struct descriptor *entry)
{
	const char *name = names_of(entry);

	return name == NULL ? entry->digest.text : name;
}

/* Is the manifest d for any platform? Its own platform, if it has one, counts for images alone. */
static int
is_for_all(struct source *s, const struct descriptor *d, bool *all, struct error *err)
{
	struct manifest m;
	struct config c;
	int rc = 0;

	if (graph_load_manifest(s, d, &m, err) == -1)
		return -1;
	*all = true;
	if (manifest_is_image(&m)) {
		rc = graph_load_config(s, &m.config, &c, err);
		if (rc == 0) {
			*all = c.is_bundle;
			config_release(&c);
		}
	}
	manifest_release(&m);
	return rc;
}

/* A root that is one image stays, or there is nothing for the platforms. */
static int
choose_single(struct images *images, struct source *s, const struct descriptor *root,
    const struct platform_list *wanted, struct error *err)
{
	const struct image *image = &images->items[0];
	size_t i;
	bool all;

	if (is_for_all(s, root, &all, err) == -1)
		return -1;
	if (all || descriptor_is_attestation(root) || !descriptor_has_platform(&image->descriptor))
		return 0;
	for (i = 0; i < wanted->n; i++)
		if (platform_match(&wanted->items[i], &image->descriptor.platform) > 0)
			return 0;
	return images_choose(images, wanted, err); /* says so */
}

/* The manifest that was chosen, under the names of the index. */
static int
add_manifest(struct index *x, const struct descriptor *root, const struct descriptor *chosen,
    struct error *err)
{
	const struct annotation *a;
	struct descriptor d;
	size_t i;

	if (descriptor_dup(&d, chosen, err) == -1)
		return -1;
	for (i = 0; i < root->annotations.n; i++) {
		a = &root->annotations.items[i];
		if (annotations_set(&d.annotations, a->key, a->value, err) == -1)
			goto failed;
	}
	if (index_add(x, &d, err) == 0)
		return 0;
failed:
	descriptor_release(&d);
	return -1;
}

static int
record_change(struct selection *sel, const struct digest *from, const struct digest *to,
    struct error *err)
{
	struct selection_change *changes;
	size_t i;

	for (i = 0; i < sel->n_changes; i++)
		if (digest_equal(&sel->changes[i].from, from))
			return 0;
	changes = realloc(sel->changes, (sel->n_changes + 1) * sizeof(*changes));
	if (changes == NULL)
		return error_memory(err);
	sel->changes = changes;
	changes[sel->n_changes++] = (struct selection_change){ .from = *from, .to = *to };
	return 0;
}

/* Puts the index x, with what was chosen instead of what it had, into s. */
static int
put_index(struct source *s, struct index *x, const struct images *chosen, struct digest *digest,
    uint64_t *size, struct error *err)
{
	struct json_writer json;
	size_t i;
	int rc = -1;

	for (i = 0; i < x->n_manifests; i++)
		descriptor_release(&x->manifests[i]);
	x->n_manifests = 0;
	for (i = 0; i < chosen->n; i++)
		if (index_add_copy(x, &chosen->items[i].descriptor, err) == -1)
			return -1;
	json_writer_init(&json);
	index_write(x, &json);
	*size = json.len;
	if (json_writer_check(&json, err) == 0)
		rc = source_take_document(s, json.text, json.len, "a new index", digest, err);
	json_writer_release(&json);
	return rc;
}

static int
add_index(struct selection *sel, struct index *to, struct source *s, const struct descriptor *root,
    const struct images *chosen, struct error *err)
{
	struct index x;
	struct descriptor d;
	int rc = -1;

	if (descriptor_dup(&d, root, err) == -1)
		return -1;
	free(d.data);
	free(d.urls);
	d.data = d.urls = NULL;
	if (graph_load_index(s, root, &x, err) == -1)
		goto done;
	if (put_index(s, &x, chosen, &d.digest, &d.size, err) == 0 &&
	    record_change(sel, &root->digest, &d.digest, err) == 0)
		rc = index_add(to, &d, err);
	index_release(&x);
done:
	if (rc == -1)
		descriptor_release(&d);
	return rc;
}

/* root is moved where it stays as it is. */
static int
choose_root(struct selection *sel, struct index *to, struct source *s, struct descriptor *root,
    const struct platform_list *wanted, struct error *err)
{
	struct images images = { .n = 0 };
	enum media_kind kind = media_kind(root->media_type);
	size_t before;
	int rc = -1;

	if (kind != MEDIA_INDEX && kind != MEDIA_MANIFEST)
		return index_add(to, root, err);
	if (images_add(&images, s, root, err) == -1)
		goto done;
	before = images.n;
	if (kind == MEDIA_MANIFEST) {
		if (choose_single(&images, s, root, wanted, err) == 0)
			rc = index_add(to, root, err);
	} else if (images_choose(&images, wanted, err) == 0) {
		if (platform_list_is_single(wanted)) {
			images_drop_attestations(&images);
			rc = add_manifest(to, root, &images.items[0].descriptor, err);
		} else if (images.n == before) {
			rc = index_add(to, root, err);
		} else {
			rc = add_index(sel, to, s, root, &images, err);
		}
	}
done:
	images_release(&images);
	if (rc == -1 && err->kind == ERROR_NOTFOUND)
		return error_context(err, "%s", select_name(root));
	return rc;
}

int
select_platforms(struct selection *sel, struct source *s, const struct platform_list *wanted,
    struct error *err)
{
	struct index chosen = { .n_manifests = 0 };
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < sel->index.n_manifests; i++)
		rc = choose_root(sel, &chosen, s, &sel->index.manifests[i], wanted, err);
	index_release(&sel->index);
	sel->index = chosen;
	return rc;
}
